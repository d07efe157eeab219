"""What Deployments shows: endpoints with all they had, read in one go and judged by pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_desktop.domain.deployments import (
    WATCHED,
    Deployment,
    DeploymentStatus,
    Endpoint,
    Health,
    Rollout,
    RolloutKind,
    RolloutStep,
)
from mlops_desktop.domain.errors import (
    DriftError,
    HostKeyChangedError,
    HostRefusedError,
    HostUnreachableError,
    RolloutCancelledError,
)
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostKind, parse_address
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.rollouts import Build, change_words
from mlops_desktop.gui.statuses import Sign, deployment_sign, health_sign

if TYPE_CHECKING:
    from mlops_desktop.domain.models import ModelVersion
    from mlops_desktop.services.workspace import Workspace

FRESH = timedelta(seconds=30)
"""A look at a server that is older than this confirms nothing any more."""
_CUT_OFF = frozenset({HostUnreachableError.code, HostKeyChangedError.code, HostRefusedError.code})


@dataclass(frozen=True)
class EndpointFacts:
    """`deployments` and `rollouts` are newest first; `version` is the one of the deployment that is spoken of.

    `build` is how far the image of the open rollout is.
    """

    endpoint: Endpoint
    deployments: tuple[Deployment, ...] = ()
    rollouts: tuple[Rollout, ...] = ()
    version: ModelVersion | None = None
    host: Host | None = None
    build: Build | None = None

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def answering(self) -> Deployment | None:
        """What should answer; None after a stop, or before anything did."""
        return next((one for one in self.deployments if one.id == self.endpoint.wanted_deployment_id), None)

    @property
    def spoken_of(self) -> Deployment | None:
        """What should answer, else the newest that did not fail, else the newest."""
        tried = next((one for one in self.deployments if one.status is not DeploymentStatus.FAILED), None)
        return self.answering or tried or next(iter(self.deployments), None)

    @property
    def open_rollout(self) -> Rollout | None:
        return next((one for one in self.rollouts if not one.step.is_ended), None)

    def deployment(self, identifier: str | None) -> Deployment | None:
        return next((one for one in self.deployments if one.id == identifier), None)


@dataclass(frozen=True)
class DeploymentFacts:
    """`champions` maps a model to the number of its champion; `hosts` are their names, this computer first."""

    read_at: datetime
    endpoints: tuple[EndpointFacts, ...] = ()
    champions: Mapping[str, int] = field(default_factory=dict)
    models: int = 0
    hosts: tuple[str, ...] = (THIS_COMPUTER,)

    def endpoint(self, name: str) -> EndpointFacts | None:
        return next((one for one in self.endpoints if one.name == name), None)

    def on(self, host: str) -> Sequence[EndpointFacts]:
        return [one for one in self.endpoints if one.endpoint.host == host]


@dataclass(frozen=True)
class Condition:
    """How an endpoint is: what was asked of it, whether it does it, and a few words more."""

    status: Sign
    health: Sign | None = None
    note: str = ""

    @property
    def foremost(self) -> Sign:
        return self.health or self.status


def read_deployments(workspace: Workspace, now: datetime) -> DeploymentFacts:
    models = workspace.models.list()
    return DeploymentFacts(
        read_at=now,
        endpoints=tuple(read_endpoint(workspace, endpoint) for endpoint, _ in workspace.deployments.list()),
        champions={model.name: model.aliases["champion"] for model in models if "champion" in model.aliases},
        models=sum(model.latest_number for model in models),
        hosts=tuple(state.host.name for state in workspace.hosts.list()),
    )


def read_endpoint(workspace: Workspace, endpoint: Endpoint) -> EndpointFacts:
    from mlops_desktop.domain.errors import UserError

    facts = EndpointFacts(
        endpoint,
        tuple(workspace.deployments.history(endpoint.name)),
        tuple(reversed(workspace.deployments.rollouts(endpoint.name))),
        host=workspace.hosts.get(endpoint.host),
    )
    if facts.open_rollout is not None and in_containers(endpoint):
        facts = replace(facts, build=_read_build(workspace, facts, facts.open_rollout))
    spoken_of = facts.spoken_of
    if spoken_of is None:
        return facts
    try:
        version = workspace.models.get(spoken_of.model_reference)
    except UserError:  # it lies in the trash; what answers does not need it
        return facts
    return replace(facts, version=version)


def _read_build(workspace: Workspace, facts: EndpointFacts, rollout: Rollout) -> Build:
    from mlops_desktop.gui.readings.serving_log import parse_rollout_log

    tried = facts.deployment(rollout.to_deployment_id)
    if tried is None:
        return Build()
    return parse_rollout_log(workspace.deployments.rollout_log(facts.name, tried.number), rollout.created_at)[1]


# --- how it is --------------------------------------------------------------------------------------------------------


def is_confirmed(deployment: Deployment, now: datetime) -> bool:
    return deployment.checked_at is not None and now - deployment.checked_at < FRESH


def is_cut_off(deployment: Deployment) -> bool:
    """Whether its host did not answer the last time: what runs there may well go on."""
    failure = deployment.failure
    return failure is not None and failure.code in _CUT_OFF and deployment.status is DeploymentStatus.RUNNING


def has_drifted(deployment: Deployment) -> bool:
    """Whether somebody removed or replaced its container by hand."""
    return deployment.failure is not None and deployment.failure.code == DriftError.code


def in_containers(endpoint: Endpoint) -> bool:
    return endpoint.host != THIS_COMPUTER


def placed_in(endpoint: Endpoint) -> str:
    """What its servers are: processes of this computer, containers elsewhere."""
    return "container" if in_containers(endpoint) else "process"


@dataclass(frozen=True)
class Reach:
    """Where an endpoint is asked: `url` without a path, and who can reach it there, in few words and in full."""

    url: str
    note: str = ""
    sentence: str = ""
    from_here: bool = True


def reach(one: EndpointFacts) -> Reach:
    """As it is: on its host's loopback address alone, unless it is published."""
    endpoint, host = one.endpoint, one.host
    if host is None or not host.is_remote:
        if not endpoint.published:
            return Reach(endpoint.url, "this computer only")
        sentence = "It answers on every network of this computer, to whoever has the token."
        return Reach(endpoint.url, "published", sentence)
    if endpoint.published:
        machine = parse_address(host.address, host.kind).machine
        named = f"[{machine}]" if ":" in machine else machine
        alias = " (as your SSH configuration names it)" if host.kind is HostKind.SSH else ""
        sentence = f"It answers on every network of {host.name}{alias}, to whoever has the token."
        return Reach(f"http://{named}:{endpoint.port}", "published", sentence)
    sentence = (
        f"This address is that of {host.name} itself. From here ask it with Try it, or with "
        f"mlops deployments predict {endpoint.name}."
    )
    return Reach(endpoint.url, f"on {host.name} only", sentence, from_here=False)


