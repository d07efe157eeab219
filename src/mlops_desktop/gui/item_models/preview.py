"""The rows of a preview: the first, a counted gap, then rows with something odd; or only one kind of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mlops_desktop.domain.previews import Preview, PreviewColumn, PreviewRow
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.import_preview import cell_text, tag_of
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
FIRST, ODD, SPREAD = "first", "odd", "spread"
BESIDE_ODD = 15
"""How many first rows there are before rows with something odd, so that both are in sight."""


@dataclass(frozen=True)
class Gap:
    words: str


class PreviewItemModel(QAbstractTableModel):
    """Column 0 is the number of the row; the others are the columns of the preview, also those left out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preview: Preview | None = None
        self.which = FIRST
        self.rows: tuple[PreviewRow | Gap, ...] = ()
        self.shown: tuple[PreviewColumn, ...] = ()

    def show_preview(self, preview: Preview, which: str) -> None:
        self.beginResetModel()
        self.preview, self.which = preview, which
        self.shown = tuple(preview.columns)
        self.rows = _rows(preview, which)
        self.endResetModel()

    def column(self, section: int) -> PreviewColumn | None:
        return self.shown[section - 1] if 0 < section <= len(self.shown) else None

    def row(self, row: int) -> PreviewRow | Gap:
        return self.rows[row]

    def cell(self, row: int, section: int) -> tuple[str, bool, bool]:
        """What a cell says, whether it is empty, and whether it is odd."""
        item, column = self.rows[row], self.column(section)
        if isinstance(item, Gap):
            return item.words if section == 0 else "", False, False
        if column is None:
            return formats.count(item.number), False, False
        place = section - 1
        cell, is_odd = item.cells[place], place in item.odd
        return cell if is_odd and cell is not None else cell_text(cell, column.type), cell is None, is_odd

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        words, _, is_odd = self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(words) if len(words) > 20 else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            column = self.column(index.column())
            name = column.name if column else "Row"
            return f"{name}: {words}{', does not fit' if is_odd else ''}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return column.name if column else "Row"
        if role == Qt.ItemDataRole.AccessibleTextRole and column:
            return f"{column.name}, type {tag_of(column)}"
        return None


def _rows(preview: Preview, which: str) -> tuple[PreviewRow | Gap, ...]:
    if which == ODD:
        return preview.odd_rows
    if which == SPREAD:
        return preview.spread_rows
    if not preview.odd_rows:
        return preview.rows
    first = preview.rows[:BESIDE_ODD]
    odd = tuple(row for row in preview.odd_rows if row.number > len(first))
    if not odd:
        return preview.rows
    between = odd[0].number - len(first) - 1
    gap = (Gap(f"{formats.plural(between, 'row')} without a finding"),) if between else ()
    return (*first, *gap, *odd)
