"""The endpoints of a host, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.widgets.text import plain_tip

_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class EndpointRow:
    """One endpoint: its name, what it answers with, and how it is."""

    name: str
    version: str
    sign: Sign
    note: str = ""

    @property
    def words(self) -> str:
        return ", ".join(part for part in (self.name, self.version, self.sign.word, self.note) if part)


class EndpointItemModel(QAbstractListModel):
    """Rows are changed in place while they stay the same endpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[EndpointRow, ...] = ()

    def set_rows(self, rows: Sequence[EndpointRow]) -> None:
        before, after = self.rows, tuple(rows)
        if [row.name for row in before] != [row.name for row in after]:
            self.beginResetModel()
            self.rows = after
            self.endResetModel()
        elif before != after:
            self.rows = after
            self.dataChanged.emit(self.index(0), self.index(len(after) - 1))

    def row_of(self, name: str) -> int:
        return next((place for place, row in enumerate(self.rows) if row.name == name), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.words
        return plain_tip(row.words) if role == Qt.ItemDataRole.ToolTipRole else None
