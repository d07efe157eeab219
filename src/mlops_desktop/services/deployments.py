"""Deployments: wish for a model version behind an endpoint, go back, stop; ask the endpoint."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from mlops_desktop.domain.deployments import (
    THIS_COMPUTER,
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    PortUse,
    Rollout,
    RolloutKind,
    RolloutStep,
    Sighting,
)
from mlops_desktop.domain.errors import (
    ConflictError,
    DeploymentError,
    InvalidInputError,
    NotFoundError,
    RequestRefusedError,
)
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.domain.names import check_name
from mlops_desktop.services import lookup
from mlops_desktop.services.jobs import error_of
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

_POLL_SECONDS = 0.1
_KEEPER_SECONDS = 1.0
_FRESH = timedelta(seconds=30)


@dataclass(frozen=True)
class DeployOrder:
    """A queued rollout. `token` is there only when the endpoint is new: it is shown once."""

    endpoint: Endpoint
    rollout: Rollout
    token: str | None = None


class DeploymentService:
    """Endpoints on a host, and which model version answers behind each."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    # --- wishes -----------------------------------------------------------------------------------------------------

    def deploy(self, reference: str, *, endpoint: str | None = None, port: int = 0) -> DeployOrder:
        """Queues a rollout of a model version to an endpoint (made if need be; named after the model by default).

        Port 0 means: any free one, kept from then on. Wait for the outcome with `wait`.

        Raises NotFoundError, DamagedBundleError, ConflictError (another rollout is under way), InvalidInputError.
        """
        _check_port(port)
        with self._parts.registry.read() as unit:
            version = lookup.model_version(unit, reference)
        self._parts.bundles.folder(version.manifest_hash)
        token = None
        with self._parts.registry.write() as unit:
            if unit.models.version(version.id) is None:
                raise NotFoundError(f"{version.reference} was erased meanwhile.", hint="Choose another version.")
            name = check_name(endpoint or version.model_name, "endpoint")
            target = unit.deployments.find_endpoint(name)
            if target is None:
                token = secrets.token_urlsafe(32)
                target = self._new_endpoint(unit, name, port, token)
            else:
                target = _usable(unit, target, port)
            deployment = self._new_deployment(unit, target, version)
            rollout = self._new_rollout(unit, target, RolloutKind.DEPLOY, deployment.id)
            unit.audit.append("deployment.deploy", name, {"version": version.reference, "number": deployment.number})
            unit.commit()
        if token is not None:
            self._parts.secrets.set(secret_name(target.id), token)
        self._parts.start_keeper()
        return DeployOrder(target, rollout, token)

    def rollback(self, endpoint: str, number: int | None = None) -> DeployOrder:
        """Queues the way back to the version that answered before, or to the deployment with this number.

        Raises NotFoundError (nothing to go back to), DamagedBundleError, ConflictError.
        """
        with self._parts.registry.read() as unit:
            before = _earlier(unit, lookup.endpoint(unit, endpoint), number)
        self._parts.bundles.folder(before.manifest_hash)
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            before = _earlier(unit, target, number)
            rollout = self._new_rollout(unit, target, RolloutKind.ROLLBACK, before.id)
            unit.audit.append(
                "deployment.rollback", target.name, {"version": before.model_reference, "number": before.number}
            )
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout)

    def restart(self, endpoint: str) -> DeployOrder:
        """Queues a fresh process of the version that should answer (or answered last), switched in without a gap."""
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            known = unit.deployments.list(target.id)
            wanted = next((d for d in known if d.id == target.wanted_deployment_id), None)
            last = wanted or next((d for d in known if d.status is not DeploymentStatus.FAILED), None)
            version = unit.models.version(last.model_version_id) if last else None
            if version is None:
                raise NotFoundError(f"Nothing was ever running on {endpoint}.", hint="Deploy a model version.")
            deployment = self._new_deployment(unit, target, version)
            rollout = self._new_rollout(unit, target, RolloutKind.RESTART, deployment.id)
            unit.audit.append("deployment.restart", target.name, {"version": version.reference})
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout)

    def stop(self, endpoint: str) -> DeployOrder:
        """Queues the end of what answers; open requests are answered first. Raises NotFoundError, ConflictError."""
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            rollout = self._new_rollout(unit, target, RolloutKind.STOP, None)
            unit.audit.append("deployment.stop", target.name)
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout)

    def wait(
        self, rollout_id: str, on_step: Callable[[Rollout], None] | None = None, seconds: float = 180.0
    ) -> Rollout:
        """Waits for the end of a rollout, seeing to it that a keeper is there.

        Raises DeploymentError with the reason when it failed; what answered before still answers.
        """
        deadline = time.monotonic() + seconds
        next_keeper = 0.0
        while time.monotonic() < deadline:
            with self._parts.registry.read() as unit:
                rollout = unit.deployments.rollout(rollout_id)
            if rollout is None:
                raise NotFoundError(f"There is no rollout {rollout_id}.")
            if on_step:
                on_step(rollout)
            if rollout.step is RolloutStep.FAILED:
                raise error_of(rollout.failure, DeploymentError) if rollout.failure else DeploymentError("It failed.")
            if rollout.step is RolloutStep.DONE:
                return rollout
            if time.monotonic() >= next_keeper:
                self._parts.start_keeper()
                next_keeper = time.monotonic() + _KEEPER_SECONDS
            time.sleep(_POLL_SECONDS)
        raise DeploymentError(
            f"The rollout did not end within {seconds:.0f} s.",
            hint="It goes on; look again with: mlops deployments list",
        )

    def rotate_token(self, endpoint: str) -> str:
        """Makes a new token, which is shown once; the old one is refused from now on. Raises NotFoundError."""
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            token = secrets.token_urlsafe(32)
            target = dataclasses.replace(target, token_sha256=_sha256(token))
            unit.deployments.update_endpoint(target)
            unit.audit.append("endpoint.rotate_token", target.name)
            known = unit.deployments.list(target.id)
            unit.commit()
        self._parts.secrets.set(secret_name(target.id), token)
        for deployment in known:
            if deployment.process is not None:
                self._parts.host.set_token(deployment.id, target.token_sha256)
        return token

    # --- reading ----------------------------------------------------------------------------------------------------

    def list(self) -> Sequence[tuple[Endpoint, Deployment | None]]:
        """Every endpoint with the deployment that should answer, or the newest one where none should."""
        with self._parts.registry.read() as unit:
            pairs = []
            for endpoint in unit.deployments.endpoints():
                known = unit.deployments.list(endpoint.id)
                wanted = next((d for d in known if d.id == endpoint.wanted_deployment_id), None)
                pairs.append((endpoint, wanted or next(iter(known), None)))
        if any(endpoint.wanted_deployment_id for endpoint, _ in pairs):
            self._parts.start_keeper()
        return pairs

    def is_fresh(self, pairs: Sequence[tuple[Endpoint, Deployment | None]]) -> bool:
        """Whether the keeper has looked lately at everything that should answer."""
        now = self._parts.clock()
        return all(
            deployment.checked_at is not None and now - deployment.checked_at < _FRESH
            for endpoint, deployment in pairs
            if endpoint.wanted_deployment_id and deployment
        )

    def endpoint(self, name: str) -> Endpoint:
        """Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return lookup.endpoint(unit, name)

    def history(self, endpoint: str) -> Sequence[Deployment]:
        """Newest first. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return unit.deployments.list(lookup.endpoint(unit, endpoint).id)

    def rollouts(self, endpoint: str) -> Sequence[Rollout]:
        """Oldest first. Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            return unit.deployments.rollouts(lookup.endpoint(unit, endpoint).id)

    def look(self, endpoint: str) -> Sequence[Sighting]:
        """What the host sees now of every deployment that has a process, newest first; may take some seconds.

        Raises NotFoundError.
        """
        return [
            Sighting(
                deployment.id,
                deployment.number,
                self._parts.host.observe(deployment.id),
                self._parts.workers.memory(deployment.process),
            )
            for deployment in self.history(endpoint)
            if deployment.process is not None
        ]

    def port_use(self, port: int = 0) -> PortUse:
        """Whether a new endpoint may have the port, who has it, and the next free one; port 0 suggests one.

        A port that belongs to a stopped endpoint counts as taken. Raises InvalidInputError.
        """
        _check_port(port)
        with self._parts.registry.read() as unit:
            owners = {known.port: known.name for known in unit.deployments.endpoints() if known.port}
        use = self._parts.host.port_use(port)
        free = use.next_free
        while free in owners:
            free = self._parts.host.port_use(min(free + 1, 65535) if port else 0).next_free
        if port and port in owners:
            return PortUse(port, f"the endpoint {owners[port]}", free)
        return PortUse(use.port if port else free, use.holder, free)

    def log(self, endpoint: str, limit: int = 1000, *, number: int | None = None) -> Sequence[str]:
        """The newest lines of the log of what answers (or answered last), or of the deployment with this number.

        Oldest first. Raises NotFoundError.
        """
        known = self.history(endpoint)
        target = self.endpoint(endpoint)
        if number is not None:
            chosen = next((d for d in known if d.number == number), None)
            if chosen is None:
                raise NotFoundError(
                    f"{endpoint} has no deployment {number}.", hint=f"See: mlops deployments history {endpoint}"
                )
        else:
            chosen = next((d for d in known if d.id == target.wanted_deployment_id), None) or next(iter(known), None)
        if chosen is None:
            return []
        path = self._parts.deployment_folder(chosen.id) / "serving.log"
        return _last_lines(path, limit)

    def predict(
        self, endpoint: str, rows: Sequence[Mapping[str, object]], *, token: str | None = None
    ) -> dict[str, Any]:
        """Asks the endpoint as any client would, with the stored token unless another is given.

        Raises NotFoundError, EndpointUnreachableError, RequestRefusedError (the endpoint's own words).
        """
        target = self.endpoint(endpoint)
        secret = token or self._parts.secrets.get(secret_name(target.id))
        if secret is None:
            raise RequestRefusedError(
                f"The token of {target.name} is not on this computer, so nothing was sent.",
                hint=f"Make a new one: mlops deployments token {target.name}",
                status=401,
            )
        return self._parts.host.predict(target.url, secret, rows)

    # --- parts of a wish --------------------------------------------------------------------------------------------

    def _new_endpoint(self, unit: UnitOfWork, name: str, port: int, token: str) -> Endpoint:
        endpoint = Endpoint(new_identifier(), name, THIS_COMPUTER, port, _sha256(token), self._parts.clock())
        unit.deployments.add_endpoint(endpoint)
        unit.audit.append("endpoint.create", name, {"host": THIS_COMPUTER})
        return endpoint

    def _new_deployment(self, unit: UnitOfWork, endpoint: Endpoint, version: ModelVersion) -> Deployment:
        known = unit.deployments.list(endpoint.id)
        deployment = Deployment(
            id=new_identifier(),
            endpoint_id=endpoint.id,
            endpoint_name=endpoint.name,
            number=max((item.number for item in known), default=0) + 1,
            model_version_id=version.id,
            model_reference=version.reference,
            manifest_hash=version.manifest_hash,
            status=DeploymentStatus.BUILDING,
            health=Health.UNKNOWN,
            share=0.0,
            created_at=self._parts.clock(),
            created_by=self._parts.actor,
        )
        unit.deployments.add(deployment)
        return deployment

    def _new_rollout(self, unit: UnitOfWork, endpoint: Endpoint, kind: RolloutKind, to_id: str | None) -> Rollout:
        busy = unit.deployments.rollouts(endpoint.id, open_only=True)
        if busy:
            raise ConflictError(
                f"{busy[0].created_by} started a {busy[0].kind.value} of {endpoint.name} that is still under way.",
                hint="Wait until it has ended, then try again.",
            )
        rollout = Rollout(
            id=new_identifier(),
            endpoint_id=endpoint.id,
            kind=kind,
            from_deployment_id=endpoint.wanted_deployment_id,
            to_deployment_id=to_id,
            step=RolloutStep.QUEUED,
            created_at=self._parts.clock(),
            created_by=self._parts.actor,
        )
        unit.deployments.add_rollout(rollout)
        return rollout


def _check_port(port: int) -> None:
    if not 0 <= port <= 65535:
        raise InvalidInputError(f"{port} is no port.", hint="Ports go from 1 to 65535; 0 takes a free one.")


def _usable(unit: UnitOfWork, endpoint: Endpoint, port: int) -> Endpoint:
    """The endpoint, at another port if one is wanted and nothing answers there."""
    if endpoint.trashed_at:
        raise ConflictError(f"The endpoint {endpoint.name} is in the trash.", hint="Restore it, or use another name.")
    if port in (0, endpoint.port):
        return endpoint
    if endpoint.port and endpoint.wanted_deployment_id:
        raise InvalidInputError(
            f"{endpoint.name} answers on port {endpoint.port}.", hint="Deploy to another endpoint to use another port."
        )
    unit.deployments.update_endpoint(dataclasses.replace(endpoint, port=port))
    return unit.deployments.endpoint(endpoint.id) or endpoint


def _earlier(unit: UnitOfWork, endpoint: Endpoint, number: int | None) -> Deployment:
    known = unit.deployments.list(endpoint.id)
    if number is not None:
        chosen = next((d for d in known if d.number == number), None)
        if chosen is None or chosen.id == endpoint.wanted_deployment_id:
            raise NotFoundError(
                f"{endpoint.name} has no earlier deployment {number}.",
                hint=f"See: mlops deployments history {endpoint.name}",
            )
        return chosen
    by_id = {deployment.id: deployment for deployment in known}
    at = endpoint.wanted_deployment_id
    current = by_id.get(at or "")
    for rollout in reversed(unit.deployments.rollouts(endpoint.id)):
        if rollout.step is RolloutStep.DONE and rollout.to_deployment_id == at:
            at = rollout.from_deployment_id
            earlier = by_id.get(at or "")
            if earlier and (current is None or earlier.model_version_id != current.model_version_id):
                return earlier
    raise NotFoundError(f"{endpoint.name} has nothing to go back to.", hint="Deploy the version you want instead.")


def secret_name(endpoint_id: str) -> str:
    """Under which name an endpoint's token lies in the secret store."""
    return f"endpoint.{endpoint_id}"


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _last_lines(path: Path, limit: int) -> Sequence[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 512 * limit))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return lines[-limit:]
