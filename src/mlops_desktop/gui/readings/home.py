"""What Home shows: read in one go in the lane, judged by pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops_desktop.domain.deployments import Deployment, DeploymentStatus, Endpoint, Health
from mlops_desktop.domain.experiments import Run, RunStatus, is_lower_better, main_metric
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.domain.measuring import short_words, way_of_run
from mlops_desktop.gui import formats
from mlops_desktop.gui.history import Place

if TYPE_CHECKING:
    from mlops_desktop.domain.audit import AuditEntry
    from mlops_desktop.domain.datasets import Dataset
    from mlops_desktop.domain.experiments import Experiment
    from mlops_desktop.domain.models import Model
    from mlops_desktop.services.workspace import Workspace

NEWEST_RUNS = 300
CHANGES = 16
RECENT = timedelta(days=7)
Served = tuple[Endpoint, Deployment | None]


@dataclass(frozen=True)
class HomeFacts:
    """`runs` are the newest ones; `troubled` runs and jobs those that failed or were lost."""

    read_at: datetime
    datasets: tuple[Dataset, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    models: tuple[Model, ...] = ()
    served: tuple[Served, ...] = ()
    served_fresh: bool = True
    runs: tuple[Run, ...] = ()
    troubled_runs: tuple[Run, ...] = ()
    troubled_jobs: tuple[Job, ...] = ()
    open_jobs: tuple[Job, ...] = ()
    changes: tuple[AuditEntry, ...] = ()
    """Newest first."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was done here yet."""
        return not (self.datasets or self.experiments or self.models or self.served or self.open_jobs)


@dataclass(frozen=True)
class Attention:
    """One thing for a person to look at; `action` leads to the place, or to Activity where there is none."""

    icon: str
    token: str
    title: str
    sentence: str
    at: datetime
    action: str
    place: Place | None = None


@dataclass(frozen=True)
class Tile:
    """One number: what it is, the number, what stands below, and a line of values if it has one."""

    name: str
    figure: str
    note: str
    token: str = "muted"
    values: tuple[float, ...] = ()
    sentence: str = ""


def read_home(workspace: Workspace, now: datetime) -> HomeFacts:
    served = tuple(workspace.deployments.list())
    return HomeFacts(
        read_at=now,
        datasets=tuple(workspace.datasets.list()),
        experiments=tuple(workspace.experiments.list()),
        models=tuple(workspace.models.list()),
        served=served,
        served_fresh=workspace.deployments.is_fresh(served),
        runs=tuple(workspace.experiments.runs(limit=NEWEST_RUNS)),
        troubled_runs=tuple(workspace.experiments.runs(statuses=(RunStatus.FAILED, RunStatus.LOST), limit=50)),
        troubled_jobs=tuple(workspace.jobs.list(statuses=(JobStatus.FAILED, JobStatus.LOST), limit=50)),
        open_jobs=tuple(workspace.jobs.list(statuses=(JobStatus.QUEUED, JobStatus.RUNNING))),
        changes=tuple(reversed(workspace.audit(limit=CHANGES))),
    )


def is_wanted(endpoint: Endpoint) -> bool:
    return endpoint.wanted_deployment_id is not None


def seen_health(facts: HomeFacts, deployment: Deployment) -> Health:
    """What is known of the health now: nothing that was not looked at lately counts as healthy."""
    running = deployment.status is DeploymentStatus.RUNNING
    return deployment.health if running and facts.served_fresh else Health.UNKNOWN


def healthy_count(facts: HomeFacts) -> tuple[int, int]:
    """How many of the wanted deployments are confirmed healthy, and how many there are."""
    wanted = [deployment for endpoint, deployment in facts.served if is_wanted(endpoint) and deployment]
    return sum(seen_health(facts, deployment) is Health.HEALTHY for deployment in wanted), len(wanted)


def sentence(facts: HomeFacts) -> str:
    """How things are, in one line."""
    needs = len(attention(facts))
    running = sum(run.status is RunStatus.RUNNING for run in facts.runs)
    healthy, wanted = healthy_count(facts)
    parts = [formats.plural(needs, "thing needs you", "things need you") if needs else "Nothing needs you"]
    if running:
        parts.append(f"{formats.plural(running, 'run')} in progress")
    if wanted:
        parts.append(f"{healthy} of {formats.plural(wanted, 'deployment')} confirmed healthy")
    return " · ".join(parts)


def attention(facts: HomeFacts) -> list[Attention]:
    """Deployments first, then runs and jobs of the last seven days, newest first."""
    since = facts.read_at - RECENT
    served = [
        note for endpoint, deployment in facts.served if deployment for note in _served(facts, endpoint, deployment)
    ]
    runs = [_run(run) for run in facts.troubled_runs if (run.finished_at or run.created_at) >= since]
    jobs = [
        _job(job)
        for job in facts.troubled_jobs
        if job.kind is not JobKind.TRAIN and (job.finished_at or job.created_at) >= since
    ]
    return [*served, *sorted([*runs, *jobs], key=lambda note: note.at, reverse=True)]


