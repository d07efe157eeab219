"""What stands where rows would be: nothing yet, no match, an error."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import MlopsError
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.command_line import CommandLine, CopyButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

WIDEST = 520


class EmptyState(QWidget):
    """What this is, why it is useful, and how to go on."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        title: str,
        sentence: str,
        command: str = "",
        *,
        action: str = "",
        act: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(Icon(theme, icon, "muted", 28), 0, centre)
        column.addWidget(Text(theme, title, "title"), 0, centre)
        self._theme = theme
        self._words = Text(theme, sentence, "body", "muted", wrap=True)
        self._words.setAlignment(centre)
        self._words.setProperty(BY_ITSELF, True)
        column.addWidget(self._words, 0, centre)
        if command:
            self.command = CommandLine(theme, command)
            self.command.setMinimumWidth(480)
            column.addSpacing(4)
            column.addWidget(self.command, 0, centre)
        if action:
            self.button = Button(theme, action, kind="primary")
            self.button.clicked.connect(lambda: act() if act else None)
            column.addSpacing(4)
            column.addWidget(self.button, 0, centre)
        column.addStretch(3)
        self._fit()
        theme.changed.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Lines of a length that reads well, whole at every zoom."""
        px, words = self._theme.px, self._words
        room = self.width() - px(48) if self.isVisible() else px(WIDEST)
        width = max(px(200), min(px(WIDEST), room, words.fontMetrics().horizontalAdvance(words.text()) + 4))
        words.setFixedSize(width, words.heightForWidth(width))


class NoMatch(QWidget):
    """The filter that leaves nothing, and the way out."""

    def __init__(self, theme: Theme, clear: Callable[[], None]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(10)
        column.addStretch(2)
        self._words = Text(theme, "", "body", "muted", wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._words)
        self.button = Button(theme, "Clear this filter", small=True)
        self.button.clicked.connect(clear)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def show_filter(self, sentence: str) -> None:
        self._words.setText(sentence)
        self.setAccessibleName(sentence)


class ErrorBox(QFrame):
    """What happened, why, what to do, and its code; for a whole page or a run that failed.

    A `narrow` one has its code on a line of its own.
    """

    def __init__(self, theme: Theme, retry: Callable[[], None] | None = None, *, narrow: bool = False) -> None:
        super().__init__()
        self.setProperty("card", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        self._sign = Icon(theme, "circle-x", "error", 16)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(4)
        row.addLayout(column, 1)
        self._title = Text(theme, "", "title", wrap=True)
        self._words = Text(theme, "", "table", wrap=True)
        self._code = Text(theme, "", "mono", "muted")
        self._copy = CopyButton(theme, "", "Copy details", kind="ghost" if retry else "normal")
        column.addWidget(self._title)
        column.addWidget(self._words)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        if retry:
            self.retry = Button(theme, "Try again", small=True)
            self.retry.clicked.connect(retry)
            foot.addWidget(self.retry)
        foot.addWidget(self._copy)
        foot.addStretch(1)
        column.addLayout(foot)
        if narrow:
            column.addWidget(self._code)
        else:
            foot.addWidget(self._code)
        self._foot = foot

    def add_action(self, button: Button) -> None:
        """A way out, before the button that copies the details."""
        self._foot.insertWidget(self._foot.indexOf(self._copy), button)

    def set_doubt(self, doubt: bool) -> None:
        """Amber where nobody knows whether something is wrong."""
        card = "warn" if doubt else "error"
        if self.property("card") != card:
            self.setProperty("card", card)
            self._sign.set_sign("circle-question-mark" if doubt else "circle-x", "warn" if doubt else "error")
            self.style().unpolish(self)
            self.style().polish(self)

    def show_problem(self, message: str, hint: str, code: str, details: str = "") -> None:
        self.setAccessibleName(f"Error: {message}")
        self._title.setText(message)
        self._words.setText(hint)
        self._words.setVisible(bool(hint))
        self._code.setText(code)
        self._copy.text_to_copy = "\n".join(part for part in (f"{code} {message}", hint, details) if part)
        self._copy.setToolTip("")

    def show_error(self, error: BaseException) -> None:
        if isinstance(error, MlopsError):
            self.show_problem(error.message, error.hint, error.code, error.details)
        else:
            self.show_problem(
                "This could not be read.",
                "The program met something it did not expect; the log has the details. Nothing was changed.",
                "MD-BUG-001",
                f"{type(error).__name__}: {error}",
            )
