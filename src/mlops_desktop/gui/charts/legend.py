"""The names of the series above a chart: where each stands, and which are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from mlops_desktop.gui.charts.styles import paint_key
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

HEIGHT, KEY, GAP, APART = 20.0, 22.0, 6.0, 16.0


@dataclass(frozen=True)
class Entry:
    name: str
    style: int
    line: bool = True


class Legend:
    """Wraps into rows where one is too short."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self.entries: tuple[Entry, ...] = ()
        self.hidden: frozenset[str] = frozenset()
        self._spots: list[tuple[Entry, QRectF]] = []

    def show_entries(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self.hidden &= {entry.name for entry in entries}

    def toggle(self, name: str) -> None:
        fresh = self.hidden ^ {name}
        if len(fresh) < len(self.entries):
            self.hidden = fresh

    def isolate(self, name: str) -> None:
        others = frozenset(entry.name for entry in self.entries if entry.name != name)
        self.hidden = frozenset() if self.hidden == others else others

    def lay_out(self, area: QRectF) -> float:
        """Places the names; answers with the height they take. One series needs no legend."""
        self._spots = []
        if len(self.entries) < 2:
            return 0.0
        metrics, px = QFontMetricsF(self._theme.font("table")), self._theme.px
        height, before = px(HEIGHT), px(KEY) + px(GAP)
        left, row = area.left(), 0
        for entry in self.entries:
            width = min(before + metrics.horizontalAdvance(entry.name), area.width())
            if left > area.left() and left + width > area.right():
                left, row = area.left(), row + 1
            self._spots.append((entry, QRectF(left, area.top() + row * height, width, height)))
            left += width + px(APART)
        return float((row + 1) * height + px(4))

    def paint(self, painter: QPainter) -> None:
        font, key = self._theme.font("table"), self._theme.px(KEY)
        for entry, spot in self._spots:
            off = entry.name in self.hidden
            painter.setOpacity(0.35 if off else 1.0)
            paint_key(
                painter, self._theme, entry.style, QRectF(spot.left(), spot.top(), key, spot.height()), line=entry.line
            )
            painter.setOpacity(1.0)
            words = spot.adjusted(key + self._theme.px(GAP), 0, 0, 0)
            painter.setFont(font)
            painter.setPen(self._theme.colour("muted"))
            name = elided(QFontMetricsF(font), entry.name, Qt.TextElideMode.ElideRight, words.width() + 1)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter), name)
            if off:
                middle = words.center().y()
                painter.drawLine(QPointF(words.left(), middle), QPointF(words.right(), middle))

    def name_at(self, at: QPointF) -> str:
        return next((entry.name for entry, spot in self._spots if spot.contains(at)), "")
