"""What Activity shows: jobs and rollouts of the workspace, read in one go in the lane."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_desktop.domain.deployments import Rollout, RolloutKind, RolloutStep
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.rollouts import was_cancelled

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Deployment, Endpoint
    from mlops_desktop.domain.experiments import Failure
    from mlops_desktop.services.workspace import Workspace

NEWEST_ENDED = 60
NEWEST_ROLLOUTS = 3
"""Of each endpoint, besides those under way."""
LONG_WORK = timedelta(seconds=10)
"""From here on its end is said even where the window is not in front."""
_ICONS = {JobKind.TRAIN: "flask-conical", JobKind.IMPORT_DATASET: "download", JobKind.SCORE: "send"}
_STEPS = {
    RolloutStep.QUEUED: (0.02, "waits for the background process"),
    RolloutStep.BUILD: (0.1, "building its image and sending what the host lacks"),
    RolloutStep.START: (0.2, "starting beside what answers now"),
    RolloutStep.CHECK: (0.5, "waiting until it is healthy and answers its example rightly"),
    RolloutStep.SWITCH: (0.8, "switching requests over"),
    RolloutStep.DRAIN: (0.9, "letting open requests end"),
}


class State(enum.StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Work:
    """One job or rollout. `sign` is the run status whose icon and word it has; `job_id` is empty for a rollout."""

    id: str
    state: State
    icon: str
    title: str
    sign: str
    sentence: str
    created_at: datetime
    share: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    place: Place | None = None
    job_id: str = ""
    cancelling: bool = False
    failure: Failure | None = None

    @property
    def ended_at(self) -> datetime:
        return self.finished_at or self.created_at

    @property
    def taken(self) -> timedelta:
        return (self.finished_at - self.started_at) if self.started_at and self.finished_at else timedelta()


@dataclass(frozen=True)
class ActivityFacts:
    """Running and waiting in the order in which they were queued; the others newest first."""

    works: tuple[Work, ...] = ()

    def of(self, state: State) -> tuple[Work, ...]:
        return tuple(work for work in self.works if work.state is state)


def read_activity(workspace: Workspace) -> ActivityFacts:
    open_jobs = workspace.jobs.list(statuses=(JobStatus.QUEUED, JobStatus.RUNNING))
    ended = workspace.jobs.list(
        statuses=(JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.LOST), limit=NEWEST_ENDED
    )
    names = {dataset.id: dataset.name for dataset in workspace.datasets.list()}
    works = [work_of_job(job, names) for job in (*open_jobs, *ended)]
    for endpoint, _ in workspace.deployments.list():
        works += _rollouts(workspace, endpoint)
    going = [work for work in works if work.state in (State.RUNNING, State.WAITING)]
    over = sorted((work for work in works if work not in going), key=lambda work: work.ended_at, reverse=True)
    return ActivityFacts((*going, *over))


def left(work: Work, now: datetime) -> str:
    """How long it still takes where that is known, else how long it has taken."""
    if work.started_at is None:
        return ""
    taken = (now - work.started_at).total_seconds()
    if work.share is None or not work.job_id or not 0.05 <= work.share < 1:
        return f"{formats.duration(timedelta(seconds=max(0.0, taken)))} so far"
    rest = max(1.0, taken * (1 - work.share) / work.share)
    return f"about {formats.duration(timedelta(seconds=max(10.0, rest)))} left"


def work_of_job(job: Job, datasets: dict[str, str]) -> Work:
    """`datasets` are names by id."""
    states = {JobStatus.QUEUED: State.WAITING, JobStatus.RUNNING: State.RUNNING, JobStatus.FINISHED: State.DONE,
              JobStatus.CANCELLED: State.DONE}  # fmt: skip
    name, _, what = job.title.partition(": ")
    train = job.kind is JobKind.TRAIN
    title = f"Run {name}" if train else job.title
    about = _about(what) if train else ""
    if job.failure and states.get(job.status) is None:
        about = job.failure.message
    elif not job.status.is_ended:
        about = " · ".join(part for part in (about, silence(job) or job.note) if part)
    return Work(
        id=job.id,
        state=states.get(job.status, State.FAILED),
        icon=_ICONS[job.kind],
        title=title,
        sign=job.status.value,
        sentence=about,
        created_at=job.created_at,
        share=job.progress if job.status is JobStatus.RUNNING else None,
        started_at=job.started_at,
        finished_at=job.finished_at,
        place=_place(job, name, datasets),
        job_id=job.id,
        cancelling=job.cancel_requested_at is not None and not job.status.is_ended,
        failure=job.failure,
    )


def silence(job: Job) -> str:
    """That its worker does not respond, and since when; empty where it does."""
    return f"Not responding since {job.silent_since.astimezone():%H:%M:%S}" if job.silent_since else ""


def _about(what: str) -> str:
    """`HistGradientBoosting · flights v2` from the title of a training."""
    estimator, _, table = what.partition(" on ")
    return " · ".join(part for part in (formats.estimator(estimator), table.replace("@v", " v")) if part)


def _place(job: Job, name: str, datasets: dict[str, str]) -> Place | None:
    if job.kind is JobKind.TRAIN:
        return Place("run", name)
    if job.kind is JobKind.IMPORT_DATASET and job.object_id in datasets:
        return Place("datasets", datasets[job.object_id])
    return None


def _rollouts(workspace: Workspace, endpoint: Endpoint) -> list[Work]:
    known = {deployment.id: deployment for deployment in workspace.deployments.history(endpoint.name)}
    rollouts = workspace.deployments.rollouts(endpoint.name)
    shown = [*(r for r in rollouts[:-NEWEST_ROLLOUTS] if not r.step.is_ended), *rollouts[-NEWEST_ROLLOUTS:]]
    return [_of_rollout(rollout, endpoint, known) for rollout in shown]


def _of_rollout(rollout: Rollout, endpoint: Endpoint, known: dict[str, Deployment]) -> Work:
    aim = known.get(rollout.to_deployment_id or "")
    version = aim.model_reference.replace("@v", " v") if aim else ""
    titles = {
        RolloutKind.DEPLOY: f"Deploy {version} to {endpoint.name}",
        RolloutKind.ROLLBACK: f"Roll {endpoint.name} back to {version}",
        RolloutKind.RESTART: f"Restart {endpoint.name}",
        RolloutKind.STOP: f"Stop {endpoint.name}",
        RolloutKind.TRY: f"Try {version} on {endpoint.name}",
        RolloutKind.PROMOTE: f"Promote {version} on {endpoint.name}",
        RolloutKind.END_TRIAL: f"End the trial on {endpoint.name}",
    }
    cancelled = was_cancelled(rollout)
    failed = rollout.step is RolloutStep.FAILED and not cancelled
    state = State.FAILED if failed else State.DONE if rollout.step.is_ended else State.RUNNING
    share, sentence = _STEPS.get(rollout.step, (None, ""))
    if failed:
        sentence = rollout.failure.message if rollout.failure else "It gave no reason. What answered before still does."
    elif cancelled:
        sentence = "What answered before goes on."
    return Work(
        id=rollout.id,
        state=state,
        icon="undo-2" if rollout.kind is RolloutKind.ROLLBACK else "rocket",
        title=titles[rollout.kind],
        sign="cancelled" if cancelled else "failed" if failed else "finished" if rollout.step.is_ended else "running",
        sentence=sentence,
        created_at=rollout.created_at,
        share=share,
        started_at=rollout.created_at,
        finished_at=rollout.finished_at,
        place=Place("deployments", endpoint.name),
        cancelling=bool(rollout.cancelled_by) and not rollout.step.is_ended,
        failure=rollout.failure,
    )
