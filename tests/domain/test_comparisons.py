"""Runs side by side: the best of each metric, and in what the runs differ."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_desktop.domain.comparisons import compare
from mlops_desktop.domain.experiments import (
    LOWER_IS_BETTER,
    Environment,
    Feature,
    FeatureRole,
    MetricSummary,
    Preprocessing,
    Run,
    RunSpec,
    RunStatus,
    Task,
    Validation,
    ValidationKind,
    is_lower_better,
    main_metric,
)

SPEC = RunSpec("v", "late", Task.BINARY, (Feature("distance", FeatureRole.NUMERIC),), "LogisticRegression")


def make_run(name: str, metrics: dict[str, float] | None = None, spec: RunSpec = SPEC, **changes: Any) -> Run:
    run = Run(
        id=name,
        experiment_id="e",
        experiment_name="late",
        name=name,
        status=RunStatus.FINISHED,
        spec=spec,
        dataset_reference="flights@v1",
        dataset_hash="0" * 64,
        job_id="j",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        created_by="ada",
        metrics=tuple(MetricSummary(key, value) for key, value in (metrics or {}).items()),
    )
    return dataclasses.replace(run, **changes)


def best(*values: float | None, key: str) -> int | None:
    runs = [make_run(str(n), {} if value is None else {key: value}) for n, value in enumerate(values)]
    rows = compare(runs).metrics
    return rows[0].best if rows else None


@pytest.mark.parametrize(
    ("key", "values", "index"),
    [
        ("roc_auc", (0.7, 0.9, 0.8), 1),
        ("rmse", (3.0, 1.0, 2.0), 1),
        ("log_loss", (0.3, 0.1), 1),
        ("roc_auc", (0.9, 0.9), 0),
        ("rmse", (1.0, 1.0), 0),
        ("roc_auc", (math.nan, 0.5, 0.4), 1),
        ("rmse", (math.nan, 5.0, 4.0), 2),
        ("rmse", (math.inf, 5.0), 1),
        ("roc_auc", (math.nan, math.nan), None),
        ("roc_auc", (None, 0.4), 1),
        ("r2", (-5.0, -7.0), 0),
    ],
)
def test_the_best_run_of_a_metric(key: str, values: tuple[float | None, ...], index: int | None) -> None:
    assert best(*values, key=key) == index


def test_errors_and_losses_are_better_when_lower() -> None:
    assert all(is_lower_better(key) for key in LOWER_IS_BETTER)
    assert not is_lower_better("roc_auc")
    assert not is_lower_better("r2")


@pytest.mark.parametrize("task", Task)
def test_the_main_metric_of_the_task_comes_first(task: Task) -> None:
    spec = dataclasses.replace(SPEC, task=task)
    metrics = {"accuracy": 0.5, "r2": 0.1, "rmse": 2.0, "roc_auc": 0.7, "f1_macro": 0.6}
    rows = compare([make_run("a", metrics, spec)]).metrics
    assert rows[0].key == main_metric(task)
    assert [row.key for row in rows[1:]] == [key for key in metrics if key != main_metric(task)]


def test_a_metric_that_only_some_runs_have_is_none_for_the_others() -> None:
    rows = compare([make_run("a", {"roc_auc": 0.5}), make_run("b", {"f1": 0.4})]).metrics
    by_key = {row.key: row for row in rows}
    assert by_key["f1"].values == (None, MetricSummary("f1", 0.4))
    assert by_key["f1"].best == 1
    assert by_key["roc_auc"].best == 0


def differences(*specs: RunSpec, **changes: Any) -> dict[str, tuple[str, ...]]:
    runs = [make_run(str(n), spec=spec) for n, spec in enumerate(specs)]
    if changes:
        runs[-1] = dataclasses.replace(runs[-1], **changes)
    return {row.name: row.values for row in compare(runs).differences}


@pytest.mark.parametrize(
    ("changes", "name", "texts"),
    [
        ({"seed": 1}, "seed", ("0", "1")),
        ({"estimator": "Ridge"}, "estimator", ("LogisticRegression", "Ridge")),
        ({"params": {"C": 2.0}}, "param C", ("—", "2.0")),
        ({"params": {"C": math.inf}}, "param C", ("—", "Infinity")),
        ({"class_weight": "balanced"}, "class weight", ("—", "balanced")),
        ({"positive_label": "true"}, "positive label", ("—", "true")),
        ({"threshold": 0.3}, "threshold", ("0.5", "0.3")),
        ({"validation": Validation(ValidationKind.K_FOLD, folds=3)}, "folds", ("5", "3")),
        ({"preprocessing": Preprocessing(most_categories=9)}, "most categories", ("50", "9")),
        ({"features": ()}, "features", ("distance", "")),
    ],
)
def test_what_decides_the_outcome_is_told_where_it_differs(
    changes: dict[str, Any], name: str, texts: tuple[str, str]
) -> None:
    assert differences(SPEC, dataclasses.replace(SPEC, **changes)) == {name: texts}


def test_versions_of_packages_are_compared_where_they_are_known() -> None:
    made_with = Environment("1.0", "3.11", "linux", {"scikit-learn": "1.9"}, 1)
    found = differences(SPEC, SPEC, environment=made_with)
    assert found == {"program": ("—", "1.0"), "package scikit-learn": ("—", "1.9")}


def test_what_is_equal_is_counted() -> None:
    same = compare([make_run("a"), make_run("b")])
    assert same.differences == ()
    one_differs = compare([make_run("a"), make_run("b", spec=dataclasses.replace(SPEC, seed=1))])
    assert one_differs.equal == same.equal - 1


def test_nothing_compared_gives_nothing() -> None:
    nothing = compare([])
    assert (nothing.runs, nothing.metrics, nothing.differences, nothing.equal) == ((), (), (), 0)


def test_runs_of_one_question_on_one_version_are_comparable() -> None:
    assert compare([make_run("a"), make_run("b")]).warnings == ()


def test_what_makes_figures_not_comparable_is_said() -> None:
    holdout = dataclasses.replace(SPEC, target="early", validation=Validation(ValidationKind.HOLDOUT))
    found = compare([make_run("a"), make_run("b", spec=holdout, dataset_reference="flights@v2")]).warnings
    assert found == (
        "They predict different targets: late; early.",
        "They were measured on different data: flights@v1; flights@v2.",
        "They were validated in different ways: 5 random folds; one random part of 20 %.",
    )


def test_none_is_best_where_the_questions_differ() -> None:
    other = dataclasses.replace(SPEC, target="early")
    runs = [make_run("a", {"roc_auc": 0.7}), make_run("b", {"roc_auc": 0.9}, spec=other)]
    assert compare(runs).metrics[0].best is None


def test_none_is_best_where_they_were_validated_in_different_ways() -> None:
    holdout = dataclasses.replace(SPEC, validation=Validation(ValidationKind.HOLDOUT))
    runs = [make_run("a", {"roc_auc": 0.7}), make_run("b", {"roc_auc": 0.9}, spec=holdout)]
    assert compare(runs).metrics[0].best is None


def test_versions_of_one_dataset_have_a_best_run() -> None:
    runs = [make_run("a", {"roc_auc": 0.7}), make_run("b", {"roc_auc": 0.9}, dataset_reference="flights@v2")]
    assert compare(runs).metrics[0].best == 1


def test_a_run_that_goes_on_is_never_best() -> None:
    runs = [make_run("a", {"roc_auc": 0.7}), make_run("b", {"roc_auc": 0.9}, status=RunStatus.RUNNING)]
    assert compare(runs).metrics[0].best == 0


def test_equal_things_are_kept_beside_the_differences() -> None:
    comparison = compare([make_run("a"), make_run("b")])
    assert comparison.equal == len(comparison.same)
    assert ("target", ("late", "late")) in [(row.name, row.values) for row in comparison.same]
