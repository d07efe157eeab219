"""The hosts of a workspace, as a list that a model version can be dropped on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.widgets.text import plain_tip

_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class HostRow:
    """One host: what it is, how many endpoints are live there, and how it is."""

    name: str
    title: str
    icon: str
    kind: str
    count: str
    sign: Sign
    note: str = ""
    use: tuple[float, float] | None = None
    """Shares of processors and memory, 0 to 1; none where it is not known."""

    @property
    def words(self) -> str:
        endpoints = "no endpoint" if self.count == "none" else self.count
        use = ""
        if self.use is not None:
            use = f"CPU {formats.percent(self.use[0])}, memory {formats.percent(self.use[1])}"
        parts = (self.title, self.kind, self.sign.word, self.note, endpoints, use)
        return ", ".join(part for part in parts if part)


class HostItemModel(QAbstractListModel):
    """Rows are changed in place while they stay the same hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[HostRow, ...] = ()

    def set_rows(self, rows: Sequence[HostRow]) -> None:
        before, after = self.rows, tuple(rows)
        if [row.name for row in before] != [row.name for row in after]:
            self.beginResetModel()
            self.rows = after
            self.endResetModel()
        elif before != after:
            taller = [row.use is None for row in before] != [row.use is None for row in after]
            self.rows = after
            if taller:
                self.layoutChanged.emit()
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
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.words
        return plain_tip(row.words) if role == Qt.ItemDataRole.ToolTipRole else None