def seen_health(deployment: Deployment, now: datetime) -> Health:
    """Nothing that was not looked at lately counts as healthy."""
    running = deployment.status is DeploymentStatus.RUNNING and not is_cut_off(deployment)
    return deployment.health if running and is_confirmed(deployment, now) else Health.UNKNOWN


def condition(facts: EndpointFacts, now: datetime) -> Condition:
    rollout, answering = facts.open_rollout, facts.answering
    if rollout is not None and answering is None:
        return Condition(
            Sign("loader-circle", "accent-text", "Starting"), note=change_words(rollout, facts.deployments)
        )
    if answering is None:
        return _not_wanted(facts, now)
    note = change_words(rollout, facts.deployments) if rollout is not None else _note(facts, answering, now)
    status = deployment_sign(answering.status)
    if answering.status is not DeploymentStatus.RUNNING:
        return Condition(status, note=note)
    return Condition(status, health_sign(seen_health(answering, now)), note)


def _not_wanted(facts: EndpointFacts, now: datetime) -> Condition:
    newest = next(iter(facts.deployments), None)
    if newest is None or (newest.status is DeploymentStatus.FAILED and facts.spoken_of is newest):
        why = newest.failure.message if newest and newest.failure else ""
        return Condition(deployment_sign("failed"), note=f"never answered. {why}".strip())
    ended = [one.stopped_at for one in facts.deployments if one.stopped_at]
    return Condition(deployment_sign("stopped"), note=f"since {formats.moment(max(ended), now)}" if ended else "")


