"""Fitting and asking pipelines: on given rows, with warnings told, and the folds of a run one after another."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import Task, ThresholdRule
from mlops_desktop.workers.training import metrics
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mlops_desktop.workers.report import Report

MOST_WARNINGS = 20


@dataclass(frozen=True)
class FoldResult:
    """One fold: `answers` are probabilities (a column a class) or predicted numbers for the `check` rows."""

    train: NDArray[np.int64]
    check: NDArray[np.int64]
    answers: NDArray[np.float64]
    pipeline: Any


@dataclass(frozen=True)
class Outcome:
    """All that was measured: folds, the threshold, figures by fold, and the model fitted on the rest."""

    folds: tuple[FoldResult, ...]
    threshold: float | None
    figures: tuple[Mapping[str, float], ...]
    model: Any
    test_answers: NDArray[np.float64] | None
    test_figures: Mapping[str, float] | None


class Teller:
    """Passes warnings of a fit on to the run's log, each sentence once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: set[str] = set()

    def tell(self, caught: list[warnings.WarningMessage]) -> None:
        for warning in caught:
            lines = str(warning.message).strip().splitlines()
            sentence = f"{warning.category.__name__}: {lines[0] if lines else ''}"
            if sentence not in self._told and len(self._told) < MOST_WARNINGS:
                self._told.add(sentence)
                self._report.log(sentence, "warning")


def run_folds(material: Material, report: Report, *, begin: float, end: float) -> Outcome:
    """Fits every fold, chooses the threshold, fits the registered model and measures it on the test part."""
    teller = Teller(report)
    folds = material.plan.folds
    step = (end - begin) / (len(folds) + 1)
    results: list[FoldResult] = []
    figures: list[dict[str, float]] = []
    for number, (train, check) in enumerate(folds):
        report.check_cancelled()
        report.progress(begin + number * step, f"fold {number + 1} of {len(folds)}")
        pipeline = fit(material, train, teller)
        report.check_cancelled()
        answers = ask(material, pipeline, material.ready.iloc[check])
        # Only the last fold's pipeline is asked again (for permutation importance).
        results.append(FoldResult(train, check, answers, pipeline if number + 1 == len(folds) else None))
        figures.append(measure(material, check, answers, _fixed_threshold(material)))
        for key, value in figures[-1].items():
            report.metric(key, number, value)
    threshold = _choose_threshold(material, results)
    if material.spec.task is Task.BINARY and material.spec.threshold_rule is not ThresholdRule.FIXED:
        for number, result in enumerate(results):
            decided = metrics.binary_at_threshold(
                material.is_positive(result.check), _scores(material, result.answers), threshold or 0.0
            )
            figures[number] |= decided
            for key, value in decided.items():
                report.metric(key, number, value)
    report.check_cancelled()
    report.progress(begin + len(folds) * step, "fitting the final model")
    model = fit(material, material.plan.rest, teller)
    report.check_cancelled()
    test_answers = ask(material, model, material.ready.iloc[material.plan.test]) if len(material.plan.test) else None
    test_figures = None if test_answers is None else measure(material, material.plan.test, test_answers, threshold)
    return Outcome(tuple(results), threshold, tuple(figures), model, test_answers, test_figures)


def fit(material: Material, rows: NDArray[np.int64], teller: Teller) -> Any:
    """A fresh pipeline fitted on these rows. Raises InvalidInputError where scikit-learn refuses the settings."""
    frame = material.ready.iloc[rows]
    pipeline = material.fresh_pipeline(frame.columns[frame.isna().all()].tolist())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        with _refusals(material, "be fitted"):
            pipeline.fit(frame, material.values[rows])
    teller.tell(caught)
    return pipeline


@contextlib.contextmanager
def _refusals(material: Material, what: str) -> Iterator[None]:
    """scikit-learn finds some settings impossible only when it fits or predicts."""
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, NotImplementedError) as error:
        sentence = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InvalidInputError(
            f"{material.spec.estimator} cannot {what} like this: {sentence}",
            hint="Change the parameters or the features named, and run again.",
            details=repr(error),
        ) from error


def ask(material: Material, pipeline: Any, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Probabilities with one column for each class of the target, or predicted numbers; for rows made ready.

    Raises InvalidInputError where the fitted estimator cannot answer with its settings.
    """
    import numpy as np

    classes = material.target.classes
    with warnings.catch_warnings(), _refusals(material, "predict"):
        warnings.simplefilter("ignore")
        if classes is None:
            return np.asarray(pipeline.predict(frame), dtype=np.float64)
        known = np.asarray(pipeline.predict_proba(frame), dtype=np.float64)
    if len(pipeline.classes_) == len(classes):
        return known
    every = np.zeros((len(frame), len(classes)))
    every[:, np.searchsorted(classes, pipeline.classes_)] = known
    return every


def measure(
    material: Material, rows: NDArray[np.int64], answers: NDArray[np.float64], threshold: float | None
) -> dict[str, float]:
    """The figures of these answers; those at the threshold only where there is one."""
    task = material.spec.task
    if task is Task.REGRESSION:
        return metrics.regression(material.values[rows], answers)
    if task is Task.MULTICLASS:
        assert material.target.classes is not None
        return metrics.multiclass(material.values[rows], answers, material.target.classes)
    positive, scores = material.is_positive(rows), _scores(material, answers)
    figures = metrics.binary_ranking(positive, scores)
    return figures if threshold is None else figures | metrics.binary_at_threshold(positive, scores, threshold)


def main_figure(material: Material, answers: NDArray[np.float64]) -> float:
    """The task's main metric alone, for all rows of `material`."""
    task, values = material.spec.task, material.values
    if task is Task.REGRESSION:
        return metrics.rmse(values, answers)
    if task is Task.MULTICLASS:
        assert material.target.classes is not None
        return metrics.f1_macro(values, answers, material.target.classes)
    return metrics.roc_auc(material.is_positive(slice(None)), _scores(material, answers))


def _scores(material: Material, answers: NDArray[np.float64]) -> NDArray[np.float64]:
    assert material.target.positive is not None
    return answers[:, material.target.positive]


def _fixed_threshold(material: Material) -> float | None:
    return material.spec.threshold if material.spec.threshold_rule is ThresholdRule.FIXED else None


def _choose_threshold(material: Material, folds: list[FoldResult]) -> float | None:
    import numpy as np

    if material.spec.task is not Task.BINARY:
        return None
    rows = np.concatenate([fold.check for fold in folds])
    scores = np.concatenate([_scores(material, fold.answers) for fold in folds])
    return metrics.choose_threshold(
        material.spec.threshold_rule, material.spec.threshold, material.is_positive(rows), scores
    )
