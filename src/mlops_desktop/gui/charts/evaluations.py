"""A run's evaluation as the values of charts: ROC, precision and recall, calibration, residuals, importance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.values import Axis, Bar, Bins, Limit, Lines, Matrix, Series

Curves = Sequence[tuple[str, int, Mapping[str, Any]]]
"""Name, style and one curve of an evaluation each."""
_UNIT = Axis(low=0.0, high=1.0)


def roc_lines(curves: Curves) -> Lines:
    return Lines(
        tuple(
            _curve(name, style, curve, "false_positive", "true_positive")
            for name, style, curve in curves
            if curve["false_positive"]
        ),
        Axis("False positive rate", 0.0, 1.0, words=_share),
        Axis("True positive rate", 0.0, 1.0, words=_share),
        diagonal="guessing",
    )


def pr_lines(curves: Curves) -> Lines:
    shares = {round(float(curve["share"]), 6) for _, _, curve in curves}
    limits = (Limit(shares.pop(), "guessing"),) if len(shares) == 1 else ()
    return Lines(
        tuple(_curve(name, style, curve, "recall", "precision") for name, style, curve in curves if curve["recall"]),
        Axis("Recall", 0.0, 1.0, words=_share),
        Axis("Precision", 0.0, 1.0, words=_share),
        limits,
    )


def calibration_lines(curves: Curves) -> Lines:
    series = []
    for name, style, curve in curves:
        notes = tuple(formats.plural(int(count), "row") for count in curve["counts"])
        points = tuple(map(float, curve["predicted"])), tuple(map(float, curve["observed"]))
        series.append(Series(name, *points, style, has_dots=True, notes=notes))
    across = Axis("Probability said", 0.0, 1.0, words=_share)
    return Lines(tuple(series), across, Axis("Share seen", 0.0, 1.0, words=_share), diagonal="as said")


def confusion_matrix(confusion: Mapping[str, Any]) -> Matrix:
    return Matrix(tuple(map(str, confusion["labels"])), tuple(tuple(map(int, row)) for row in confusion["counts"]))


def residual_bins(residuals: Mapping[str, Any]) -> Bins:
    held = residuals["histogram"]
    return Bins(
        tuple(map(float, held["counts"])),
        tuple(map(float, held["edges"])),
        across=Axis("Actual minus predicted"),
        limits=(Limit(0.0, "", vertical=True),),
    )


def residual_dots(residuals: Mapping[str, Any], style: int = 0) -> Lines:
    """Predicted over actual, each a dot; on the diagonal they are right."""
    sample = residuals["sample"]
    actual, predicted = tuple(map(float, sample["actual"])), tuple(map(float, sample["predicted"]))
    low, high = min((*actual, *predicted), default=0.0), max((*actual, *predicted), default=1.0)
    right = Series("as it was", (low, high), (low, high), style + 1)
    dots = Series("predicted", actual, predicted, style, has_line=False, has_dots=True)
    return Lines((right, dots), Axis("Actual"), Axis("Predicted"))


def importance_bars(importance: Mapping[str, Any]) -> tuple[Bar, ...]:
    return tuple(
        Bar(str(column["name"]), float(column["mean"]), _number(column.get("std"))) for column in importance["columns"]
    )


def importance_axis(importance: Mapping[str, Any]) -> Axis:
    largest = max((abs(float(column["mean"])) for column in importance["columns"]), default=0.0)
    places = 3 if largest < 10 else 1
    metric = str(importance["metric"])
    return Axis(f"{metric} lost", from_zero=True, words=lambda value: formats.number(value + 0.0, places))


def _curve(name: str, style: int, curve: Mapping[str, Any], across: str, up: str) -> Series:
    notes = tuple("" if value is None else f"at {value:.2f}" for value in curve["thresholds"])
    return Series(name, tuple(map(float, curve[across])), tuple(map(float, curve[up])), style, notes=notes)


def _share(value: float) -> str:
    return formats.number(value, 2)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
