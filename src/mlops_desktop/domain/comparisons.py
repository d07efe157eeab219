"""Runs side by side: which is best in what, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlops_desktop.domain.experiments import (
    MetricSummary,
    Run,
    RunStatus,
    Task,
    is_lower_better,
    main_metric,
)
from mlops_desktop.domain.measuring import are_comparable, full_words, target_words
from mlops_desktop.domain.plain import to_plain


@dataclass(frozen=True)
class MetricRow:
    """One metric over the runs, in their order; `best` is the index of the best finished run.

    It is None without one, and where figures of these runs cannot be compared: see `measuring`.
    """

    key: str
    values: tuple[MetricSummary | None, ...]
    best: int | None


@dataclass(frozen=True)
class DifferenceRow:
    """One thing the runs do not have in common; the texts in the order of the runs."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """`equal` counts and `same` holds what is the same in all runs; `warnings` says why figures say little together."""

    runs: tuple[Run, ...]
    metrics: tuple[MetricRow, ...]
    differences: tuple[DifferenceRow, ...]
    equal: int
    same: tuple[DifferenceRow, ...] = ()
    warnings: tuple[str, ...] = ()


def compare(runs: Sequence[Run]) -> Comparison:
    """Compares runs in the order given; the main metric of the first run's task comes first."""
    keys = list(dict.fromkeys(metric.key for run in runs for metric in run.metrics))
    if runs:
        first = main_metric(runs[0].spec.task)
        keys.sort(key=lambda key: key != first)
    rows = [_metric_row(key, runs) for key in keys]
    traits = [_traits(run) for run in runs]
    names = list(dict.fromkeys(name for trait in traits for name in trait))
    lines = [DifferenceRow(name, tuple(trait.get(name, "—") for trait in traits)) for name in names]
    differences = tuple(line for line in lines if len(set(line.values)) > 1)
    same = tuple(line for line in lines if len(set(line.values)) == 1)
    return Comparison(tuple(runs), tuple(rows), differences, len(same), same, warnings(runs))


def warnings(runs: Sequence[Run]) -> tuple[str, ...]:
    """Why the figures of these runs say little beside each other, worst first."""
    found = []
    for what, say in _MEASURED_BY:
        values = list(dict.fromkeys(say(run) for run in runs))
        if len(values) > 1:
            found.append(f"{what}: {'; '.join(values)}.")
    return tuple(found)


_MEASURED_BY: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("They answer different kinds of question", lambda run: run.spec.task.value),
    ("They predict different targets", target_words),
    ("They were measured on different data", lambda run: run.dataset_reference),
    ("They were validated in different ways", lambda run: full_words(run.spec.validation)),
)


def chart_kinds(runs: Sequence[Run]) -> tuple[str, ...]:
    """The charts that say something of all these runs together."""
    tasks = {run.spec.task for run in runs}
    if tasks == {Task.BINARY}:
        return ("metrics", "roc", "pr", "calibration", "confusion", "importance")
    if tasks == {Task.MULTICLASS}:
        return ("metrics", "confusion", "importance")
    return ("metrics", "residuals", "importance") if tasks == {Task.REGRESSION} else ("metrics",)


def _metric_row(key: str, runs: Sequence[Run]) -> MetricRow:
    values = tuple(run.metric(key) for run in runs)
    if not are_comparable(runs):
        return MetricRow(key, values, None)
    known = {
        index: value.mean
        for index, value in enumerate(values)
        if value is not None and value.mean == value.mean and runs[index].status is RunStatus.FINISHED
    }
    if not known:
        return MetricRow(key, values, None)
    choose = min if is_lower_better(key) else max
    return MetricRow(key, values, choose(known, key=lambda index: known[index]))


def _traits(run: Run) -> Mapping[str, str]:
    spec = run.spec
    validation = spec.validation
    traits = {
        "dataset": run.dataset_reference,
        "target": spec.target,
        "task": spec.task.value,
        "positive label": spec.positive_label or "—",
        "estimator": spec.estimator,
        "features": ", ".join(feature.name for feature in spec.features),
        "validation": validation.kind.value.replace("_", " "),
        "folds": str(validation.folds),
        "validation share": str(validation.validation_share),
        "test share": str(validation.test_share),
        "validation column": validation.column or "—",
        "class weight": spec.class_weight or "—",
        "imputation": spec.preprocessing.imputation.value,
        "scaling": spec.preprocessing.scaling.value,
        "most categories": str(spec.preprocessing.most_categories),
        "threshold rule": spec.threshold_rule.value,
        "threshold": str(spec.threshold),
        "seed": str(spec.seed),
        "threads": str(spec.threads),
    }
    traits.update({f"param {name}": str(to_plain(value)) for name, value in spec.params.items()})
    if run.environment:
        traits["program"] = run.environment.program_version
        traits.update({f"package {name}": version for name, version in run.environment.packages.items()})
    return traits
