"""The figures of a run: computed by scikit-learn's own functions, per fold, then as mean and spread."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.experiments import MetricSummary, Task, ThresholdRule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RANKING = ("roc_auc", "average_precision", "log_loss", "brier")
AT_THRESHOLD = ("accuracy", "balanced_accuracy", "f1", "precision", "recall")
KEYS: Mapping[Task, tuple[str, ...]] = {
    Task.BINARY: RANKING + AT_THRESHOLD,
    Task.MULTICLASS: ("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted", "log_loss", "roc_auc_ovr"),
    Task.REGRESSION: ("rmse", "mae", "r2", "median_ae", "mape", "max_error"),
}


def binary_ranking(positive: NDArray[np.bool_], scores: Numbers) -> dict[str, float]:
    """Figures that need no threshold; `scores` are probabilities of the positive class. NaN: one class only."""
    from sklearn import metrics

    both = bool(positive.any()) and not bool(positive.all())
    return {
        "roc_auc": roc_auc(positive, scores),
        "average_precision": float(metrics.average_precision_score(positive, scores)) if both else math.nan,
        "log_loss": float(metrics.log_loss(positive, scores, labels=[False, True])),
        "brier": float(metrics.brier_score_loss(positive, scores, labels=[False, True], pos_label=True)),
    }


def binary_at_threshold(positive: NDArray[np.bool_], scores: Numbers, threshold: float) -> dict[str, float]:
    """Figures of the decision `score >= threshold`."""
    from sklearn import metrics

    decided = scores >= threshold
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        positive, decided, average="binary", pos_label=True, zero_division=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # balanced accuracy of one class only
        balanced = metrics.balanced_accuracy_score(positive, decided)
    return {
        "accuracy": float(metrics.accuracy_score(positive, decided)),
        "balanced_accuracy": float(balanced),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
    }


def multiclass(values: NDArray[Any], probabilities: Numbers, classes: NDArray[Any]) -> dict[str, float]:
    """`probabilities` have one column for each of `classes`; the decision is the most probable one."""
    import numpy as np
    from sklearn import metrics

    decided = classes[probabilities.argmax(axis=1)]
    all_there = len(np.unique(values)) == len(classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes that this fold does not have
        balanced = float(metrics.balanced_accuracy_score(values, decided))
    auc = metrics.roc_auc_score(values, probabilities, multi_class="ovr", labels=classes) if all_there else math.nan
    return {
        "accuracy": float(metrics.accuracy_score(values, decided)),
        "balanced_accuracy": balanced,
        "f1_macro": f1_macro(values, probabilities, classes),
        "f1_weighted": float(metrics.f1_score(values, decided, average="weighted", zero_division=0)),
        "log_loss": float(metrics.log_loss(values, probabilities, labels=classes)),
        "roc_auc_ovr": float(auc),
    }


def regression(values: Numbers, predicted: Numbers) -> dict[str, float]:
    from sklearn import metrics

    return {
        "rmse": rmse(values, predicted),
        "mae": float(metrics.mean_absolute_error(values, predicted)),
        "r2": float(metrics.r2_score(values, predicted)) if len(values) > 1 else math.nan,
        "median_ae": float(metrics.median_absolute_error(values, predicted)),
        "mape": float(metrics.mean_absolute_percentage_error(values, predicted)),
        "max_error": float(metrics.max_error(values, predicted)),
    }


def roc_auc(positive: NDArray[np.bool_], scores: Numbers) -> float:
    from sklearn import metrics

    if positive.all() or not positive.any():
        return math.nan
    return float(metrics.roc_auc_score(positive, scores))


def f1_macro(values: NDArray[Any], probabilities: Numbers, classes: NDArray[Any]) -> float:
    from sklearn import metrics

    return float(metrics.f1_score(values, classes[probabilities.argmax(axis=1)], average="macro", zero_division=0))


def rmse(values: Numbers, predicted: Numbers) -> float:
    from sklearn import metrics

    return float(metrics.root_mean_squared_error(values, predicted))


def choose_threshold(rule: ThresholdRule, fixed: float, positive: NDArray[np.bool_], scores: Numbers) -> float:
    """The threshold for `score >= threshold`, chosen on out-of-fold scores; of equally good ones the highest."""
    import numpy as np
    from sklearn import metrics

    if rule is ThresholdRule.FIXED or not positive.any() or positive.all():
        return fixed
    if rule is ThresholdRule.BEST_F1:
        precision, recall, thresholds = metrics.precision_recall_curve(positive, scores)
        product, total = 2 * precision * recall, precision + recall
        f1 = np.divide(product, total, out=np.zeros_like(product), where=total > 0)[:-1]
        best = len(f1) - 1 - int(np.argmax(f1[::-1]))
        return float(thresholds[best])
    false_positive, true_positive, thresholds = metrics.roc_curve(positive, scores, drop_intermediate=False)
    return float(thresholds[1 + int(np.argmax((true_positive - false_positive)[1:]))])


def summarise(
    keys: Sequence[str], folds: Sequence[Mapping[str, float]], test: Mapping[str, float] | None
) -> tuple[MetricSummary, ...]:
    """Mean and sample standard deviation over the folds in which the figure is defined."""
    import numpy as np

    made = []
    for key in keys:
        values = [fold[key] for fold in folds]
        defined = np.array([value for value in values if not math.isnan(value)])
        made.append(
            MetricSummary(
                key=key,
                mean=float(np.mean(defined)) if len(defined) else math.nan,
                std=float(np.std(defined, ddof=1)) if len(defined) > 1 else None,
                test=None if test is None else test[key],
                folds=tuple(values),
            )
        )
    return tuple(made)
