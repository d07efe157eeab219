"""The most frequent values of a column as lying bars, with counts and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.values import ReadLine, ReadOut, Table
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class ValueBar:
    """`share` is of all rows."""

    words: str
    count: int
    share: float

    @property
    def figures(self) -> str:
        return f"{formats.count(self.count)} · {self.share * 100:.1f} %"


class ValueBars(Chart):
    """As many as there is room for; the last line counts the others."""

    def __init__(self, theme: Theme, summary: str) -> None:
        super().__init__(theme, summary)
        self.bars: tuple[ValueBar, ...] = ()
        self._others = 0
        self._plot = QRectF()
        self._names = self._figures = 0.0

    def show_bars(self, bars: Sequence[ValueBar], others: int, summary: str) -> None:
        """`others` is how many values there are beside these."""
        if tuple(bars) == self.bars and others == self._others and summary == self.summary:
            return
        self.bars, self._others = tuple(bars), others
        self.summarise(summary)
        self.refresh()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(320), self.theme.px(112))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(160), 3 * self._row)

    def stops(self) -> int:
        return len(self.bars)

    def table(self) -> Table:
        rows = tuple((bar.words, formats.count(bar.count), f"{bar.share * 100:.1f} %") for bar in self.bars)
        return Table(("Value", "Rows", "Share"), rows)

    def stop_at(self, at: QPointF) -> int:
        place = int((at.y() - self._plot.top()) // self._row)
        return place if 0 <= place < self._fitting() else -1

    def anchor(self, stop: int) -> QPointF:
        row = self._area_of(min(stop, self._fitting() - 1))
        return QPointF(row.left() + self._names + self.theme.px(20), row.center().y())

    def read_out(self, stop: int) -> ReadOut:
        bar = self.bars[stop]
        return ReadOut(bar.words, (ReadLine("rows", bar.figures),))

    def lay_out(self, area: QRectF) -> None:
        theme = self.theme
        names, figures = QFontMetricsF(theme.font("table")), QFontMetricsF(theme.font("number"))
        widest = max((names.horizontalAdvance(bar.words) for bar in self.bars), default=0.0)
        self._names = min(widest + theme.px(4), area.width() * 0.36)
        self._figures = max((figures.horizontalAdvance(bar.figures) for bar in self.bars), default=0.0) + theme.px(4)
        self._plot = area

    def paint_body(self, painter: QPainter) -> None:
        theme, shown = self.theme, self._fitting()
        most = max((bar.count for bar in self.bars), default=0) or 1
        for place, bar in enumerate(self.bars[:shown]):
            row = self._area_of(place)
            self._paint_words(painter, row, bar)
            room = row.adjusted(self._names + theme.px(8), 0, -self._figures - theme.px(8), 0)
            thick, width = theme.px(8), max(1.0, room.width() * bar.count / most)
            box = QRectF(room.left(), row.center().y() - thick / 2, width, thick)
            painter.fillRect(box, theme.colour("bar-strong"))
        rest = len(self.bars) - shown + self._others
        if rest > 0:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            painter.drawText(self._area_of(shown), _LEFT, f"and {formats.plural(rest, 'other value')}")

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        if stop < self._fitting():
            ground = QColor(self.theme.colour("text"))
            ground.setAlphaF(0.08)
            painter.fillRect(self._area_of(stop), ground)

    @property
    def _row(self) -> int:
        return self.theme.px(18)

    def _area_of(self, place: int) -> QRectF:
        return QRectF(self._plot.left(), self._plot.top() + place * self._row, self._plot.width(), self._row)

    def _fitting(self) -> int:
        fits = int(self._plot.height() // self._row)
        whole = len(self.bars) <= fits and not self._others
        return len(self.bars) if whole else max(1, min(len(self.bars), fits - 1))

    def _paint_words(self, painter: QPainter, row: QRectF, bar: ValueBar) -> None:
        theme = self.theme
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("text"))
        words = elided(painter.fontMetrics(), bar.words, Qt.TextElideMode.ElideRight, round(self._names))
        painter.drawText(QRectF(row.left(), row.top(), self._names + 2, row.height()), _LEFT, words)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(row, _RIGHT, bar.figures)
