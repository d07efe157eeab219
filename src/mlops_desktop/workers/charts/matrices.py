"""Confusion matrices and residuals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.workers.charts.canvas import label, legend_above, prepare_axes
from mlops_desktop.workers.charts.subject import Subject
from mlops_desktop.workers.charts.tokens import Theme, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_MATRICES = 4
MOST_CLASSES = 20


def draw_confusion(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    """One matrix a run; each row's shares are the colours, the counts are written in the cells."""
    if len(subjects) > MOST_MATRICES:
        raise InvalidInputError(f"At most {MOST_MATRICES} matrices are drawn at once.", hint="Choose fewer runs.")
    parts = [subject.part("confusion", "confusion matrix") for subject in subjects]
    if any(len(part["labels"]) > MOST_CLASSES for part in parts):
        raise InvalidInputError(f"More than {MOST_CLASSES} classes make no readable matrix.", hint="See the table.")
    grid = figure.subplots(1, len(parts), squeeze=False)[0]
    for axes, subject, part in zip(grid, subjects, parts, strict=True):
        _matrix(axes, part, theme)
        axes.set_title(label(subject.name))
    right = [sum(row[place] for place, row in enumerate(part["counts"])) / _total(part) for part in parts]
    best = max(range(len(parts)), key=right.__getitem__)
    if len(parts) == 1:
        return f"{subjects[0].name} is right in {right[0]:.2%} of {_total(parts[0]):,} out-of-fold rows."
    return f"Of {len(parts)} runs {subjects[best].name} is right most often: {right[best]:.2%}."


def _total(part: dict[str, Any]) -> int:
    return max(1, sum(sum(row) for row in part["counts"]))


def _matrix(axes: Axes, part: dict[str, Any], theme: Theme) -> None:
    from matplotlib.colors import ListedColormap

    labels, counts = [label(name) for name in part["labels"]], part["counts"]
    shares = [[cell / max(1, sum(row)) for cell in row] for row in counts]
    steps = len(theme.heat)
    axes.imshow(shares, cmap=ListedColormap(list(theme.heat)), vmin=0, vmax=1, aspect="auto")
    dark = theme.heat[-1] == "#9CC4FF"
    for row, cells in enumerate(counts):
        for column, cell in enumerate(cells):
            step = min(steps - 1, int(shares[row][column] * steps))
            strong = step == steps - 1 if dark else step >= 3
            axes.text(column, row, f"{cell:,}", ha="center", va="center", color=theme.on_dark if strong else theme.text)
    axes.set_xticks(range(len(labels)), labels, rotation=45 if len(labels) > 4 else 0)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="said", ylabel="actual")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_residuals(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    """Predicted against actual, and how the errors are spread."""
    parts = [subject.part("residuals", "residuals") for subject in subjects]
    pairs, spread = figure.subplots(1, 2)
    prepare_axes(pairs)
    prepare_axes(spread)
    values = [value for part in parts for value in part["sample"]["actual"]]
    pairs.plot([min(values), max(values)], [min(values), max(values)], color=theme.muted, linestyle=(0, (4, 4)))
    for place, (subject, part) in enumerate(zip(subjects, parts, strict=True)):
        style, sample, histogram = series(theme, place), part["sample"], part["histogram"]
        pairs.plot(
            sample["actual"],
            sample["predicted"],
            color=style.colour,
            marker=style.marker,
            markersize=4,
            alpha=0.6,
            linestyle="none",
            label=label(subject.name),
        )
        spread.stairs(histogram["counts"], histogram["edges"], color=style.colour, linestyle=style.dash, linewidth=2)
    pairs.set(xlabel="actual", ylabel="predicted")
    spread.set(xlabel="actual minus predicted", ylabel="rows")
    pairs.set_title("Predicted against actual")
    spread.set_title("Errors, out of fold")
    legend_above(pairs)
    best = min(range(len(parts)), key=lambda place: parts[place]["std"] or 0.0)
    part, name = parts[best], subjects[best].name
    start = f"{name} errs least of {len(parts)} runs" if len(parts) > 1 else f"Errors of {name}"
    return f"{start}: mean {part['mean']:.4g}, standard deviation {part['std'] or 0.0:.4g}."
