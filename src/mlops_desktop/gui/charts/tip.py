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
    names, figures = QFontMetricsF(theme.font("table")), QFontMetricsF(theme.font("number-strong"))
    mark = _MARK if any(line.style is not None for line in says.lines) else 0.0
    widest_name = max((names.horizontalAdvance(line.name) for line in says.lines), default=0.0)
    widest_value = max((figures.horizontalAdvance(line.value) for line in says.lines), default=0.0)
    inner = mark + widest_name + (_BETWEEN if says.lines else 0.0) + widest_value
    inner = max(inner, names.horizontalAdvance(says.title))
    box = QRectF(0, 0, inner + 2 * _PAD, _ROW * (len(says.lines) + 1) + 8)
    right = anchor.x() + _AWAY + box.width() <= room.right()
    box.moveLeft(anchor.x() + _AWAY if right else anchor.x() - _AWAY - box.width())
    box.moveLeft(max(room.left() + 1, min(box.left(), room.right() - box.width() - 1)))
    box.moveTop(max(room.top() + 1, min(anchor.y() - box.height() / 2, room.bottom() - box.height() - 1)))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("tip"))
    painter.drawRoundedRect(box, 6, 6)
    row = QRectF(box.left() + _PAD, box.top() + 4, inner, _ROW)
    painter.setFont(theme.font("table"))
    painter.setPen(theme.colour("on-tip"))
    painter.drawText(row.adjusted(0, 0, 4, 0), _LEFT, says.title)
    for line in says.lines:
        row.translate(0, _ROW)
        if line.style is not None:
            # Series colours are made for the surface; on the dark tip each stands on a dot of it.
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface"))
            painter.drawEllipse(QPointF(row.left() + 4, row.center().y()), 6, 6)
            paint_marker(painter, theme, line.style, QPointF(row.left() + 4, row.center().y()), 3.2)
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("on-tip"))
        painter.drawText(row.adjusted(mark, 0, 4, 0), _LEFT, line.name)
        painter.setFont(theme.font("number-strong"))
        painter.drawText(row, _RIGHT, line.value)
