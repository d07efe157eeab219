"""The table of a stored version: the head shows what each column holds, cells come as they are scrolled to."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from mlops_desktop.gui.delegates.table_rows import TableRowDelegate
from mlops_desktop.gui.item_models.table_rows import TableRowItemModel
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.profile_header import ProfileHeader, RowNumbers


class RowsTable(DataTable):
    """A current cell that arrows move; its column is the chosen one."""

    column_chosen = Signal(str)

    def __init__(self, theme: Theme, rows: TableRowItemModel, name: str) -> None:
        super().__init__(theme, name)
        self.rows = rows
        self.profiles = ProfileHeader(theme, rows)
        self.header = self.profiles
        self.setHorizontalHeader(self.profiles)
        self.numbers = RowNumbers(theme, rows)
        self.setVerticalHeader(self.numbers)
        self.set_density("standard")
        self.setCornerButtonEnabled(False)
        self.cells = TableRowDelegate(theme, self, rows)
        self.setItemDelegate(self.cells)
        self.setModel(rows)
        self.profiles.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.profiles.sectionClicked.connect(self._on_section)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.ask_for_view())
        rows.modelReset.connect(self._on_reset)
        self.numbers.show()

    @property
    def column(self) -> str:
        """The chosen column's name; empty where there is none."""
        place = self.currentIndex().column()
        return self.rows.name(place) if 0 <= place < len(self.rows.names) else ""

    def choose_column(self, name: str) -> bool:
        """Makes a cell of the column current, in the row that is current or the first in view."""
        if name not in self.rows.names or not self.rows.rowCount():
            return False
        row = self.currentIndex().row()
        self._go(row if row >= 0 else max(0, self.rowAt(0)), self.rows.names.index(name))
        return True

    def go_to_row(self, row: int) -> None:
        """Makes the row current, counted from 0, and puts it in the middle."""
        if 0 <= row < self.rows.rowCount():
            self._go(row, max(0, self.currentIndex().column()), QAbstractItemView.ScrollHint.PositionAtCenter)

    def ask_for_view(self) -> None:
        """Has the rows in view read."""
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        rows = self.rows.rowCount()
        self.rows.show_range(first, last if last >= 0 else min(rows - 1, first + 60))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            index = self.currentIndex()
            if index.isValid():
                QGuiApplication.clipboard().setText(str(index.data() or ""))
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.ask_for_view()

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.numbers.show_current(current.row())
        self.profiles.show_chosen(current.column())
        self.cells.chosen = current.column()
        if current.column() != previous.column():
            self.column_chosen.emit(self.column)

    def _go(
        self, row: int, column: int, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        index = self.rows.index(row, column)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.scrollTo(index, hint)

    def _on_section(self, section: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.choose_column(self.rows.name(section))

    def _on_reset(self) -> None:
        version = self.rows.version
        self.numbers.fit(version.rows if version else 0)
        for section in range(len(self.rows.names)):
            self.profiles.resizeSection(section, self.profiles.fitting_width(section))
        self.profiles.show_chosen(-1)
        self.cells.chosen = -1
        self.numbers.show_current(-1)
        self.ask_for_view()
