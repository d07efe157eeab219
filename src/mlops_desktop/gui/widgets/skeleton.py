"""What stands where rows will be while they are read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme


class Skeleton(QWidget):
    """Bars where rows will be."""

    def __init__(self, theme: Theme, what: str, row_height: int = 30, edge: int = 14) -> None:
        super().__init__()
        self._theme, self._row, self._edge = theme, row_height, edge
        self.setAccessibleName(f"Loading {what}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(row_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("neutral-soft"))
        room = self.width() - 2 * self._edge
        for place in range(max(1, min(12, self.height() // self._row))):
            middle = place * self._row + self._row / 2
            first = room * (0.16 + 0.05 * (place * 7 % 3))
            for left, width in (
                (0.0, 14.0),
                (26.0, first),
                (38.0 + first, room * 0.82 - first - 38),
                (room * 0.86, room * 0.14),
            ):
                painter.drawRoundedRect(QRectF(self._edge + left, middle - 4, max(8.0, width), 8), 4, 4)
