"""A table of finished cells that fills its room and scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy

from mlops_desktop.gui.item_models.cells import Head
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.small_table import SmallTable


class TallTable(SmallTable):
    """`current_key` follows the current row, `opened` Enter or a double click; both carry the row's key."""

    current_key = Signal(str)
    opened = Signal(str)

    def __init__(self, theme: Theme, name: str, heads: Sequence[Head]) -> None:
        super().__init__(theme, name, heads)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.activated.connect(lambda index: self.opened.emit(self.key(index.row())))

    def key(self, row: int) -> str:
        return self.cells.rows[row].key if 0 <= row < len(self.cells.rows) else ""

    def go_to_key(self, key: str) -> None:
        for row, found in enumerate(self.cells.rows):
            if found.key == key:
                self.go_to(row)

    def sizeHint(self) -> QSize:
        return QSize(300, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 90)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0:
            self.opened.emit(self.key(row))

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self.current_key.emit(self.key(current.row()))
