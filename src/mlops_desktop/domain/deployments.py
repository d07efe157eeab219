"""Endpoints, the deployments behind them, and the rollouts that change which one answers."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.processes import ProcessIdentity

WATCHED = timedelta(minutes=2)
"""After a deployment took over from another: one that turns bad meanwhile goes back by itself, if a keeper runs."""


class DeploymentStatus(enum.StrEnum):
    BUILDING = "building"
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"


class Health(enum.StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class TrialKind(enum.StrEnum):
    CANARY = "canary"
    SHADOW = "shadow"


@dataclass(frozen=True)
class Trial:
    """A second version beside the one that answers. `share` is that of the connections whose requests it answers
    (canary), or that of the requests that it is asked too, for nobody but the record (shadow); above 0, at most 1."""

    deployment_id: str
    kind: TrialKind
    share: float
    started_at: datetime
    started_by: str


@dataclass(frozen=True)
class Endpoint:
    """A name and a URL on one host. `token_sha256` is all the registry knows of the token.

    `host` is the host's name; `url` is as seen from the host itself. One that is `published` answers on every network
    of its host, others on its loopback address only. `wanted_deployment_id` is what should answer; None after a stop.
    """

    id: str
    name: str
    host: str
    port: int
    token_sha256: str
    created_at: datetime
    wanted_deployment_id: str | None = None
    trashed_at: datetime | None = None
    revision: int = 1
    published: bool = False
    trial: Trial | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class ContainerIdentity:
    """A container as its engine knows it; `image` is the identity of what it runs (`sha256:` and 64 digits)."""

    id: str
    image: str


@dataclass(frozen=True)
class Deployment:
    """One model version behind an endpoint; `number` counts up per endpoint. `share` is 0 to 1.

    While it is placed it has a process (on this computer) or a container (on an engine), also where that was ended by
    others. `image` stays known after the container is gone.
    """

    id: str
    endpoint_id: str
    endpoint_name: str
    number: int
    model_version_id: str
    model_reference: str
    manifest_hash: str
    status: DeploymentStatus
    health: Health
    share: float
    created_at: datetime
    created_by: str
    process: ProcessIdentity | None = None
    checked_at: datetime | None = None
    stopped_at: datetime | None = None
    restarts: int = 0
    failure: Failure | None = None
    container: ContainerIdentity | None = None
    image: str = ""

    @property
    def is_placed(self) -> bool:
        return self.process is not None or self.container is not None


class RolloutKind(enum.StrEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"
    STOP = "stop"
    TRY = "try"
    PROMOTE = "promote"
    END_TRIAL = "end trial"


class RolloutStep(enum.StrEnum):
    """Steps in order. Each is journalled before it is done, and may be done again."""

    QUEUED = "queued"
    BUILD = "build"
    START = "start"
    CHECK = "check"
    SWITCH = "switch"
    DRAIN = "drain"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_ended(self) -> bool:
        return self in (RolloutStep.DONE, RolloutStep.FAILED)


@dataclass(frozen=True)
class StepTime:
    """When a rollout came to a step (for the last time, where a step was done again)."""

    step: RolloutStep
    at: datetime


@dataclass(frozen=True)
class Rollout:
    """One change of what answers behind an endpoint, from one deployment to another.

    `steps` are those it came to, in order; where it failed the last of them says where. `cancelled_by` is who asked for
    its end before it switches. `trial` is what a TRY begins.
    """

    id: str
    endpoint_id: str
    kind: RolloutKind
    from_deployment_id: str | None
    to_deployment_id: str | None
    step: RolloutStep
    created_at: datetime
    created_by: str
    finished_at: datetime | None = None
    failure: Failure | None = None
    steps: tuple[StepTime, ...] = ()
    cancelled_by: str = ""
    trial: Trial | None = None

    @property
    def may_be_cancelled(self) -> bool:
        """Whether it has not switched yet, and will leave something to be as it was."""
        early = (RolloutStep.QUEUED, RolloutStep.BUILD, RolloutStep.START, RolloutStep.CHECK)
        return self.kind not in (RolloutKind.STOP, RolloutKind.END_TRIAL) and self.step in early

    def at(self, step: RolloutStep, moment: datetime) -> tuple[StepTime, ...]:
        """Its steps after it came to this one."""
        return (*(item for item in self.steps if item.step is not step), StepTime(step, moment))


def serving_at(rollouts: Sequence[Rollout], moment: datetime) -> str | None:
    """The id of the deployment that answered then; `rollouts` are those of one endpoint, oldest first."""
    answering = None
    for rollout in rollouts:
        switched = next((item.at for item in rollout.steps if item.step is RolloutStep.SWITCH), None)
        if switched is None or switched > moment or rollout.kind in (RolloutKind.TRY, RolloutKind.END_TRIAL):
            continue
        if rollout.step in (RolloutStep.DRAIN, RolloutStep.DONE):
            answering = rollout.to_deployment_id
    return answering


@dataclass(frozen=True)
class PortUse:
    """Who has a port of a host: `holder` is empty where it is free; `next_free` is the nearest free one from there."""

    port: int
    holder: str
    next_free: int


@dataclass(frozen=True)
class Answers:
    """What a server answered since its start: how often each class, or the mean of the numbers."""

    classes: Mapping[str, int]
    mean: float | None = None


@dataclass(frozen=True)
class Splitting:
    """Connections that a server handed to another one, and those it kept because that did not take them."""

    to: str
    share: float
    handed: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Shadowing:
    """Requests that a server had another one answer too. Differences are those of probabilities, or of numbers."""

    to: str
    share: float
    asked: int = 0
    failed: int = 0
    skipped: int = 0
    rows: int = 0
    same: int = 0
    mean_difference: float = 0.0
    largest_difference: float = 0.0
    p50_ms: float = 0.0


@dataclass(frozen=True)
class Observation:
    """What a host sees of a deployment right now. `example_right` is None before it was tried.

    Counts and times are those of the server since its start; `refused` requests were the client's fault. A `silent` one
    has a process that did not answer when it was looked at; where the whole host does not, `known` is False and the
    rest says nothing. `memory` in bytes and `processors` in use, where known. `engine_restarts` are those that an
    engine did by itself. `log_lost` are records of the server's log that could not be written. `token_sha256` is the
    token's that it takes, where it says so.
    """

    running: bool
    accepting: bool = False
    healthy: bool = False
    example_right: bool | None = None
    process: ProcessIdentity | None = None
    requests: int = 0
    errors: int = 0
    open_connections: int = 0
    sentence: str = ""
    refused: int = 0
    rows: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    silent: bool = False
    known: bool = True
    container: ContainerIdentity | None = None
    memory: int = 0
    processors: float | None = None
    engine_restarts: int = 0
    out_of_memory: bool = False
    log_lost: int = 0
    token_sha256: str = ""
    answers: Answers | None = None
    splitting: Splitting | None = None
    shadowing: Shadowing | None = None


Placement = ProcessIdentity | ContainerIdentity
"""Where a host put a deployment."""


@dataclass(frozen=True)
class Sighting:
    """One deployment as its host sees it now; `memory` in bytes, 0 where no process is known."""

    deployment_id: str
    number: int
    observation: Observation
    memory: int = 0


@dataclass(frozen=True)
class ServeOrder:
    """What a host needs in order to serve one deployment. `folder` is its own on this computer (log, spec)."""

    endpoint_id: str
    deployment_id: str
    endpoint_name: str
    model_reference: str
    bundle: Path
    manifest_hash: str
    folder: Path
    token_sha256: str
    published: bool = False
