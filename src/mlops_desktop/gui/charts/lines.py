"""Lines and dots over two axes: several series, bands, limits, zoom along x, and a read-out of all of them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea

from mlops_desktop.gui.charts.axes import Frame, make_frame, paint_bands, paint_frame, paint_limits
from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.legend import Entry
from mlops_desktop.gui.charts.scales import span
from mlops_desktop.gui.charts.styles import paint_marker, series_colour, series_pen
from mlops_desktop.gui.charts.values import Lines, ReadLine, ReadOut, Series, Table, thinned
from mlops_desktop.gui.theme.theme import Theme

ZOOM, DRAGGED, MARKS = 0.8, 6, 6


class LineChart(Chart):
    """`show_lines` may be called at any rate."""

    def __init__(self, theme: Theme, summary: str) -> None:
        super().__init__(theme, summary, has_legend=True)
        self.lines = Lines(())
        self._sorted: dict[str, tuple[list[float], list[int]]] = {}
        self._stops: list[float] = []
        self._frame: Frame | None = None
        self.view: tuple[float, float] | None = None
        self._dragged: tuple[float, float] | None = None

    def show_lines(self, lines: Lines, summary: str = "") -> None:
        """Shows these; zoom and hidden series stay. `summary` is the sentence for those who do not see it."""
        if lines == self.lines and (not summary or summary == self.summary):
            return
        self.lines = lines
        if summary:
            self.summarise(summary)
        self._sorted = {}
        for series in lines.series:
            order = sorted(range(len(series.xs)), key=lambda place, xs=series.xs: xs[place])  # type: ignore[misc]
            self._sorted[series.name] = ([series.xs[place] for place in order], order)
        if self.legend is not None:
            self.legend.show_entries([Entry(one.name, one.style, one.has_line) for one in lines.series])
        self._find_stops()
        self.refresh()

    @property
    def shown(self) -> list[Series]:
        return [series for series in self.lines.series if series.name not in self.hidden and series.xs]

    # What the base asks for

    @property
    def is_empty(self) -> bool:
        return not any(series.xs for series in self.lines.series)

    def table(self) -> Table:
        across = self.lines.across
        rows: list[tuple[str, ...]] = []
        xs = sorted({x for series in self.lines.series for x in series.xs})
        found = [dict(zip(series.xs, series.ys, strict=True)) for series in self.lines.series]
        for x in xs:
            values = (self.lines.up.say(ys[x]) if x in ys else "" for ys in found)
            rows.append((across.say(x), *values))
        return Table((across.title or "x", *(series.name for series in self.lines.series)), tuple(rows))

    def stops(self) -> int:
        return len(self._stops)

    def stop_at(self, at: QPointF) -> int:
        frame = self._frame
        if frame is None or not self._stops or not frame.plot.adjusted(-4, -4, 4, 4).contains(at):
            return -1
        x = frame.across.value(at.x())
        place = bisect_left(self._stops, x)
        near = [other for other in (place - 1, place) if 0 <= other < len(self._stops)]
        return min(near, key=lambda other: abs(self._stops[other] - x))

    def anchor(self, stop: int) -> QPointF:
        frame = self._frame
        return (
            QPointF(frame.across.pixel(self._stops[stop]), frame.plot.top() + self.theme.px(44)) if frame else QPointF()
        )

    def read_out(self, stop: int) -> ReadOut:
        x = self._stops[stop]
        across, up = self.lines.across, self.lines.up
        title = across.say(x) if across.names or not across.title else f"{across.title} {across.say(x)}"
        lines = []
        for series in self.shown:
            place = self._place_of(series, x)
            if place is not None:
                note = f"  {series.notes[place]}" if series.notes and series.notes[place] else ""
                lines.append(ReadLine(series.name, f"{up.say(series.ys[place])}{note}", series.style))
        return ReadOut(title, tuple(lines))

    def reset(self) -> None:
        self.zoom_to(None)

    def lay_out(self, area: QRectF) -> None:
        lines = self.lines
        values = self._values_in_view()
        values += [edge for limit in lines.limits if not limit.vertical for edge in _edges(limit)]
        across = self.view or span([x for series in self.shown for x in series.xs], lines.across, room=0.0)
        self._frame = make_frame(
            self.theme, area, (lines.across, lines.up), (across, span(values, lines.up)), lines.limits
        )

    def paint_body(self, painter: QPainter) -> None:
        frame, lines = self._frame, self.lines
        if frame is None:
            return
        paint_bands(painter, self.theme, frame, lines.limits)
        paint_frame(painter, self.theme, frame, lines.across, lines.up)
        painter.save()
        painter.setClipRect(frame.plot.adjusted(-6, -6, 6, 1))
        if lines.diagonal:
            self._paint_diagonal(painter, frame)
        for series in self.shown:
            self._paint_series(painter, frame, series)
        painter.restore()
        paint_limits(painter, self.theme, frame, lines.limits)

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        frame = self._frame
        if frame is None:
            return
        x = self._stops[stop]
        painter.setPen(QPen(self.theme.colour("text"), 1))
        across = frame.across.pixel(x)
        painter.drawLine(QPointF(across, frame.plot.top()), QPointF(across, frame.plot.bottom()))
        for series in self.shown:
            place = self._place_of(series, x)
            if place is not None and math.isfinite(series.ys[place]):
                at = frame.point(series.xs[place], series.ys[place])
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.colour("surface"))
                painter.drawEllipse(at, 6.5 * self.theme.zoom, 6.5 * self.theme.zoom)
                paint_marker(painter, self.theme, series.style, at, 4)

    # Zoom

    def zoom_to(self, view: tuple[float, float] | None) -> None:
        """Shows only x from the one to the other, or everything."""
        if self.lines.across.names:
            return
        self.view = view
        self._find_stops()
        self.stop = -1
        self._repaint()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Closer below 1, wider above, around the x `at` or the pointer."""
        low, high = self._whole()
        begin, end = self.view or (low, high)
        centre = at if at is not None else self._stops[self.stop] if self.stop >= 0 else (begin + end) / 2
        fresh = max(low, centre - (centre - begin) * factor), min(high, centre + (end - centre) * factor)
        if fresh == (low, high):
            self.zoom_to(None)
        elif fresh[1] - fresh[0] > (high - low) / 1000:
            self.zoom_to(fresh)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms; in a page that scrolls only when the chart has the focus or with Ctrl, so that the page still does."""
        frame, turned = self._frame, event.angleDelta().y()
        wanted = self.hasFocus() or event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self._in_scroll()
        if frame is None or self.is_empty or not turned or not wanted or self.lines.across.names:
            event.ignore()
            return
        self.zoom(ZOOM if turned > 0 else 1 / ZOOM, frame.across.value(event.position().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        frame = self._frame
        if frame and event.button() is Qt.MouseButton.LeftButton and frame.plot.contains(event.position()):
            self._dragged = (event.position().x(), event.position().x())
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._dragged = (self._dragged[0], event.position().x())
            self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, frame, self._dragged = self._dragged, self._frame, None
        if dragged and frame and abs(dragged[1] - dragged[0]) > DRAGGED:
            low, high = sorted(frame.across.value(min(max(x, frame.plot.left()), frame.plot.right())) for x in dragged)
            self.zoom_to((low, high))
        self.update()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus) and not self.is_empty:
            self.zoom(1 / ZOOM if event.key() == Qt.Key.Key_Minus else ZOOM)
        elif event.key() == Qt.Key.Key_0 or self._is_way_out(event):
            self.reset()
        else:
            super().keyPressEvent(event)

    def _is_way_out(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and self.stop < 0 and self.view is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._dragged is not None and self._frame is not None:
            left, right = sorted(self._dragged)
            ground = QColor(self.theme.colour("accent"))
            ground.setAlphaF(0.15)
            plot = self._frame.plot
            painter = QPainter(self)
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()).intersected(plot), ground)

    # Inside

    def _after_hiding(self) -> None:
        self._find_stops()
        super()._after_hiding()

    def _find_stops(self) -> None:
        low, high = self.view or (-math.inf, math.inf)
        self._stops = sorted({x for series in self.shown for x in series.xs if low <= x <= high})

    def _whole(self) -> tuple[float, float]:
        return span([x for series in self.shown for x in series.xs], self.lines.across, room=0.0)

    def _in_scroll(self) -> bool:
        parent = self.parentWidget()
        while parent is not None:
            if isinstance(parent, QAbstractScrollArea) and parent.verticalScrollBar().maximum() > 0:
                return True
            parent = parent.parentWidget()
        return False

    def _values_in_view(self) -> list[float]:
        low, high = self.view or (-math.inf, math.inf)
        values: list[float] = []
        for series in self.shown:
            inside = [place for place, x in enumerate(series.xs) if low <= x <= high]
            for column in (series.ys, series.low, series.high):
                values += [column[place] for place in inside] if column else []
        return values

    def _place_of(self, series: Series, x: float) -> int | None:
        """The point of the series nearest to x, None outside of where it is known."""
        xs, order = self._sorted[series.name]
        if not xs or not xs[0] <= x <= xs[-1]:
            return None
        place = bisect_right(xs, x) - 1
        if place + 1 < len(xs) and xs[place + 1] - x < x - xs[place]:
            place += 1
        return order[place]

    def _paint_diagonal(self, painter: QPainter, frame: Frame) -> None:
        pen = QPen(self.theme.colour("muted"), 1)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.drawLine(frame.point(0, 0), frame.point(1, 1))

    def _paint_series(self, painter: QPainter, frame: Frame, series: Series) -> None:
        if series.low and series.high:
            self._paint_band(painter, frame, series)
        xs, ys = thinned(series.xs, series.ys, max(200, int(frame.plot.width()) * 2))
        points = [frame.point(x, y) if math.isfinite(y) else None for x, y in zip(xs, ys, strict=True)]
        if series.has_line:
            painter.setPen(series_pen(self.theme, series.style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for stretch in _stretches(points):
                painter.drawPolyline(QPolygonF(stretch))
        for at in self._marked(series, points):
            paint_marker(painter, self.theme, series.style, at)

    def _marked(self, series: Series, points: Sequence[QPointF | None]) -> list[QPointF]:
        """Every point where there are dots; else a few, each series at other places, and a lone point always."""
        known = [point for point in points if point is not None]
        if series.has_dots or len(known) == 1:
            return known
        if len(self.lines.series) < 2 or len(known) < MARKS:
            return []
        # Even along the way, so that a curve with most points in a corner has its markers spread.
        way, ways = 0.0, [0.0]
        for before, after in zip(known, known[1:], strict=False):
            way += abs(after.x() - before.x()) + abs(after.y() - before.y())
            ways.append(way)
        shift = (series.style % 7 + 0.5) / 7
        return [known[min(bisect_left(ways, way * (mark + shift) / 3), len(known) - 1)] for mark in range(3)]

    def _paint_band(self, painter: QPainter, frame: Frame, series: Series) -> None:
        ground = QColor(series_colour(self.theme, series.style))
        ground.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        top = [frame.point(x, y) for x, y in zip(series.xs, series.high, strict=True)]
        bottom = [frame.point(x, y) for x, y in zip(series.xs, series.low, strict=True)]
        painter.drawPolygon(QPolygonF([*top, *reversed(bottom)]))


def _stretches(points: Sequence[QPointF | None]) -> list[list[QPointF]]:
    """Pieces without a gap."""
    found: list[list[QPointF]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(point)
    return [stretch for stretch in found if len(stretch) > 1]


def _edges(limit: object) -> list[float]:
    values = (getattr(limit, name) for name in ("value", "low", "high"))
    return [value for value in values if value is not None]
