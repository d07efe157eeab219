"""The small sign of a column's type: 123, Abc, 0/1, date."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme

HEIGHT = 16
_PAD = 4


class TypeTag(QWidget):
    """Beside a column's name; the name of the type is said by what stands around it."""

    def __init__(self, theme: Theme, words: str = "") -> None:
        super().__init__()
        self._theme, self._words = theme, words
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_words(self, words: str) -> None:
        self._words = words
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(tag_width(self._theme, self._words), self._theme.px(HEIGHT) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_type_tag(QPainter(self), self._theme, 0, 1, self._words)


def tag_width(theme: Theme, words: str) -> int:
    return QFontMetrics(theme.font("tag")).horizontalAdvance(words) + 2 * theme.px(_PAD) + 1


def paint_type_tag(painter: QPainter, theme: Theme, left: float, top: float, words: str) -> int:
    """Paints the tag and gives its width."""
    width = tag_width(theme, words)
    area = QRectF(left + 0.5, top + 0.5, width - 1, theme.px(HEIGHT) - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("border"), 1))
    painter.setBrush(theme.colour("surface"))
    painter.drawRoundedRect(area, 3, 3)
    painter.setFont(theme.font("tag"))
    painter.setPen(theme.colour("muted"))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.restore()
    return width
