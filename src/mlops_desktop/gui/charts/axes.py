"""The frame of a chart with two axes: horizontal grid, axis line, ticks and titles, and named limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from mlops_desktop.gui.charts.scales import MOST_TICKS, Scale, tick_words, ticks
from mlops_desktop.gui.charts.values import Axis, Limit
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_LINE = 15.0
_TICK_ROOM = 8.0
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class Frame:
    """Where the plot lies, and the two scales over it."""

    plot: QRectF
    across: Scale
    up: Scale

    def point(self, x: float, y: float) -> QPointF:
        return QPointF(self.across.pixel(x), self.up.pixel(y))


def make_frame(
    theme: Theme,
    area: QRectF,
    axes: tuple[Axis, Axis],
    spans: tuple[tuple[float, float], tuple[float, float]],
    limits: Sequence[Limit] = (),
) -> Frame:
    """Leaves room for the words at the axes, and at the right for the names of horizontal limits."""
    across, up = axes
    metrics = QFontMetricsF(theme.font("caption"))
    top = area.top() + theme.px(_LINE + 3 if up.title else 7)
    bottom = max(top + 20, area.bottom() - theme.px(_LINE + 3 + (_LINE if across.title else 0)))
    marks = up_marks(spans[1], (bottom - top) / theme.zoom)
    widest = max((metrics.horizontalAdvance(word) for word in tick_words(marks, up)), default=0.0)
    named = [limit for limit in limits if not limit.vertical and limit.name]
    right = max((metrics.horizontalAdvance(limit.name) + theme.px(8) for limit in named), default=theme.px(10))
    plot = QRectF(area)
    plot.setLeft(area.left() + widest + theme.px(_TICK_ROOM))
    plot.setRight(max(plot.left() + 20, area.right() - right))
    plot.setTop(top)
    plot.setBottom(bottom)
    return Frame(plot, Scale(*spans[0], plot.left(), plot.right()), Scale(*spans[1], plot.bottom(), plot.top()))


def up_marks(span: tuple[float, float], height: float) -> list[float]:
    return ticks(*span, max(2, min(MOST_TICKS, int(height // 30))))


def paint_frame(painter: QPainter, theme: Theme, frame: Frame, across: Axis, up: Axis) -> None:
    plot, px = frame.plot, theme.px
    painter.setFont(theme.font("caption"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    marks = up_marks((frame.up.low, frame.up.high), plot.height() / theme.zoom)
    for mark, word in zip(marks, tick_words(marks, up), strict=True):
        y = round(frame.up.pixel(mark))
        painter.fillRect(QRectF(plot.left(), y, plot.width(), 1), theme.colour("grid"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(QRectF(plot.left() - 400, y - px(8), 400 - px(_TICK_ROOM) + 2, px(16)), _RIGHT, word)
    bottom = round(plot.bottom())
    painter.fillRect(QRectF(plot.left(), bottom, plot.width(), 1), theme.colour("axis"))
    _paint_across(painter, theme, frame, across)
    painter.setPen(theme.colour("muted"))
    if up.title:
        painter.drawText(QRectF(plot.left(), plot.top() - px(_LINE + 4), plot.width(), px(_LINE)), _LEFT, up.title)
    if across.title:
        painter.drawText(QRectF(plot.left(), bottom + px(_LINE + 2), plot.width(), px(_LINE)), _CENTRE, across.title)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_across(painter: QPainter, theme: Theme, frame: Frame, axis: Axis) -> None:
    metrics = QFontMetricsF(theme.font("caption"))
    plot, scale = frame.plot, frame.across
    if axis.names:
        each = plot.width() / max(1, scale.high - scale.low)
        widest = max(metrics.horizontalAdvance(name) for name in axis.names) + 8
        step = max(1, min(len(axis.names), int(-(-widest // each)))) if each < widest else 1
        marks = [float(place) for place in range(0, len(axis.names), step) if scale.low <= place <= scale.high]
        most = max(each * step, 24.0)
    else:
        marks = ticks(scale.low, scale.high, max(2, min(MOST_TICKS, int(plot.width() // theme.px(56)))))
        most = plot.width()
    painter.setPen(theme.colour("muted"))
    for mark, word in zip(marks, tick_words(marks, axis), strict=True):
        x = scale.pixel(mark)
        shown = elided(metrics, word, Qt.TextElideMode.ElideRight, most)
        width = metrics.horizontalAdvance(shown) + 4
        left = max(plot.left() - 12, min(x - width / 2, plot.right() + 10 - width))
        painter.drawText(QRectF(left, plot.bottom() + theme.px(3), width, theme.px(_LINE)), _CENTRE, shown)


def paint_bands(painter: QPainter, theme: Theme, frame: Frame, limits: Sequence[Limit]) -> None:
    """The grounds of limits that have a band; below everything else."""
    for limit in limits:
        if limit.low is not None and limit.high is not None and not limit.vertical:
            top, bottom = frame.up.pixel(limit.high), frame.up.pixel(limit.low)
            area = QRectF(frame.plot.left(), top, frame.plot.width(), bottom - top).intersected(frame.plot)
            painter.fillRect(area, theme.colour("band"))


def paint_limits(painter: QPainter, theme: Theme, frame: Frame, limits: Sequence[Limit]) -> None:
    plot = frame.plot
    painter.setFont(theme.font("caption"))
    taken = plot.top() - 99.0
    flat = sorted((limit for limit in limits if not limit.vertical), key=lambda limit: -limit.value)
    for limit in flat:
        y = frame.up.pixel(limit.value)
        if not plot.top() - 1 <= y <= plot.bottom() + 1:
            continue
        pen = QPen(theme.colour(limit.token), 1.3)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        if limit.name:
            taken = max(taken + theme.px(14), y)
            painter.setPen(theme.colour("muted"))
            painter.drawText(
                QRectF(plot.right() + theme.px(6), taken - theme.px(8), 400, theme.px(16)), _LEFT, limit.name
            )
    for limit in limits:
        x = frame.across.pixel(limit.value)
        if not limit.vertical or not plot.left() <= x <= plot.right():
            continue
        pen = QPen(theme.colour(limit.token), 1.5)
        pen.setDashPattern([1, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        width = QFontMetricsF(theme.font("caption")).horizontalAdvance(limit.name) + 4
        left = x + 5 if x + 5 + width <= plot.right() else x - 5 - width
        painter.setPen(theme.colour(limit.token))
        painter.drawText(QRectF(left, plot.top(), width, theme.px(16)), _LEFT, limit.name)
