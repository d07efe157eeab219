"""A table inside a card, as high as its rows; columns that have no room go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QSizePolicy

from mlops_desktop.gui.delegates.cells import CellDelegate
from mlops_desktop.gui.item_models.cells import CellItemModel, CellRow, Head
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.table_header import HEIGHT


class SmallTable(DataTable):
    """Shows rows of cells. Never scrolls: the page does."""

    def __init__(self, theme: Theme, name: str, heads: Sequence[Head]) -> None:
        super().__init__(theme, name)
        self.cells = CellItemModel(heads)
        self._unused: frozenset[int] = frozenset()
        self.setModel(self.cells)
        self.setItemDelegate(CellDelegate(theme, self, self.cells))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setSectionsClickable(False)
        self.header.first_pad = 14
        self.header.show_numeric(frozenset(place for place, head in enumerate(heads) if head.numeric))
        for place, head in enumerate(heads):
            mode = QHeaderView.ResizeMode.Stretch if head.stretch else QHeaderView.ResizeMode.Fixed
            self.header.setSectionResizeMode(place, mode)
            self.header.resizeSection(place, theme.px(head.width))
        theme.changed.connect(self.fit_columns)

    def fit_columns(self) -> None:
        """Columns as wide as the zoom wants them; those that have no room go."""
        for place, head in enumerate(self.cells.heads):
            if not head.stretch:
                self.header.resizeSection(place, self._theme.px(head.width))
        self._hide_columns()

    def leave_out(self, columns: frozenset[int]) -> None:
        """Columns that say nothing of these rows."""
        if columns != self._unused:
            self._unused = columns
            self._hide_columns()

    def show_rows(self, rows: Sequence[CellRow]) -> None:
        self.cells.set_rows(rows)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(300, self._theme.px(HEIGHT) + len(self.cells.rows) * self.row_height + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hide_columns()
        super().resizeEvent(event)

    def _hide_columns(self) -> None:
        room = self.viewport().width() / self._theme.zoom
        heads = list(enumerate(self.cells.heads))
        needed = sum(head.width for place, head in heads if place not in self._unused)
        for place, head in sorted(heads, key=lambda pair: pair[1].keep, reverse=True):
            if place in self._unused:
                self.setColumnHidden(place, True)
                continue
            hidden = head.keep > 0 and needed > room
            needed -= head.width if hidden else 0
            self.setColumnHidden(place, hidden)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.cells.rows:
            self.go_to(0)
