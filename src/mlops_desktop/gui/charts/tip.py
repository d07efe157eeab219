"""The box that says what the chart shows at one place."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from mlops_desktop.gui.charts.styles import paint_marker
from mlops_desktop.gui.charts.values import ReadOut
from mlops_desktop.gui.theme.theme import Theme

_ROW, _PAD, _AWAY, _MARK, _BETWEEN = 18.0, 9.0, 10.0, 14.0, 14.0
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def paint_read_out(painter: QPainter, theme: Theme, says: ReadOut, anchor: QPointF, room: QRectF) -> None:
    """Beside the anchor, at the side with more room, never outside of `room`."""
    px = theme.px
    row_height, pad, away, between = px(_ROW), px(_PAD), px(_AWAY), px(_BETWEEN)
    names, figures = QFontMetricsF(theme.font("table")), QFontMetricsF(theme.font("number-strong"))
    mark = px(_MARK) if any(line.style is not None for line in says.lines) else 0
    widest_name = max((names.horizontalAdvance(line.name) for line in says.lines), default=0.0)
    widest_value = max((figures.horizontalAdvance(line.value) for line in says.lines), default=0.0)
    inner = mark + widest_name + (between if says.lines else 0.0) + widest_value
    inner = max(inner, names.horizontalAdvance(says.title))
    box = QRectF(0, 0, inner + 2 * pad, row_height * (len(says.lines) + 1) + px(8))
    right = anchor.x() + away + box.width() <= room.right()
    box.moveLeft(anchor.x() + away if right else anchor.x() - away - box.width())
    box.moveLeft(max(room.left() + 1, min(box.left(), room.right() - box.width() - 1)))
    box.moveTop(max(room.top() + 1, min(anchor.y() - box.height() / 2, room.bottom() - box.height() - 1)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("tip"))
    painter.drawRoundedRect(box, 6, 6)
    row = QRectF(box.left() + pad, box.top() + px(4), inner, row_height)
    painter.setFont(theme.font("table"))
    painter.setPen(theme.colour("on-tip"))
    painter.drawText(row.adjusted(0, 0, 4, 0), _LEFT, says.title)
    for line in says.lines:
        row.translate(0, row_height)
        if line.style is not None:
            # Series colours are made for the surface; on the dark tip each stands on a dot of it.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface"))
            painter.drawEllipse(QPointF(row.left() + px(4), row.center().y()), px(6), px(6))
            paint_marker(painter, theme, line.style, QPointF(row.left() + px(4), row.center().y()), 3.2)
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("on-tip"))
        painter.drawText(row.adjusted(mark, 0, 4, 0), _LEFT, line.name)
        painter.setFont(theme.font("number-strong"))
        painter.drawText(row, _RIGHT, line.value)
