"""A choice as a card: a round button, a title, a sentence, and what belongs to it below."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text

SIDE = 20


class _Round(QRadioButton):
    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setFixedSize(SIDE, SIDE)

    def hitButton(self, pos: QPoint) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / SIDE, self.height() / SIDE)
        on = self.isChecked()
        area = QRectF(2, 2, 16, 16)
        painter.setPen(QPen(self._theme.colour("accent" if on else "control"), 1.5))
        painter.setBrush(self._theme.colour("surface"))
        painter.drawEllipse(area.adjusted(0.75, 0.75, -0.75, -0.75))
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("accent"))
            painter.drawEllipse(area.adjusted(4.5, 4.5, -4.5, -4.5))
        if self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(1, 1, SIDE - 2, SIDE - 2))


class OptionCard(QFrame):
    """A click anywhere on it chooses it; `body` takes what belongs to the choice."""

    def __init__(self, theme: Theme, title: str, sentence: str, *, icon: str = "") -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.setAccessibleName(title)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 11)
        row.setSpacing(10)
        self.button = _Round(theme, f"{title}: {sentence}")
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.icon = Icon(theme, icon or "info", "muted", 16)
        if not icon:
            self.icon.hide()
        self.title = ElidedText(theme, title, "title")
        self.sign = StatusWord(theme)
        self.sign.hide()
        head.addWidget(self.icon)
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.sign)
        column.addLayout(head)
        self.sentence = Text(theme, sentence, "table", "muted", wrap=True)
        column.addWidget(self.sentence)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 6, 0, 0)
        self.body.setSpacing(6)
        column.addLayout(self.body)
        column.addStretch(1)
        row.addLayout(column, 1)
        self.button.toggled.connect(self._on_toggled)

    @property
    def is_chosen(self) -> bool:
        return self.button.isChecked()

    def show_sign(self, sign: Sign) -> None:
        """How it is, at the right of its title."""
        self.sign.set_sign(sign)
        self.sign.show()

    def add(self, widget: QWidget) -> None:
        self.body.addWidget(widget)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.button.setChecked(True)

    def _on_toggled(self, on: bool) -> None:
        self.setProperty("card", "chosen" if on else "true")
        self.style().unpolish(self)
        self.style().polish(self)
