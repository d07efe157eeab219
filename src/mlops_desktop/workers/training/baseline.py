"""The training baseline that travels in a bundle: what each input and the answers looked like, to notice drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_desktop.serving.recipe import InputColumn
from mlops_desktop.workers.training.fitting import Outcome
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FORMAT = 1
MOST_VALUES = 50
_BINS = 20
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def make_baseline(material: Material, outcome: Outcome) -> dict[str, Any]:
    """Inputs as in the rows the model is fitted on; answers as the folds gave them, out of fold.

    Dates are counted as UTC epoch seconds; categories by their most frequent values, the rest as `other`.
    """
    raw, ready = material.raw.iloc[material.plan.rest], material.ready.iloc[material.plan.rest]
    return {
        "format": FORMAT,
        "rows": len(raw),
        "features": [_feature(column, raw, ready) for column in material.inputs],
        "prediction": _prediction(material, outcome),
    }


def _feature(column: InputColumn, raw: pd.DataFrame, ready: pd.DataFrame) -> dict[str, Any]:
    import numpy as np

    named = {"name": column.name, "type": column.type, "role": column.role}
    if column.role == "category":
        counts = ready[column.name].value_counts(dropna=True)
        top = counts.sort_index(kind="stable").sort_values(ascending=False, kind="stable").head(MOST_VALUES)
        return named | {
            "missing": int(ready[column.name].isna().sum()),
            "distinct": len(counts),
            "top_values": [{"value": str(value), "count": int(count)} for value, count in top.items()],
            "other": int(counts.sum() - top.sum()),
        }
    if column.role == "date":
        values = raw[column.name].dt.tz_localize(None).to_numpy(dtype="datetime64[s]").astype(np.float64)
        values[raw[column.name].isna().to_numpy()] = np.nan
    else:
        values = ready[column.name].to_numpy(dtype=np.float64)
    return named | {"missing": int(np.isnan(values).sum())} | numbers(values[~np.isnan(values)])


def numbers(values: NDArray[np.float64]) -> dict[str, Any]:
    """Histogram with equal bins, mean, spread and quantiles; empty where there is no value."""
    import numpy as np

    if not len(values):
        return {"histogram": None, "mean": None, "std": None, "minimum": None, "maximum": None, "quantiles": {}}
    low, high = float(values.min()), float(values.max())
    if not np.isfinite((high - low) / _BINS) or low + (high - low) / _BINS == low:
        counts, edges = np.array([len(values)]), np.array([low, high])
    else:
        counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    return {
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "mean": float(values.mean()),
        "std": float(values.std(ddof=1)) if len(values) > 1 else None,
        "minimum": low,
        "maximum": high,
        "quantiles": {str(share): float(np.quantile(values, share)) for share in _QUANTILES},
    }


def _prediction(material: Material, outcome: Outcome) -> dict[str, Any]:
    import numpy as np

    answers = np.concatenate([fold.answers for fold in outcome.folds])
    if not material.spec.task.is_classification:
        return numbers(answers)
    labels, positive = material.target.labels, material.target.positive
    decided = (
        answers.argmax(axis=1)
        if positive is None or outcome.threshold is None
        else np.where(answers[:, positive] >= outcome.threshold, positive, 1 - positive)
    )
    counts = np.bincount(decided, minlength=len(labels))
    return {
        "classes": [{"value": label, "count": int(count)} for label, count in zip(labels, counts, strict=True)],
        "probabilities": [
            {"label": labels[place]} | numbers(answers[:, place])
            for place in (range(len(labels)) if positive is None else [positive])
        ],
    }
