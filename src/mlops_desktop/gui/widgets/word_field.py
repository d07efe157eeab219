"""A field of words: each with a button that takes it away, and a place to add one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.text import elided, plain_tip

NOTHING = "blank cells"
"""How an empty text is written."""


class WordChip(QAbstractButton):
    """A word; a click takes it away."""

    def __init__(self, theme: Theme, word: str) -> None:
        super().__init__()
        self._theme, self.word = theme, word
        self._words = word or NOTHING
        self.setFont(theme.font("table"))
        self.setAccessibleName(f"{self._words}, remove")
        self.setToolTip(plain_tip(f"Remove {self._words} from this list"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = min(self.fontMetrics().horizontalAdvance(self._words), self._theme.px(90))
        return QSize(width + self._theme.px(25), self._theme.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent-soft"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setPen(theme.colour("text" if self.word else "muted"))
        area = self.rect().adjusted(theme.px(6), 0, -theme.px(18), 0)
        shown = elided(painter.fontMetrics(), self._words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
        cross = self.rect().adjusted(self.width() - theme.px(17), theme.px(4), -theme.px(5), -theme.px(4))
        theme.paint_icon(painter, cross, "x", "muted")


class WordField(QFrame):
    """`changed` carries the words when a person changed them; the empty text is one of them."""

    changed = Signal(object)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.words: tuple[str, ...] = ()
        self.chips: list[WordChip] = []
        self.setProperty("words", True)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(5, 0, 3, 0)
        row.setSpacing(4)
        self._holder = QWidget()
        self._chips = QHBoxLayout(self._holder)
        self._chips.setContentsMargins(0, 0, 0, 0)
        self._chips.setSpacing(4)
        row.addWidget(self._holder)
        self.entry = _Entry(self)
        self.entry.setFont(theme.font("table"))
        self.entry.setPlaceholderText("Add, as NA")
        self.entry.setAccessibleName(f"Add to {name}")
        self.entry.returnPressed.connect(self._on_entered)
        self.entry.editingFinished.connect(self._on_entered)
        row.addWidget(self.entry, 1)
        self.setFixedHeight(30)
        self.setFocusProxy(self.entry)

    def show_words(self, words: Sequence[str]) -> None:
        if tuple(words) == self.words and self._chips.count():
            return
        self.words = tuple(words)
        clear_layout(self._chips)
        self.chips = []
        for word in words:
            chip = WordChip(self._theme, word)
            chip.clicked.connect(lambda _=False, gone=word: self.take_away(gone))
            self._chips.addWidget(chip)
            self.chips.append(chip)

    def take_away(self, word: str) -> None:
        self._set(tuple(other for other in self.words if other != word))

    def _on_entered(self) -> None:
        word = self.entry.text().strip()
        self.entry.clear()
        if word and word not in self.words:
            self._set((*self.words, word))

    def _set(self, words: tuple[str, ...]) -> None:
        self.show_words(words)
        self.changed.emit(words)


class _Entry(QLineEdit):
    """Backspace in the empty entry takes the last word away."""

    def __init__(self, field: WordField) -> None:
        super().__init__(field)
        self._field = field
        self.setFrame(False)
        self.setMinimumWidth(34)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and not self.text() and self._field.words:
            self._field.take_away(self._field.words[-1])
            return
        super().keyPressEvent(event)
