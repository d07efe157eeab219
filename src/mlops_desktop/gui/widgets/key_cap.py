"""Keys as they are drawn beside what they do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import Text

_PAD, _HEIGHT = 5, 19


def spoken_keys(sequence: str) -> str:
    """As the desktop writes it, with spaces between: `Ctrl K`."""
    native = QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)
    return (native or sequence).replace("++", "+Plus").replace("+", " ").replace("Plus", "+")


def key_width(theme: Theme, keys: str) -> int:
    return QFontMetrics(theme.font("caption-strong")).horizontalAdvance(keys) + 2 * _PAD + 2


def paint_key(painter: QPainter, theme: Theme, right: float, middle: float, keys: str) -> float:
    """Paints the keys, ending at `right`, and answers where they begin."""
    width = key_width(theme, keys)
    height = max(_HEIGHT, QFontMetrics(theme.font("caption-strong")).height() + 4)
    area = QRectF(right - width, middle - height / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("border"), 1))
    painter.setBrush(theme.colour("subtle"))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(theme.font("caption-strong"))
    painter.setPen(theme.colour("muted"))
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), keys)
    return area.left()


class KeyCap(QWidget):
    """One key or chord."""

    def __init__(self, theme: Theme, keys: str) -> None:
        super().__init__()
        self._theme, self._keys = theme, keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(keys)

    def sizeHint(self) -> QSize:
        return QSize(key_width(self._theme, self._keys), self._theme.px(_HEIGHT) + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_key(QPainter(self), self._theme, self.width(), self.height() / 2, self._keys)


class KeyCaps(QWidget):
    """The keys any of which does the same."""

    def __init__(self, theme: Theme, sequences: Sequence[str]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for place, sequence in enumerate(sequences):
            if place:
                row.addWidget(Text(theme, "or", "table", "muted"))
            row.addWidget(KeyCap(theme, spoken_keys(sequence)))
        row.addStretch(1)
