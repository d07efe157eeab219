"""A field of a form: label above, control, help or error below; a dot and Reset where it was changed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip


class Dot(QWidget):
    """Says that a value differs from where it began."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(8, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("accent"))
        size = self._theme.px(6)
        painter.drawEllipse((self.width() - size) // 2, (self.height() - size) // 2, size, size)


class Field(QWidget):
    """`reset_asked` follows a click on Reset, which stands there while the value is changed."""

    reset_asked = Signal()

    def __init__(self, theme: Theme, label: str, control: QWidget, help: str = "", *, number: str = "") -> None:
        super().__init__()
        self._theme, self._name = theme, label
        self.control = control
        self._help, self._error = "", ""
        self._act: Callable[[], object] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._make_head(number))
        column.addWidget(control)
        self._below = ElidedText(theme, "", "caption", "muted")
        column.addWidget(self._below)
        self._wrong = self._make_wrong()
        column.addWidget(self._wrong)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        if not control.accessibleName():
            control.setAccessibleName(label)
        self.show_help(help)
        self.clear_error()

    def _make_head(self, number: str) -> QWidget:
        made = QWidget()
        made.setFixedHeight(18)
        head = QHBoxLayout(made)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(5)
        if number:
            head.addWidget(number_sign(self._theme, number))
        self.label = ElidedText(self._theme, self._name, "table-strong")
        self.label.setBuddy(self.control)
        head.addWidget(self.label)
        self._dot = Dot(self._theme)
        self.reset = IconButton(self._theme, "undo-2", f"Reset {self._name}", size=18, picture=13)
        self.reset.setFixedSize(24, 18)
        self.reset.clicked.connect(self.reset_asked)
        head.addWidget(self._dot)
        head.addStretch(1)
        head.addWidget(self.reset)
        self.set_changed(False)
        return made

    def _make_wrong(self) -> QWidget:
        """The error with its sign, and the link that mends it below."""
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(Icon(self._theme, "triangle-alert", "error", 13), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._wrong_words = Text(self._theme, "", "caption", "error", wrap=True)
        self._fix = Button(self._theme, "", kind="link", small=True)
        self._fix.clicked.connect(lambda: self._act() if self._act else None)
        words.addWidget(self._wrong_words)
        words.addWidget(self._fix, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(words, 1)
        return made

    @property
    def error(self) -> str:
        return self._error

    @property
    def is_changed(self) -> bool:
        return not self._dot.isHidden()

    @property
    def help(self) -> str:
        return self._help

    def set_changed(self, changed: bool, tip: str = "Differs from the default") -> None:
        self._dot.setVisible(changed)
        self._dot.setToolTip(plain_tip(tip) if changed else "")
        self.reset.setVisible(changed)

    def show_help(self, text: str) -> None:
        self._help = text
        self._below.setText(text)
        if not self._error:
            self.control.setAccessibleDescription(text)

    def show_error(self, text: str, fix: str = "", act: Callable[[], object] | None = None) -> None:
        """The error takes the place of the help; `fix` is a link that mends it."""
        self._error, self._act = text, act
        self._wrong_words.setText(text)
        self._fix.set_caption(fix)
        self._fix.setVisible(bool(fix))
        self._show_state()

    def clear_error(self) -> None:
        self._error = ""
        self._show_state()

    def _show_state(self) -> None:
        bad = bool(self._error)
        self._wrong.setVisible(bad)
        self._below.setVisible(not bad)
        self.control.setAccessibleDescription(self._error or self._help)
        self._mark(bad)

    def _mark(self, bad: bool) -> None:
        if bool(self.control.property("bad")) is not bad:
            self.control.setProperty("bad", bad)
            self.control.style().unpolish(self.control)
            self.control.style().polish(self.control)


def number_sign(theme: Theme, number: str) -> Text:
    """The round number of a step in a form."""
    sign = Text(theme, number, "caption-bold")
    sign.setProperty("chip", "number")
    sign.setFixedSize(18, 18)
    sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return sign
