"""A workspace of realistic values that looks to the window like the real one; for tests and pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from mlops_desktop.domain.audit import AuditEntry
from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.datasets import Dataset, DatasetVersion
from mlops_desktop.domain.deployments import Deployment, DeploymentStatus, Endpoint, Health, Rollout
from mlops_desktop.domain.errors import NotFoundError
from mlops_desktop.domain.experiments import (
    Environment,
    Experiment,
    Failure,
    Feature,
    FeatureRole,
    MetricSummary,
    Run,
    RunBrief,
    RunSpec,
    RunStatus,
    Task,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.hosts import THIS_COMPUTER, Host, HostState, this_computer
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.domain.measuring import Ways, doubts
from mlops_desktop.domain.models import Model
from mlops_desktop.domain.run_summaries import Registered, RunSummary, summary_of
from mlops_desktop.domain.run_views import RunView
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace

NOW = datetime(2026, 11, 24, 10, 41, 30, tzinfo=UTC)

BOOST, FOREST = "HistGradientBoostingClassifier", "RandomForestClassifier"
RATE, LEAVES = "learning_rate", "max_leaf_nodes"

# name, status, estimator, dataset version, roc_auc, average_precision, log_loss, seconds, hours ago, params, progress
ROWS: Sequence[tuple[str, str, str, int, float, float, float, float, float, dict[str, object], float | None]] = [
    ("brisk-heron-41", "running", BOOST, 4, 0.7018, 0.4833, 0.5391, 52, 0.015, {RATE: 0.04, LEAVES: 63}, 0.62),
    ("calm-lark-40", "running", FOREST, 4, 0, 0, 0, 19, 0.005, {"n_estimators": 400}, 0.18),
    ("noble-wren-39", "queued", "ExtraTreesClassifier", 4, 0, 0, 0, 0, 0.01, {}, None),
    ("amber-falcon-27", "finished", BOOST, 4, 0.7075, 0.4950, 0.5374, 74, 18.6, {RATE: 0.1, LEAVES: 31}, None),
    ("swift-ibis-33", "finished", BOOST, 4, 0.7069, 0.4931, 0.5371, 79, 17.3, {RATE: 0.08, LEAVES: 31}, None),
    ("mellow-crane-34", "finished", BOOST, 4, 0.7061, 0.4902, 0.5352, 62, 17.2, {RATE: 0.1, LEAVES: 15}, None),
    ("plain-robin-31", "finished", BOOST, 4, 0.7040, 0.4862, 0.5380, 128, 17.5, {RATE: 0.06, LEAVES: 63}, None),
    ("early-finch-35", "finished", BOOST, 4, 0.7018, 0.4840, 0.5406, 93, 17.1, {RATE: 0.12, LEAVES: 63}, None),
    ("tidy-martin-36", "finished", BOOST, 4, 0.7003, 0.4811, 0.5418, 58, 17.0, {RATE: 0.16, LEAVES: 31}, None),
    ("level-plover-29", "finished", "ExtraTreesClassifier", 4, 0.6969, 0.4576, 0.5236, 171, 18.2, {}, None),
    ("deep-merlin-30", "finished", FOREST, 4, 0.6940, 0.4793, 0.5131, 247, 18.0, {}, None),
    ("early-kite-28", "finished", "LogisticRegression", 4, 0.6932, 0.4667, 0.5813, 21, 18.4, {"C": 0.5}, None),
    ("bright-hawk-37", "finished", BOOST, 4, 0.6931, 0.4702, 0.5489, 67, 16.9, {RATE: 0.2, LEAVES: 63}, None),
    ("sunny-tern-21", "finished", BOOST, 3, 0.6867, 0.4566, 0.5443, 72, 150, {RATE: 0.1, LEAVES: 31}, None),
    ("warm-owl-22", "finished", BOOST, 3, 0.6841, 0.4517, 0.5481, 100, 149, {RATE: 0.08, LEAVES: 63}, None),
    ("fair-stork-24", "finished", FOREST, 3, 0.6822, 0.4498, 0.5258, 235, 147, {}, None),
    ("quiet-osprey-18", "finished", BOOST, 3, 0.6799, 0.4455, 0.5549, 121, 172, {RATE: 0.06}, None),
    ("still-egret-19", "finished", "LogisticRegression", 3, 0.6789, 0.4202, 0.5946, 19, 171, {}, None),
    ("kind-shrike-23", "finished", "ExtraTreesClassifier", 3, 0.6775, 0.4188, 0.5377, 164, 148, {}, None),
    ("slow-teal-25", "finished", "DecisionTreeClassifier", 3, 0.6512, 0.3815, 0.5904, 9, 146, {LEAVES: 31}, None),
    ("grey-pipit-20", "finished", "KNeighborsClassifier", 3, 0.6421, 0.3630, 0.6377, 340, 170, {}, None),
    ("round-gull-17", "finished", "LogisticRegression", 2, 0.6388, 0.3601, 0.6015, 18, 240, {}, None),
    ("flat-dunnock-15", "finished", "DummyClassifier", 2, 0.5, 0.2492, 0.5617, 2, 242, {}, None),
    ("red-plover-26", "failed", "MLPClassifier", 4, 0, 0, 0, 4, 20, {"alpha": 0.001}, None),
    ("late-curlew-16", "lost", FOREST, 2, 0, 0, 0, 31, 121, {}, None),
]  # fmt: skip
FAILURES = {
    "failed": Failure(
        "MD-RUN-001",
        "MLPClassifier got empty cells in prev_arr_delay.",
        "Choose an imputation that fills every column, or leave the column out.",
        "ValueError: Input X contains NaN.",
    ),
    "lost": Failure(
        "MD-JOB-003", "Its process went away without a result.", "Do the run again: mlops experiments rerun."
    ),
}
FEATURES = tuple(
    Feature(name, FeatureRole.NUMERIC if name != "carrier" else FeatureRole.CATEGORY)
    for name in ("dep_delay", "distance", "hour", "month", "temp", "wind_speed", "visib", "prev_arr_delay", "carrier")
)
ENVIRONMENT = Environment(
    "0.1.0",
    "3.11.9",
    "Linux x86_64",
    {"scikit-learn": "1.9.1", "pandas": "3.1.1", "numpy": "2.4.6"},
    1,
    "8c1f2ae" * 5,
    True,
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def metric(key: str, mean: float, chance: random.Random) -> MetricSummary:
    folds = tuple(mean + chance.uniform(-0.012, 0.012) for _ in range(5))
    return MetricSummary(key, mean, 0.0061, folds=folds)


def make_run(
    name: str,
    status: RunStatus = RunStatus.FINISHED,
    *,
    estimator: str = "LogisticRegression",
    version: int = 1,
    metrics: dict[str, float] | None = None,
    seconds: float = 60,
    hours_ago: float = 1,
    params: dict[str, object] | None = None,
    progress: float | None = None,
    experiment: str = "late-at-arrival",
    task: Task = Task.BINARY,
) -> Run:
    """A run with all that its state has."""
    created = NOW - timedelta(hours=hours_ago, seconds=seconds)
    started = None if status is RunStatus.QUEUED else NOW - timedelta(seconds=seconds) if progress else created
    chance = random.Random(name)
    spec = RunSpec(
        f"dataset-{version}", "late", task, FEATURES, estimator, params or {}, "true" if task is Task.BINARY else None,
        validation=Validation(ValidationKind.TIME_ORDERED, column="time_hour"), seed=7,
    )  # fmt: skip
    return Run(
        id=sha(name)[:32],
        experiment_id=sha(experiment)[:32],
        experiment_name=experiment,
        name=name,
        status=status,
        spec=spec,
        dataset_reference=f"flights@v{version}",
        dataset_hash=sha(f"flights {version}"),
        job_id=sha(f"job {name}")[:32],
        created_at=created,
        created_by="ds-lead",
        started_at=started,
        finished_at=started + timedelta(seconds=seconds) if started and status.is_ended else None,
        metrics=tuple(metric(key, mean, chance) for key, mean in (metrics or {}).items() if mean),
        environment=ENVIRONMENT if started else None,
        bundle_hash=sha(f"bundle {name}") if status is RunStatus.FINISHED else None,
        failure=FAILURES.get(status.value),
        progress=progress,
        notes="Best so far on the new weather columns." if name == "amber-falcon-27" else "",
        tags=("baseline",) if "Dummy" in estimator else (),
    )


def demo_runs() -> list[Run]:
    return [
        make_run(
            name, RunStatus(status), estimator=estimator, version=version,
            metrics={"roc_auc": auc, "average_precision": precision, "log_loss": loss, "brier": loss / 3.1},
            seconds=seconds, hours_ago=hours, params=params, progress=progress,
        )
        for name, status, estimator, version, auc, precision, loss, seconds, hours, params, progress in ROWS
    ]  # fmt: skip


def demo_jobs(runs: Sequence[Run]) -> list[Job]:
    jobs = []
    for run in runs:
        if not run.status.is_ended:
            status = JobStatus.RUNNING if run.status is RunStatus.RUNNING else JobStatus.QUEUED
            note = "fold 4 of 5" if status is JobStatus.RUNNING else ""
            jobs.append(
                Job(
                    run.job_id, JobKind.TRAIN, f"{run.name}: {run.spec.estimator} on {run.dataset_reference}", status,
                    {}, run.id, run.created_at, "ds-lead",
                    started_at=run.started_at, progress=run.progress, note=note,
                )
            )  # fmt: skip
    return jobs


def demo_endpoint(
    name: str, port: int, reference: str, health: Health, number: int, hours: float
) -> tuple[Endpoint, Deployment]:
    at = NOW - timedelta(hours=hours)
    endpoint = Endpoint(sha(name)[:32], name, THIS_COMPUTER, port, sha("token"), at, sha(f"d{name}")[:32])
    deployment = Deployment(
        sha(f"d{name}")[:32], endpoint.id, name, number, sha(reference)[:32], reference, sha(reference),
        DeploymentStatus.RUNNING, health, 1.0, at, "ds-lead", checked_at=NOW - timedelta(seconds=4),
    )  # fmt: skip
    return endpoint, deployment


def demo_changes() -> list[AuditEntry]:
    said: list[tuple[float, str, str, str, dict[str, object]]] = [
        (
            0.01,
            "ds-lead",
            "run.start",
            "brisk-heron-41",
            {"dataset": "flights@v4", "estimator": "HistGradientBoostingClassifier"},
        ),
        (0.3, "ds-lead", "endpoint.rotate_token", "churn", {}),
        (2.6, "reviewer", "model.alias", "flight-late@v7", {"alias": "champion"}),
        (3, "on-call", "deployment.deploy", "flight-late", {"version": "flight-late@v7", "number": 3}),
        (18.2, "ds-lead", "model.register", "flight-late@v7", {"run": "amber-falcon-27"}),
        (19.1, "keeper", "dataset.version", "flights@v4", {"rows": 336776}),
        (19.2, "ds-lead", "dataset.import", "flights", {"file": "flights.csv.zip"}),
        (100, "reviewer", "model.alias", "churn@v3", {"alias": "champion"}),
        (121, "ds-lead", "run.trash", "odd-ruff-14", {}),
        (146, "ds-lead", "run.start", "slow-teal-25", {"dataset": "flights@v3"}),
        (240, "ds-lead", "experiment.create", "late-at-arrival", {}),
        (241, "ds-lead", "dataset.create", "flights", {}),
    ]
    newest = len(said)
    return [
        AuditEntry(
            newest - place,
            NOW - timedelta(hours=hours),
            actor,
            "desk",
            action,
            subject,
            details,
            "0" * 64,
            sha(str(place)),
        )
        for place, (hours, actor, action, subject, details) in enumerate(said)
    ][::-1]


class FakeFeed:
    """Gives out what was put into it."""

    def __init__(self) -> None:
        self.waiting: list[Change] = []
        self.closed = False

    def poll(self) -> Sequence[Change]:
        taken, self.waiting = self.waiting, []
        return taken

    def close(self) -> None:
        self.closed = True


class FakeWorkspace:
    """Keeps its values in lists; the services of the real one are views on it."""

    def __init__(self, folder: Path = Path("/home/ds-lead/MLOps/nyc-delays"), *, empty: bool = False) -> None:
        self.name, self.folder = folder.name, folder
        self.all_runs = [] if empty else demo_runs()
        self.questions = {"late-at-arrival": "Will a flight from NYC land more than 15 min late?"}
        self.served = (
            []
            if empty
            else [
                demo_endpoint("churn", 40021, "churn@v3", Health.HEALTHY, 3, 100),
                demo_endpoint("flight-late", 40017, "flight-late@v7", Health.HEALTHY, 7, 3),
                demo_endpoint("penguins", 40019, "penguins@v2", Health.DEGRADED, 2, 26),
            ]
        )
        self.fresh = True
        self.feeds: list[FakeFeed] = []
        self.ended_jobs: list[Job] = []
        self.calls: list[tuple[str, object]] = []
        self.stopping: set[str] = set()
        self.error: Exception | None = None
        self.closed = False
        self.experiments = _Experiments(self)
        self.jobs = _Jobs(self)
        self.deployments = _Deployments(self)
        self.hosts = _Hosts(self)
        self.datasets = _Datasets(self, empty)
        self.models = _Models(self, empty)
        self.trash = _Trash(self)
        self._empty = empty

    viewed_because = ""

    def trouble(self) -> None:
        """The folder is where it was."""

    def as_workspace(self) -> Workspace:
        return cast("Workspace", self)

    def feed(self) -> FakeFeed:
        self.feeds.append(FakeFeed())
        return self.feeds[-1]

    def publish(self, *changes: Change) -> None:
        for feed in self.feeds:
            feed.waiting.extend(changes)

    def change_run(self, name: str, **changes: object) -> Change:
        """Another state of the run, as its keeper would store it."""
        place = next(place for place, run in enumerate(self.all_runs) if run.name == name)
        run = dataclasses.replace(self.all_runs[place], **changes)  # type: ignore[arg-type]
        self.all_runs[place] = run
        return Change(1, ChangeKind.RUN, run.id)

    def audit(self, limit: int | None = None) -> Sequence[AuditEntry]:
        return [] if self._empty else demo_changes()[-(limit or 100) :]

    def disk(self) -> tuple[int, int]:
        return 3_800_000_000, 41_200_000_000

    def close(self) -> None:
        self.closed = True

    def check(self) -> None:
        if self.error is not None:
            raise self.error


class _Lists:
    actor = "ds-lead"

    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace
        self.kept: list[RunView] = []

    def summaries(self, experiment: str | None = None, *, ids: Sequence[str] | None = None) -> Sequence[RunSummary]:
        self._workspace.calls.append(("read", None if ids is None else len(ids)))
        runs = self._workspace.experiments.runs(experiment)
        stopping = self._workspace.stopping
        return [
            dataclasses.replace(summary_of(run), cancelling=run.name in stopping and not run.status.is_ended)
            for run in runs
            if ids is None or run.id in ids
        ]

    def registered(self) -> dict[str, tuple[Registered, ...]]:
        made = {"amber-falcon-27": ("flight-late@v7", "challenger"), "quiet-osprey-18": ("flight-late@v6", "champion")}
        return {
            run.id: (Registered(made[run.name][0], made[run.name][1:]),)
            for run in self._workspace.all_runs
            if run.name in made
        }

    def views(self) -> Sequence[RunView]:
        return tuple(self.kept)

    def save_view(self, view: RunView) -> RunView:
        self.kept = [*(one for one in self.kept if one.name != view.name), view]
        return view

    def remove_view(self, name: str) -> None:
        self.kept = [one for one in self.kept if one.name != name]

    def tag(self, names: Sequence[str], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Sequence[str]:
        for name in names:
            run = self._workspace.experiments.run(name)
            tags = tuple(tag for tag in dict.fromkeys((*run.tags, *add)) if tag not in remove)
            self._workspace.change_run(name, tags=tags)
        return names

    def export(self, target: Path, names: Sequence[str]) -> int:
        self._workspace.calls.append(("export", (target, tuple(names))))
        return len(names)


class _Experiments:
    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace
        self.lists = _Lists(workspace)

    def run(self, name: str) -> Run:
        self._workspace.check()
        for run in self._workspace.all_runs:
            if name in (run.name, run.id):
                return run
        raise NotFoundError(f"There is no run called {name}.")

    def rerun(self, name: str) -> Run:
        self._workspace.calls.append(("rerun", name))
        again = dataclasses.replace(
            self.run(name), id=sha(f"again {name}")[:32], name=f"{name}-again", status=RunStatus.QUEUED, metrics=(),
            created_at=NOW, started_at=None, finished_at=None, rerun_of=self.run(name).id,
        )  # fmt: skip
        self._workspace.all_runs.append(again)
        return again

    def list(self) -> Sequence[Experiment]:
        self._workspace.check()
        names = dict.fromkeys(run.experiment_name for run in self._workspace.all_runs)
        return [self._experiment(name) for name in names]

    def runs(
        self, experiment: str | None = None, *, statuses: Sequence[RunStatus] = (), limit: int | None = None
    ) -> Sequence[Run]:
        self._workspace.check()
        chosen = [
            run
            for run in self._workspace.all_runs
            if not run.trashed_at
            and (experiment is None or run.experiment_name == experiment)
            and (not statuses or run.status in statuses)
        ]
        return sorted(chosen, key=lambda run: run.created_at, reverse=True)[:limit]

    def briefs(self) -> Sequence[RunBrief]:
        return [RunBrief(r.id, r.name, r.experiment_name, r.status, r.created_at) for r in self.runs()]

    def cancel(self, name: str) -> Run:
        self._workspace.check()
        self._workspace.calls.append(("cancel", name))
        self._workspace.stopping.add(name)
        return next(run for run in self._workspace.all_runs if run.name == name)

    def is_cancelling(self, run: Run) -> bool:
        return run.name in self._workspace.stopping and not run.status.is_ended

    def _experiment(self, name: str) -> Experiment:
        runs = self.runs(name)
        made = min((run.created_at for run in runs), default=NOW)
        return Experiment(sha(name)[:32], name, self._workspace.questions.get(name, ""), made, len(runs))


class _Jobs:
    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace

    def list(self, statuses: Sequence[JobStatus] = (), limit: int | None = None) -> Sequence[Job]:
        self._workspace.check()
        jobs = [*demo_jobs(self._workspace.all_runs), *self._workspace.ended_jobs]
        return [job for job in jobs if job.status in statuses][-(limit or len(jobs)) :]

    def cancel(self, job_id: str) -> None:
        self._workspace.check()
        self._workspace.calls.append(("cancel job", job_id))

    def log(self, job_id: str, limit: int = 1000) -> Sequence[str]:
        return ["10:40:47 info: fold 3 of 5 measured", "10:41:12 warning: 11.2 % of pressure is empty"]


class _Deployments:
    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace

    def list(self) -> Sequence[tuple[Endpoint, Deployment]]:
        self._workspace.check()
        return self._workspace.served

    def history(self, endpoint: str) -> Sequence[Deployment]:
        return [deployment for found, deployment in self._workspace.served if found.name == endpoint]

    def rollouts(self, endpoint: str) -> Sequence[Rollout]:
        return []

    def stop(self, endpoint: str) -> None:
        self._workspace.calls.append(("stop", endpoint))

    def is_fresh(self, pairs: Sequence[tuple[Endpoint, Deployment | None]]) -> bool:
        return self._workspace.fresh


class _Hosts:
    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace

    def list(self) -> Sequence[HostState]:
        self._workspace.check()
        there = len(self._workspace.served)
        return [HostState(this_computer(), there, there)]

    def get(self, name: str) -> Host:
        return this_computer()


class _Datasets:
    def __init__(self, workspace: FakeWorkspace, empty: bool) -> None:
        self._empty = empty

    def list(self) -> Sequence[Dataset]:
        return [] if self._empty else [Dataset("f", "flights", "", NOW, 4), Dataset("p", "penguins", "", NOW, 1)]

    def versions(self, name: str) -> Sequence[DatasetVersion]:
        return []


class _Models:
    def __init__(self, workspace: FakeWorkspace, empty: bool) -> None:
        self._workspace, self._empty = workspace, empty

    def suggest_name(self, run: str) -> str:
        return "flight-late"

    def doubts(self, run: str, name: str, ways: Ways | None = None) -> Sequence[str]:
        """No champion's run is known here."""
        return doubts(self._workspace.experiments.run(run), time_column="time_hour", champion=None, ways=ways or {})

    def list(self) -> Sequence[Model]:
        if self._empty:
            return []
        return [
            Model("1", "churn", "", NOW, 3, {"champion": 3}),
            Model("2", "flight-late", "", NOW, 7, {"champion": 7}),
            Model("3", "penguins", "", NOW, 2, {}),
        ]


class _Trash:
    def __init__(self, workspace: FakeWorkspace) -> None:
        self._workspace = workspace

    def put(self, kind: Kind, names: Sequence[str]) -> None:
        self._workspace.check()
        self._set(kind, names, NOW)

    def restore(self, kind: Kind, names: Sequence[str]) -> None:
        self._workspace.check()
        self._set(kind, names, None)

    def _set(self, kind: Kind, names: Sequence[str], at: datetime | None) -> None:
        assert kind is Kind.RUN
        for name in names:
            if all(run.name != name for run in self._workspace.all_runs):
                raise NotFoundError(f"There is no run called {name}.")
            self._workspace.change_run(name, trashed_at=at)
