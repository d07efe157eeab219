"""The train job: the same figures each time, what is said and kept, what is refused before a fit, and cancelling."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as sklearn_metrics
from tests import needs
from tests.workers.training_runs import (
    HOLDOUT,
    features,
    job_spec,
    mixed_table,
    run_spec,
    train_run,
)

from mlops_desktop.domain.errors import InvalidInputError, JobCancelledError, UnusableTargetError
from mlops_desktop.domain.experiments import (
    Environment,
    Feature,
    FeatureRole,
    Imputation,
    MetricSummary,
    Preprocessing,
    RunSpec,
    Scaling,
    Task,
    ThresholdRule,
    Validation,
    ValidationKind,
)
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.workers.jobs import train
from mlops_desktop.workers.report import Report
from mlops_desktop.workers.training import environment, fitting

FOLDS = Validation(ValidationKind.K_FOLD, folds=3)
TESTED = Validation(ValidationKind.K_FOLD, folds=3, test_share=0.25)


@pytest.mark.parametrize("estimator", ["RandomForest", "MLP", "SGD", "HistGradientBoosting"])
def test_rerun_gives_the_same_figures_to_the_last_digit(estimator: str, tmp_path: Path) -> None:
    one, two = (
        train_run(tmp_path / name, mixed_table(), run_spec(Task.BINARY, estimator, validation=TESTED, seed=9))
        for name in ("one", "two")
    )
    assert one.result["metrics"] == two.result["metrics"]
    assert one.evaluation == two.evaluation
    assert (one.bundle / "example.json").read_bytes() == (two.bundle / "example.json").read_bytes()
    other = train_run(tmp_path / "o", mixed_table(), run_spec(Task.BINARY, estimator, validation=TESTED, seed=10))
    assert other.result["metrics"] != one.result["metrics"]


def test_messages_tell_progress_figures_and_log_as_folds_end(tmp_path: Path) -> None:
    trained = train_run(tmp_path, mixed_table(), run_spec(Task.REGRESSION, "Ridge", validation=TESTED))
    told = [message["body"] for message in trained.messages if message["kind"] == "metric"]
    assert [(body["step"], body["value"]) for body in told if body["key"] == "rmse"] == list(
        enumerate(trained.metric("rmse")["folds"])
    )
    shares = [message["body"]["share"] for message in trained.messages if message["kind"] == "progress"]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    notes = [message["body"]["note"] for message in trained.messages if message["kind"] == "progress"]
    assert {"fold 1 of 3", "fold 3 of 3", "fitting the final model"} <= set(notes)
    kinds = [(message["kind"], message["body"].get("note", "")) for message in trained.messages]
    second = kinds.index(("progress", "fold 2 of 3"))
    assert any(kind == "metric" for kind, _ in kinds[:second])


def test_result_fits_the_domain_and_says_what_it_was_fitted_on(tmp_path: Path) -> None:
    trained = train_run(tmp_path, mixed_table(), run_spec(Task.BINARY, "LogisticRegression", validation=TESTED))
    summaries = from_plain(tuple[MetricSummary, ...], trained.result["metrics"])
    assert all(summary.std is not None and summary.test is not None for summary in summaries)
    assert from_plain(Environment, trained.result["environment"]).packages["scikit-learn"]
    assert trained.result["rows_trained"] == 90
    assert "90 rows outside the test part" in trained.evaluation["fitted_on"]
    assert trained.evaluation["rows"] == {
        "table": 120,
        "used": 120,
        "without_target": 0,
        "fitted": 90,
        "test": 30,
        "out_of_fold": 90,
    }
    assert "never trained on" in trained.evaluation["validation"]


def test_std_is_the_sample_one_and_a_single_part_has_none(tmp_path: Path) -> None:
    folds = train_run(tmp_path / "a", mixed_table(), run_spec(Task.REGRESSION, "Ridge", validation=FOLDS))
    rmse = folds.metric("rmse")
    assert rmse["std"] == pytest.approx(np.std(rmse["folds"], ddof=1))
    assert rmse["test"] is None
    alone = train_run(tmp_path / "b", mixed_table(), run_spec(Task.REGRESSION, "Ridge", validation=HOLDOUT))
    assert alone.metric("rmse")["std"] is None


@pytest.mark.parametrize("rule", list(ThresholdRule))
def test_threshold_is_chosen_on_out_of_fold_answers_and_kept(rule: ThresholdRule, tmp_path: Path) -> None:
    spec = run_spec(Task.BINARY, "LogisticRegression", validation=TESTED, threshold_rule=rule, threshold=0.35)
    trained = train_run(tmp_path, mixed_table(), spec)
    threshold = trained.result["threshold"]
    assert trained.model().threshold == threshold == trained.evaluation["threshold"]["value"]
    counts = np.array(trained.evaluation["confusion"]["counts"])
    assert counts.sum() == 90
    true_negative, false_positive, false_negative, true_positive = counts.ravel()
    assert trained.evaluation["threshold"]["rule"] == rule.value
    if rule is ThresholdRule.FIXED:
        assert threshold == 0.35
    if rule is ThresholdRule.BEST_F1:
        reached = 2 * true_positive / (2 * true_positive + false_positive + false_negative)
        curve = trained.evaluation["pr"]["curves"][0]
        best = max(2 * p * r / (p + r) for p, r in zip(curve["precision"], curve["recall"], strict=True) if p + r)
        assert reached == pytest.approx(best)
    if rule is ThresholdRule.BALANCED:
        reached = true_positive / (true_positive + false_negative) - false_positive / (false_positive + true_negative)
        curve = trained.evaluation["roc"]["curves"][0]
        best = max(t - f for f, t in zip(curve["false_positive"], curve["true_positive"], strict=True))
        assert reached == pytest.approx(best)
    fold_rows = [fold["check_rows"] for fold in trained.evaluation["folds"]]
    accuracy = sum(a * n for a, n in zip(trained.metric("accuracy")["folds"], fold_rows, strict=True)) / sum(fold_rows)
    assert accuracy == pytest.approx((true_negative + true_positive) / counts.sum())


def test_positive_label_may_be_either_class(tmp_path: Path) -> None:
    table = mixed_table()
    spec = run_spec(Task.BINARY, "LogisticRegression", validation=FOLDS)
    plain = train_run(tmp_path / "true", table, spec)
    other = train_run(tmp_path / "false", table, dataclasses.replace(spec, positive_label="false"))
    assert plain.evaluation["positive_label"] == "true"
    assert other.evaluation["positive_label"] == "false"
    assert other.metric("roc_auc")["mean"] == pytest.approx(plain.metric("roc_auc")["mean"])
    assert other.metric("recall")["mean"] != plain.metric("recall")["mean"]
    with pytest.raises(UnusableTargetError, match="no class 'maybe'"):
        train_run(tmp_path / "maybe", table, dataclasses.replace(spec, positive_label="maybe"))


def test_evaluation_has_every_table_and_curve(tmp_path: Path) -> None:
    binary = train_run(tmp_path / "b", mixed_table(), run_spec(Task.BINARY, "LogisticRegression", validation=FOLDS))
    curve = binary.evaluation["roc"]["curves"][0]
    assert sklearn_metrics.auc(curve["false_positive"], curve["true_positive"]) == pytest.approx(curve["auc"])
    assert curve["thresholds"][0] is None
    assert sum(binary.evaluation["calibration"]["curves"][0]["counts"]) == 120
    names = {item["name"] for item in binary.evaluation["importance"]["columns"]}
    assert names == {"size", "heat", "count", "fresh", "kind", "day", "at"}
    assert binary.evaluation["importance"]["columns"][0]["name"] == "size"
    three = train_run(tmp_path / "m", mixed_table(), run_spec(Task.MULTICLASS, "LogisticRegression", validation=FOLDS))
    assert [curve["label"] for curve in three.evaluation["roc"]["curves"]] == ["high", "low", "middle"]
    assert np.array(three.evaluation["confusion"]["counts"]).sum() == 120
    number = train_run(tmp_path / "r", mixed_table(), run_spec(Task.REGRESSION, "Ridge", validation=FOLDS))
    assert sum(number.evaluation["residuals"]["histogram"]["counts"]) == 120
    assert len(number.evaluation["residuals"]["sample"]["actual"]) == 120


def test_long_curves_are_thinned_and_keep_their_area(tmp_path: Path) -> None:
    trained = train_run(
        tmp_path,
        mixed_table(6000),
        run_spec(Task.BINARY, "LogisticRegression", features=features(mixed_table(2), ["heat"])),
    )
    for key, across, up in (("roc", "false_positive", "true_positive"), ("pr", "recall", "precision")):
        curve = trained.evaluation[key]["curves"][0]
        assert len(curve[across]) == len(curve[up]) == len(curve["thresholds"]) <= 500
    curve = trained.evaluation["roc"]["curves"][0]
    assert sklearn_metrics.auc(curve["false_positive"], curve["true_positive"]) == pytest.approx(curve["auc"], abs=1e-3)


def target_spec(table: pl.DataFrame, task: Task, **changes: Any) -> RunSpec:
    return RunSpec(
        **{
            "dataset_version_id": "v",
            "target": "y",
            "task": task,
            "features": features(table, ["x"]),
            "estimator": "Dummy",
            **changes,
        }
    )


UNUSABLE: list[tuple[str, Task, list[Any], str]] = [
    ("constant text", Task.BINARY, ["a"] * 30, "'a' in every row"),
    ("constant number", Task.REGRESSION, [2.5] * 30, "2.5 in every row"),
    ("all missing", Task.BINARY, [None] * 30, "no value in any row"),
    ("two rows", Task.BINARY, [True, False], "Only 2 rows"),
    ("nine rows and gaps", Task.REGRESSION, [1.0, 2.0, 3.0] * 3 + [None] * 30, "Only 9 rows"),
    ("one row of a class", Task.BINARY, ["a"] * 29 + ["b"], "in one row only"),
    ("fewer than folds", Task.BINARY, ["a"] * 27 + ["b"] * 3, "needs 5 of each class"),
    ("three classes for two", Task.BINARY, ["a", "b", "c"] * 10, "3 classes, not two"),
    ("two classes for more", Task.MULTICLASS, ["a", "b"] * 15, "only two classes"),
    ("too many classes", Task.MULTICLASS, [f"c{n % 300}" for n in range(900)], "too many for classes"),
    ("text as number", Task.REGRESSION, ["1", "2", "3"] * 10, "holds no numbers"),
    ("infinite", Task.REGRESSION, [1.0, math.inf, 2.0] * 10, "infinite"),
]


@pytest.mark.parametrize(
    ("task", "values", "sentence"), [case[1:] for case in UNUSABLE], ids=[case[0] for case in UNUSABLE]
)
def test_d_19_unusable_target_is_refused_before_anything_is_fitted(
    task: Task, values: list[Any], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("fitted")

    monkeypatch.setattr(fitting, "fit", never)
    kind = pl.String if values[0] is None else None
    table = pl.DataFrame({"x": [float(n) for n in range(len(values))], "y": pl.Series(values, dtype=kind)})
    with pytest.raises(UnusableTargetError) as caught:
        train_run(tmp_path, table, target_spec(table, task))
    assert sentence in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("validation", "sentence"),
    [
        (Validation(ValidationKind.K_FOLD, folds=1), "1 folds"),
        (Validation(ValidationKind.K_FOLD, folds=1000), "1000 folds"),
        (Validation(ValidationKind.HOLDOUT, validation_share=1.0), "between 0 and 1"),
        (Validation(ValidationKind.HOLDOUT, test_share=1.0), "test share"),
        (Validation(ValidationKind.TIME_ORDERED), "needs a column"),
        (Validation(ValidationKind.TIME_ORDERED, column="nothing"), "no column 'nothing'"),
        (Validation(ValidationKind.GROUPED, column="fresh", test_share=0.2), "too few values"),
        (Validation(ValidationKind.HOLDOUT, test_share=0.999), "cannot be split"),
    ],
)
def test_splits_that_cannot_be_made_are_refused_in_words(validation: Validation, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        train_run(tmp_path, mixed_table(), run_spec(Task.BINARY, "Dummy", validation=validation))
    assert sentence in caught.value.message


def test_windows_with_one_class_are_refused(tmp_path: Path) -> None:
    table = pl.DataFrame({"x": [float(n) for n in range(40)], "y": [False] * 20 + [True] * 20})
    spec = target_spec(table, Task.BINARY, validation=Validation(ValidationKind.TIME_ORDERED, folds=3, column="x"))
    with pytest.raises(UnusableTargetError, match="fold 1 learns from have only one class"):
        train_run(tmp_path, table, spec)


def test_figures_of_one_class_windows_are_not_made_up(tmp_path: Path) -> None:
    table = pl.DataFrame({"x": [float(n) for n in range(40)], "y": [n % 2 == 0 for n in range(30)] + [True] * 10})
    spec = target_spec(table, Task.BINARY, validation=Validation(ValidationKind.TIME_ORDERED, folds=3, column="x"))
    trained = train_run(tmp_path, table, spec)
    assert trained.metric("roc_auc")["folds"] == [0.5, 0.5, "NaN"]
    assert trained.metric("roc_auc")["mean"] == 0.5


def test_rows_without_target_or_order_are_left_out_and_said(tmp_path: Path) -> None:
    table = mixed_table().with_columns(
        pl.when(pl.col("count") == 3).then(None).otherwise(pl.col("amount")).alias("amount")
    )
    lost = table["amount"].null_count()
    trained = train_run(
        tmp_path,
        table,
        run_spec(Task.REGRESSION, "Ridge", validation=Validation(ValidationKind.TIME_ORDERED, folds=3, column="day")),
    )
    undated = table.filter(pl.col("amount").is_not_null())["day"].null_count()
    assert f"{lost} of 120 rows have no 'amount' and are left out." in trained.log()
    assert f"{undated} rows have no 'day' to split by and are left out." in trained.log()
    assert trained.evaluation["rows"]["used"] == 120 - lost - undated


def test_dirty_values_do_not_stop_a_run(tmp_path: Path) -> None:
    rows = 60
    generator = np.random.default_rng(1)
    table = pl.DataFrame(
        {
            "huge": [1e300, -1e300, math.inf, -math.inf, None] * 12,
            "empty": pl.Series([None] * rows, dtype=pl.Float64),
            "blank": pl.Series([None] * rows, dtype=pl.String),
            "same": [1] * rows,
            "odd": ["", " ", "=1+1", "ü\u2028", "x" * 5000, None] * 10,
            "long": [2**62 + n for n in range(rows)],
            "y": generator.random(rows).tolist(),
        }
    )
    for estimator in ("Ridge", "RandomForest", "HistGradientBoosting", "KNeighbors"):
        spec = RunSpec(
            dataset_version_id="v",
            target="y",
            task=Task.REGRESSION,
            features=features(table, ["huge", "empty", "blank", "same", "odd", "long"]),
            estimator=estimator,
            params={"n_estimators": 3} if estimator == "RandomForest" else {},
            validation=FOLDS,
        )
        assert train_run(tmp_path / estimator, table, spec).model().check_example() is None


@pytest.mark.parametrize("imputation", list(Imputation))
@pytest.mark.parametrize("scaling", list(Scaling))
def test_preprocessing_is_followed(imputation: Imputation, scaling: Scaling, tmp_path: Path) -> None:
    preprocessing = Preprocessing(imputation, scaling, most_categories=2)
    spec = run_spec(Task.BINARY, "LogisticRegression", preprocessing=preprocessing)
    blocks = train_run(tmp_path, mixed_table(), spec).model().pipeline.named_steps["prepare"].named_transformers_
    assert blocks["numbers"].named_steps["impute"].strategy == imputation.value
    assert ("scale" in blocks["numbers"].named_steps) == (scaling is Scaling.STANDARD)
    assert len(blocks["categories"].named_steps["encode"].get_feature_names_out()) == 2


def test_class_weight_changes_the_figures(tmp_path: Path) -> None:
    table = mixed_table().with_columns(big=pl.col("amount") > pl.col("amount").quantile(0.85))
    spec = run_spec(Task.BINARY, "LogisticRegression", validation=FOLDS)
    plain = train_run(tmp_path / "plain", table, spec)
    weighted = train_run(tmp_path / "weighted", table, dataclasses.replace(spec, class_weight="balanced"))
    assert weighted.metric("recall")["mean"] > plain.metric("recall")["mean"]


@pytest.mark.parametrize(
    ("feature", "sentence"),
    [
        (Feature("nothing", FeatureRole.NUMERIC), "no column of this dataset version"),
        (Feature("big", FeatureRole.NUMERIC), "cannot be a feature"),
        (Feature("kind", FeatureRole.NUMERIC), "holds no numbers"),
        (Feature("kind", FeatureRole.DATE), "holds no dates"),
        (None, "No column is left"),
    ],
)
def test_feature_in_a_wrong_role_is_refused(feature: Feature | None, sentence: str, tmp_path: Path) -> None:
    spec = run_spec(Task.BINARY, "Dummy", features=() if feature is None else (feature,))
    with pytest.raises(InvalidInputError, match=sentence):
        train_run(tmp_path, mixed_table(), spec)


def test_settings_that_scikit_learn_refuses_end_in_a_sentence(tmp_path: Path) -> None:
    spec = run_spec(Task.MULTICLASS, "LogisticRegression", params={"solver": "liblinear"})
    with pytest.raises(InvalidInputError, match="LogisticRegression cannot be fitted like this"):
        train_run(tmp_path, mixed_table(), spec)


def test_settings_that_only_the_prediction_finds_impossible_are_refused(tmp_path: Path) -> None:
    spec = run_spec(Task.BINARY, "KNeighbors", params={"n_neighbors": 5_000})
    with pytest.raises(InvalidInputError, match="KNeighbors cannot predict like this"):
        train_run(tmp_path, mixed_table(), spec)


def test_warnings_of_a_fit_are_in_the_log_once(tmp_path: Path) -> None:
    spec = run_spec(Task.BINARY, "LogisticRegression", params={"max_iter": 1}, validation=FOLDS)
    told = [line for line in train_run(tmp_path, mixed_table(), spec).log() if line.startswith("ConvergenceWarning")]
    assert len(told) == 1


@pytest.mark.parametrize("after", ["fold 1 of 3", "fold 3 of 3", "fitting the final model", "writing the evaluation"])
def test_cancelled_run_stops_at_the_next_step_and_leaves_no_bundle(after: str, tmp_path: Path) -> None:
    asked = threading.Event()

    class Listening(Report):
        def progress(self, share: float, note: str = "") -> None:
            super().progress(share, note)
            if note == after:
                asked.set()

    job = job_spec(tmp_path, mixed_table(), run_spec(Task.BINARY, "GaussianNB", validation=FOLDS))
    with Listening(tmp_path, asked) as report, pytest.raises(JobCancelledError):
        train.run(job, tmp_path, report)
    assert not (tmp_path / "bundle").exists()
    steps = [json.loads(line)["body"].get("note") for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [note for note in steps if note][-1] == after


def test_commit_of_the_checkout_is_recorded_and_of_no_other(tmp_path: Path) -> None:
    needs.tool("git", "git")
    assert environment.describe(1, tmp_path).git_commit is None

    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init", "-q")
    code = tmp_path / "src"
    code.mkdir()
    (code / "a.py").write_text("a = 1\n")
    (tmp_path / ".gitignore").write_text("venv\n")
    git("add", ".")
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "one")
    clean = environment.describe(2, code)
    assert clean.git_commit is not None
    assert len(clean.git_commit) == 40
    assert not clean.git_dirty
    assert clean.threads == 2
    (code / "a.py").write_text("a = 2\n")
    assert environment.describe(1, code).git_dirty
    (tmp_path / "venv").mkdir()
    assert environment.describe(1, tmp_path / "venv").git_commit is None
    assert environment.describe(1, tmp_path / "gone").git_commit is None
    assert environment.describe(1, None).git_commit is None
