"""What a wish for a change of an endpoint is made of: the endpoint itself, a deployment, and the rollout to it."""

from __future__ import annotations

import dataclasses

from mlops_desktop.domain.deployments import (
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    Rollout,
    RolloutKind,
    RolloutStep,
    Trial,
)
from mlops_desktop.domain.errors import ConflictError, InvalidInputError, NotFoundError
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.services.endpoint_tokens import sha256_of
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

_WITHOUT_TRIAL = (RolloutKind.DEPLOY, RolloutKind.ROLLBACK, RolloutKind.RESTART, RolloutKind.TRY)


def new_endpoint(
    parts: Parts, unit: UnitOfWork, name: str, token: str, *, host: str, port: int, published: bool
) -> Endpoint:
    if published and host == THIS_COMPUTER:
        raise InvalidInputError(
            "Endpoints on this computer answer on this computer only.", hint="Deploy to a Docker host to publish one."
        )
    endpoint = Endpoint(new_identifier(), name, host, port, sha256_of(token), parts.clock(), published=published)
    unit.deployments.add_endpoint(endpoint)
    unit.audit.append("endpoint.create", name, {"host": host, "published": published})
    return endpoint


def new_deployment(parts: Parts, unit: UnitOfWork, endpoint: Endpoint, version: ModelVersion) -> Deployment:
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
        created_at=parts.clock(),
        created_by=parts.actor,
    )
    unit.deployments.add(deployment)
    return deployment


def new_rollout(
    parts: Parts,
    unit: UnitOfWork,
    endpoint: Endpoint,
    kind: RolloutKind,
    to_id: str | None,
    *,
    trial: Trial | None = None,
) -> Rollout:
    if endpoint.trial is not None and kind in _WITHOUT_TRIAL:
        raise ConflictError(
            f"A second version is on trial on {endpoint.name}.",
            hint=f"Promote it or end the trial first: mlops trials end {endpoint.name}",
        )
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
        created_at=parts.clock(),
        created_by=parts.actor,
        trial=trial,
    )
    unit.deployments.add_rollout(rollout)
    return rollout


def check_port(port: int) -> None:
    if not 0 <= port <= 65535:
        raise InvalidInputError(f"{port} is no port.", hint="Ports go from 1 to 65535; 0 takes a free one.")


def usual_name(unit: UnitOfWork, model: str, host: str | None) -> str:
    """What an endpoint is called that nobody named: as the model; where that name is elsewhere, the host follows."""
    known = unit.deployments.find_endpoint(model)
    return model if known is None or host in (None, known.host) else f"{model} {host}"


def usable(unit: UnitOfWork, endpoint: Endpoint, port: int, host: str | None) -> Endpoint:
    """The endpoint, at another port if one is wanted and nothing answers there."""
    if endpoint.trashed_at:
        raise ConflictError(f"The endpoint {endpoint.name} is in the trash.", hint="Restore it, or use another name.")
    if host not in (None, endpoint.host):
        raise InvalidInputError(
            f"{endpoint.name} is on {endpoint.host}, not on {host}.", hint="Deploy to another endpoint there."
        )
    if port in (0, endpoint.port):
        return endpoint
    if endpoint.port and endpoint.wanted_deployment_id:
        raise InvalidInputError(
            f"{endpoint.name} answers on port {endpoint.port}.", hint="Deploy to another endpoint to use another port."
        )
    unit.deployments.update_endpoint(dataclasses.replace(endpoint, port=port))
    return unit.deployments.endpoint(endpoint.id) or endpoint


def earlier(unit: UnitOfWork, endpoint: Endpoint, number: int | None) -> Deployment:
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
