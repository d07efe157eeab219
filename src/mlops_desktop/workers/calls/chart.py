"""The call that draws a chart of runs into files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.workers.charts import comparisons, curves, matrices
from mlops_desktop.workers.charts.canvas import Size, manner, new_figure, save
from mlops_desktop.workers.charts.subject import read_subjects
from mlops_desktop.workers.charts.tokens import THEMES

FORMATS = ("png", "svg")
KINDS = {
    "roc": curves.draw_roc,
    "pr": curves.draw_precision_recall,
    "calibration": curves.draw_calibration,
    "confusion": matrices.draw_confusion,
    "residuals": matrices.draw_residuals,
    "importance": comparisons.draw_importance,
}


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Draws `kind` of `runs` into `folder` as `formats` -> {files, sentence}; the sentence says what is to be seen.

    Raises InvalidInputError where these runs have no such chart.
    """
    kind, theme = request["kind"], THEMES.get(request.get("theme", "light"))
    formats = tuple(dict.fromkeys(request.get("formats", FORMATS)))
    if kind != "metrics" and kind not in KINDS:
        raise InvalidInputError(f"There is no chart {kind!r}.", hint=f"Choose one of metrics, {', '.join(KINDS)}.")
    if theme is None or not formats or set(formats) - set(FORMATS):
        raise InvalidInputError("A chart is light or dark, as png or svg.", hint="Choose among these.")
    size = _size(request)
    subjects = read_subjects(request["runs"])
    with manner(theme):
        figure = new_figure(size)
        if kind == "metrics":
            sentence = comparisons.draw_metric(figure, subjects, theme, request.get("metric"))
        else:
            sentence = KINDS[kind](figure, subjects, theme)
        files = save(figure, Path(request["folder"]), kind, formats, size)
    return {"files": [str(path) for path in files], "sentence": sentence}


def _size(request: Mapping[str, Any]) -> Size:
    size = Size(int(request.get("width", 960)), int(request.get("height", 600)), float(request.get("pixel_ratio", 1.0)))
    if not (200 <= size.width <= 4000 and 150 <= size.height <= 4000 and 0.5 <= size.pixel_ratio <= 4):
        raise InvalidInputError("A chart is 200 to 4000 pixels wide and 150 to 4000 high.", hint="Choose another size.")
    return size