def _note(facts: EndpointFacts, answering: Deployment, now: datetime) -> str:
    thing = placed_in(facts.endpoint)
    if answering.status in (DeploymentStatus.STARTING, DeploymentStatus.BUILDING):
        return f"its {thing} ended; it is being started again" if answering.restarts else f"its {thing} is starting"
    if has_drifted(answering):
        return "somebody changed its container on the host; a person decides what is to be"
    if answering.status is DeploymentStatus.FAILED:
        return f"its {thing} ended; it is started again, with longer pauses each time"
    if is_cut_off(answering):
        seen = f"since {formats.moment(answering.checked_at, now)}" if answering.checked_at else "yet"
        return f"its host has not answered {seen}; the container may still be running, we cannot confirm it"
    if not is_confirmed(answering, now):
        seen = formats.moment(answering.checked_at, now) if answering.checked_at else "its start"
        return f"has not been seen since {seen}; it may still be answering, we cannot confirm it"
    if answering.health is Health.DEGRADED:
        return "it runs, but does not answer as it should; if it stays silent, it is started again"
    if answering.restarts:
        return f"restarted {formats.plural(answering.restarts, 'time')} by itself"
    since = answering_since(facts, answering)
    if now - since < WATCHED and _took_over(facts, answering):
        until = formats.moment(since + WATCHED, now)
        return f"watched until {until}: if it turns bad, the background process goes back by itself"
    return f"since {formats.moment(since, now)}"


def _took_over(facts: EndpointFacts, answering: Deployment) -> bool:
    """Whether the newest change made it answer in place of one that is kept warm."""
    newest = next(iter(facts.rollouts), None)
    kinds = (RolloutKind.DEPLOY, RolloutKind.PROMOTE)
    led = newest is not None and newest.kind in kinds and newest.to_deployment_id == answering.id
    return led and bool(warm_ones(facts)) and facts.endpoint.trial is None


@dataclass(frozen=True)
class Trouble:
    """`way_on` is what the head of the endpoint can be asked for; `stayed` what the failure left as it was.

    `is_doubt`: nobody knows whether it is one.
    """

    failure: Failure
    deployment: Deployment | None
    way_on: str
    stayed: str
    is_doubt: bool = False


def trouble(facts: EndpointFacts) -> Trouble | None:
    """The failure of what should answer, or of the newest attempt where nothing came after it."""
    answering = facts.answering
    newest = next(iter(facts.rollouts), None)
    if answering is not None and answering.failure is not None and is_cut_off(answering):
        stayed = "What runs there goes on answering those who reach it; nothing was changed."
        return Trouble(answering.failure, answering, "host", stayed, is_doubt=True)
    if answering is not None and answering.failure is not None:
        warm = next(iter(warm_ones(facts)), None)
        kept = f" {version_words(warm.model_reference, facts.name)} is kept warm for the way back." if warm else ""
        return Trouble(answering.failure, answering, "restart", f"Address and token stay.{kept}")
    if newest is None or newest.failure is None:
        return None
    if newest.failure.code == RolloutCancelledError.code:  # somebody wished it; History says so
        return None
    tried = facts.deployment(newest.to_deployment_id)
    if answering is None:
        return Trouble(newest.failure, tried, "deploy", "Nothing else was touched.")
    version = version_words(answering.model_reference, facts.name)
    return Trouble(newest.failure, tried, "deploy", f"{version} kept answering all the time.")


