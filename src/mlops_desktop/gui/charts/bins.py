"""Counts in bins or of named values, alone or beside something to compare with."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.axes import Frame, make_frame, paint_frame, paint_limits
from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.legend import Entry
from mlops_desktop.gui.charts.scales import span
from mlops_desktop.gui.charts.styles import series_colour
from mlops_desktop.gui.charts.values import Axis, Bins, ReadLine, ReadOut, Table
from mlops_desktop.gui.theme.theme import Theme


class BinsChart(Chart):
    """`show_bins`; with `others` both are shown as shares of their totals, the others as a step line."""

    def __init__(self, theme: Theme, summary: str) -> None:
        super().__init__(theme, summary, has_legend=True)
        self.bins = Bins(())
        self._frame: Frame | None = None

    def show_bins(self, bins: Bins, summary: str = "") -> None:
        if bins == self.bins and (not summary or summary == self.summary):
            return
        self.bins = bins
        if summary:
            self.summarise(summary)
        if self.legend is not None:
            entries = [Entry(name, place, line=False) for place, name in enumerate(bins.legend) if name]
            self.legend.show_entries(entries)
        self.refresh()

    def stops(self) -> int:
        return len(self.bins.counts)

    def table(self) -> Table:
        bins = self.bins
        first, second = bins.legend
        heads = (bins.across.title or "Bin", first or "Count", *([second or "Other"] if bins.others else []))
        rows = []
        for place, count in enumerate(bins.counts):
            others = [formats.count(round(bins.others[place]))] if bins.others else []
            rows.append((bins.say(place), formats.count(round(count)), *others))
        return Table(heads, tuple(rows))

    def stop_at(self, at: QPointF) -> int:
        frame = self._frame
        if frame is None or not frame.plot.adjusted(0, -4, 0, 4).contains(at):
            return -1
        x = frame.across.value(at.x())
        ends = [self._ends(place) for place in range(self.stops())]
        return next((place for place, (low, high) in enumerate(ends) if low <= x <= high), -1)

    def anchor(self, stop: int) -> QPointF:
        frame = self._frame
        if frame is None:
            return QPointF()
        low, high = self._ends(stop)
        return QPointF(frame.across.pixel((low + high) / 2) + 4, frame.plot.top() + self.theme.px(30))

    def read_out(self, stop: int) -> ReadOut:
        bins = self.bins
        lines = []
        both = ((bins.legend[0] or "count", bins.counts, 0), (bins.legend[1] or "other", bins.others, 1))
        for name, counts, style in both:
            if counts:
                total = sum(counts) or 1
                share = f"{counts[stop] / total * 100:.1f} %"
                mark = style if bins.others else None
                lines.append(ReadLine(name, f"{formats.count(round(counts[stop]))}  {share}", mark))
        return ReadOut(bins.say(stop), tuple(lines))

    def lay_out(self, area: QRectF) -> None:
        bins = self.bins
        self._frame = None
        if not bins.counts:
            return
        across = (-0.5, len(bins.counts) - 0.5) if bins.names else (bins.edges[0], bins.edges[-1])
        highest = span([*self._heights(bins.counts), *self._heights(bins.others)], Axis(from_zero=True))
        axes = (self._across(), self._up())
        self._frame = make_frame(self.theme, area, axes, (across, highest), bins.limits)

    def paint_body(self, painter: QPainter) -> None:
        frame, bins = self._frame, self.bins
        if frame is None:
            return
        paint_frame(painter, self.theme, frame, self._across(), self._up())
        hidden = [name in self.hidden for name in bins.legend]
        if not (bins.legend[0] and hidden[0]):
            self._paint_bars(painter, frame)
        if bins.others and not (bins.legend[1] and hidden[1]):
            self._paint_steps(painter, frame)
        paint_limits(painter, self.theme, frame, bins.limits)

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        frame = self._frame
        if frame is not None:
            ground = QColor(self.theme.colour("text"))
            ground.setAlphaF(0.10)
            left, right = (frame.across.pixel(edge) for edge in self._ends(stop))
            painter.fillRect(QRectF(left, frame.plot.top(), right - left, frame.plot.height()), ground)

    def _across(self) -> Axis:
        axis = self.bins.across
        return Axis(axis.title, names=self.bins.names) if self.bins.names else axis

    def _up(self) -> Axis:
        if self.bins.others:
            return Axis("share of rows", ticks=lambda value: f"{value * 100:.0f} %")
        return Axis()

    def _heights(self, counts: tuple[float, ...]) -> list[float]:
        if not self.bins.others:
            return list(counts)
        total = sum(counts) or 1.0
        return [count / total for count in counts]

    def _ends(self, place: int) -> tuple[float, float]:
        if self.bins.names:
            return place - 0.5, place + 0.5
        return self.bins.edges[place], self.bins.edges[place + 1]

    def _paint_bars(self, painter: QPainter, frame: Frame) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        colour = series_colour(self.theme, 0) if self.bins.others else self.theme.colour("bar-strong")
        fill = QColor(colour)
        if self.bins.others:
            fill.setAlphaF(0.45)
        gap = 3.0 if self.bins.names else 0.5
        for place, height in enumerate(self._heights(self.bins.counts)):
            left, right = (frame.across.pixel(edge) for edge in self._ends(place))
            top = frame.up.pixel(height)
            bar = QRectF(left + gap, top, max(1.0, right - left - 2 * gap), frame.plot.bottom() - top)
            painter.fillRect(bar, fill)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _paint_steps(self, painter: QPainter, frame: Frame) -> None:
        painter.setPen(QPen(series_colour(self.theme, 1), 2))
        before = frame.plot.bottom()
        for place, height in enumerate(self._heights(self.bins.others)):
            left, right = (frame.across.pixel(edge) for edge in self._ends(place))
            y = frame.up.pixel(height)
            painter.drawLine(QPointF(left, before), QPointF(left, y))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            before = y
