"""The middle of the import preview: which rows are shown, the columns, and the table whose heads choose the types."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QMenu, QVBoxLayout, QWidget

from mlops_desktop.domain.previews import Preview
from mlops_desktop.gui import formats
from mlops_desktop.gui.delegates.preview import PreviewDelegate
from mlops_desktop.gui.item_models.preview import FIRST, ODD, SPREAD, Gap, PreviewItemModel
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import Segments
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_caption
from mlops_desktop.gui.widgets.typed_header import TypedHeader, TypeMenu

NUMBER_WIDTH = 58
MOST_IN_MENU = 500


class PreviewTable(DataTable):
    """Arrows move a current cell; Enter opens the type menu of its column."""

    type_asked = Signal(int)

    def __init__(self, theme: Theme, rows: PreviewItemModel) -> None:
        super().__init__(theme, "Preview of the file")
        self.rows = rows
        self.types = TypedHeader(theme, rows)
        self.header = self.types
        self.setHorizontalHeader(self.types)
        self.setModel(rows)
        self.setItemDelegate(PreviewDelegate(theme, self, rows))
        self.set_density("compact")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.types.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.types.menu_asked.connect(self.type_asked)
        self.types.sectionClicked.connect(self._on_section)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        opens = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4)
        if opens and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.type_asked.emit(self.currentIndex().column())
            return
        super().keyPressEvent(event)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.types.show_current(current.column())

    def go_to_column(self, section: int) -> None:
        row = max(0, self.currentIndex().row(), self.rowAt(0))
        index = self.rows.index(row, section)
        self.selectionModel().setCurrentIndex(index, self.selectionModel().SelectionFlag.NoUpdate)
        self.scrollTo(index)

    def _on_section(self, section: int) -> None:
        if section > 0:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.go_to_column(section)


class PreviewPane(QWidget):
    """`type_chosen` carries a column's name and its new type, None to leave it out."""

    type_chosen = Signal(str, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._preview: Preview | None = None
        self._widths: list[int] = []
        self._menu: TypeMenu | None = None
        self.rows = PreviewItemModel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_tools())
        self.table = PreviewTable(theme, self.rows)
        self.table.type_asked.connect(self.open_menu)
        column.addWidget(self.table, 1)

    def show_preview(self, preview: Preview) -> None:
        """Keeps scroll and current cell; a column that is new is scrolled to."""
        before = {column.name for column in self._preview.columns} if self._preview else set()
        new = [column.name for column in preview.columns if column.is_derived and column.name not in before]
        self._preview = preview
        self.odd.setVisible(preview.odd_count > 0)
        self.odd.setText(plain_caption(f"With findings  {formats.count(preview.odd_count)}"))
        self.odd.setAccessibleName(f"Rows with findings, {formats.count(preview.odd_count)}")
        if self.which.value == ODD and not preview.odd_count:
            self.which.show_value(FIRST)
        self._fill()
        if self._preview and before and new:
            sections = [place for place, column in enumerate(self.rows.shown, 1) if column.name in new]
            if sections:
                self.table.scrollTo(self.rows.index(max(0, self.table.rowAt(0)), sections[-1]))

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._tool_row.setContentsMargins(edge, 6, 14, 7)
        self._hint.setVisible(not small)

    def open_menu(self, section: int) -> None:
        """The types of the column, below its tag."""
        column = self.rows.column(section)
        if column is None or column.is_derived:
            return
        self.table.scrollTo(self.rows.index(max(0, self.table.rowAt(0)), section))
        menu = self._menu = TypeMenu(self._theme, column, self)
        menu.chosen.connect(lambda kind: self.type_chosen.emit(column.name, kind))
        menu.aboutToHide.connect(self._on_menu_hidden)
        header = self.table.types
        header.opened = section
        header.viewport().update()
        place = header.tag_area(section).bottomLeft() + QPoint(-4, 6)
        menu.popup(header.viewport().mapToGlobal(place))

    def open_menu_of(self, name: str) -> None:
        """Brings the column into view and opens its menu."""
        for place, column in enumerate(self.rows.shown, 1):
            if column.name == name:
                self._go_to(place)
                self.open_menu(place)

    def _make_tools(self) -> QWidget:
        theme = self._theme
        tools = QWidget()
        tools.setObjectName("toolline")
        row = self._tool_row = QHBoxLayout(tools)
        row.setSpacing(10)
        row.addWidget(Text(theme, "Preview", "title"))
        options = ((FIRST, "First rows"), (ODD, "With findings"), (SPREAD, "Spread over the file"))
        self.which = Segments(theme, "Which rows", options)
        self.which.show_value(FIRST)
        self.which.chosen.connect(lambda _: self._fill())
        self.odd = self.which.buttons[1]
        row.addWidget(self.which)
        self._hint = ElidedText(theme, "Detected for all columns, change any type by its tag", "table", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addWidget(self._hint, 1)
        row.addStretch(0)
        self.columns = Button(theme, "", icon="columns-3", kind="ghost", small=True, tip="Go to a column")
        menu = self._columns_menu = QMenu(self)
        menu.aboutToShow.connect(self._fill_columns)
        self.columns.setMenu(menu)
        row.addWidget(self.columns, 0, Qt.AlignmentFlag.AlignRight)
        return tools

    # Columns

    def _fill(self) -> None:
        preview = self._preview
        if preview is None:
            return
        row, section = self.table.currentIndex().row(), self.table.currentIndex().column()
        across, down = self.table.horizontalScrollBar().value(), self.table.verticalScrollBar().value()
        self.table.clearSpans()
        self.rows.show_preview(preview, str(self.which.value))
        for place, item in enumerate(self.rows.rows):
            if isinstance(item, Gap):
                self.table.setSpan(place, 0, 1, self.rows.columnCount())
        words = formats.plural(len(preview.columns), "column")
        self.columns.set_caption(words)
        self.columns.setAccessibleName(f"{words}, go to one")
        self._widths = [self.table.types.fitting_width(column) for column in preview.columns]
        self._size()
        if row >= 0 and self.rows.rowCount():
            index = self.rows.index(min(row, self.rows.rowCount() - 1), min(section, self.rows.columnCount() - 1))
            self.table.selectionModel().setCurrentIndex(index, self.table.selectionModel().SelectionFlag.NoUpdate)
        self.table.horizontalScrollBar().setValue(across)
        self.table.verticalScrollBar().setValue(down)

    def _size(self) -> None:
        """Each column as wide as it needs; where there is room left, all of it is shared out."""
        header, number = self.table.types, self._theme.px(NUMBER_WIDTH)
        spare = max(0, self.table.viewport().width() - number - sum(self._widths))
        more, rest = divmod(spare, max(1, len(self._widths)))
        wanted = [number, *(width + more for width in self._widths)]
        wanted[-1] += rest
        for place, width in enumerate(wanted):
            if header.sectionSize(place) != width:
                header.resizeSection(place, width)

    def _fill_columns(self) -> None:
        """Every column, to go to it: a wide table need not be scrolled to find one."""
        self._columns_menu.clear()
        columns = self._preview.columns if self._preview else ()
        for place, column in enumerate(columns[:MOST_IN_MENU], 1):
            action = QAction(plain_caption(column.name), self._columns_menu)
            action.triggered.connect(lambda _=False, place=place: self._go_to(place))
            self._columns_menu.addAction(action)
        if len(columns) > MOST_IN_MENU:
            more = f"and {formats.count(len(columns) - MOST_IN_MENU)} more, not shown here"
            self._columns_menu.addAction(more).setEnabled(False)

    def _go_to(self, section: int) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.table.go_to_column(section)

    def forget(self) -> None:
        """Another file begins at its first row and column."""
        self._preview = None
        self.which.show_value(FIRST)
        self.table.horizontalScrollBar().setValue(0)
        self.table.verticalScrollBar().setValue(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._preview is not None:
            self._size()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._menu is not None:
            self._menu.close()

    def _on_menu_hidden(self) -> None:
        if self._menu is not None:
            self._menu.deleteLater()
            self._menu = None
        self.table.types.opened = -1
        self.table.types.viewport().update()

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)
