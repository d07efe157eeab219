"""What a list shows of a run: small values, without what only the run's own page needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from mlops_desktop.domain.experiments import Run, RunStatus, Task, Validation, is_lower_better, main_metric
from mlops_desktop.domain.measuring import way_of, way_of_run


class Measured(NamedTuple):
    """A metric so far: mean and spread over the folds, and the folds themselves."""

    mean: float
    std: float | None = None
    folds: tuple[float, ...] = ()


Figures = tuple[float, float | None, tuple[float, ...]]
"""A Measured as a plain tuple: the collector of garbage looks at such a tuple once and never again, which counts for
tens of thousands of them."""


class Registered(NamedTuple):
    """A model version made of a run: `flight-late@v3`, and the aliases it has."""

    reference: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSummary:
    """`reason` says why a failed or lost run has no result. Metrics of a run in progress are those of its folds.

    `cancelling` says that a run in progress was asked to stop.
    """

    id: str
    name: str
    status: RunStatus
    experiment_id: str
    experiment_name: str
    dataset_reference: str
    estimator: str
    target: str
    task: Task
    created_at: datetime
    created_by: str
    params: Mapping[str, object] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metrics: Mapping[str, Figures] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    notes: str = ""
    progress: float | None = None
    rerun_of: str | None = None
    reason: str = ""
    positive_label: str | None = None
    validation: Validation = Validation()
    cancelling: bool = False

    @property
    def way(self) -> str:
        """The same for all runs whose figures can be compared."""
        return way_of(self.dataset_reference, self.target, self.positive_label, self.task, self.validation)

    def metric(self, key: str) -> Measured | None:
        figures = self.metrics.get(key)
        return None if figures is None else Measured(*figures)


@dataclass(frozen=True)
class RunContext:
    """What stands around a run: model versions made of it, the run it repeats, and its place among its experiment's.

    `place` counts from 1 among `count` finished runs that have the `metric` and were measured in the same way; None
    where the run is not among them. `apart` counts those that were measured in another way.
    """

    registered: tuple[Registered, ...] = ()
    origin: str = ""
    metric: str = ""
    place: int | None = None
    count: int = 0
    best: str = ""
    apart: int = 0


def stand_among(run: Run, others: Sequence[RunSummary]) -> tuple[int | None, int, str, int]:
    """Place and count by the task's main metric among runs that can be compared, the name of the best, and how many
    cannot be compared with it."""
    key = main_metric(run.spec.task)
    sign = 1.0 if is_lower_better(key) else -1.0
    way = way_of_run(run)
    measured = [
        (sign * found.mean, other)
        for other in others
        if other.status is RunStatus.FINISHED and (found := other.metric(key)) is not None and found.mean == found.mean
    ]
    known = [(size, other.id, other.name) for size, other in measured if other.way == way]
    known.sort(key=lambda entry: entry[0])
    place = next((number for number, (_, run_id, _) in enumerate(known, start=1) if run_id == run.id), None)
    return place, len(known), known[0][2] if known else "", len(measured) - len(known)


def summary_of(run: Run) -> RunSummary:
    """The same of a whole run."""
    spec = run.spec
    return RunSummary(
        id=run.id,
        name=run.name,
        status=run.status,
        experiment_id=run.experiment_id,
        experiment_name=run.experiment_name,
        dataset_reference=run.dataset_reference,
        estimator=spec.estimator,
        target=spec.target,
        task=spec.task,
        created_at=run.created_at,
        created_by=run.created_by,
        params=spec.params,
        started_at=run.started_at,
        finished_at=run.finished_at,
        metrics={metric.key: (metric.mean, metric.std, metric.folds) for metric in run.metrics},
        tags=run.tags,
        notes=run.notes,
        progress=run.progress,
        rerun_of=run.rerun_of,
        reason=f"{run.failure.message}\n{run.failure.hint}".strip() if run.failure else "",
        positive_label=spec.positive_label,
        validation=spec.validation,
    )


def short_estimator(name: str) -> str:
    """The short form of a scikit-learn name: `HistGradientBoosting` for `HistGradientBoostingClassifier`."""
    for ending in ("Classifier", "Regressor"):
        if name.endswith(ending) and len(name) > len(ending) + 3:
            return name.removesuffix(ending)
    return name


def run_seconds(run: Run | RunSummary, now: datetime) -> float | None:
    """Seconds from start to end, or to now while it runs."""
    if run.started_at is None:
        return None
    end = run.finished_at or (now if run.status is RunStatus.RUNNING else None)
    return (end - run.started_at).total_seconds() if end else None
