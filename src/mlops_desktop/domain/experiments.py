"""Experiments and runs: the question, one training attempt, what it was given and what it measured."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class Task(enum.StrEnum):
    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def is_classification(self) -> bool:
        return self is not Task.REGRESSION


class FeatureRole(enum.StrEnum):
    NUMERIC = "numeric"
    CATEGORY = "category"
    DATE = "date"
    """Year, month, day, weekday, day of year; hour and minute where there is a time of day."""


@dataclass(frozen=True)
class Feature:
    name: str
    role: FeatureRole


@dataclass(frozen=True)
class LeftOut:
    """A column that is not used, and why."""

    name: str
    reason: str


class ValidationKind(enum.StrEnum):
    HOLDOUT = "holdout"
    K_FOLD = "k_fold"
    TIME_ORDERED = "time_ordered"
    GROUPED = "grouped"


@dataclass(frozen=True)
class Validation:
    """How quality is measured.

    holdout: one random part of `validation_share` (stratified for classification).
    k_fold: `folds` folds (stratified for classification), shuffled by the seed.
    time_ordered: rows sorted by `column` (stable); `folds` expanding windows as in sklearn's TimeSeriesSplit.
    grouped: `folds` folds in which no value of `column` is on both sides.
    `test_share` of the rows (the last in time for time_ordered, whole groups for grouped, else random) is never
    trained on; 0 means no test part.
    """

    kind: ValidationKind = ValidationKind.K_FOLD
    folds: int = 5
    validation_share: float = 0.2
    test_share: float = 0.0
    column: str | None = None

    @property
    def words(self) -> str:
        """In few words, without the test part."""
        return {
            ValidationKind.HOLDOUT: f"one random part of {self.validation_share * 100:.3g} %",
            ValidationKind.K_FOLD: f"{self.folds} random folds",
            ValidationKind.TIME_ORDERED: f"{self.folds} growing windows by {self.column}",
            ValidationKind.GROUPED: f"{self.folds} folds that keep each value of {self.column} together",
        }[self.kind]


class Scaling(enum.StrEnum):
    STANDARD = "standard"
    NONE = "none"


class Imputation(enum.StrEnum):
    MEDIAN = "median"
    MEAN = "mean"
    MOST_FREQUENT = "most_frequent"


@dataclass(frozen=True)
class Preprocessing:
    """Numbers: impute, then scale. Categories: one-hot, ordinal for trees; at most `most_categories` a column."""

    imputation: Imputation = Imputation.MEDIAN
    scaling: Scaling = Scaling.STANDARD
    most_categories: int = 50


class ThresholdRule(enum.StrEnum):
    """How the decision threshold of a binary run is chosen, on out-of-fold predictions only."""

    FIXED = "fixed"
    BEST_F1 = "best_f1"
    BALANCED = "balanced"
    """Highest true positive rate minus false positive rate (Youden's J)."""


@dataclass(frozen=True)
class RunSpec:
    """All that decides a run's outcome, apart from machine and package versions."""

    dataset_version_id: str
    target: str
    task: Task
    features: tuple[Feature, ...]
    estimator: str
    params: Mapping[str, object] = field(default_factory=dict)
    positive_label: str | None = None
    class_weight: str | None = None
    preprocessing: Preprocessing = Preprocessing()
    validation: Validation = Validation()
    threshold_rule: ThresholdRule = ThresholdRule.FIXED
    threshold: float = 0.5
    seed: int = 0
    threads: int = 1
    left_out: tuple[LeftOut, ...] = ()


class RunStatus(enum.StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def is_ended(self) -> bool:
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


@dataclass(frozen=True)
class MetricSummary:
    """A metric's mean and sample standard deviation over folds, and its value on the test part."""

    key: str
    mean: float
    std: float | None = None
    test: float | None = None
    train: float | None = None
    folds: tuple[float, ...] = ()


@dataclass(frozen=True)
class RunBrief:
    """As much of a run as finding it among many needs."""

    id: str
    name: str
    experiment_name: str
    status: RunStatus
    created_at: datetime


@dataclass(frozen=True)
class MetricPoint:
    """One measured number; `step` is the fold, counted from 0."""

    key: str
    step: int
    value: float


@dataclass(frozen=True)
class Environment:
    """Where a run was made."""

    program_version: str
    python_version: str
    platform: str
    packages: Mapping[str, str]
    threads: int
    git_commit: str | None = None
    git_dirty: bool = False


@dataclass(frozen=True)
class Failure:
    """Why a job or a run did not finish: the error's code, what happened, what to do."""

    code: str
    message: str
    hint: str = ""
    details: str = ""


@dataclass(frozen=True)
class Experiment:
    id: str
    name: str
    question: str
    created_at: datetime
    run_count: int = 0
    trashed_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Run:
    """`evaluation_hash` names the artifact with curves and matrices, `bundle_hash` the refitted model's manifest."""

    id: str
    experiment_id: str
    experiment_name: str
    name: str
    status: RunStatus
    spec: RunSpec
    dataset_reference: str
    dataset_hash: str
    job_id: str
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metrics: tuple[MetricSummary, ...] = ()
    tags: tuple[str, ...] = ()
    notes: str = ""
    environment: Environment | None = None
    evaluation_hash: str | None = None
    bundle_hash: str | None = None
    log_hash: str | None = None
    failure: Failure | None = None
    rerun_of: str | None = None
    progress: float | None = None
    trashed_at: datetime | None = None
    revision: int = 1

    def metric(self, key: str) -> MetricSummary | None:
        return next((metric for metric in self.metrics if metric.key == key), None)


LOWER_IS_BETTER = frozenset({"log_loss", "brier", "rmse", "mae", "median_ae", "mape", "max_error"})


def is_lower_better(metric: str) -> bool:
    return metric in LOWER_IS_BETTER


def main_metric(task: Task) -> str:
    """The metric a task is compared by unless the person chooses another."""
    return {Task.BINARY: "roc_auc", Task.MULTICLASS: "f1_macro", Task.REGRESSION: "rmse"}[task]
