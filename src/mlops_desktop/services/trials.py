"""Trials: a second version beside the one that answers, with a share of the connections or as a shadow."""

from __future__ import annotations

from mlops_desktop.domain.deployments import DeploymentStatus, Endpoint, Rollout, RolloutKind, Trial, TrialKind
from mlops_desktop.domain.errors import ConflictError, InvalidInputError, NotFoundError
from mlops_desktop.domain.trials import TrialComparison, compare
from mlops_desktop.services import lookup
from mlops_desktop.services import rollout_wishes as wishes
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

_MOST = 0.5
"""Of the connections: the version that answers stays the one that most clients have."""


class TrialService:
    """At most one trial on each endpoint. Rollouts are waited for with `workspace.deployments.wait`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def start(
        self, reference: str, endpoint: str, *, kind: TrialKind = TrialKind.CANARY, share: float = 0.1
    ) -> Rollout:
        """Queues a trial of a model version on an endpoint that answers.

        `share` is above 0 and at most 0.5 of the connections (canary), at most 1 of the requests (shadow).
        Raises NotFoundError, InvalidInputError, DamagedBundleError, ConflictError.
        """
        most = _MOST if kind is TrialKind.CANARY else 1.0
        if not 0.0 < share <= most:
            raise InvalidInputError(f"{share:g} cannot be the share.", hint=f"Give one above 0 and at most {most:g}.")
        with self._parts.registry.read() as unit:
            version = lookup.model_version(unit, reference)
        self._parts.bundles.folder(version.manifest_hash)
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            current = unit.deployments.get(target.wanted_deployment_id or "")
            if current is None or current.status is not DeploymentStatus.RUNNING:
                raise ConflictError(f"Nothing answers on {target.name}.", hint="Deploy the version instead.")
            if current.model_version_id == version.id:
                raise InvalidInputError(f"{version.reference} answers there already.", hint="Try another version.")
            deployment = wishes.new_deployment(self._parts, unit, target, version)
            trial = Trial(deployment.id, kind, share, self._parts.clock(), self._parts.actor)
            rollout = wishes.new_rollout(self._parts, unit, target, RolloutKind.TRY, deployment.id, trial=trial)
            unit.audit.append(
                "trial.start", target.name, {"version": version.reference, "kind": kind.value, "share": share}
            )
            unit.commit()
        self._parts.start_keeper()
        return rollout

    def promote(self, endpoint: str) -> Rollout:
        """Queues the takeover by the version on trial. Raises NotFoundError (none is), ConflictError."""
        return self._wish(endpoint, RolloutKind.PROMOTE, "trial.promote")

    def end(self, endpoint: str) -> Rollout:
        """Queues the end of the trial; the version that answers stays. Raises NotFoundError, ConflictError."""
        return self._wish(endpoint, RolloutKind.END_TRIAL, "trial.end")

    def compare(self, endpoint: str) -> TrialComparison:
        """What both versions answered, as their servers say now. Raises NotFoundError, HostError."""
        with self._parts.registry.read() as unit:
            target = lookup.endpoint(unit, endpoint)
            trial = _trial_of(target)
            stable = unit.deployments.get(target.wanted_deployment_id or "")
            tried = unit.deployments.get(trial.deployment_id)
        if stable is None or tried is None:
            raise _none_on(target)
        host = self._parts.host(target.host)
        return compare(
            trial, stable.model_reference, tried.model_reference, host.observe(stable.id), host.observe(tried.id)
        )

    def _wish(self, endpoint: str, kind: RolloutKind, action: str) -> Rollout:
        with self._parts.registry.write() as unit:
            target = lookup.endpoint(unit, endpoint)
            tried = _tried_on(unit, target)
            to_id = tried if kind is RolloutKind.PROMOTE else None
            rollout = wishes.new_rollout(self._parts, unit, target, kind, to_id)
            unit.audit.append(action, target.name, {"deployment": tried})
            unit.commit()
        self._parts.start_keeper()
        return rollout


def _tried_on(unit: UnitOfWork, endpoint: Endpoint) -> str:
    tried = unit.deployments.get(_trial_of(endpoint).deployment_id)
    if tried is None:
        raise _none_on(endpoint)
    return tried.id


def _trial_of(endpoint: Endpoint) -> Trial:
    if endpoint.trial is None:
        raise _none_on(endpoint)
    return endpoint.trial


def _none_on(endpoint: Endpoint) -> NotFoundError:
    return NotFoundError(
        f"No version is on trial on {endpoint.name}.", hint=f"Start one: mlops trials start MODEL {endpoint.name}"
    )
