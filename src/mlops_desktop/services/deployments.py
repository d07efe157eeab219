"""Deployments: wish for a model version behind an endpoint, go back, stop; ask the endpoint."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mlops_desktop.domain.deployments import (
    Deployment,
    DeploymentStatus,
    Endpoint,
    PortUse,
    Rollout,
    RolloutKind,
    RolloutStep,
    Sighting,
    serving_at,
)
from mlops_desktop.domain.errors import (
    ConflictError,
    DeploymentError,
    NotFoundError,
    RequestRefusedError,
)
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.domain.names import check_name
from mlops_desktop.services import lookup
from mlops_desktop.services import rollout_wishes as wishes
from mlops_desktop.services.endpoint_tokens import keep_token, require_answers, sha256_of, tell_token, token_of
from mlops_desktop.services.jobs import error_of
from mlops_desktop.services.keeping.progress import LOG_NAME
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.rollout_log import RolloutFollower, RolloutNote, newest_lines

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

    def deploy(
        self,
        reference: str,
        *,
        endpoint: str | None = None,
        port: int = 0,
        host: str | None = None,
        published: bool = False,
    ) -> DeployOrder:
        """Queues a rollout of a model version to an endpoint (made if need be; named after the model by default).

        `host` is that of a new endpoint, this computer by default. A new one that is `published` answers on all
        networks of its host. Port 0 means: any free one, kept from then on. Wait for the outcome with `wait`.

        Raises NotFoundError, DamagedBundleError, ConflictError (another rollout is under way), InvalidInputError.
        """
        wishes.check_port(port)
        with self._parts.registry.read() as unit:
            version = lookup.model_version(unit, reference)
        self._parts.bundles.folder(version.manifest_hash)
        token = None
        with self._parts.registry.write() as unit:
            if unit.models.version(version.id) is None:
                raise NotFoundError(f"{version.reference} was erased meanwhile.", hint="Choose another version.")
            place = lookup.host(unit, host or THIS_COMPUTER)
            name = check_name(endpoint or wishes.usual_name(unit, version.model_name, host), "endpoint")
            target = unit.deployments.find_endpoint(name)
            if target is None:
                token = secrets.token_urlsafe(32)
                target = wishes.new_endpoint(
                    self._parts, unit, name, token, host=place.name, port=port, published=published
                )
            else:
                target = wishes.usable(unit, target, port, host)
            deployment = wishes.new_deployment(self._parts, unit, target, version)
            rollout = wishes.new_rollout(self._parts, unit, target, RolloutKind.DEPLOY, deployment.id)
            unit.audit.append("deployment.deploy", name, {"version": version.reference, "number": deployment.number})
            if token is not None:  # before the row: nobody could ask an endpoint whose token was lost in between
                keep_token(self._parts.secrets, target, token)
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout, token)

    def rollback(self, endpoint: str, number: int | None = None) -> DeployOrder:
        """Queues the way back to the version that answered before, or to the deployment with this number.

        Raises NotFoundError (nothing to go back to), DamagedBundleError, ConflictError.
        """
        with self._parts.registry.read() as unit:
            before = wishes.earlier(unit, lookup.endpoint(unit, endpoint), number)
        self._parts.bundles.folder(before.manifest_hash)
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            before = wishes.earlier(unit, target, number)
            rollout = wishes.new_rollout(self._parts, unit, target, RolloutKind.ROLLBACK, before.id)
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
            deployment = wishes.new_deployment(self._parts, unit, target, version)
            rollout = wishes.new_rollout(self._parts, unit, target, RolloutKind.RESTART, deployment.id)
            unit.audit.append("deployment.restart", target.name, {"version": version.reference})
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout)

    def stop(self, endpoint: str) -> DeployOrder:
        """Queues the end of what answers; open requests are answered first. Raises NotFoundError, ConflictError."""
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            rollout = wishes.new_rollout(self._parts, unit, target, RolloutKind.STOP, None)
            unit.audit.append("deployment.stop", target.name)
            unit.commit()
        self._parts.start_keeper()
        return DeployOrder(target, rollout)

    def cancel(self, endpoint: str) -> Rollout:
        """Asks for the end of the rollout under way; what answered before goes on.

        Raises NotFoundError (none is), ConflictError (it has switched already).
        """
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            rollout = next(iter(unit.deployments.rollouts(target.id, open_only=True)), None)
            if rollout is None:
                raise NotFoundError(f"No rollout of {target.name} is under way.", hint="There is nothing to cancel.")
            if not rollout.may_be_cancelled:
                raise ConflictError(
                    f"The rollout of {target.name} has switched already.",
                    hint=f"Go back instead: mlops deployments rollback {target.name}",
                )
            rollout = dataclasses.replace(rollout, cancelled_by=self._parts.actor)
            unit.deployments.update_rollout(rollout)
            unit.audit.append("deployment.cancel", target.name, {"rollout": rollout.id})
            unit.commit()
        self._parts.start_keeper()
        return rollout

    def wait(
        self,
        rollout_id: str,
        on_step: Callable[[Rollout], None] | None = None,
        seconds: float = 180.0,
        *,
        on_note: Callable[[RolloutNote], None] | None = None,
    ) -> Rollout:
        """Waits for the end of a rollout, seeing to it that a keeper is there. `on_note` is told what it says.

        It may take as long as it needs: waiting ends when nothing new was heard of it for `seconds`, also where a
        keeper begins the same step again and again. Raises DeploymentError with the reason when it failed; what
        answered before still answers.
        """
        follower: RolloutFollower | None = None
        heard: set[object] = set()
        deadline = time.monotonic() + seconds
        next_keeper = 0.0
        while time.monotonic() < deadline:
            rollout = self._rollout(rollout_id)
            if follower is None and rollout.to_deployment_id:
                follower = RolloutFollower(self._rollout_log(rollout.to_deployment_id), rollout.created_at)
            notes = follower.new() if follower else ()
            new = {rollout.step, *((note.message, note.done) for note in notes)} - heard
            if new:
                heard, deadline = heard | new, time.monotonic() + seconds
            _tell(on_note, notes)
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
            f"Nothing new was heard of the rollout for {seconds:.0f} s.",
            hint="It goes on; look again with: mlops deployments list",
        )

    def _rollout(self, rollout_id: str) -> Rollout:
        with self._parts.registry.read() as unit:
            rollout = unit.deployments.rollout(rollout_id)
        if rollout is None:
            raise NotFoundError(f"There is no rollout {rollout_id}.")
        return rollout

    def rotate_token(self, endpoint: str) -> str:
        """Makes a new token, which is shown once; the old one is refused from now on.

        A server that cannot be told any more is told by the keeper. Raises NotFoundError, HostUnreachableError,
        DeploymentError (nothing was changed).
        """
        with self._parts.registry.read() as unit:
            target = lookup.endpoint(unit, endpoint)
            placed = [deployment for deployment in unit.deployments.list(target.id) if deployment.is_placed]
        host = self._parts.host(target.host)
        require_answers(target, [host.observe(deployment.id) for deployment in placed])
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            token = secrets.token_urlsafe(32)
            keep_token(self._parts.secrets, target, token)
            target = dataclasses.replace(target, token_sha256=sha256_of(token))
            unit.deployments.update_endpoint(target)
            unit.audit.append("endpoint.rotate_token", target.name)
            unit.commit()
        if not tell_token(host, placed, target):
            self._parts.start_keeper()
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

    def serving_at(self, endpoint: str, moment: datetime) -> Deployment | None:
        """What answered behind the endpoint at that moment, by the journal of rollouts; None where nothing did.

        Raises NotFoundError.
        """
        known = {deployment.id: deployment for deployment in self.history(endpoint)}
        return known.get(serving_at(self.rollouts(endpoint), moment) or "")

    def look(self, endpoint: str) -> Sequence[Sighting]:
        """What the host sees now of every deployment that is placed there, newest first; may take some seconds.

        Raises NotFoundError.
        """
        host = self._parts.host(self.endpoint(endpoint).host)
        sightings = []
        for deployment in self.history(endpoint):
            if deployment.is_placed:
                seen = host.observe(deployment.id)
                memory = self._parts.workers.memory(deployment.process) if deployment.process else seen.memory
                sightings.append(Sighting(deployment.id, deployment.number, seen, memory))
        return sightings

    def port_use(self, port: int = 0, *, host: str = THIS_COMPUTER) -> PortUse:
        """Whether a new endpoint may have the port, who has it, and the next free one; port 0 suggests one.

        A port that belongs to a stopped endpoint counts as taken. Raises InvalidInputError, HostError.
        """
        wishes.check_port(port)
        with self._parts.registry.read() as unit:
            there = [known for known in unit.deployments.endpoints() if known.host == host]
        owners = {known.port: known.name for known in there if known.port}
        place = self._parts.host(host)
        use = place.port_use(port)
        free = use.next_free
        while free in owners:
            free = place.port_use(min(free + 1, 65535) if port else 0).next_free
        if port and port in owners:
            return PortUse(port, f"the endpoint {owners[port]}", free)
        return PortUse(use.port if port else free, use.holder, free)

    def log(self, endpoint: str, limit: int = 1000, *, number: int | None = None) -> Sequence[str]:
        """The newest lines of the log of what answers (or answered last), or of the deployment with this number.

        Oldest first. Raises NotFoundError.
        """
        target = self.endpoint(endpoint)
        if number is not None:
            chosen: Deployment | None = self._numbered(endpoint, number)
        else:
            known = self.history(endpoint)
            chosen = next((d for d in known if d.id == target.wanted_deployment_id), None) or next(iter(known), None)
        if chosen is None:
            return []
        return self._parts.host(target.host).log(chosen.id, self._parts.deployment_folder(chosen.id), limit)

    def rollout_log(self, endpoint: str, number: int | None = None, limit: int = 1000) -> Sequence[str]:
        """The newest lines of what the last rollout said while it worked, or those to the deployment with this number.

        Oldest first, each a JSON object. Raises NotFoundError.
        """
        if number is not None:
            return newest_lines(self._rollout_log(self._numbered(endpoint, number).id), limit)
        for rollout in reversed(self.rollouts(endpoint)):
            if rollout.to_deployment_id:
                return newest_lines(self._rollout_log(rollout.to_deployment_id), limit)
        return []

    def _rollout_log(self, deployment_id: str) -> Path:
        return self._parts.deployment_folder(deployment_id) / LOG_NAME

    def _numbered(self, endpoint: str, number: int) -> Deployment:
        chosen = next((d for d in self.history(endpoint) if d.number == number), None)
        if chosen is None:
            raise NotFoundError(
                f"{endpoint} has no deployment {number}.", hint=f"See: mlops deployments history {endpoint}"
            )
        return chosen

    def predict(
        self, endpoint: str, rows: Sequence[Mapping[str, object]], *, token: str | None = None
    ) -> dict[str, Any]:
        """Asks the endpoint as any client would, with the stored token unless another is given.

        Raises NotFoundError, EndpointUnreachableError, RequestRefusedError (the endpoint's own words).
        """
        target = self.endpoint(endpoint)
        secret = token or token_of(self._parts.secrets, target)
        if secret is None:
            raise RequestRefusedError(
                f"The token of {target.name} is not on this computer, so nothing was sent.",
                hint=f"Make a new one: mlops deployments token {target.name}",
                status=401,
            )
        return self._parts.host(target.host).predict(target.url, secret, rows)


def _tell(on_note: Callable[[RolloutNote], None] | None, notes: Sequence[RolloutNote]) -> None:
    if on_note is not None:
        for note in notes:
            on_note(note)
