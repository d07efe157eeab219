"""Rows of finished cells, for the small tables in cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Cell:
    """What one cell says: a sign, or a text with a muted text and a chip after it.

    `best` gives a number the mark of the best in its row or column, `ground` names the token of what lies below it.
    """

    text: str = ""
    token: str = "text"
    strong: bool = False
    after: str = ""
    chip: str = ""
    sign: Sign | None = None
    tip: str = ""
    best: bool = False
    ground: str = ""

    @property
    def words(self) -> str:
        parts = [self.sign.word if self.sign else self.text, self.after, self.chip, "best" if self.best else ""]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Head:
    """A column. `stretch` columns share the room, `keep` says how long it stays when room runs out (0: always)."""

    title: str
    width: int
    numeric: bool = False
    stretch: bool = False
    keep: int = 0


@dataclass(frozen=True)
class CellRow:
    """`key` names what the row is about."""

    key: str
    cells: tuple[Cell, ...] = field(default=())


class CellItemModel(QAbstractTableModel):
    """Frozen cells under fixed heads."""

    def __init__(self, heads: Sequence[Head]) -> None:
        super().__init__()
        self.heads = tuple(heads)
        self.rows: tuple[CellRow, ...] = ()

    def set_rows(self, rows: Sequence[CellRow]) -> None:
        before = self.rows
        if len(rows) != len(before):
            self.beginResetModel()
            self.rows = tuple(rows)
            self.endResetModel()
        elif tuple(rows) != before:
            self.rows = tuple(rows)
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.heads) - 1))

    def cell(self, row: int, column: int) -> Cell:
        return self.rows[row].cells[column]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.heads)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.heads[index.column()].title}: {cell.words}"
        return plain_tip(cell.tip) if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.heads[section].title
        return None
