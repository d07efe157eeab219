"""A chart's values as a table, for those who read rather than see."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from mlops_desktop.gui.charts.values import Table
from mlops_desktop.gui.delegates.cells import CellDelegate
from mlops_desktop.gui.item_models.cells import Cell, CellItemModel, CellRow, Head
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.text import Text

_WIDTH, _HEIGHT, _COLUMN = 620, 460, 110


class TableDialog(QDialog):
    """The summary, the rows, and a button that copies them."""

    def __init__(self, theme: Theme, title: str, summary: str, table: Table, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(_WIDTH, _HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        column.addWidget(Text(theme, title, "section"))
        column.addWidget(Text(theme, summary, "table", "muted", wrap=True))
        self.table = self._make_table(theme, title, table)
        column.addWidget(self.table, 1)
        foot = QHBoxLayout()
        text = "\n".join("\t".join(row) for row in (table.heads, *table.rows))
        copy = CopyButton(theme, text, "Copy data")
        copy.setToolTip("")
        close = Button(theme, "Close")
        close.clicked.connect(self.accept)
        foot.addWidget(copy)
        foot.addStretch(1)
        foot.addWidget(close)
        column.addLayout(foot)
        self.table.setFocus()

    def _make_table(self, theme: Theme, title: str, values: Table) -> DataTable:
        heads = [Head(head, _COLUMN, numeric=place > 0, stretch=place == 0) for place, head in enumerate(values.heads)]
        table = DataTable(theme, title)
        cells = CellItemModel(heads)
        cells.set_rows([CellRow(str(place), tuple(map(Cell, row))) for place, row in enumerate(values.rows)])
        cells.setParent(table)
        table.setModel(cells)
        table.setItemDelegate(CellDelegate(theme, table, cells))
        table.set_density("compact")
        table.header.setSectionsClickable(False)
        table.header.show_numeric(frozenset(range(1, len(heads))))
        for place, head in enumerate(heads):
            stretch = head.stretch and len(heads) < 5
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            table.header.setSectionResizeMode(place, mode)
            table.header.resizeSection(place, head.width)
        table.escaped.connect(self.reject)
        return table
