"""Endpoints, the deployments behind them, and the rollouts that change which one answers."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.processes import ProcessIdentity

THIS_COMPUTER = "this computer"


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


@dataclass(frozen=True)
class Endpoint:
    """A name and a URL on one host. `token_sha256` is all the registry knows of the token.

    `wanted_deployment_id` is what should answer; None after a stop.
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

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Deployment:
    """One model version behind an endpoint; `number` counts up per endpoint. `share` is 0 to 1."""

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


class RolloutKind(enum.StrEnum):
    DEPLOY = "deploy"
    ROLLBACK = "rollback"
    RESTART = "restart"
    STOP = "stop"


class RolloutStep(enum.StrEnum):
    """Steps in order. Each is journalled before it is done, and may be done again."""

    QUEUED = "queued"
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

    `steps` are those it came to, in order; where it failed the last of them says where.
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

    def at(self, step: RolloutStep, moment: datetime) -> tuple[StepTime, ...]:
        """Its steps after it came to this one."""
        return (*(item for item in self.steps if item.step is not step), StepTime(step, moment))


@dataclass(frozen=True)
class PortUse:
    """Who has a port of a host: `holder` is empty where it is free; `next_free` is the nearest free one from there."""

    port: int
    holder: str
    next_free: int


@dataclass(frozen=True)
class Observation:
    """What a host sees of a deployment right now. `example_right` is None before it was tried.

    Counts and times are those of the server since its start; `refused` requests were the client's fault. A `silent` one
    has a process that did not answer when it was looked at.
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


@dataclass(frozen=True)
class Sighting:
    """One deployment as its host sees it now; `memory` in bytes, 0 where no process is known."""

    deployment_id: str
    number: int
    observation: Observation
    memory: int = 0


@dataclass(frozen=True)
class ServeOrder:
    """What a host needs in order to serve one deployment. `folder` is the deployment's own (log, spec)."""

    endpoint_id: str
    deployment_id: str
    endpoint_name: str
    model_reference: str
    bundle: Path
    manifest_hash: str
    folder: Path
    token_sha256: str
