"""What is kept of a run's quality as data: tables, curves and matrices, so that charts can be drawn at any time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.experiments import Task, ThresholdRule
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers.training import splits
from mlops_desktop.workers.training.fitting import Outcome
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FORMAT = 1
MOST_POINTS = 500
MOST_SAMPLE = 500
_BINS = 10
_HISTOGRAM_BINS = 40


def evaluate(material: Material, outcome: Outcome, importance: Mapping[str, Any]) -> dict[str, Any]:
    """Everything as plain JSON values. Curves and matrices are of out-of-fold answers unless they say otherwise."""
    import numpy as np

    spec, plan = material.spec, material.plan
    rows = np.concatenate([fold.check for fold in outcome.folds])
    answers = np.concatenate([fold.answers for fold in outcome.folds])
    made: dict[str, Any] = {
        "format": FORMAT,
        "task": spec.task.value,
        "target": spec.target,
        "estimator": spec.estimator,
        "labels": list(material.target.labels),
        "positive_label": material.target.positive_label,
        "validation": splits.describe(spec.validation, classified=spec.task.is_classification),
        "rows": {
            "table": material.rows_in_table,
            "used": len(material.values),
            "without_target": material.target.missing,
            "fitted": len(plan.rest),
            "test": len(plan.test),
            "out_of_fold": len(rows),
        },
        "fitted_on": _fitted_on(material),
        "folds": _folds(outcome),
        "test": None if outcome.test_figures is None else {"rows": len(plan.test), "metrics": outcome.test_figures},
        "importance": importance,
    }
    if spec.task is Task.BINARY:
        made["threshold"] = _threshold(material, outcome)
    if spec.task.is_classification:
        made |= _of_classes(material, outcome, rows, answers)
    else:
        made["residuals"] = residuals(material.values[rows], answers, seed=spec.seed)
    plain: dict[str, Any] = to_plain(made)
    return plain


def _fitted_on(material: Material) -> str:
    count = len(material.plan.rest)
    if len(material.plan.test):
        return f"The registered model is refitted on all {count:,} rows outside the test part."
    return f"The registered model is refitted on all {count:,} rows; the figures come from models that saw fewer."


def _folds(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"number": number, "train_rows": len(fold.train), "check_rows": len(fold.check), "metrics": figures}
        for number, (fold, figures) in enumerate(zip(outcome.folds, outcome.figures, strict=True), start=1)
    ]


def _threshold(material: Material, outcome: Outcome) -> dict[str, Any]:
    rule = material.spec.threshold_rule
    how = {
        ThresholdRule.FIXED: "given",
        ThresholdRule.BEST_F1: "the highest f1 on out-of-fold answers",
        ThresholdRule.BALANCED: "the highest true minus false positive rate on out-of-fold answers",
    }[rule]
    note = (
        ""
        if rule is ThresholdRule.FIXED
        else " Fold figures at this threshold are a little flattering; the test part's are not."
    )
    return {
        "rule": rule.value,
        "value": outcome.threshold,
        "sentence": f"{material.target.positive_label} from a probability of {outcome.threshold:.4g} on: {how}.{note}",
    }


def _of_classes(material: Material, outcome: Outcome, rows: NDArray[np.int64], answers: Numbers) -> dict[str, Any]:
    import numpy as np

    labels, classes = material.target.labels, material.target.classes
    assert classes is not None
    actual = np.searchsorted(classes, material.values[rows]) if classes.dtype != object else _places(material, rows)
    decided = _decide(material, outcome, answers)
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(counts, (actual, decided), 1)
    shown = [material.target.positive] if material.target.positive is not None else list(range(len(labels)))
    return {
        "confusion": {"labels": list(labels), "counts": counts.tolist()},
        "roc": {"curves": [roc_points(labels[place], actual == place, answers[:, place]) for place in shown]},
        "pr": {"curves": [pr_points(labels[place], actual == place, answers[:, place]) for place in shown]},
        "calibration": {"curves": [calibration(labels[p], actual == p, answers[:, p]) for p in shown]},
    }


def _places(material: Material, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    assert material.target.classes is not None
    place = {value: number for number, value in enumerate(material.target.classes)}
    return np.array([place[value] for value in material.values[rows]], dtype=np.int64)


def _decide(material: Material, outcome: Outcome, answers: Numbers) -> NDArray[np.int64]:
    import numpy as np

    positive = material.target.positive
    if positive is None or outcome.threshold is None:
        return np.asarray(answers.argmax(axis=1), dtype=np.int64)
    return np.where(answers[:, positive] >= outcome.threshold, positive, 1 - positive)


def roc_points(label: str, positive: NDArray[np.bool_], scores: Numbers) -> dict[str, Any]:
    """At most MOST_POINTS points, spread evenly along the curve; the ends are always there."""
    from sklearn import metrics

    if positive.all() or not positive.any():
        return {"label": label, "auc": None, "false_positive": [], "true_positive": [], "thresholds": []}
    false_positive, true_positive, thresholds = metrics.roc_curve(positive, scores)
    kept = _spread(false_positive, true_positive)
    return {
        "label": label,
        "auc": float(metrics.auc(false_positive, true_positive)),
        "false_positive": false_positive[kept].tolist(),
        "true_positive": true_positive[kept].tolist(),
        "thresholds": [value if math.isfinite(value) else None for value in thresholds[kept].tolist()],
    }


def pr_points(label: str, positive: NDArray[np.bool_], scores: Numbers) -> dict[str, Any]:
    """Precision over recall; `share` is the positive class's share, what guessing gives."""
    from sklearn import metrics

    share = float(positive.mean())
    if positive.all() or not positive.any():
        return {
            "label": label,
            "average_precision": None,
            "share": share,
            "precision": [],
            "recall": [],
            "thresholds": [],
        }
    precision, recall, thresholds = metrics.precision_recall_curve(positive, scores, drop_intermediate=True)
    kept = _spread(recall, precision)
    ends = [*thresholds.tolist(), None]
    return {
        "label": label,
        "average_precision": float(metrics.average_precision_score(positive, scores)),
        "share": share,
        "precision": precision[kept].tolist(),
        "recall": recall[kept].tolist(),
        "thresholds": [ends[place] for place in kept.tolist()],
    }


