"""A value that is typed or taken from a list of known ones."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter

from mlops_desktop.gui.theme.theme import Theme


class ValueEntry(QComboBox):
    """Any text may stand in it; the list offers what is known. `edited` follows what a person does."""

    edited = Signal(str)

    def __init__(self, theme: Theme, name: str, values: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self.setEditable(True)
        self.setFont(theme.font("body"))
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)
        self.setMaxVisibleItems(14)
        self.addItems(list(values))
        self.setAccessibleName(name)
        entry = self.lineEdit()
        if entry is not None:
            entry.setAccessibleName(name)
            entry.textEdited.connect(self.edited)
        completer = self.completer()
        if isinstance(completer, QCompleter):
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.activated.connect(lambda _: self.edited.emit(self.currentText()))

    def text(self) -> str:
        return self.currentText()

    def show_text(self, text: str) -> None:
        if text != self.currentText():
            self.setEditText(text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        place = QRect(self.width() - 23, (self.height() - 14) // 2, 14, 14)
        self._theme.paint_icon(QPainter(self), place, "chevron-down", "muted")
