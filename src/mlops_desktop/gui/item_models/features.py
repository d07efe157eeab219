"""The columns of a dataset version as features of a run: taken or left out, used how, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.domain.experiments import FeatureRole
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
BOX, NAME, ROLE, EMPTY, NOTE = range(5)
HEADS = ("", "Column", "Use as", "Empty", "Note")
ROLE_WORDS = {FeatureRole.NUMERIC: "number", FeatureRole.CATEGORY: "category", FeatureRole.DATE: "date parts"}
ROLE_TAGS = {FeatureRole.NUMERIC: "123", FeatureRole.CATEGORY: "Abc", FeatureRole.DATE: "date"}


@dataclass(frozen=True)
class FeatureRow:
    """`reason` says why a column is left out unless it is taken back in; `note` the same in two words."""

    name: str
    taken: bool
    role: FeatureRole
    roles: tuple[FeatureRole, ...]
    empty: float
    note: str
    tone: str = "muted"
    reason: str = ""
    changed: bool = False

    @property
    def empty_words(self) -> str:
        percent = self.empty * 100
        return "0 %" if percent == 0 else "< 0.1 %" if percent < 0.1 else f"{percent:.1f} %"


class FeatureItemModel(QAbstractTableModel):
    """Frozen rows; the page changes the draft, never the model."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[FeatureRow, ...] = ()

    def set_rows(self, rows: Sequence[FeatureRow]) -> None:
        before, self_rows = self.rows, tuple(rows)
        if [row.name for row in self_rows] != [row.name for row in before]:
            self.beginResetModel()
            self.rows = self_rows
            self.endResetModel()
        elif self_rows != before:
            self.rows = self_rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(self_rows) - 1, len(HEADS) - 1))

    @property
    def box(self) -> str:
        taken = sum(row.taken for row in self.rows)
        return "off" if not taken else "on" if taken == len(self.rows) else "mixed"

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def words(self, row: FeatureRow, column: int) -> str:
        match column:
            case 0:
                return "taken" if row.taken else "left out"
            case 1:
                return row.name
            case 2:
                return ROLE_WORDS[row.role]
            case 3:
                return row.empty_words
            case _:
                return row.note

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.rows[index.row()], index.column()
        words = self.words(row, column)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if column == BOX:
                return f"{row.name}: {words}"
            return f"{HEADS[column]}: {words}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(row.reason or (row.name if column == NAME else ""))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return HEADS[section] or "Taken"
        return HEADS[section] if role == Qt.ItemDataRole.DisplayRole else None
