"""How long a run may take: from earlier runs of the same estimator, else from a rough rule."""

from __future__ import annotations

import heapq
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from mlops_desktop.domain.experiments import Run, Task, Validation, ValidationKind

RUN_SECONDS = 4.0
"""What every run takes to start, to read the table and to keep its model."""
MOST_RUNS = 5
RULE: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "HistGradientBoosting": (2.0, 1.5),
        "LogisticRegression": (1.2, 1.2),
        "LinearRegression": (0.6, 0.6),
        "Ridge": (0.6, 0.6),
        "Lasso": (0.6, 0.6),
        "ElasticNet": (0.6, 0.6),
        "BayesianRidge": (0.8, 0.8),
        "Huber": (2.2, 2.2),
        "SGD": (1.6, 0.8),
        "LinearSVR": (0.8, 0.8),
        "RandomForest": (16.0, 35.0),
        "ExtraTrees": (12.0, 22.0),
        "GradientBoosting": (13.0, 12.0),
        "DecisionTree": (1.0, 1.0),
        "AdaBoost": (4.0, 4.0),
        "Bagging": (4.0, 4.0),
        "KNeighbors": (1.0, 1.0),
        "MLP": (75.0, 60.0),
        "GaussianNB": (0.7, 0.7),
        "LinearDiscriminant": (0.9, 0.9),
        "QuadraticDiscriminant": (0.9, 0.9),
        "Dummy": (0.7, 0.7),
    }
)
"""Seconds for a million cells (rows times features) learnt from, for classes and for numbers; defaults, one thread.

Measured once on 16,000 flights with ten features; another computer may be several times quicker or slower.
"""
_NEIGHBOUR_SECONDS = 4e-9
"""Nearest neighbours compare each checked row with each learnt one, feature by feature."""


@dataclass(frozen=True)
class TimeEstimate:
    """Seconds for one run, between `low` and `high`; all None where nothing is known. `source` says from what."""

    estimator: str
    seconds: float | None
    low: float | None
    high: float | None
    source: str


@dataclass(frozen=True)
class Work:
    """What decides how long a run takes, apart from its estimator."""

    task: Task
    rows: int
    features: int
    validation: Validation

    @property
    def cells(self) -> float:
        return fitted_rows(self.validation, self.rows) * self.features


def fits(validation: Validation) -> int:
    """How many times a run fits: once a fold, and the model that is kept."""
    return 2 if validation.kind is ValidationKind.HOLDOUT else validation.folds + 1


def fitted_rows(validation: Validation, rows: int) -> float:
    """The rows of all fits together."""
    rest = rows * (1 - validation.test_share)
    match validation.kind:
        case ValidationKind.HOLDOUT:
            return rest * (2 - validation.validation_share)
        case ValidationKind.TIME_ORDERED:
            return rest * (1 + validation.folds / 2)
        case _:
            return rest * validation.folds


def estimate(
    estimator: str, params: Mapping[str, object], work: Work, earlier: Sequence[tuple[Run, int]]
) -> TimeEstimate:
    """`earlier` are finished runs with the rows of their dataset version."""
    known = [
        (run, _work(run, rows))
        for run, rows in earlier
        if run.spec.estimator == estimator and run.spec.task is work.task and run.started_at and run.finished_at
    ]
    alike = [pair for pair in known if dict(pair[0].spec.params) == dict(params)]
    chosen = sorted(alike or known, key=lambda pair: _distance(pair[1], work))[:MOST_RUNS]
    if chosen:
        return _from_runs(estimator, work, chosen, same_params=bool(alike))
    by_rule = _by_rule(estimator, work)
    if by_rule is None:
        return TimeEstimate(estimator, None, None, None, "")
    return TimeEstimate(estimator, by_rule, by_rule / 2.5, by_rule * 2.5, "a rough rule, measured elsewhere")


def together(seconds: Sequence[float], at_once: int) -> float:
    """How long several runs take when so many of them go at a time, in their order."""
    free = [0.0] * max(1, min(at_once, len(seconds)))
    for one in seconds:
        heapq.heappush(free, heapq.heappop(free) + one)
    return max(free, default=0.0)


def _from_runs(estimator: str, work: Work, chosen: Sequence[tuple[Run, Work]], *, same_params: bool) -> TimeEstimate:
    expected = _expected(estimator, work)
    scaled = [_seconds(run) * expected / _expected(estimator, before) for run, before in chosen]
    middle = statistics.median(scaled)
    spread = 1.25 if _distance(chosen[0][1], work) < math.log(3) else 2.0
    spread = spread if same_params else spread * 1.5
    number = len(chosen)
    source = f"{number} earlier run{'s' if number > 1 else ''} of {estimator}, scaled to these rows"
    return TimeEstimate(estimator, middle, min(*scaled, middle / spread), max(*scaled, middle * spread), source)


def _work(run: Run, rows: int) -> Work:
    return Work(run.spec.task, rows, len(run.spec.features), run.spec.validation)


def _distance(one: Work, other: Work) -> float:
    return abs(math.log(max(1.0, one.cells) / max(1.0, other.cells)))


def _seconds(run: Run) -> float:
    assert run.started_at is not None
    assert run.finished_at is not None
    return max(0.1, (run.finished_at - run.started_at).total_seconds())


def _expected(estimator: str, work: Work) -> float:
    """By the rule; for an estimator without one, in the measure of its cells alone."""
    by_rule = _by_rule(estimator, work)
    return RUN_SECONDS + work.cells / 1e6 if by_rule is None else by_rule


def _by_rule(estimator: str, work: Work) -> float | None:
    if estimator not in RULE:
        return None
    rate = RULE[estimator][0 if work.task.is_classification else 1]
    seconds = RUN_SECONDS + rate * work.cells / 1e6
    if estimator == "KNeighbors":
        seconds += _NEIGHBOUR_SECONDS * work.rows**2 * work.features
    return seconds