def calibration(label: str, positive: NDArray[np.bool_], scores: Numbers) -> dict[str, Any]:
    """Said against seen probability in bins of about equal size."""
    import numpy as np

    edges = np.unique(np.quantile(scores, np.linspace(0, 1, _BINS + 1)))
    bins = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, max(len(edges) - 2, 0))
    counts = np.bincount(bins)
    there = counts > 0
    said = np.bincount(bins, weights=scores)[there] / counts[there]
    seen = np.bincount(bins, weights=positive.astype(np.float64))[there] / counts[there]
    return {"label": label, "predicted": said.tolist(), "observed": seen.tolist(), "counts": counts[there].tolist()}


def residuals(actual: Numbers, predicted: Numbers, *, seed: int) -> dict[str, Any]:
    """Actual minus predicted: histogram, mean and spread, and a sample of pairs."""
    import numpy as np

    left = actual - predicted
    counts, edges = np.histogram(left, bins=_HISTOGRAM_BINS)
    chosen = np.arange(len(actual))
    if len(chosen) > MOST_SAMPLE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(actual), MOST_SAMPLE, replace=False))
    return {
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "mean": float(left.mean()),
        "std": float(left.std(ddof=1)) if len(left) > 1 else None,
        "sample": {"actual": actual[chosen].tolist(), "predicted": predicted[chosen].tolist()},
    }


def _spread(across: Numbers, up: Numbers) -> NDArray[np.int64]:
    """Places of at most MOST_POINTS points at even steps along the way."""
    import numpy as np

    if len(across) <= MOST_POINTS:
        return np.arange(len(across))
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(across)) + np.abs(np.diff(up)))])
    places = np.searchsorted(way, np.linspace(0, way[-1], MOST_POINTS), side="left")
    return np.unique(np.concatenate([[0], places.clip(0, len(way) - 1), [len(way) - 1]]))[:MOST_POINTS]