def _served(facts: HomeFacts, endpoint: Endpoint, deployment: Deployment) -> list[Attention]:
    place = Place("deployments", endpoint.name)
    at = deployment.checked_at or deployment.created_at
    if deployment.status is DeploymentStatus.FAILED:
        why = deployment.failure.message if deployment.failure else "It gave no reason."
        title = f"Deployment {deployment.number} of {endpoint.name} failed"
        return [Attention("circle-x", "error", title, why, deployment.stopped_at or at, "Open log", _log(place))]
    if not is_wanted(endpoint) or deployment.status is not DeploymentStatus.RUNNING:
        return []
    health = seen_health(facts, deployment)
    if health is Health.DEGRADED:
        why = (
            f"{deployment.model_reference} runs on port {endpoint.port}, but does not answer as it should. "
            "If it stays silent, it is started again."
        )
        return [Attention("triangle-alert", "warn", f"{endpoint.name} is degraded", why, at, "Open deployment", place)]
    if health is Health.UNKNOWN:
        why = "It may still be answering; nobody has looked lately, so this cannot be confirmed."
        title = f"{endpoint.name} is not confirmed healthy"
        return [Attention("circle-question-mark", "warn", title, why, at, "Open deployment", place)]
    return []


def _log(place: Place) -> Place:
    return Place(place.page, place.subject, {"tab": 0})


def _run(run: Run) -> Attention:
    lost = run.status is RunStatus.LOST
    word, icon, token = ("was lost", "circle-question-mark", "warn") if lost else ("failed", "circle-x", "error")
    why = formats.sentences(run.failure.message, run.failure.hint) if run.failure else "It gave no reason."
    at = run.finished_at or run.created_at
    place = Place("run", run.name, {"tab": "log"})
    return Attention(icon, token, f"Run {run.name} {word}", why, at, "Open log at error", place)


def _job(job: Job) -> Attention:
    lost = job.status is JobStatus.LOST
    word, icon, token = ("was lost", "circle-question-mark", "warn") if lost else ("failed", "circle-x", "error")
    why = formats.sentences(job.failure.message, job.failure.hint) if job.failure else "It gave no reason."
    return Attention(icon, token, f"{job.title} {word}", why, job.finished_at or job.created_at, "Open in Activity")


def room_for_runs(facts: HomeFacts) -> int:
    """How many of the latest runs fit a window of usual height, beside what else there is to show."""
    notes = min(4, len(attention(facts)))
    return max(5, min(12, round(13.5 - 1.5 * notes - len(facts.served))))


def tiles(facts: HomeFacts) -> list[Tile]:
    """Four numbers, each with what it is measured against."""
    return [_runs_tile(facts), _best_tile(facts), _versions_tile(facts), _health_tile(facts)]


def _runs_tile(facts: HomeFacts) -> Tile:
    days = 14
    today = facts.read_at.astimezone().date()
    per_day = [0] * days
    for run in facts.runs:
        back = (today - (run.finished_at or run.created_at).astimezone().date()).days
        if run.status is RunStatus.FINISHED and 0 <= back < days:
            per_day[days - 1 - back] += 1
    week = sum(per_day[-7:])
    total = sum(experiment.run_count for experiment in facts.experiments)
    note = f"{formats.plural(total, 'run')} in {formats.plural(len(facts.experiments), 'experiment')}"
    words = f"Finished runs per day over {days} days"
    return Tile("Runs finished, 7 days", formats.count(week), note, "muted", tuple(map(float, per_day)), words)


def _best_tile(facts: HomeFacts) -> Tile:
    """The best run of the experiment that was worked on last, among those that can be compared with its newest."""
    finished = [run for run in facts.runs if run.status is RunStatus.FINISHED and run.metrics]
    if not finished:
        return Tile("Best run", formats.NOT_SET, "No finished run yet")
    newest = finished[0]
    key = main_metric(newest.spec.task)
    history: list[tuple[float, Run]] = []
    beside = [run for run in reversed(finished) if run.experiment_id == newest.experiment_id]
    way = way_of_run(newest)
    alike = [run for run in beside if way_of_run(run) == way]
    for run in alike:
        metric = run.metric(key)
        if metric is not None and metric.mean == metric.mean:
            history.append((metric.mean, run))
    if not history:
        return Tile("Best run", formats.NOT_SET, f"No {key} measured yet")
    choose = min if is_lower_better(key) else max
    mean, best = choose(history, key=lambda pair: pair[0])
    sofar = tuple(choose(value for value, _ in history[: place + 1]) for place in range(len(history)))
    figure = formats.number(mean, formats.decimals([mean]))
    name = f"{newest.experiment_name}, best {key}"
    words = f"Best {key} after each of {formats.plural(len(sofar), 'run')}"
    how = short_words(best.spec.validation) if len(alike) < len(beside) else formats.estimator(best.spec.estimator)
    return Tile(name, figure, f"{best.name} · {how}", "muted", sofar, words)


