"""Small pictures of what a column holds: bars without an axis, for the heads of tables."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType
from mlops_desktop.gui.theme.theme import Theme

MOST_BARS = 24
_WIDEST_BAR = 9.0


def paint_profile(painter: QPainter, theme: Theme, area: QRectF, profile: ColumnProfile) -> None:
    """The histogram of numbers and dates, the most frequent values of texts, yes and no as two bars."""
    counts = heights(profile)
    if not counts:
        return
    if profile.type is ColumnType.BOOLEAN:
        _paint_lying(painter, theme, area, profile)
    else:
        _paint_standing(painter, theme, area, counts)


def heights(profile: ColumnProfile) -> Sequence[int]:
    if profile.histogram is not None and profile.distinct > 1:
        return profile.histogram.counts[:MOST_BARS]
    return [value.count for value in profile.top_values[:10]]


def _paint_standing(painter: QPainter, theme: Theme, area: QRectF, counts: Sequence[int]) -> None:
    most = max(counts) or 1
    step = min(_WIDEST_BAR, area.width() / len(counts))
    gap = 1.0 if step < 5 else 1.5
    colour, ground = theme.colour("bar"), theme.colour("control")
    painter.fillRect(QRectF(area.left(), area.bottom() - 0.5, step * len(counts) - gap, 0.5), ground)
    for place, count in enumerate(counts):
        if count:
            height = max(1.0, (area.height() - 1) * count / most)
            painter.fillRect(QRectF(area.left() + place * step, area.bottom() - height, step - gap, height), colour)


def _paint_lying(painter: QPainter, theme: Theme, area: QRectF, profile: ColumnProfile) -> None:
    counts = {value.value: value.count for value in profile.top_values}
    most = max(counts.values(), default=0) or 1
    thick = area.height() / 3
    for place, (value, token) in enumerate((("false", "bar"), ("true", "bar-strong"))):
        count = counts.get(value, 0)
        width = max(area.width() * count / most, 1.0 if count else 0.0)
        top = area.top() + thick * (0.25 + place * 1.5)
        painter.fillRect(QRectF(area.left(), top, width, thick), theme.colour(token))
