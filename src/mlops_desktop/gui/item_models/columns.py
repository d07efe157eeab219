"""Columns of the runs table: what each shows, sorts by and is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlops_desktop.domain.experiments import Run, Task, is_lower_better
from mlops_desktop.domain.measuring import full_words, short_words
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import FIELDS, kind_of
from mlops_desktop.domain.run_summaries import RunSummary, run_seconds
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import run_sign

FIRST_METRICS = {
    Task.BINARY: ("roc_auc", "average_precision", "log_loss"),
    Task.MULTICLASS: ("f1_macro", "accuracy", "log_loss"),
    Task.REGRESSION: ("rmse", "mae", "r2"),
}
"""Metrics shown before the person chooses others."""


@dataclass(frozen=True)
class Column:
    """`sort` is the field it sorts by; `keep` how long it stays when room runs out: 0 always, higher goes first."""

    name: str
    title: str
    width: int
    text: Callable[[RunSummary, datetime], str]
    sort: str
    numeric: bool = False
    keep: int = 0
    shown: bool = True
    tip: str = ""
    metric: str = ""

    @property
    def is_lower_better(self) -> bool:
        return bool(self.metric) and is_lower_better(self.metric)

    @property
    def field(self) -> str:
        """The field a filter of this column asks for; none for the folds."""
        return self.name if self.name in FIELDS or self.name.startswith(("metric:", "param:")) else ""

    @property
    def has_range(self) -> bool:
        """Whether the filter asks for numbers from and to, and not for distinct values."""
        return self.field != "" and self.numeric and kind_of(self.field).value != "param"


def build_columns(runs: RunColumns) -> tuple[Column, ...]:
    """The columns that these runs have something to say in."""
    return (*_fixed(runs), *_params(runs), *_metrics(runs), _folds(runs), *_times(), *_words())


def run_duration(run: Run | RunSummary, now: datetime) -> float | None:
    """Seconds from start to end, or to now while it runs."""
    return run_seconds(run, now)


def best_words(run: RunSummary) -> str:
    """`best of the runs on flights that predict late, checked on 5 random folds`."""
    dataset = run.dataset_reference.rpartition("@")[0] or run.dataset_reference
    return f"best of the runs on {dataset} that predict {run.target}, checked on {full_words(run.validation)}"


def spread_words(run: RunSummary, column: Column) -> list[str]:
    """`0.70751 ± 0.00412 over 5 folds`; nothing without folds."""
    metric = run.metric(column.metric)
    if metric is None or metric.std is None:
        return []
    places = formats.decimals([metric.mean]) + 1
    spread = f"{formats.number(metric.mean, places)} ± {formats.number(metric.std, places)}"
    return [f"{spread} over {formats.plural(len(metric.folds), 'fold')}"]


def dataset_text(reference: str) -> str:
    """`flights v4` for `flights@v4`."""
    name, _, version = reference.rpartition("@")
    return f"{name} {version}" if name else reference


def _validation_width(runs: RunColumns) -> int:
    """As wide as the longest words that come."""
    longest = max((len(short_words(plan)) for _, plan in runs.ways.values()), default=16)
    return max(92, min(170, round(longest * 5.9) + 18))


def _status(run: RunSummary, now: datetime) -> str:
    return run_sign(run.status, cancelling=run.cancelling).word


def _fixed(runs: RunColumns) -> tuple[Column, ...]:
    alone = len({reference.rpartition("@")[0] for reference in runs.datasets}) == 1

    def dataset(run: RunSummary, now: datetime) -> str:
        return run.dataset_reference.rpartition("@")[2] if alone else dataset_text(run.dataset_reference)

    experiment = Column("experiment", "Experiment", 130, lambda run, now: run.experiment_name, "experiment", keep=2)
    return (
        Column("status", "Status", 107, _status, "status"),
        Column("run", "Run", 140, lambda run, now: run.name, "run"),
        *([experiment] if len(runs.experiments) > 1 else []),
        Column("estimator", "Estimator", 142, lambda run, now: formats.estimator(run.estimator), "estimator", keep=3),
        Column("dataset", "Dataset", 60 if alone else 90, dataset, "dataset", keep=1),
        Column(
            "validation", "Validation", _validation_width(runs), lambda run, now: short_words(run.validation),
            "validation", keep=3 if len(runs.ways) > 1 else 6,
            tip="How it was checked; only runs that were checked in the same way can be compared",
        ),
    )  # fmt: skip


def _params(runs: RunColumns) -> list[Column]:
    """Params that were set in any run, those that differ first."""
    names = sorted(runs.params, key=lambda name: (len(runs.params[name]) < 2, name))
    return [_param(name) for name in names]


def _param(name: str) -> Column:
    def text(run: RunSummary, now: datetime) -> str:
        return formats.value(run.params[name]) if name in run.params else formats.NOT_SET

    field = f"param:{name}"
    return Column(field, name, 96, text, field, numeric=True, keep=6, shown=False, tip=f"Param {name}")


def _metrics(runs: RunColumns) -> list[Column]:
    first = FIRST_METRICS[runs.task]
    found = runs.largest
    names = [*first, *sorted(name for name in found if name not in first)]
    there = [name for name in names if name in found or (name in first and not found)]
    return [
        _metric(name, formats.decimals([found.get(name, 0.0)]), keep=3 + place if place else 0, shown=name in first)
        for place, name in enumerate(there)
    ]


def _metric(name: str, decimals: int, *, keep: int, shown: bool) -> Column:
    def text(run: RunSummary, now: datetime) -> str:
        metric = run.metric(name)
        return formats.number(metric.mean, decimals) if metric else formats.NOT_SET

    way = "lower is better" if is_lower_better(name) else "higher is better"
    field, tip = f"metric:{name}", f"{name}: mean over the folds, {way}"
    return Column(field, name, 86, text, field, True, keep, shown, tip, metric=name)


def _folds(runs: RunColumns) -> Column:
    name = FIRST_METRICS[runs.task][0]

    def text(run: RunSummary, now: datetime) -> str:
        metric = run.metric(name)
        if not metric or len(metric.folds) < 2:
            return formats.NOT_SET
        decimals = formats.decimals(metric.folds)
        return f"{formats.number(min(metric.folds), decimals)} to {formats.number(max(metric.folds), decimals)}"

    tip = f"{name} of each fold; sorts by their spread"
    return Column("folds", "Folds", 72, text, f"spread:{name}", keep=6, tip=tip, metric=name)


def _times() -> tuple[Column, ...]:
    def started(run: RunSummary, now: datetime) -> str:
        return formats.moment(run.started_at, now) if run.started_at else formats.NOT_SET

    def duration(run: RunSummary, now: datetime) -> str:
        seconds = run_seconds(run, now)
        return formats.NOT_SET if seconds is None else formats.duration(timedelta(seconds=seconds))

    return (
        Column("started", "Started", 84, started, "started", keep=7),
        Column("duration", "Duration", 70, duration, "duration", numeric=True, keep=8),
    )


def _words() -> tuple[Column, ...]:
    """Shown when a person wants them."""

    def shown(text: str) -> str:
        return text or formats.NOT_SET

    return (
        Column("tag", "Tags", 110, lambda run, now: shown(", ".join(run.tags)), "tag", keep=9, shown=False),
        Column("notes", "Notes", 160, lambda run, now: shown(run.notes), "notes", keep=9, shown=False),
        Column("target", "Target", 90, lambda run, now: run.target, "target", keep=9, shown=False),
        Column("task", "Task", 80, lambda run, now: run.task.value, "task", keep=9, shown=False),
        Column("by", "By", 80, lambda run, now: run.created_by, "by", keep=9, shown=False),
    )
