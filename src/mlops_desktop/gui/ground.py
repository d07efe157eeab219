"""What the window shows before anything else is loaded: the grounds of its parts in the colours of the look."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter

SIDEBAR, NARROW_SIDEBAR, TOP, STATUS = 204, 52, 44, 26
NARROW_BELOW = 1180


def paint_ground(painter: QPainter, area: QRect, tokens: Mapping[str, str]) -> None:
    """Sidebar, top bar and status bar where they will stand, with the lines between them."""
    side = NARROW_SIDEBAR if area.width() < NARROW_BELOW else SIDEBAR
    body = area.height() - STATUS
    line = QColor(tokens["border"])
    painter.fillRect(area, QColor(tokens["window"]))
    painter.fillRect(0, 0, side, body, QColor(tokens["sidebar"]))
    painter.fillRect(0, body, area.width(), STATUS, QColor(tokens["sidebar"]))
    painter.fillRect(side - 1, 0, 1, body, line)
    painter.fillRect(side, TOP - 1, area.width() - side, 1, line)
    painter.fillRect(0, body, area.width(), 1, line)
