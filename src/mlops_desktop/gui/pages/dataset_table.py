"""The middle of Datasets: rows of a version as they are scrolled to, and the chosen column below them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import DatasetVersion, Finding
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.table_rows import ReadPage, TableRowItemModel
from mlops_desktop.gui.pages.column_detail import ColumnDetail
from mlops_desktop.gui.pages.dataset_tools import DatasetTools
from mlops_desktop.gui.readings.dataset_columns import example
from mlops_desktop.gui.widgets.message_bar import MessageBar
from mlops_desktop.gui.widgets.rows_table import RowsTable
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, NoMatch

DETAIL_HEIGHT, SMALL_DETAIL = 168, 158


class DatasetTable(QWidget):
    """`stood` follows when column, row or condition are others."""

    stood = Signal()

    def __init__(self, context: Context, read: ReadPage) -> None:
        super().__init__()
        self._context = context
        self._findings: Sequence[Finding] = ()
        self._good = ""
        self._wanted_column, self._wanted_row = "", 0
        theme = context.theme
        self.rows = TableRowItemModel(context.lanes, read, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.tools = DatasetTools(theme)
        column.addWidget(self.tools)
        self.trouble = MessageBar(theme)
        holder = QVBoxLayout()
        holder.setContentsMargins(12, 0, 12, 0)
        holder.addWidget(self.trouble)
        column.addLayout(holder)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        self._stack = QStackedWidget()
        self.table = RowsTable(theme, self.rows, "Rows")
        self._counting = Skeleton(theme, "rows", 30)
        self._no_rows = NoMatch(theme, self.clear_where)
        self._no_columns = NoMatch(theme, self.tools.search.clear)
        self._empty = EmptyState(theme, "database", "No rows", "This version has columns and no row.")
        for state in (self.table, self._counting, self._no_rows, self._no_columns, self._empty):
            self._stack.addWidget(state)
        self._split.addWidget(self._stack)
        self.detail = ColumnDetail(theme)
        self._split.addWidget(self.detail)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        self._split.setSizes([500, theme.px(DETAIL_HEIGHT)])
        self.detail.hide()
        column.addWidget(self._split, 1)
        self._connect()

    @property
    def version(self) -> DatasetVersion | None:
        return self.rows.version

    def show_version(self, version: DatasetVersion, findings: Sequence[Finding]) -> None:
        """The same version again keeps its place."""
        self._findings = findings
        if self.version is not None and self.version.id == version.id:
            self._show_detail()
            return
        self.tools.where.clear()
        self.tools.search.blockSignals(True)
        self.tools.search.clear()
        self.tools.search.blockSignals(False)
        self.tools.show_refusal(None)
        self.tools.show_example(example(version))
        self._good = ""
        self.trouble.hide()
        self.rows.show_version(version, self._visible(version, ""))
        self._show_columns()
        self._show_state()
        self._restore()

    def go_to(self, column: str, row: int = 0) -> None:
        """Shows the column, and the row counted from 1 where one is named, now or when there is a table."""
        self._wanted_column, self._wanted_row = column, row
        if column in self.rows.names:  # else it is of a version that is still being read
            self._restore()

    def go_to_row(self, number: int) -> None:
        if self.rows.where:
            self.clear_where()
        if number > self.rows.rowCount():
            last = formats.count(self.rows.rowCount())
            said = f"There is no row {formats.count(number)}: the table ends with row {last}."
            self.trouble.say(said, severity="info")
            return
        self.table.go_to_row(number - 1)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_where(self, where: str) -> None:
        if where != self.tools.where.text().strip():
            self.tools.where.setText(where)
        self.tools.show_refusal(None)
        self.rows.set_where(where)
        self._show_state()
        self.stood.emit()

    def clear_where(self) -> None:
        self.set_where("")

    def set_small(self, small: bool) -> None:
        self.tools.set_small(small)
        self.detail.set_small(small)

    def refresh(self) -> None:
        """Reads again what could not be read."""
        if self.rows.trouble:
            self.rows.retry()

    def _connect(self) -> None:
        tools, rows = self.tools, self.rows
        tools.where_given.connect(self.set_where)
        tools.searched.connect(self._on_searched)
        tools.row_given.connect(self.go_to_row)
        tools.column_switched.connect(self._on_switched)
        tools.left.connect(self._on_left)
        rows.counted.connect(self._on_counted)
        rows.troubled.connect(self._on_troubled)
        rows.refused.connect(self._on_refused)
        self.table.column_chosen.connect(self._on_column)
        self.table.escaped.connect(self._on_escaped)

    # Columns

    def _visible(self, version: DatasetVersion, search: str) -> list[str]:
        """Derived columns first, for they are what the person made; then all the others in their order."""
        made = [item.name for item in version.source.derived]
        names = [*made, *(column.name for column in version.columns if column.name not in made)]
        hidden = self._hidden(version)
        words = search.casefold().split()
        if words:  # a search finds hidden columns too
            return [name for name in names if all(word in name.casefold() for word in words)]
        return [name for name in names if name not in hidden] or names

    def _hidden(self, version: DatasetVersion) -> frozenset[str]:
        chosen = self._context.shell.state.columns.get(f"dataset:{version.dataset_name}", {})
        return frozenset(name for name, shown in chosen.items() if not shown)

    def _on_searched(self, text: str) -> None:
        if self.version is None:
            return
        before = self.table.column
        names = self._visible(self.version, text)
        self.rows.show_columns(names)
        self._show_columns()
        self._show_state()
        if not self.table.choose_column(before) and names:
            self.table.choose_column(names[0])

    def _on_switched(self, name: str, shown: bool) -> None:
        if self.version is None:
            return
        shell = self._context.shell
        shell.remember(shell.state.with_column(f"dataset:{self.version.dataset_name}", name, shown))
        self._on_searched(self.tools.search.text())

    def _show_columns(self) -> None:
        version = self.version
        if version is not None:
            names = [column.name for column in version.columns]
            self.tools.show_columns(names, self._hidden(version), len(self.rows.names))

    # States

    def _show_state(self) -> None:
        version, rows = self.version, self.rows
        if version is None:
            return
        self.tools.show_count(rows.total if rows.where else None, version.rows)
        state: QWidget = self.table
        if not rows.names:
            self._no_columns.show_filter(self._no_columns_sentence(version))
            state = self._no_columns
        elif rows.total is None:
            state = self._counting
        elif rows.total == 0:
            self._no_rows.show_filter(f"No row of {formats.count(version.rows)} matches “{rows.where}”.")
            state = self._no_rows if rows.where else self._empty
        self._stack.setCurrentWidget(state)

    def _no_columns_sentence(self, version: DatasetVersion) -> str:
        text = self.tools.search.text()
        known = {column.name.casefold(): column.name for column in version.columns}
        near = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.4)
        hint = f" The nearest is {known[near[0]]}." if near else ""
        return f"No column of {formats.count(len(known))} has “{text}” in its name.{hint}"

    def _on_counted(self) -> None:
        self._good = self.rows.where
        self._show_state()
        if not self.table.choose_column(self.detail.column) and self.rows.names:
            self.table.choose_column(self.rows.names[0])

    def _on_refused(self, error: BaseException) -> None:
        """What was written stays to be mended; the rows before come back."""
        self.rows.set_where(self._good)
        self._show_state()
        self.tools.show_refusal(error)
        self.tools.where.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_troubled(self) -> None:
        trouble = self.rows.trouble
        if trouble is None:
            self.trouble.hide()
            return
        from mlops_desktop.domain.errors import MlopsError

        first, last, error = trouble
        words = f"Rows {formats.count(first)} to {formats.count(last)} could not be read."
        if isinstance(error, MlopsError):
            words = f"{words} {error.message} {error.hint} Nothing was changed. {error.code}".replace("  ", " ")
        self.trouble.say(words, action="Try again", act=self.rows.retry)

    # What happens

    def _restore(self) -> None:
        """The column and row that were asked for, else the first column that does not always hold the same."""
        version, rows = self.version, self.rows
        if version is None or not rows.names:
            return
        varied = (name for name in rows.names if (found := version.profile(name)) and found.distinct > 1)
        column = self._wanted_column if self._wanted_column in rows.names else self.table.column
        if self._wanted_row and self._wanted_row <= rows.rowCount():
            self.table.go_to_row(self._wanted_row - 1)
        before = self.table.column
        self.table.choose_column(column or next(varied, rows.names[0]))
        self._wanted_column, self._wanted_row = "", 0
        if self.table.column == before:  # another one is shown as it is chosen
            self._show_detail()

    def _on_column(self, name: str) -> None:
        self._show_detail()
        if name:
            self.stood.emit()

    def _show_detail(self) -> None:
        version, column = self.version, self.table.column
        if version is None or not column:
            self.detail.setVisible(bool(version and self.detail.column and version.profile(self.detail.column)))
            return
        self.detail.show_column(version, column, self._findings)
        if self.detail.isHidden():
            self.detail.show()
            theme = self._context.theme
            height = theme.px(DETAIL_HEIGHT)
            self._split.setSizes([max(1, self._split.height() - height), height])

    def _on_left(self) -> None:
        """A condition that was refused at once keeps the focus, to be mended."""
        if not self.tools.refusal:
            self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_escaped(self) -> None:
        if self.tools.search.text():
            self.tools.search.clear()
        elif self.rows.where:
            self.clear_where()
