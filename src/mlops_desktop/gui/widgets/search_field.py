"""A field that narrows what is below it; Esc empties it, then leaves it; Down and Enter lead to what is left."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from mlops_desktop.gui.theme.theme import Theme

_HINT_FROM = 150
"""In a narrower field the key stands nowhere."""


class SearchField(QLineEdit):
    """`left` follows when the person is done with it, `entered` follows Enter alone."""

    left = Signal()
    entered = Signal()

    def __init__(self, theme: Theme, name: str, words: str, *, icon: str = "search", hint: str = "") -> None:
        super().__init__()
        self._theme, self._icon, self._hint = theme, icon, hint
        self.setAccessibleName(name)
        self.setPlaceholderText(words)
        self.tail = ""
        self.setTextMargins(theme.px(20), 0, 0, 0)

    def show_tail(self, words: str, whole: str) -> None:
        """What came of the text, at its right end: nothing moves when it changes."""
        self.tail = words
        room = self._theme.px(14) + QFontMetrics(self._theme.font("number")).horizontalAdvance(words) if words else 0
        self.setTextMargins(self._theme.px(20), 0, room, 0)
        self.setAccessibleDescription(whole if words else "")
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
                self.entered.emit()
            else:
                self.left.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
            self.left.emit()
        elif key == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = self._theme
        painter = QPainter(self)
        area = self.rect().adjusted(theme.px(9), 0, 0, 0)
        area.setWidth(theme.px(14))
        theme.paint_icon(painter, area, self._icon, "muted")
        if self.tail:
            painter.setFont(theme.font("number"))
            painter.setPen(theme.colour("muted"))
            end = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(0, 0, -theme.px(9), 0), end, self.tail)
        if self._hint and not self.text() and not self.hasFocus() and self.width() > theme.px(_HINT_FROM):
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(0, 0, -theme.px(9), 0), right, self._hint)