def _versions_tile(facts: HomeFacts) -> Tile:
    versions = sum(model.latest_number for model in facts.models)
    if not facts.models:
        return Tile("Model versions", "0", "None registered yet")
    champions = sorted(
        f"{model.name} v{model.aliases['champion']}" for model in facts.models if "champion" in model.aliases
    )
    note = f"champion: {', '.join(champions)}" if champions else f"of {formats.plural(len(facts.models), 'model')}"
    return Tile("Model versions", formats.count(versions), note)


def _health_tile(facts: HomeFacts) -> Tile:
    healthy, wanted = healthy_count(facts)
    if not wanted:
        return Tile("Deployments healthy", "0", "Nothing is deployed")
    figure = f"{healthy} of {wanted}"
    if healthy == wanted:
        return Tile("Deployments healthy", figure, "all confirmed on this computer")
    return Tile("Deployments healthy", figure, f"{wanted - healthy} not confirmed", "warn")


_SAID = {
    "dataset.create": "made the dataset {subject}",
    "dataset.import": "started to import {file} into {subject}",
    "dataset.rename": "renamed {from} to {subject}",
    "dataset.version": "stored {subject} with {rows} rows",
    "deployment.deploy": "deployed {version} to {subject}",
    "deployment.rollback": "rolled {subject} back to {version}",
    "deployment.restart": "restarted {subject}",
    "deployment.stop": "stopped {subject}",
    "deployment.cancel": "cancelled the deployment of {subject}",
    "deployment.goes_back": "took {subject} back from {from}, which turned bad",
    "endpoint.create": "made the endpoint {subject}",
    "endpoint.forget": "forgot the endpoint {subject}, whose host is gone",
    "endpoint.rotate_token": "made a new token for {subject}",
    "experiment.create": "made the experiment {subject}",
    "host.add": "added the host {subject}",
    "host.remove": "removed the host {subject}",
    "host.trust": "trusted what {subject} shows now",
    "host.registry": "changed the registry of {subject}",
    "host.base_image": "changed the base image of {subject}",
    "host.prepare_base": "prepared the base image of {subject}",
    "job.cancel": "cancelled: {subject}",
    "job.failed": "recorded a failure: {subject}",
    "job.lost": "recorded a loss: {subject}",
    "job.cancelled": "ended: {subject}",
    "model.alias": "moved {alias} to {subject}",
    "model.describe": "described the model {subject}",
    "model.export": "exported {subject} to {file}",
    "model.register": "registered {subject} from {run}",
    "model.score": "scored {table} with {subject}",
    "model.import": "imported {subject}",
    "run.annotate": "annotated the run {subject}",
    "run.finish": "finished the run {subject}",
    "run.start": "started {subject} on {dataset}",
    "setting.change": "set {subject} to {value}",
    "trial.start": "put {version} on trial on {subject}",
    "trial.promote": "promoted the version on trial on {subject}",
    "trial.end": "ended the trial on {subject}",
    "workspace.create": "made this workspace",
    "workspace.recover": "put this workspace back from a copy",
    "rollout.done": "completed a {kind}",
    "rollout.failed": "could not complete a {kind}",
}


def change_sentence(entry: AuditEntry) -> str:
    """A decision as the end of a sentence that begins with who took it."""
    if entry.action == "model.alias" and entry.details.get("removed"):
        return f"took {entry.details.get('alias')} away from {_shown(entry.subject)}"
    words = {key: _shown(value) for key, value in entry.details.items()}
    words["subject"] = _shown(entry.subject)
    if words.get("kind") == "deploy":
        words["kind"] = "deployment"
    said = _SAID.get(entry.action)
    try:
        if said:
            return said.format_map(words)
    except KeyError:
        pass
    noun, _, verb = entry.action.partition(".")
    past = {"trash": "moved to trash:", "restore": "took out of trash:", "purge": "erased:"}.get(verb)
    return f"{past} {noun} {words['subject']}" if past else f"{noun} {verb.replace('_', ' ')} {words['subject']}"


def _shown(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return formats.count(value)
    text = str(value)
    return text.replace("@v", " v") if "@v" in text else text


def quoted(name: str) -> str:
    """A name as one word of a command line."""
    import shlex

    return shlex.quote(name)
