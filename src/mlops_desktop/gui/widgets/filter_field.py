"""A line of a filter: completes what is written piece by piece, and says under the caret what is wrong and the fix."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QWidget

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.suggestions import Suggestions
from mlops_desktop.gui.widgets.text import Text

Propose = Callable[[str, int], tuple[int, list[str]]]
Write = Callable[[str], str]


class FilterField(QLineEdit):
    """`propose` tells for text and caret where the piece begins and what it may become; `written` how that is written.

    `entered` follows Enter, `escaped` Esc where nothing is proposed, `down` an arrow down where nothing is.
    """

    entered = Signal()
    escaped = Signal()
    down = Signal()
    lost = Signal()

    def __init__(
        self, theme: Theme, name: str, propose: Propose, suggestions: Suggestions, written: Write = str
    ) -> None:
        super().__init__()
        self._theme, self._propose, self._suggestions, self._written = theme, propose, suggestions, written
        self._start = 0
        self.takes_tab = False
        self.setAccessibleName(name)
        self.setFont(theme.font("table"))
        self.textEdited.connect(lambda _: self.suggest())
        suggestions.picked.connect(self._on_picked)

    def suggest(self) -> None:
        """Shows what may come at the caret."""
        self._start, words = self._propose(self.text(), self.cursorPosition())
        piece = self.text()[self._start : self.cursorPosition()]
        words = [] if words == [piece] else words
        at = self.fontMetrics().horizontalAdvance(self.text()[: self._start]) + self.textMargins().left()
        self._suggestions.show_words(words, self, at)

    def accept(self, word: str) -> None:
        """Puts the word in the place of the piece at the caret, and goes on to what may follow."""
        before, after = self.text()[: self._start], self.text()[self.cursorPosition() :]
        put = self._written(word) + ("" if after.startswith(" ") or not self.takes_tab else " ")
        self.setText(before + put + after)
        self.setCursorPosition(len(before + put))
        self.textEdited.emit(self.text())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab:
            proposed = self._suggestions.isVisible()
            if proposed and (self.takes_tab or self._suggestions.current):
                self.accept(self._suggestions.current or self._suggestions.words[0])
                if self.takes_tab:
                    return True
            elif self.takes_tab and self.text().strip():
                self.entered.emit()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, proposed = event.key(), self._suggestions.isVisible()
        if key == Qt.Key.Key_Escape:
            if proposed:
                self._suggestions.hide()
            else:
                self.escaped.emit()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and proposed:
            self._suggestions.step(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Down:
            self.suggest()
            if not self._suggestions.isVisible():
                self.down.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if proposed and self._suggestions.current:
                self.accept(self._suggestions.current)
            else:
                self._suggestions.hide()
                self.entered.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._suggestions.hide()
        self.lost.emit()

    def _on_picked(self, word: str) -> None:
        if self.hasFocus():
            self.accept(word)


class FilterTrouble(QFrame):
    """What is wrong with a filter, under its caret, and a button that mends it."""

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self._theme = theme
        self._mend: Callable[[], None] | None = None
        self.setProperty("card", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 8, 5)
        row.setSpacing(8)
        row.addWidget(Icon(theme, "circle-x", "error", 15))
        self._words = Text(theme, "", "table")
        row.addWidget(self._words)
        self.fix = Button(theme, "", kind="link", small=True)
        self.fix.clicked.connect(self._on_fix)
        row.addWidget(self.fix)
        self.hide()

    def show_error(self, error: FilterError, field: QLineEdit, mend: Callable[[], None] | None, fix: str) -> None:
        """`mend` puts `fix` in the place of what is wrong."""
        news = error.message != self._words.text() or not self.isVisible()
        self._words.setText(error.message)
        self._mend = mend
        self.fix.set_caption(f"Use {fix}" if len(fix) < 60 else "Mend it")
        self.fix.setVisible(mend is not None)
        self.setAccessibleName(error.message)
        self.adjustSize()
        over = self.parentWidget()
        place = min(error.at, len(field.text()))
        at = field.fontMetrics().horizontalAdvance(field.text()[:place]) + field.textMargins().left()
        if over is not None:
            corner = field.mapTo(over, QPoint(at, field.height() + 6))
            self.move(max(8, min(corner.x(), over.width() - self.width() - 8)), corner.y())
        self.show()
        self.raise_()
        if news:
            announce(self, error.message)

    def _on_fix(self) -> None:
        self.hide()
        if self._mend is not None:
            self._mend()
