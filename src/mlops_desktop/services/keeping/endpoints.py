"""Endpoints between rollouts: what should answer answers, nothing else does, and the registry says how it is."""

from __future__ import annotations

import dataclasses
import logging
import time
from datetime import datetime, timedelta

from mlops_desktop.domain.deployments import (
    WATCHED,
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    Observation,
    RolloutKind,
    RolloutStep,
    Trial,
    TrialKind,
)
from mlops_desktop.domain.errors import (
    BusyRegistryError,
    DeploymentError,
    DriftError,
    HostUnreachableError,
    UserError,
)
from mlops_desktop.services.host_ports import Host
from mlops_desktop.services.jobs import failure_of
from mlops_desktop.services.keeping.rollouts import CHECK_SECONDS, RolloutSupervisor, placed
from mlops_desktop.services.keeping.trials import forget_trial
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.services.rollout_wishes import new_rollout

log = logging.getLogger(__name__)

FRESH = timedelta(seconds=20)
SILENT_LOOKS = 10
"""In a row, about a second apart: then a server that is there but does not answer is ended and started again."""
FEWEST_ERRORS = 5
MOST_ERRORS = 0.2
"""Of all requests, before it counts as bad."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0


class EndpointSupervisor:
    """Compares what should answer with what the host sees; the host is right, the registry follows."""

    def __init__(self, parts: Parts, rollouts: RolloutSupervisor) -> None:
        self._parts = parts
        self._rollouts = rollouts
        self._next_try: dict[str, tuple[float, float]] = {}
        self._silent_looks: dict[str, int] = {}

    def turn(self, host: str | None = None) -> bool:
        """One round over all endpoints (of this host); says whether any should answer."""
        with self._parts.registry.read() as unit:
            endpoints = [known for known in unit.deployments.endpoints() if host in (None, known.host)]
            busy = {rollout.endpoint_id for rollout in unit.deployments.rollouts(open_only=True)}
        for endpoint in endpoints:
            if endpoint.id not in busy:
                self._try_to_see_to(endpoint)
        return any(endpoint.wanted_deployment_id for endpoint in endpoints)

    def _try_to_see_to(self, endpoint: Endpoint) -> None:
        """One endpoint in trouble does not keep us from the others."""
        try:
            self._see_to(endpoint)
        except BusyRegistryError:
            raise
        except UserError as error:
            log.warning("endpoint %s: %s", endpoint.name, error.message)

    def _see_to(self, endpoint: Endpoint) -> None:
        with self._parts.registry.read() as unit:
            known = unit.deployments.list(endpoint.id)
        host = self._parts.host(endpoint.host)
        tried = endpoint.trial.deployment_id if endpoint.trial is not None else None
        for deployment in known:
            if deployment.id == tried and self._ends_trial(host, endpoint, deployment):
                endpoint = dataclasses.replace(endpoint, trial=None)
        for deployment in known:
            if deployment.id == endpoint.wanted_deployment_id:
                self._wanted(host, endpoint, deployment)
            elif deployment.id == tried:
                continue
            elif deployment.is_placed:
                self._unwanted(host, endpoint, deployment)

    def _wanted(self, host: Host, endpoint: Endpoint, deployment: Deployment) -> None:
        seen = host.observe(deployment.id)
        if not seen.known:
            self._note_unknown(endpoint, deployment, seen)
            return
        drift = _drift_of(endpoint, deployment, seen)
        if drift:
            self._note_drift(deployment, drift)
            return
        if self._goes_back(endpoint, deployment, seen):
            return
        if not seen.running:
            self._start_again(host, endpoint, deployment)
            return
        if self._is_stuck(deployment, seen):
            log.warning(
                "endpoint %s: %s does not answer any more, ending it", endpoint.name, deployment.model_reference
            )
            host.stop(deployment.id)
            self._start_again(host, endpoint, deployment)
            return
        due, _ = self._next_try.get(deployment.id, (0.0, 0.0))
        if time.monotonic() > due + _LONGEST_WAIT:  # it has held out: the next crash is a new story
            self._next_try.pop(deployment.id, None)
        trial = endpoint.trial
        given_away = trial.share if trial is not None and trial.kind is TrialKind.CANARY else 0.0
        self._note(deployment, seen, share=1.0 - given_away)
        self._tell_token(host, endpoint, deployment, seen)
        if trial is not None and seen.healthy:
            self._go_on_trying(host, deployment, trial, seen)
        host.prepare(endpoint.id, endpoint.port, [deployment.id], published=endpoint.published)
        if not seen.accepting and seen.healthy:
            host.accept(deployment.id)

    def _goes_back(self, endpoint: Endpoint, deployment: Deployment, seen: Observation) -> bool:
        """Whether it turned bad soon after it took over: then the one before, which is warm, is wished for again."""
        trouble = _trouble_of(seen)
        if not trouble:
            return False
        with self._parts.registry.write() as unit:
            before = earlier_if_watched(unit, endpoint, deployment, self._parts.clock())
            if before is None:
                return False
            failure = failure_of(
                DeploymentError(
                    f"It turned bad after it took over: {trouble}.",
                    hint=f"{before.model_reference} answers again. See its log before you deploy it anew.",
                )
            )
            unit.deployments.update(
                dataclasses.replace(
                    deployment, status=DeploymentStatus.FAILED, health=Health.UNKNOWN, share=0.0, failure=failure
                )
            )
            new_rollout(self._parts, unit, endpoint, RolloutKind.ROLLBACK, before.id)
            unit.audit.append(
                "deployment.goes_back",
                endpoint.name,
                {"from": deployment.model_reference, "to": before.model_reference, "trouble": trouble},
            )
            unit.commit()
        log.warning("endpoint %s: %s turned bad (%s), going back", endpoint.name, deployment.model_reference, trouble)
        return True

    def _ends_trial(self, host: Host, endpoint: Endpoint, deployment: Deployment) -> bool:
        """Whether the version on trial turned bad, and its trial with it: the other one answers all again."""
        seen = host.observe(deployment.id)
        if not seen.known:
            self._note_unknown(endpoint, deployment, seen)
            return False
        stuck = "it does not answer any more" if self._is_stuck(deployment, seen) else ""
        trouble = _drift_of(endpoint, deployment, seen) or _trouble_of(seen) or stuck
        trial = endpoint.trial
        if not trouble or trial is None:
            share = trial.share if trial is not None and trial.kind is TrialKind.CANARY else 0.0
            self._note(deployment, seen, share=share)
            self._tell_token(host, endpoint, deployment, seen)
            return False
        log.warning("endpoint %s: the trial of %s ends: %s", endpoint.name, deployment.model_reference, trouble)
        if endpoint.wanted_deployment_id is not None:
            end = host.split if trial.kind is TrialKind.CANARY else host.shadow
            end(endpoint.wanted_deployment_id, "", 0.0)
        host.stop(deployment.id)
        failure = failure_of(DeploymentError(f"Its trial ended: {trouble}", hint="See its log before you try it anew."))
        forget_trial(self._parts, endpoint, status=DeploymentStatus.FAILED, failure=failure)
        return True

    def _tell_token(self, host: Host, endpoint: Endpoint, deployment: Deployment, seen: Observation) -> None:
        """Who changed the token may have been ended before the servers knew."""
        if seen.token_sha256 in ("", endpoint.token_sha256):
            return
        with self._parts.registry.read() as unit:
            now = unit.deployments.endpoint(endpoint.id)  # what is seen may be newer than what we began with
        if now is not None and now.token_sha256 != seen.token_sha256:
            host.set_token(deployment.id, now.token_sha256)

    def _go_on_trying(self, host: Host, deployment: Deployment, trial: Trial, seen: Observation) -> None:
        """A server that was started again knows nothing of the trial."""
        now = seen.splitting if trial.kind is TrialKind.CANARY else seen.shadowing
        if now is not None and now.share == trial.share and trial.deployment_id.startswith(now.to.partition(".")[0]):
            return
        begin = host.split if trial.kind is TrialKind.CANARY else host.shadow
        begin(deployment.id, trial.deployment_id, trial.share)

    def _is_stuck(self, deployment: Deployment, seen: Observation) -> bool:
        """Whether it was silent for so long that a new start helps more, and one is due."""
        if not seen.silent:
            self._silent_looks.pop(deployment.id, None)
            return False
        looks = self._silent_looks[deployment.id] = self._silent_looks.get(deployment.id, 0) + 1
        due, _ = self._next_try.get(deployment.id, (0.0, 0.0))
        if looks < SILENT_LOOKS or time.monotonic() < due:
            return False
        self._silent_looks.pop(deployment.id)
        return True

    def _note(self, deployment: Deployment, seen: Observation, *, share: float) -> None:
        health = Health.HEALTHY if seen.healthy else Health.DEGRADED
        now = self._parts.clock()
        fresh = deployment.checked_at is not None and now - deployment.checked_at < FRESH
        same = deployment.health is health and deployment.status is DeploymentStatus.RUNNING
        same = same and deployment.share == share
        if fresh and same and (deployment.process, deployment.container) == (seen.process, seen.container):
            return
        self._update(
            dataclasses.replace(
                deployment,
                health=health,
                status=DeploymentStatus.RUNNING,
                checked_at=now,
                process=seen.process or deployment.process,
                container=seen.container or deployment.container,
                failure=None,
                share=share,
            )
        )

    def _note_unknown(self, endpoint: Endpoint, deployment: Deployment, seen: Observation) -> None:
        """What runs there may well answer its clients: it is neither stopped nor failed."""
        error = HostUnreachableError(
            f"{endpoint.host} does not answer: {seen.sentence}", hint=f"Test it: mlops hosts check {endpoint.host}"
        )
        failure = failure_of(error)
        if deployment.health is not Health.UNKNOWN or deployment.failure != failure:
            self._update(dataclasses.replace(deployment, health=Health.UNKNOWN, failure=failure))

    def _note_drift(self, deployment: Deployment, drift: str) -> None:
        """Others changed it on the host. That may be meant, so it is shown, and a person decides."""
        failure = failure_of(DriftError(drift, hint="Start it again, or stop the endpoint."))
        if deployment.failure != failure:
            self._update(
                dataclasses.replace(
                    deployment, status=DeploymentStatus.FAILED, health=Health.UNKNOWN, share=0.0, failure=failure
                )
            )

    def _unwanted(self, host: Host, endpoint: Endpoint, deployment: Deployment) -> None:
        """A warm one stays, but it must not answer; one that is gone is noted; one that failed is taken away."""
        seen = host.observe(deployment.id)
        if not seen.known:
            return
        if not seen.running or deployment.status is DeploymentStatus.FAILED:
            if deployment.container is not None:
                host.stop(deployment.id)
                if endpoint.wanted_deployment_id is None:
                    host.release(endpoint.id)
            self._update(dataclasses.replace(deployment, process=None, container=None))
        elif seen.accepting:
            host.drain(deployment.id)

    def _start_again(self, host: Host, endpoint: Endpoint, deployment: Deployment) -> None:
        """It crashed, or the computer was restarted: start it anew, waiting longer after each failure."""
        due, wait = self._next_try.get(deployment.id, (0.0, _FIRST_WAIT))
        if time.monotonic() < due:
            self._note_gone(deployment)
            return
        self._next_try[deployment.id] = (time.monotonic() + wait, min(wait * 2, _LONGEST_WAIT))
        log.warning("endpoint %s: %s is gone, starting it again", endpoint.name, deployment.model_reference)
        restarts = deployment.restarts + 1
        starting = dataclasses.replace(
            deployment,
            status=DeploymentStatus.STARTING,
            health=Health.UNKNOWN,
            process=None,
            container=None,
            restarts=restarts,
            checked_at=self._parts.clock(),
        )
        self._update(starting)
        try:
            order = self._rollouts.take_port(endpoint, deployment)
            host.build(order, _say_nothing)
            starting = dataclasses.replace(starting, **placed(host.start(order)))
            self._update(starting)
            host.check(order, seconds=CHECK_SECONDS)
            host.accept(deployment.id)
        except (BusyRegistryError, HostUnreachableError):
            raise
        except UserError as error:
            host.stop(deployment.id)
            failed = dataclasses.replace(starting, status=DeploymentStatus.FAILED, failure=failure_of(error))
            self._update(failed)
            return
        self._update(
            dataclasses.replace(
                starting,
                status=DeploymentStatus.RUNNING,
                health=Health.HEALTHY,
                failure=None,
                share=1.0,
                checked_at=self._parts.clock(),
            )
        )

    def _note_gone(self, deployment: Deployment) -> None:
        """Until its next start is due, the registry says what is true: it does not run."""
        if deployment.status is not DeploymentStatus.FAILED:
            failure = failure_of(DeploymentError("Its process ended by itself.", hint="It is started again shortly."))
            self._update(
                dataclasses.replace(
                    deployment,
                    status=DeploymentStatus.FAILED,
                    health=Health.UNKNOWN,
                    process=None,
                    container=None,
                    failure=failure,
                )
            )

    def _update(self, deployment: Deployment) -> None:
        with self._parts.registry.write() as unit:
            unit.deployments.update(deployment)
            unit.commit()


def _say_nothing(_sentence: str, _done: int, _total: int) -> None:
    """What is started again reports to nobody."""


def _trouble_of(seen: Observation) -> str:
    """Why it should not go on answering, or nothing."""
    if not seen.running:
        return seen.sentence or "it ended"
    if seen.out_of_memory or seen.engine_restarts:
        return "it ran out of memory" if seen.out_of_memory else "it ended and was started again"
    if seen.example_right is False:
        return "it answers its stored example wrongly"
    if seen.errors >= FEWEST_ERRORS and seen.errors > MOST_ERRORS * seen.requests:
        return f"{seen.errors} of {seen.requests} requests failed"
    return ""


def earlier_if_watched(
    unit: UnitOfWork, endpoint: Endpoint, deployment: Deployment, now: datetime
) -> Deployment | None:
    """The warm deployment that it took over from, as long as it is watched after that and answers alone."""
    if endpoint.trial is not None:
        return None
    done = [one for one in unit.deployments.rollouts(endpoint.id) if one.step is RolloutStep.DONE]
    last = done[-1] if done else None
    if (
        last is None
        or last.kind not in (RolloutKind.DEPLOY, RolloutKind.PROMOTE)
        or last.to_deployment_id != deployment.id
    ):
        return None
    if last.finished_at is None or now - last.finished_at > WATCHED or last.from_deployment_id is None:
        return None
    before = unit.deployments.get(last.from_deployment_id)
    return before if before is not None and before.is_placed and before.failure is None else None


def _drift_of(endpoint: Endpoint, deployment: Deployment, seen: Observation) -> str:
    """What others did to its container, or nothing."""
    known, there = deployment.container, seen.container
    if known is None or known == there:
        return ""
    if there is None:
        return f"Its container was removed on {endpoint.host}, not by this program."
    if there.image != known.image:
        return f"Its container on {endpoint.host} runs another image now: {there.image[:19]}, not {known.image[:19]}."
    return f"Its container on {endpoint.host} was replaced by another one of the same image."
