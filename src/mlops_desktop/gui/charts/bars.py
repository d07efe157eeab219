"""Named rows with a bar from zero, or a point where the axis begins elsewhere; spread as a line, value at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.scales import Scale, span, tick_words, ticks
from mlops_desktop.gui.charts.styles import paint_marker, series_colour
from mlops_desktop.gui.charts.values import Axis, Bar, ReadLine, ReadOut, Table
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

ROW, THICK, _FOOT = 24.0, 14.0, 18.0
HINTED = 6
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class _Plan:
    area: QRectF
    scale: Scale
    height: float


class BarChart(Chart):
    """With an axis from zero they are bars, else points. Rows that have no room are counted at the foot."""

    def __init__(self, theme: Theme, summary: str) -> None:
        super().__init__(theme, summary)
        self.bars: tuple[Bar, ...] = ()
        self.axis = Axis(from_zero=True)
        self._plan: _Plan | None = None

    def show_bars(self, bars: Sequence[Bar], axis: Axis | None = None, summary: str = "") -> None:
        axis = axis or Axis(from_zero=True)
        if tuple(bars) == self.bars and axis == self.axis and (not summary or summary == self.summary):
            return
        self.bars, self.axis = tuple(bars), axis
        if summary:
            self.summarise(summary)
        self.updateGeometry()
        self.refresh()

    @property
    def are_points(self) -> bool:
        return not self.axis.from_zero

    def sizeHint(self) -> QSize:
        return QSize(320, round(min(len(self.bars), HINTED) * self._row + 12 + self._foot()))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, round(min(len(self.bars), 3) * self._row + 12 + self._foot()))

    def stops(self) -> int:
        return len(self.bars)

    def table(self) -> Table:
        axis = self.axis
        heads = ["Name", axis.title or "Value"]
        spread, mark = any(bar.spread is not None for bar in self.bars), any(bar.mark is not None for bar in self.bars)
        heads += ["sd"] * spread + ["Test"] * mark
        rows = []
        for bar in self.bars:
            row = [bar.name, axis.say(bar.value)]
            row += [axis.say(bar.spread) if bar.spread is not None else ""] * spread
            row += [axis.say(bar.mark) if bar.mark is not None else ""] * mark
            rows.append(tuple(row))
        return Table(tuple(heads), tuple(rows))

    def stop_at(self, at: QPointF) -> int:
        plan = self._plan
        if plan is None or not plan.area.top() <= at.y() <= plan.area.bottom():
            return -1
        place = int((at.y() - plan.area.top()) / plan.height)
        return place if place < self._fitting(plan) else -1

    def anchor(self, stop: int) -> QPointF:
        plan = self._plan
        if plan is None:
            return QPointF()
        place = min(stop, self._fitting(plan) - 1)
        bar = self.bars[stop]
        end = plan.area.right() if self.are_points else max(plan.scale.pixel(edge) for edge in _edges(bar))
        said = QFontMetricsF(self.theme.font("number")).horizontalAdvance(self._said(bar))
        return QPointF(end + said + 8, plan.area.top() + (place + 0.5) * plan.height)

    def read_out(self, stop: int) -> ReadOut:
        bar, axis = self.bars[stop], self.axis
        lines = [ReadLine(axis.title or "value", axis.say(bar.value), bar.style)]
        if bar.spread is not None:
            lines.append(ReadLine("sd", f"± {axis.say(bar.spread)}"))
        if bar.mark is not None:
            lines.append(ReadLine("test", axis.say(bar.mark)))
        if bar.note:
            lines.append(ReadLine(bar.note, ""))
        return ReadOut(bar.name, tuple(lines))

    def lay_out(self, area: QRectF) -> None:
        names, figures = QFontMetricsF(self.theme.font("table")), QFontMetricsF(self.theme.font("number"))
        name = max((names.horizontalAdvance(bar.name) for bar in self.bars), default=0.0)
        said = max((figures.horizontalAdvance(self._said(bar)) for bar in self.bars), default=0.0)
        self._name_width = min(name + 10, area.width() * 0.42)
        plot = area.adjusted(self._name_width, 2, -said - 14, -self._foot())
        values = [edge for bar in self.bars for edge in _edges(bar)]
        low, high = span(values, self.axis, room=0.08 if self.are_points else 0.0)
        scale = Scale(low, high, plot.left() + (6 if self.are_points else 0), max(plot.left() + 12, plot.right()))
        height = min(self._row * 1.25, max(self._row * 0.83, plot.height() / max(1, len(self.bars))))
        self._plan = _Plan(plot, scale, height)

    def paint_body(self, painter: QPainter) -> None:
        plan = self._plan
        if plan is None:
            return
        if self.are_points:
            self._paint_axis(painter, plan)
        fitting = self._fitting(plan)
        for place, bar in enumerate(self.bars[:fitting]):
            self._paint_bar(painter, plan, bar, plan.area.top() + (place + 0.5) * plan.height)
        if fitting < len(self.bars) and not self.are_points:
            painter.setFont(self.theme.font("caption"))
            painter.setPen(self.theme.colour("muted"))
            room = self.width() - plan.area.left()
            foot = QRectF(plan.area.left(), plan.area.top() + fitting * plan.height - 1, room, self.theme.px(16))
            painter.drawText(foot, _LEFT, f"{len(self.bars) - fitting} more, in the table")

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        plan = self._plan
        if plan is None or stop >= self._fitting(plan):
            return
        top = plan.area.top() + stop * plan.height
        painter.setPen(QPen(self.theme.colour("control"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(2.5, top, self.width() - 5, plan.height - 1), 4, 4)

    @property
    def _row(self) -> float:
        return float(self.theme.px(ROW))

    def _foot(self) -> float:
        return float(self.theme.px(_FOOT)) if self.are_points else 0.0

    def _fitting(self, plan: _Plan) -> int:
        """How many rows there is room for; where not all, the last line says how many more there are."""
        fits = int((plan.area.height() + 3) / plan.height)
        if fits < len(self.bars) and not self.are_points:
            fits = int((plan.area.height() - self.theme.px(14)) / plan.height)
        return max(1, min(len(self.bars), fits))

    def _said(self, bar: Bar) -> str:
        return self.axis.say(bar.value) + (f" {bar.note}" if bar.note else "")

    def _paint_axis(self, painter: QPainter, plan: _Plan) -> None:
        painter.setFont(self.theme.font("caption"))
        bottom = plan.area.top() + self._fitting(plan) * plan.height
        marks = ticks(plan.scale.low, plan.scale.high, max(2, min(5, int(plan.area.width() // self.theme.px(70)))))
        for mark, word in zip(marks, tick_words(marks, Axis()), strict=True):
            x = plan.scale.pixel(mark)
            painter.fillRect(QRectF(x, plan.area.top(), 1, bottom - plan.area.top()), self.theme.colour("grid"))
            painter.setPen(self.theme.colour("muted"))
            painter.drawText(
                QRectF(x - 80, bottom + 1, 160, self.theme.px(16)), int(Qt.AlignmentFlag.AlignCenter), word
            )
        painter.fillRect(QRectF(plan.area.left(), bottom, plan.area.width(), 1), self.theme.colour("axis"))

    def _paint_bar(self, painter: QPainter, plan: _Plan, bar: Bar, middle: float) -> None:
        theme, scale = self.theme, plan.scale
        zero, end = scale.pixel(max(scale.low, min(0.0, scale.high))), scale.pixel(bar.value)
        if self.are_points:
            painter.fillRect(QRectF(plan.area.left(), middle, plan.area.width(), 1), theme.colour("grid"))
        else:
            token = "bar-strong" if bar.strong else "bar"
            colour = series_colour(theme, bar.style) if bar.style is not None else theme.colour(token)
            thick = min(theme.px(THICK), plan.height - 8)
            painter.fillRect(QRectF(min(zero, end), middle - thick / 2, max(1.0, abs(end - zero)), thick), colour)
        if bar.spread:
            painter.setPen(QPen(theme.colour("text"), 1))
            ends = (scale.pixel(bar.value - bar.spread), scale.pixel(bar.value + bar.spread))
            painter.drawLine(QPointF(ends[0], middle), QPointF(ends[1], middle))
            if self.are_points:
                for at in ends:
                    painter.drawLine(QPointF(at, middle - 3), QPointF(at, middle + 3))
        if self.are_points:
            paint_marker(painter, theme, bar.style or 0, QPointF(end, middle), 4.5)
        if bar.mark is not None:
            self._paint_mark(painter, QPointF(scale.pixel(bar.mark), middle))
        self._paint_words(painter, plan, bar, middle)

    def _paint_mark(self, painter: QPainter, at: QPointF) -> None:
        """A hollow diamond."""
        painter.setPen(QPen(self.theme.colour("text"), 1.5))
        painter.setBrush(self.theme.colour("surface"))
        reach = 5 * self.theme.zoom
        painter.drawPolygon([at + QPointF(x, y) * reach for x, y in ((0, -1), (1, 0), (0, 1), (-1, 0))])

    def _paint_words(self, painter: QPainter, plan: _Plan, bar: Bar, middle: float) -> None:
        theme = self.theme
        left = plan.area.left() - self._name_width
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("text"))
        room = self._name_width - 10
        name = elided(QFontMetricsF(theme.font("table")), bar.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRectF(left, middle - plan.height / 2, room, plan.height), _RIGHT, name)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.colour("muted"))
        reach = max(plan.scale.pixel(edge) for edge in _edges(bar)) if not self.are_points else plan.area.right()
        painter.drawText(
            QRectF(max(reach, plan.area.left()) + 8, middle - plan.height / 2, 600, plan.height), _LEFT, self._said(bar)
        )


def _edges(bar: Bar) -> list[float]:
    spread = bar.spread or 0.0
    return [bar.value - spread, bar.value + spread, *([] if bar.mark is None else [bar.mark])]
