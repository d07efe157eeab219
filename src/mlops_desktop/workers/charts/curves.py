"""ROC, precision and recall, and calibration: one curve a run, or one a class for a single run of several classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlops_desktop.workers.charts.canvas import label, legend_above, prepare_axes
from mlops_desktop.workers.charts.subject import Subject, only_one
from mlops_desktop.workers.charts.tokens import Series, Theme, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Curves = Sequence[tuple[str, Mapping[str, Any]]]


def draw_roc(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    curves = _curves(subjects, "roc", "ROC curve")
    axes = _square(figure, "ROC curve, out of fold", "False positive rate", "True positive rate")
    axes.plot([0, 1], [0, 1], color=theme.muted, linestyle=(0, (4, 4)), linewidth=1)
    axes.annotate("guessing", (0.68, 0.64), color=theme.muted, fontsize=9)
    for place, (name, curve) in enumerate(curves):
        _line(
            axes,
            series(theme, place),
            curve["false_positive"],
            curve["true_positive"],
            _with(name, "AUC", curve["auc"]),
        )
    legend_above(axes, always=True)
    return _sentence("ROC", "area under the curve", [(name, curve["auc"]) for name, curve in curves])


def draw_precision_recall(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    curves = _curves(subjects, "pr", "precision and recall")
    axes = _square(figure, "Precision and recall, out of fold", "Recall", "Precision")
    for place, (name, curve) in enumerate(curves):
        _line(
            axes,
            series(theme, place),
            curve["recall"],
            curve["precision"],
            _with(name, "AP", curve["average_precision"]),
        )
    shares = {round(float(curve["share"]), 6) for _, curve in curves}
    if len(shares) == 1:
        (share,) = shares
        axes.axhline(share, color=theme.muted, linestyle=(0, (4, 4)), linewidth=1)
        axes.annotate("guessing", (0.02, share + 0.015), color=theme.muted, fontsize=9)
    legend_above(axes, always=True)
    found = [(name, curve["average_precision"]) for name, curve in curves]
    return _sentence("Precision and recall", "average precision", found)


def draw_calibration(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    curves = _curves(subjects, "calibration", "calibration")
    axes = _square(figure, "Calibration, out of fold", "Probability said", "Share seen")
    axes.plot([0, 1], [0, 1], color=theme.muted, linestyle=(0, (4, 4)), linewidth=1)
    axes.annotate("as said", (0.68, 0.64), color=theme.muted, fontsize=9)
    gaps: list[tuple[str, float | None]] = []
    for place, (name, curve) in enumerate(curves):
        _line(axes, series(theme, place), curve["predicted"], curve["observed"], label(name), marked=True)
        total = sum(curve["counts"])
        pairs = zip(curve["predicted"], curve["observed"], curve["counts"], strict=True)
        gaps.append((name, sum(abs(said - seen) * count for said, seen, count in pairs) / total if total else None))
    legend_above(axes, always=True)
    return _sentence("Calibration", "mean gap between said and seen", gaps, lowest=True)


def _curves(subjects: Sequence[Subject], key: str, what: str) -> Curves:
    parts = [(subject, subject.part(key, what)["curves"]) for subject in subjects]
    if all(len(curves) == 1 for _, curves in parts):
        return [(subject.name, curves[0]) for subject, curves in parts]
    only_one(subjects, f"The {what} of several classes")
    return [(str(curve["label"]), curve) for curve in parts[0][1]]


def _square(figure: Figure, title: str, across: str, up: str) -> Axes:
    axes = figure.subplots()
    prepare_axes(axes)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=across, ylabel=up)
    axes.set_title(title)
    return axes


def _line(
    axes: Axes, style: Series, across: Sequence[float], up: Sequence[float], name: str, *, marked: bool = False
) -> None:
    axes.plot(
        across,
        up,
        color=style.colour,
        linestyle=style.dash,
        linewidth=style.width,
        marker=style.marker,
        markersize=6,
        markevery=1 if marked else max(1, len(across) // 8),
        label=name,
    )


def _with(name: str, what: str, value: float | None) -> str:
    return label(name) if value is None else f"{label(name)}  {what} {value:.4f}"


def _sentence(chart: str, what: str, found: Sequence[tuple[str, float | None]], *, lowest: bool = False) -> str:
    known = [(name, value) for name, value in found if value is not None]
    if not known:
        return f"{chart}: no curve is defined for these runs."
    name, value = (min if lowest else max)(known, key=lambda item: item[1])
    if len(known) == 1:
        return f"{chart} of {name}: {what} {value:.4f}."
    return f"{chart} of {len(known)} curves: {name} is best with {what} {value:.4f}."
