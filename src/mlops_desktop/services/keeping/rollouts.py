"""Rollouts: the journalled steps by which another deployment comes to answer behind an endpoint."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Sequence
from typing import Any

from mlops_desktop.domain.deployments import (
    ContainerIdentity,
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    Observation,
    Placement,
    Rollout,
    RolloutKind,
    RolloutStep,
    ServeOrder,
    TrialKind,
)
from mlops_desktop.domain.errors import (
    BugError,
    BusyRegistryError,
    DeploymentError,
    HostError,
    HostUnreachableError,
    UserError,
)
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.host_ports import Host, Report
from mlops_desktop.services.jobs import failure_of
from mlops_desktop.services.keeping.progress import RolloutProgress
from mlops_desktop.services.keeping.trials import forget_trial, without_trial
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

log = logging.getLogger(__name__)

CHECK_SECONDS = 60.0
DRAIN_SECONDS = 30.0
KEPT_IMAGES = 3
_LIVE = (DeploymentStatus.BUILDING, DeploymentStatus.STARTING, DeploymentStatus.RUNNING)


class RolloutSupervisor:
    """Does the open rollouts, step by step.

    Each step is written down before it is done and may be done again, so a keeper that takes over goes on at the step
    it finds. The old deployment keeps answering until the new one is healthy and right on the stored example.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def turn(self, host: str | None = None) -> bool:
        """Takes every open rollout (on this host) to its end; says whether there was one."""
        with self._parts.registry.read() as unit:
            waiting = [
                rollout
                for rollout in unit.deployments.rollouts(open_only=True)
                if host is None or _is_on(unit, rollout, host)
            ]
        for rollout in waiting:
            self._carry_out(rollout)
        return bool(waiting)

    def give_up(self, host: str) -> bool:
        """Fails the open rollouts on a host; says whether there was one. Nobody is left to wait for what cannot end."""
        with self._parts.registry.read() as unit:
            waiting = [one for one in unit.deployments.rollouts(open_only=True) if _is_on(unit, one, host)]
        failure = failure_of(
            BugError("The program could not carry it out, by an error of its own.", hint="keeper.log has the details.")
        )
        for rollout in waiting:
            self._fail(rollout, failure)
        return bool(waiting)

    def _carry_out(self, rollout: Rollout) -> None:
        try:
            deeds = {RolloutKind.STOP: self._stop, RolloutKind.TRY: self._try, RolloutKind.END_TRIAL: self._end_trial}
            deeds.get(rollout.kind, self._replace)(rollout)
        except BusyRegistryError:
            raise
        except HostUnreachableError as error:
            if self._has_switched(rollout):  # what was told to the host cannot be taken back: go on when it is there
                log.warning("rollout %s waits: %s", rollout.id, error.message)
            else:
                self._fail(rollout, failure_of(error))
        except UserError as error:
            self._fail(rollout, failure_of(error))

    def _has_switched(self, rollout: Rollout) -> bool:
        with self._parts.registry.read() as unit:
            stored = unit.deployments.rollout(rollout.id) or rollout
        return stored.step in (RolloutStep.SWITCH, RolloutStep.DRAIN)

    # --- one deployment takes over from another ---------------------------------------------------------------------

    def _replace(self, rollout: Rollout) -> None:
        endpoint, deployment = self._both(rollout)
        host = self._parts.host(endpoint.host)
        if rollout.may_be_cancelled or not self._observe(host, endpoint, deployment).running:
            self._build_and_start(rollout, host)
        self._switch(rollout, host)
        self._drain(rollout, host)
        self._done(rollout)

    def _observe(self, host: Host, endpoint: Endpoint, deployment: Deployment) -> Observation:
        """Raises HostUnreachableError."""
        seen = host.observe(deployment.id)
        if not seen.known:
            raise HostUnreachableError(f"{endpoint.host} does not answer: {seen.sentence}", hint="See to the host.")
        return seen

    def _build_and_start(self, rollout: Rollout, host: Host) -> None:
        progress = RolloutProgress(self._parts, rollout)
        self._at(rollout, RolloutStep.BUILD)
        endpoint, deployment = self._both(rollout)
        self._set(deployment, status=DeploymentStatus.BUILDING, failure=None, stopped_at=None)
        order = self.take_port(endpoint, deployment, progress.report)
        image = host.build(order, progress.report)
        progress.check()
        self._at(rollout, RolloutStep.START)
        self._set(deployment, status=DeploymentStatus.STARTING, image=image)
        self._set(deployment, **placed(host.start(order)))
        progress.check()
        self._at(rollout, RolloutStep.CHECK)
        seen = host.check(order, seconds=CHECK_SECONDS)
        if not seen.healthy or seen.example_right is False:
            raise DeploymentError(
                f"{deployment.model_reference} is not right: {seen.sentence}",
                hint="What answered before still answers.",
            )
        progress.check()

    def take_port(self, endpoint: Endpoint, deployment: Deployment, report: Report | None = None) -> ServeOrder:
        """Holds the endpoint's port, remembers it, and gives the order for serving."""
        with self._parts.registry.read() as unit:
            known = unit.deployments.list(endpoint.id)
        serving = [item.id for item in known if item.is_placed]
        host = self._parts.host(endpoint.host)
        port = host.prepare(endpoint.id, endpoint.port, serving, published=endpoint.published, report=report)
        if port != endpoint.port:
            with self._parts.registry.write() as unit:
                current = unit.deployments.endpoint(endpoint.id) or endpoint
                unit.deployments.update_endpoint(dataclasses.replace(current, port=port))
                unit.commit()
        return self.order(endpoint, deployment)

    def order(self, endpoint: Endpoint, deployment: Deployment) -> ServeOrder:
        return ServeOrder(
            endpoint_id=endpoint.id,
            deployment_id=deployment.id,
            endpoint_name=endpoint.name,
            model_reference=deployment.model_reference,
            bundle=self._parts.bundles.folder(deployment.manifest_hash),
            manifest_hash=deployment.manifest_hash,
            folder=self._parts.deployment_folder(deployment.id),
            token_sha256=endpoint.token_sha256,
            published=endpoint.published,
        )

    def _switch(self, rollout: Rollout, host: Host) -> None:
        """The new one accepts before the old one stops accepting: both take from one listening socket."""
        self._at(rollout, RolloutStep.SWITCH)
        endpoint, deployment = self._both(rollout)
        without_trial(host, deployment)
        host.set_token(deployment.id, endpoint.token_sha256)
        host.accept(deployment.id)
        for other in self._others(endpoint, deployment):
            host.drain(other.id)
        now = self._parts.clock()
        with self._parts.registry.write() as unit:
            current = unit.deployments.endpoint(endpoint.id) or endpoint
            unit.deployments.update_endpoint(
                dataclasses.replace(current, wanted_deployment_id=deployment.id, trial=None)
            )
            chosen = unit.deployments.get(deployment.id) or deployment
            unit.deployments.update(
                dataclasses.replace(
                    chosen, status=DeploymentStatus.RUNNING, health=Health.HEALTHY, share=1.0, checked_at=now
                )
            )
            for other in self._others(endpoint, deployment):
                if other.status in _LIVE:
                    unit.deployments.update(
                        dataclasses.replace(
                            other, status=DeploymentStatus.STOPPED, health=Health.UNKNOWN, share=0.0, stopped_at=now
                        )
                    )
            unit.commit()
        if current.token_sha256 != endpoint.token_sha256:  # rotated while we were at it
            host.set_token(deployment.id, current.token_sha256)

    def _drain(self, rollout: Rollout, host: Host) -> None:
        """Waits for open requests; the last one to answer stays warm for the way back, older ones are ended."""
        self._at(rollout, RolloutStep.DRAIN)
        endpoint, deployment = self._both(rollout)
        deadline = time.monotonic() + DRAIN_SECONDS
        warm = rollout.from_deployment_id
        if warm:
            while host.observe(warm).open_connections and time.monotonic() < deadline:
                time.sleep(0.05)
        for other in self._others(endpoint, deployment):
            if other.is_placed and other.id != warm:
                host.stop(other.id)
                self._set(other, process=None, container=None)
        with self._parts.registry.read() as unit:
            known = unit.deployments.list(endpoint.id)
        images = dict.fromkeys(item.image for item in (deployment, *known) if item.image)
        host.tidy(endpoint.id, [item.id for item in known if item.is_placed], list(images)[:KEPT_IMAGES])

    def _others(self, endpoint: Endpoint, deployment: Deployment) -> Sequence[Deployment]:
        with self._parts.registry.read() as unit:
            return [item for item in unit.deployments.list(endpoint.id) if item.id != deployment.id]

    # --- a second version on trial ----------------------------------------------------------------------------------

    def _try(self, rollout: Rollout) -> None:
        """The second version answers a share, or is asked too; the one that answers stays in charge of both."""
        endpoint, deployment = self._both(rollout)
        trial, stable = rollout.trial, endpoint.wanted_deployment_id
        if trial is None or stable is None:
            raise DeploymentError(f"Nothing answers on {endpoint.name} any more.", hint="Deploy the version instead.")
        host = self._parts.host(endpoint.host)
        if rollout.may_be_cancelled or not self._observe(host, endpoint, deployment).running:
            self._build_and_start(rollout, host)
        self._at(rollout, RolloutStep.SWITCH)
        host.set_token(deployment.id, endpoint.token_sha256)
        begin = host.split if trial.kind is TrialKind.CANARY else host.shadow
        begin(stable, deployment.id, trial.share)
        share = trial.share if trial.kind is TrialKind.CANARY else 0.0
        with self._parts.registry.write() as unit:
            current = unit.deployments.endpoint(endpoint.id) or endpoint
            unit.deployments.update_endpoint(dataclasses.replace(current, trial=trial))
            unit.commit()
        now = self._parts.clock()
        self._set(deployment, status=DeploymentStatus.RUNNING, health=Health.HEALTHY, share=share, checked_at=now)
        self._done(rollout)

    def _end_trial(self, rollout: Rollout) -> None:
        self._at(rollout, RolloutStep.SWITCH)
        with self._parts.registry.read() as unit:
            endpoint = unit.deployments.endpoint(rollout.endpoint_id)
            known = unit.deployments.list(rollout.endpoint_id)
        if endpoint is not None and endpoint.trial is not None:
            host = self._parts.host(endpoint.host)
            for deployment in known:
                if deployment.id == endpoint.wanted_deployment_id:
                    without_trial(host, deployment)
            self._at(rollout, RolloutStep.DRAIN)
            host.stop(endpoint.trial.deployment_id)
            forget_trial(self._parts, endpoint, status=DeploymentStatus.STOPPED)
        self._done(rollout)

    # --- nothing takes over -----------------------------------------------------------------------------------------

    def _stop(self, rollout: Rollout) -> None:
        self._at(rollout, RolloutStep.SWITCH)
        with self._parts.registry.write() as unit:
            endpoint = unit.deployments.endpoint(rollout.endpoint_id)
            if endpoint is not None:
                unit.deployments.update_endpoint(dataclasses.replace(endpoint, wanted_deployment_id=None, trial=None))
            known = unit.deployments.list(rollout.endpoint_id)
            unit.commit()
        self._at(rollout, RolloutStep.DRAIN)
        if endpoint is not None:
            host = self._parts.host(endpoint.host)
            for deployment in known:
                if deployment.is_placed:
                    host.stop(deployment.id)
            host.release(endpoint.id)
        for deployment in known:
            if deployment.status in _LIVE or deployment.is_placed:
                self._set(
                    deployment,
                    status=DeploymentStatus.STOPPED if deployment.status in _LIVE else deployment.status,
                    health=Health.UNKNOWN,
                    share=0.0,
                    process=None,
                    container=None,
                    stopped_at=deployment.stopped_at or self._parts.clock(),
                )
        self._done(rollout)

    # --- the journal ------------------------------------------------------------------------------------------------

    def _at(self, rollout: Rollout, step: RolloutStep) -> None:
        with self._parts.registry.write() as unit:
            stored = unit.deployments.rollout(rollout.id) or rollout
            steps = stored.at(step, self._parts.clock())
            unit.deployments.update_rollout(dataclasses.replace(stored, step=step, steps=steps))
            unit.commit()

    def _done(self, rollout: Rollout) -> None:
        with self._parts.registry.write() as unit:
            stored = unit.deployments.rollout(rollout.id) or rollout
            unit.deployments.update_rollout(
                dataclasses.replace(stored, step=RolloutStep.DONE, finished_at=self._parts.clock())
            )
            endpoint = unit.deployments.endpoint(rollout.endpoint_id)
            subject = endpoint.name if endpoint else rollout.id
            unit.audit.append("rollout.done", subject, {"kind": rollout.kind.value, "rollout": rollout.id})
            unit.commit()
        log.info("rollout %s done: %s", rollout.id, rollout.kind.value)

    def _fail(self, rollout: Rollout, failure: Failure) -> None:
        """The new deployment is taken away; what answered before was never touched.

        Where its host does not answer, it counts as placed, by a container that nobody may know, until it is swept.
        """
        with self._parts.registry.read() as unit:
            endpoint = unit.deployments.endpoint(rollout.endpoint_id)
        failed = rollout.to_deployment_id
        gone = self._take_away(endpoint, failed) if endpoint is not None else True
        with self._parts.registry.write() as unit:
            deployment = unit.deployments.get(failed) if failed else None
            if deployment is not None and endpoint and endpoint.wanted_deployment_id != failed:
                unit.deployments.update(
                    dataclasses.replace(
                        deployment,
                        status=DeploymentStatus.FAILED,
                        health=Health.UNKNOWN,
                        share=0.0,
                        process=None if gone else deployment.process,
                        container=None if gone else deployment.container or ContainerIdentity("", deployment.image),
                        failure=failure,
                        stopped_at=self._parts.clock(),
                    )
                )
            stored = unit.deployments.rollout(rollout.id) or rollout
            unit.deployments.update_rollout(
                dataclasses.replace(stored, step=RolloutStep.FAILED, finished_at=self._parts.clock(), failure=failure)
            )
            unit.audit.append(
                "rollout.failed",
                endpoint.name if endpoint else rollout.id,
                {"kind": rollout.kind.value, "rollout": rollout.id, "code": failure.code},
            )
            unit.commit()
        log.warning("rollout %s failed: %s", rollout.id, failure.message)

    def _take_away(self, endpoint: Endpoint, failed: str | None) -> bool:
        """Whether nothing of the failed one is left; what is left of it is swept when its host answers again."""
        try:
            host = self._parts.host(endpoint.host)
            if failed and endpoint.wanted_deployment_id != failed:
                host.stop(failed)
            if endpoint.wanted_deployment_id is None:
                host.release(endpoint.id)
        except HostError as error:
            log.warning("endpoint %s: what is left stays for now: %s", endpoint.name, error.message)
            return False
        return True

    def _both(self, rollout: Rollout) -> tuple[Endpoint, Deployment]:
        with self._parts.registry.read() as unit:
            endpoint = unit.deployments.endpoint(rollout.endpoint_id)
            deployment = unit.deployments.get(str(rollout.to_deployment_id))
        if endpoint is None or deployment is None:
            raise DeploymentError("The endpoint was erased during the rollout.")
        return endpoint, deployment

    def _set(self, deployment: Deployment, **changes: Any) -> None:
        with self._parts.registry.write() as unit:
            current = unit.deployments.get(deployment.id)
            if current is not None:
                unit.deployments.update(dataclasses.replace(current, **changes))
                unit.commit()


def placed(placement: Placement) -> dict[str, Any]:
    """How a deployment changes by being placed."""
    if isinstance(placement, ProcessIdentity):
        return {"process": placement}
    return {"container": placement, "image": placement.image}


def _is_on(unit: UnitOfWork, rollout: Rollout, host: str) -> bool:
    endpoint = unit.deployments.endpoint(rollout.endpoint_id)
    return (endpoint.host if endpoint is not None else THIS_COMPUTER) == host
