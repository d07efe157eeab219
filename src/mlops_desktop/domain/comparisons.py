"""Runs side by side: which is best in what, and in what they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlops_desktop.domain.experiments import MetricSummary, Run, is_lower_better, main_metric
from mlops_desktop.domain.plain import to_plain


@dataclass(frozen=True)
class MetricRow:
    """One metric over the runs, in their order; `best` is the index of the best finished run, None without one."""

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
    """`equal` counts the things that are the same in all runs."""

    runs: tuple[Run, ...]
    metrics: tuple[MetricRow, ...]
    differences: tuple[DifferenceRow, ...]
    equal: int


def compare(runs: Sequence[Run]) -> Comparison:
    """Compares runs in the order given; the main metric of the first run's task comes first."""
    keys = list(dict.fromkeys(metric.key for run in runs for metric in run.metrics))
    if runs:
        first = main_metric(runs[0].spec.task)
        keys.sort(key=lambda key: key != first)
    rows = [_metric_row(key, runs) for key in keys]
    traits = [_traits(run) for run in runs]
    names = list(dict.fromkeys(name for trait in traits for name in trait))
    differences = []
    for name in names:
        values = tuple(trait.get(name, "—") for trait in traits)
        if len(set(values)) > 1:
            differences.append(DifferenceRow(name, values))
    return Comparison(tuple(runs), tuple(rows), tuple(differences), len(names) - len(differences))


def _metric_row(key: str, runs: Sequence[Run]) -> MetricRow:
    values = tuple(run.metric(key) for run in runs)
    known = {index: value.mean for index, value in enumerate(values) if value is not None and value.mean == value.mean}
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