def answers_now(deployment: Deployment) -> bool:
    """Whether what should answer has a process that does, as far as is known."""
    return deployment.status is DeploymentStatus.RUNNING


def answering_since(facts: EndpointFacts, deployment: Deployment) -> datetime:
    """When it came to answer for the last time, by the newest rollout that led to it."""
    for rollout in facts.rollouts:
        if rollout.to_deployment_id == deployment.id and rollout.step is RolloutStep.DONE:
            switched = next((item.at for item in rollout.steps if item.step is RolloutStep.SWITCH), None)
            return switched or rollout.finished_at or rollout.created_at
    return deployment.created_at


def sentence(facts: DeploymentFacts, now: datetime) -> str:
    """How things are, in one line."""
    if not facts.endpoints:
        return "Nothing is deployed"
    counts: dict[str, int] = {}
    for one in facts.endpoints:
        word = condition(one, now).foremost.word.lower()
        counts[word] = counts.get(word, 0) + 1
    hosts = {one.endpoint.host for one in facts.endpoints}
    place = next(iter(hosts)) if len(hosts) == 1 else f"{len(hosts)} hosts"
    parts = [f"{formats.plural(len(facts.endpoints), 'endpoint')} on {place}"]
    parts.append(", ".join(f"{number} {word}" for word, number in counts.items()))
    changes = [rollout for one in facts.endpoints for rollout in one.rollouts]
    if changes:
        last = max(changes, key=lambda rollout: rollout.created_at)
        parts.append(f"last change {formats.moment(last.created_at, now)} by {last.created_by}")
    return " · ".join(parts)


# --- versions and the way back ----------------------------------------------------------------------------------------


def version_words(reference: str, endpoint_name: str = "") -> str:
    """`flight-late v3`; where the endpoint bears the model's name `v3`."""
    name, _, number = reference.rpartition("@")
    return number if name == endpoint_name else f"{name} {number}"


def is_champion(reference: str, champions: Mapping[str, int]) -> bool:
    name, _, number = reference.rpartition("@v")
    return str(champions.get(name)) == number


def way_back(facts: EndpointFacts) -> Deployment | None:
    """The deployment that a roll back leads to unless another one is named, as the service finds it."""
    at = facts.endpoint.wanted_deployment_id
    current = facts.answering
    for rollout in facts.rollouts:
        if rollout.step is RolloutStep.DONE and rollout.to_deployment_id == at:
            at = rollout.from_deployment_id
            earlier = facts.deployment(at)
            if earlier and (current is None or earlier.model_version_id != current.model_version_id):
                return earlier
    return None


def can_return_to(facts: EndpointFacts, deployment: Deployment) -> bool:
    """Whether this deployment may answer again: it is not the one that does, and it has answered before."""
    return (
        deployment.id != facts.endpoint.wanted_deployment_id
        and deployment.status is DeploymentStatus.STOPPED
        and facts.open_rollout is None
        and facts.endpoint.trial is None
    )


def is_warm(facts: EndpointFacts, deployment: Deployment) -> bool:
    """Whether it still runs beside the one that answers, for a quick way back."""
    alone = deployment.id != facts.endpoint.wanted_deployment_id and not is_on_trial(facts, deployment)
    return deployment.is_placed and alone


def is_on_trial(facts: EndpointFacts, deployment: Deployment) -> bool:
    trial = facts.endpoint.trial
    return trial is not None and trial.deployment_id == deployment.id


def return_words(facts: EndpointFacts, deployment: Deployment) -> str:
    """What the way back to it is called."""
    version = version_words(deployment.model_reference, facts.name)
    return f"Roll back to {version}" if facts.answering is not None else f"Start {version} again"


def warm_ones(facts: EndpointFacts) -> Sequence[Deployment]:
    return [one for one in facts.deployments if is_warm(facts, one)]
