"""The figures of a run equal what a plain scikit-learn script computes from the same table: to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import threadpoolctl
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from tests.workers.training_runs import FEATURES, features, mixed_table, run_spec, train_run

from mlops_desktop.domain.experiments import RunSpec, Task, Validation, ValidationKind


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As a run's own setting; more threads add up in another order."""
    with threadpoolctl.threadpool_limits(limits=1):
        yield


def as_polars(frame: pd.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({str(name): frame[name].tolist() for name in frame.columns})


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns one after another in memory, as pandas reads a file; the last digit of sums depends on it."""
    return pd.DataFrame({name: frame[name].tolist() for name in frame.columns})


def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True)
    frame: pd.DataFrame = data.frame.copy()
    frame["target"] = np.array(["barolo", "grignolino", "barbera"])[frame["target"]]
    return as_read(frame)


def cancer() -> pd.DataFrame:
    frame: pd.DataFrame = load_breast_cancer(as_frame=True).frame.copy()
    frame["place"] = np.arange(len(frame)) * 7 % 569
    frame["clinic"] = np.arange(len(frame)) % 23
    return as_read(frame)


def diabetes() -> pd.DataFrame:
    frame: pd.DataFrame = load_diabetes(as_frame=True).frame
    return as_read(frame.assign(town=np.arange(len(frame)) % 17))


def numeric_pipeline(names: list[str], estimator: Any) -> Pipeline:
    numbers = Pipeline([("impute", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    return Pipeline([("prepare", ColumnTransformer([("numbers", numbers, names)])), ("estimator", estimator)])


def spec_for(frame: pd.DataFrame, task: Task, names: list[str], **changes: Any) -> RunSpec:
    return RunSpec(
        **{
            "dataset_version_id": "version",
            "target": "target",
            "task": task,
            "features": features(as_polars(frame), names),
            "seed": 11,
            **changes,
        }
    )


def binary_figures(y: Any, scores: Any) -> dict[str, float]:
    return {
        "roc_auc": metrics.roc_auc_score(y, scores),
        "average_precision": metrics.average_precision_score(y, scores),
        "log_loss": metrics.log_loss(y, scores),
        "brier": metrics.brier_score_loss(y, scores),
        "accuracy": metrics.accuracy_score(y, scores >= 0.5),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, scores >= 0.5),
        "f1": metrics.f1_score(y, scores >= 0.5),
        "precision": metrics.precision_score(y, scores >= 0.5),
        "recall": metrics.recall_score(y, scores >= 0.5),
    }


def check(trained: Any, figures: list[dict[str, float]], test: dict[str, float] | None = None) -> None:
    for key in figures[0]:
        mine, theirs = trained.metric(key), [fold[key] for fold in figures]
        assert mine["folds"] == theirs, key
        assert mine["mean"] == float(np.mean(theirs)), key
        assert mine["std"] == (float(np.std(theirs, ddof=1)) if len(theirs) > 1 else None), key
        assert mine["test"] == (None if test is None else test[key]), key


def test_stratified_k_fold_on_three_classes(tmp_path: Path) -> None:
    frame = wine()
    names = [name for name in frame.columns if name != "target"]
    spec = spec_for(
        frame,
        Task.MULTICLASS,
        names,
        estimator="LogisticRegression",
        params={"C": 0.5},
        validation=Validation(ValidationKind.K_FOLD, folds=4),
    )
    trained = train_run(tmp_path, as_polars(frame), spec)
    figures = []
    for train, held in StratifiedKFold(4, shuffle=True, random_state=11).split(frame, frame["target"]):
        pipeline = numeric_pipeline(names, LogisticRegression(C=0.5, max_iter=1000))
        pipeline.fit(frame[names].iloc[train], frame["target"].iloc[train])
        chances, y = pipeline.predict_proba(frame[names].iloc[held]), frame["target"].iloc[held]
        said = pipeline.predict(frame[names].iloc[held])
        figures.append(
            {
                "accuracy": metrics.accuracy_score(y, said),
                "balanced_accuracy": metrics.balanced_accuracy_score(y, said),
                "f1_macro": metrics.f1_score(y, said, average="macro"),
                "f1_weighted": metrics.f1_score(y, said, average="weighted"),
                "log_loss": metrics.log_loss(y, chances),
                "roc_auc_ovr": metrics.roc_auc_score(y, chances, multi_class="ovr"),
            }
        )
    check(trained, figures)


def test_holdout_with_a_test_part(tmp_path: Path) -> None:
    frame = cancer()
    names = [name for name in frame.columns if name not in ("target", "place", "clinic")]
    spec = spec_for(
        frame,
        Task.BINARY,
        names,
        estimator="RandomForest",
        params={"n_estimators": 12},
        validation=Validation(ValidationKind.HOLDOUT, validation_share=0.25, test_share=0.2),
    )
    trained = train_run(tmp_path, as_polars(frame), spec)

    def fitted(rows: pd.DataFrame) -> Pipeline:
        pipeline = Pipeline(
            [("i", SimpleImputer(strategy="median")), ("e", RandomForestClassifier(n_estimators=12, random_state=11))]
        )
        return pipeline.fit(rows[names], rows["target"])

    rest, test = train_test_split(frame, test_size=0.2, random_state=11, stratify=frame["target"])
    train, held = train_test_split(rest, test_size=0.25, random_state=11, stratify=rest["target"])
    fold = binary_figures(held["target"], fitted(train).predict_proba(held[names])[:, 1])
    last = binary_figures(test["target"], fitted(rest).predict_proba(test[names])[:, 1])
    check(trained, [fold], last)
    assert trained.result["rows_trained"] == len(rest)


def test_time_ordered_windows_and_the_last_rows_as_test_part(tmp_path: Path) -> None:
    frame = cancer()
    names = ["mean radius", "mean texture", "worst area"]
    validation = Validation(ValidationKind.TIME_ORDERED, folds=3, test_share=0.15, column="place")
    spec = spec_for(frame, Task.BINARY, names, estimator="LogisticRegression", validation=validation)
    trained = train_run(tmp_path, as_polars(frame), spec)
    ordered = frame.sort_values("place", kind="stable")
    last = math.ceil(len(ordered) * 0.15)
    rest, test = ordered.iloc[:-last], ordered.iloc[-last:]

    def scores(train: pd.DataFrame, held: pd.DataFrame) -> Any:
        pipeline = numeric_pipeline(names, LogisticRegression(max_iter=1000)).fit(train[names], train["target"])
        return pipeline.predict_proba(held[names])[:, 1]

    figures = [
        binary_figures(rest["target"].iloc[held], scores(rest.iloc[train], rest.iloc[held]))
        for train, held in TimeSeriesSplit(3).split(rest)
    ]
    check(trained, figures, binary_figures(test["target"], scores(rest, test)))
    shuffled = train_run(
        tmp_path / "k", as_polars(frame), spec_for(frame, Task.BINARY, names, estimator="LogisticRegression")
    )
    assert shuffled.metric("roc_auc")["mean"] != trained.metric("roc_auc")["mean"]


def test_grouped_folds_keep_groups_together(tmp_path: Path) -> None:
    frame = cancer()
    names = ["mean radius", "mean texture", "worst area"]
    validation = Validation(ValidationKind.GROUPED, folds=4, test_share=0.2, column="clinic")
    spec = spec_for(frame, Task.BINARY, names, estimator="LogisticRegression", validation=validation)
    trained = train_run(tmp_path, as_polars(frame), spec)
    splitter = GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=11)
    kept, aside = next(splitter.split(frame, groups=frame["clinic"]))
    rest, test = frame.iloc[kept], frame.iloc[aside]

    def scores(train: pd.DataFrame, held: pd.DataFrame) -> Any:
        pipeline = numeric_pipeline(names, LogisticRegression(max_iter=1000)).fit(train[names], train["target"])
        return pipeline.predict_proba(held[names])[:, 1]

    folds = StratifiedGroupKFold(4, shuffle=True, random_state=11).split(rest, rest["target"], rest["clinic"])
    figures = [
        binary_figures(rest["target"].iloc[held], scores(rest.iloc[train], rest.iloc[held])) for train, held in folds
    ]
    check(trained, figures, binary_figures(test["target"], scores(rest, test)))


@pytest.mark.parametrize("kind", [ValidationKind.K_FOLD, ValidationKind.GROUPED])
def test_regression_folds(kind: ValidationKind, tmp_path: Path) -> None:
    frame = diabetes()
    names = [name for name in frame.columns if name not in ("target", "town")]
    validation = Validation(kind, folds=3, column="town" if kind is ValidationKind.GROUPED else None)
    spec = spec_for(frame, Task.REGRESSION, names, estimator="Ridge", params={"alpha": 0.3}, validation=validation)
    trained = train_run(tmp_path, as_polars(frame), spec)
    splitters: dict[ValidationKind, Callable[[], Any]] = {
        ValidationKind.K_FOLD: lambda: KFold(3, shuffle=True, random_state=11).split(frame),
        ValidationKind.GROUPED: lambda: GroupKFold(3, shuffle=True, random_state=11).split(frame, groups=frame["town"]),
    }
    figures = []
    for train, held in splitters[kind]():
        pipeline = numeric_pipeline(names, Ridge(alpha=0.3, random_state=11))
        said = pipeline.fit(frame[names].iloc[train], frame["target"].iloc[train]).predict(frame[names].iloc[held])
        y = frame["target"].iloc[held]
        figures.append(
            {
                "rmse": metrics.root_mean_squared_error(y, said),
                "mae": metrics.mean_absolute_error(y, said),
                "r2": metrics.r2_score(y, said),
                "median_ae": metrics.median_absolute_error(y, said),
                "mape": metrics.mean_absolute_percentage_error(y, said),
                "max_error": metrics.max_error(y, said),
            }
        )
    check(trained, figures)


@pytest.mark.parametrize("estimator", ["LogisticRegression", "HistGradientBoosting"])
def test_mixed_columns_with_gaps(estimator: str, tmp_path: Path) -> None:
    table = mixed_table()
    trained = train_run(tmp_path, table, run_spec(Task.BINARY, estimator, seed=5))
    frame = pd.DataFrame({name: table[name].to_list() for name in table.columns})
    day, moment = pd.to_datetime(frame["day"]), pd.to_datetime(frame["at"], utc=True)
    parts = {"year": "year", "month": "month", "day": "day", "weekday": "day_of_week", "day_of_year": "day_of_year"}
    inputs = pd.DataFrame({name: frame[name].astype(float) for name in ("size", "heat", "count", "fresh")})
    inputs["kind"] = frame["kind"].astype(object).where(frame["kind"].notna(), np.nan)
    for part, accessor in parts.items():
        inputs[f"day:{part}"] = getattr(day.dt, accessor).astype(float)
    for part, accessor in {**parts, "hour": "hour", "minute": "minute"}.items():
        inputs[f"at:{part}"] = getattr(moment.dt, accessor).astype(float)
    numbers = [name for name in inputs.columns if name != "kind"]
    assert len(FEATURES) == 7
    train, held = train_test_split(np.arange(len(frame)), test_size=0.3, random_state=5, stratify=frame["big"])
    pipeline = plain_pipeline(estimator, numbers).fit(inputs.iloc[train], frame["big"].iloc[train])
    scores = pipeline.predict_proba(inputs.iloc[held])[:, 1]
    check(trained, [binary_figures(frame["big"].iloc[held], scores)])


def plain_pipeline(estimator: str, numbers: list[str]) -> Pipeline:
    if estimator == "HistGradientBoosting":
        encode = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=50
        )
        prepare = ColumnTransformer([("n", "passthrough", numbers), ("c", encode, ["kind"])])
        return Pipeline(
            [
                ("p", prepare),
                (
                    "e",
                    HistGradientBoostingClassifier(max_iter=5, random_state=5, categorical_features=[len(numbers)]),
                ),
            ]
        )
    scale = Pipeline([("i", SimpleImputer(strategy="median")), ("s", StandardScaler())])
    encode = Pipeline(
        [
            ("i", SimpleImputer(strategy="constant", fill_value="missing")),
            ("o", OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=50)),
        ]
    )
    prepare = ColumnTransformer([("n", scale, numbers), ("c", encode, ["kind"])])
    return Pipeline([("p", prepare), ("e", LogisticRegression(max_iter=1000, random_state=5))])
