"""A column that shows as many whole rows as it has room for, and the round sign of a person."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.theme.theme import Theme

FEWEST = 3


class FittingColumn(QWidget):
    """Rows of equal height, top first; those that would be cut are not shown."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def fill(self, rows: Sequence[QWidget]) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = list(rows)
        for row in self._rows:
            row.setParent(self)
        self._place()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(200, self._row_height() * min(6, len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._row_height() * min(FEWEST, len(self._rows)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _row_height(self) -> int:
        return self._rows[0].sizeHint().height() if self._rows else 0

    def _place(self) -> None:
        height = self._row_height()
        for place, row in enumerate(self._rows):
            row.setGeometry(0, place * height, self.width(), height)
            row.setVisible((place + 1) * height <= self.height())


class Avatar(QWidget):
    """A person's or program's initials."""

    _TONES = (("note", "note-soft"), ("ok", "ok-soft"), ("warn", "warn-soft"), ("accent-text", "accent-soft"))

    def __init__(self, theme: Theme, name: str, size: int = 20) -> None:
        super().__init__()
        self._theme = theme
        self._letters = formats.initials(name)
        self._tone = self._TONES[sum(map(ord, name)) % len(self._TONES)]
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("border"), 1))
        painter.setBrush(self._theme.colour(self._tone[1]))
        painter.drawEllipse(self.rect().adjusted(0, 0, -1, -1))
        painter.setFont(self._theme.font("badge"))
        painter.setPen(self._theme.colour(self._tone[0]))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._letters)
