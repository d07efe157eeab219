"""A metric side by side for several runs, and the importance of columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.experiments import is_lower_better, main_metric
from mlops_desktop.workers.charts.canvas import label, legend_above, prepare_axes
from mlops_desktop.workers.charts.subject import Subject
from mlops_desktop.workers.charts.tokens import Theme, series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_COLUMNS = 15


def draw_metric(figure: Figure, subjects: Sequence[Subject], theme: Theme, metric: str | None) -> str:
    """A point with its spread over folds for each run, and the test part's value where there is one."""
    key = metric or main_metric(subjects[0].task)
    found = [(subject, summary) for subject in subjects if (summary := subject.metric(key)) is not None]
    found = [(subject, summary) for subject, summary in found if math.isfinite(summary.mean)]
    if not found:
        known = ", ".join(summary.key for summary in subjects[0].metrics)
        raise InvalidInputError(f"None of these runs has a metric {key!r}.", hint=f"They have {known}.")
    axes = figure.subplots()
    prepare_axes(axes, grid="x")
    for place, (_, summary) in enumerate(found):
        style = series(theme, place)
        axes.errorbar(
            [summary.mean],
            [place],
            xerr=None if summary.std is None else [summary.std],
            color=style.colour,
            marker=style.marker,
            markersize=8,
            capsize=4,
            linewidth=2,
        )
        if summary.test is not None and math.isfinite(summary.test):
            axes.plot([summary.test], [place], marker="|", markersize=18, color=theme.text, linestyle="none")
        axes.annotate(
            f"{summary.mean:.4g}",
            (summary.mean, place),
            textcoords="offset points",
            xytext=(0, 10),
            ha="center",
            color=theme.text,
        )
    axes.set_yticks(range(len(found)), [label(subject.name) for subject, _ in found], color=theme.text)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.margins(x=0.15)
    better = "lower is better" if is_lower_better(key) else "higher is better"
    tested = any(summary.test is not None for _, summary in found)
    axes.set_title(f"{label(key)} by run ({better})")
    axes.set_xlabel("mean ± standard deviation over folds" + (";  | test part" if tested else ""))
    choose = min if is_lower_better(key) else max
    best, summary = choose(found, key=lambda item: item[1].mean)
    if len(found) == 1:
        return f"{key} of {best.name}: {summary.mean:.4g}."
    return f"{key} of {len(found)} runs: {best.name} is best with {summary.mean:.4g} ({better})."


def draw_importance(figure: Figure, subjects: Sequence[Subject], theme: Theme) -> str:
    """What each column is worth: bars for one run, points for several."""
    tables = [
        {item["name"]: item for item in subject.part("importance", "importance")["columns"]} for subject in subjects
    ]
    worth: dict[str, float] = {}
    for table in tables:
        for name, item in table.items():
            worth[name] = max(worth.get(name, -math.inf), _finite(item["mean"]))
    names = sorted(worth, key=lambda name: (-worth[name], name))[:MOST_COLUMNS]
    axes = figure.subplots()
    prepare_axes(axes, grid="x")
    for place, (subject, table) in enumerate(zip(subjects, tables, strict=True)):
        rows = [row for row, name in enumerate(names) if name in table]
        means = [_finite(table[names[row]]["mean"]) for row in rows]
        spread = [_finite(table[names[row]]["std"]) for row in rows]
        style = series(theme, place)
        if len(subjects) == 1:
            axes.barh(rows, means, xerr=spread, color=theme.bar, ecolor=theme.muted, height=0.7)
        else:
            axes.errorbar(
                means,
                rows,
                xerr=spread,
                linestyle="none",
                color=style.colour,
                marker=style.marker,
                label=label(subject.name),
            )
    axes.axvline(0, color=theme.axis, linewidth=1)
    axes.set_yticks(range(len(names)), [label(name) for name in names], color=theme.text)
    axes.set_ylim(len(names) - 0.4, -0.6)
    metric = subjects[0].evaluation["importance"]["metric"]
    axes.set_title("Permutation importance")
    axes.set_xlabel(f"loss of {metric} when the column is shuffled")
    legend_above(axes)
    return f"{names[0]} matters most: {metric} loses {worth[names[0]]:.4g} when it is shuffled."


def _finite(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
