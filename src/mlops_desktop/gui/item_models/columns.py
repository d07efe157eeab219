"""Columns of the runs table: what each shows, sorts by and is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlops_desktop.domain.experiments import Run, RunStatus, Task, is_lower_better
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import RUN_ORDER, run_sign

FIRST_METRICS = {
    Task.BINARY: ("roc_auc", "average_precision", "log_loss"),
    Task.MULTICLASS: ("f1_macro", "accuracy", "log_loss"),
    Task.REGRESSION: ("rmse", "mae", "r2"),
}
"""Metrics shown before the person chooses others."""
SortKey = float | str


@dataclass(frozen=True)
class Column:
    """`keep` says how long it stays when room runs out: 0 always, higher goes first. `key` is None for no value."""

    name: str
    title: str
    width: int
    text: Callable[[Run, datetime], str]
    key: Callable[[Run, datetime], SortKey | None]
    numeric: bool = False
    keep: int = 0
    shown: bool = True
    tip: str = ""
    metric: str = ""

    @property
    def is_lower_better(self) -> bool:
        return bool(self.metric) and is_lower_better(self.metric)


def build_columns(runs: Sequence[Run]) -> tuple[Column, ...]:
    """The columns that these runs have something to say in."""
    return (
        *_fixed(runs),
        *(_param(name) for name in _params(runs)),
        *_metrics(runs),
        _folds(runs),
        *_times(),
    )


def main_task(runs: Sequence[Run]) -> Task:
    """The task most of the runs have."""
    counts: dict[Task, int] = {}
    for run in runs:
        counts[run.spec.task] = counts.get(run.spec.task, 0) + 1
    return max(counts, key=lambda task: counts[task], default=Task.BINARY)


def run_duration(run: Run, now: datetime) -> float | None:
    """Seconds from start to end, or to now while it runs."""
    if run.started_at is None:
        return None
    end = run.finished_at or (now if run.status is RunStatus.RUNNING else None)
    return (end - run.started_at).total_seconds() if end else None


def dataset_text(reference: str) -> str:
    """`flights v4` for `flights@v4`."""
    name, _, version = reference.rpartition("@")
    return f"{name} {version}" if name else reference


def _fixed(runs: Sequence[Run]) -> tuple[Column, ...]:
    names = {run.dataset_reference.rpartition("@")[0] for run in runs}
    alone = len(names) == 1

    def dataset(run: Run, now: datetime) -> str:
        return run.dataset_reference.rpartition("@")[2] if alone else dataset_text(run.dataset_reference)

    def dataset_key(run: Run, now: datetime) -> str:
        name, _, version = run.dataset_reference.rpartition("@v")
        return f"{name} {version:>9}"

    experiments = len({run.experiment_id for run in runs}) > 1
    return (
        Column("status", "Status", 86, lambda run, now: run_sign(run.status).word, _status_key),
        Column("name", "Run", 140, lambda run, now: run.name, lambda run, now: run.name),
        *(
            [
                Column(
                    "experiment",
                    "Experiment",
                    130,
                    lambda r, now: r.experiment_name,
                    lambda r, n: r.experiment_name,
                    keep=3,
                )
            ]
            if experiments
            else []
        ),
        Column("estimator", "Estimator", 142, _estimator, _estimator, keep=4),
        Column("dataset", "Dataset", 60 if alone else 90, dataset, dataset_key, keep=1),
    )


def _estimator(run: Run, now: datetime) -> str:
    return formats.estimator(run.spec.estimator)


def _status_key(run: Run, now: datetime) -> float:
    return float(RUN_ORDER.index(run.status.value))


def _params(runs: Sequence[Run]) -> list[str]:
    """Params that were set in any run, those that differ first."""
    seen: dict[str, set[str]] = {}
    for run in runs:
        for name, given in run.spec.params.items():
            seen.setdefault(name, set()).add(repr(given))
    return sorted(seen, key=lambda name: (len(seen[name]) < 2, name))


def _param(name: str) -> Column:
    def text(run: Run, now: datetime) -> str:
        return formats.value(run.spec.params[name]) if name in run.spec.params else formats.NOT_SET

    def key(run: Run, now: datetime) -> SortKey | None:
        given = run.spec.params.get(name)
        if given is None:
            return None
        return float(given) if isinstance(given, int | float) else str(given)

    return Column(f"param:{name}", name, 96, text, key, numeric=True, keep=6, shown=False, tip=f"Param {name}")


def _metrics(runs: Sequence[Run]) -> list[Column]:
    first = FIRST_METRICS[main_task(runs)]
    found: dict[str, list[float]] = {}
    for run in runs:
        for metric in run.metrics:
            found.setdefault(metric.key, []).append(metric.mean)
    names = [*first, *sorted(name for name in found if name not in first)]
    return [
        _metric(name, formats.decimals(found.get(name, ())), keep=0 if place == 0 else 2 + place, shown=name in first)
        for place, name in enumerate(names)
        if name in found or (name in first and not found)
    ]


def _metric(name: str, decimals: int, *, keep: int, shown: bool) -> Column:
    def text(run: Run, now: datetime) -> str:
        metric = run.metric(name)
        return formats.number(metric.mean, decimals) if metric else formats.NOT_SET

    def key(run: Run, now: datetime) -> float | None:
        metric = run.metric(name)
        return metric.mean if metric and metric.mean == metric.mean else None

    way = "lower is better" if is_lower_better(name) else "higher is better"
    tip = f"{name}: mean over the folds, {way}"
    return Column(f"metric:{name}", name, 86, text, key, True, keep, shown, tip, metric=name)


def _folds(runs: Sequence[Run]) -> Column:
    name = FIRST_METRICS[main_task(runs)][0]

    def text(run: Run, now: datetime) -> str:
        metric = run.metric(name)
        if not metric or len(metric.folds) < 2:
            return formats.NOT_SET
        decimals = formats.decimals(metric.folds)
        return f"{formats.number(min(metric.folds), decimals)} to {formats.number(max(metric.folds), decimals)}"

    def key(run: Run, now: datetime) -> float | None:
        metric = run.metric(name)
        return metric.std if metric else None

    return Column(
        "folds", "Folds", 68, text, key, keep=5, tip=f"{name} of each fold; sorts by their spread", metric=name
    )


def _times() -> tuple[Column, ...]:
    def started(run: Run, now: datetime) -> str:
        return formats.moment(run.started_at, now) if run.started_at else formats.NOT_SET

    def started_key(run: Run, now: datetime) -> float:
        return (run.started_at or run.created_at).timestamp()

    def duration(run: Run, now: datetime) -> str:
        from datetime import timedelta

        seconds = run_duration(run, now)
        return formats.NOT_SET if seconds is None else formats.duration(timedelta(seconds=seconds))

    return (
        Column("started", "Started", 84, started, started_key, keep=7),
        Column("duration", "Duration", 70, duration, run_duration, numeric=True, keep=8),
    )
