"""The middle of Experiments: filter and columns above, the runs table, the selection bar below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QMenu, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.delegates.runs import RunDelegate
from mlops_desktop.gui.item_models.columns import Column, main_task
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.data_table import BOX_WIDTH, DataTable
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox, NoMatch
from mlops_desktop.gui.widgets.text import Text, plain_caption

RUN_COMMAND = "mlops experiments run DATASET TARGET"


class FilterField(QLineEdit):
    """Free text; Esc empties it, then leaves it."""

    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setPlaceholderText("Filter by run, estimator, dataset, status, tag")
        self.setAccessibleName("Filter runs")
        self.setTextMargins(22, 0, 0, 0)
        self.setClearButtonEnabled(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
            return
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        area = self.rect().adjusted(9, 0, 0, 0)
        area.setWidth(15)
        painter = QPainter(self)
        self._theme.paint_icon(painter, area, "list-filter", "muted")
        if not self.text() and not self.hasFocus() and self.width() > 340:
            painter.setFont(self._theme.font("caption"))
            painter.setPen(self._theme.colour("muted"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(0, 0, -10, 0), right, "Ctrl F")


class RunsPane(QWidget):
    """Keeps columns, order, selection and the state in place of rows."""

    current_changed = Signal(QModelIndex)
    stood = Signal()
    trash_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, context: Context, model: RunItemModel, retry: Callable[[], None]) -> None:
        super().__init__()
        self._context, self._model, self._retry = context, model, retry
        self._error: ErrorBox | None = None
        self.active_only = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_tools())
        self._make_table()
        self._stack = QStackedWidget()
        self._stack.setObjectName("tableground")
        self._stack.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = context.theme
        self._skeleton = Skeleton(theme, "runs", 24)
        self._no_match = NoMatch(theme, self.filter.clear)
        self.empty = EmptyState(
            theme,
            "flask-conical",
            "No runs yet",
            "A run trains one estimator on a dataset version and keeps what it measured. Runs are started on the "
            "command line and show up here while they work.",
            RUN_COMMAND,
        )
        self._idle = EmptyState(theme, "circle-check", "Nothing is running", "Runs in progress show up here.")
        for state in (self._skeleton, self.table, self._no_match, self.empty, self._idle):
            self._stack.addWidget(state)
        column.addWidget(self._stack, 1)
        column.addWidget(self._make_selection_bar())
        model.ticked.connect(self._on_ticked)
        model.arranged.connect(self._on_arranged)
        model.modelReset.connect(self._on_reset)

    @property
    def filter_text(self) -> str:
        return self.filter.text()

    def set_filter_text(self, text: str) -> None:
        self.filter.setText(text)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._tool_row.setContentsMargins(edge, 7, 12, 8)
        self._bar_row.setContentsMargins(edge, 1, 12, 0)
        self._note.setVisible(not small)

    def show_loading(self) -> None:
        if self._model.total == 0:
            self._stack.setCurrentWidget(self._skeleton)

    def show_rows(self) -> None:
        """Rows, or what stands in their place."""
        self._fit_columns()
        self._show_order()
        self._tools.setVisible(self._model.total > 0)
        shown: QWidget = self.table
        if self._model.rowCount() == 0:
            if self.filter_text:
                self._no_match.show_filter(self._no_match_sentence())
                shown = self._no_match
            else:
                shown = self._idle if self.active_only and self._model.total else self.empty
        self._stack.setCurrentWidget(shown)
        self._on_ticked()

    def show_error(self, error: BaseException) -> None:
        if self._model.total:
            self._context.shell.show_failure(error)
            return
        if self._error is None:
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(20, 20, 20, 20)
            self._error = ErrorBox(self._context.theme, self._retry)
            column.addWidget(self._error)
            column.addStretch(1)
            self._stack.addWidget(holder)
        self._error.show_error(error)
        parent = self._error.parentWidget()
        if parent is not None:
            self._stack.setCurrentWidget(parent)

    # Making

    def _make_tools(self) -> QWidget:
        theme = self._context.theme
        tools = self._tools = QWidget()
        tools.setObjectName("toolline")
        row = self._tool_row = QHBoxLayout(tools)
        row.setContentsMargins(20, 7, 12, 8)
        row.setSpacing(8)
        self.filter = FilterField(theme)
        self.filter.textChanged.connect(self._on_filter)
        self.filter.left.connect(lambda: self.table.setFocus(Qt.FocusReason.ShortcutFocusReason))
        row.addWidget(self.filter, 1)
        self.columns_button = Button(theme, "Columns", icon="columns-3", kind="ghost", small=True)
        self._columns_menu = QMenu(self)
        self._columns_menu.aboutToShow.connect(self._fill_columns)
        self.columns_button.setMenu(self._columns_menu)
        row.addWidget(self.columns_button)
        return tools

    def _make_table(self) -> None:
        self.table = DataTable(self._context.theme, "Runs", self._model.tick)
        self.table.setModel(self._model)
        self.table.setItemDelegate(RunDelegate(self._context.theme, self.table, self._model))
        self.table.set_density(self._context.shell.state.density)
        self.table.header.sectionClicked.connect(self._on_section)
        self.table.header.box_clicked.connect(self._on_box)
        self.table.escaped.connect(self._on_escaped)
        self.table.selectionModel().currentChanged.connect(lambda now, before: self.current_changed.emit(now))

    def _make_selection_bar(self) -> QWidget:
        theme = self._context.theme
        self.selection_bar = QWidget()
        self.selection_bar.setObjectName("selectionbar")
        self.selection_bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.selection_bar.setFixedHeight(38)
        row = self._bar_row = QHBoxLayout(self.selection_bar)
        row.setContentsMargins(20, 1, 12, 0)
        row.setSpacing(8)
        self._selected = Text(theme, "", "label")
        self.cancel = Button(theme, "Cancel run", icon="square", small=True)
        self.trash = Button(theme, "Move to trash", icon="trash-2", small=True)
        self.cancel.clicked.connect(self.cancel_asked)
        self.trash.clicked.connect(self.trash_asked)
        self._note = Text(theme, "", "number", "muted")
        self.clear = Button(theme, "Clear", kind="ghost", small=True)
        self.clear.clicked.connect(lambda: self._model.tick_all(False))
        for part in (self._selected, self.cancel, self.trash):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._note)
        row.addWidget(self.clear)
        self.selection_bar.hide()
        return self.selection_bar

    # Columns

    def _task(self) -> str:
        return main_task([run for row in range(self._model.rowCount()) if (run := self._model.run_at(row))]).value

    def _fit_columns(self) -> None:
        """The person's columns, then as many others as there is room for."""
        chosen = self._context.shell.state.columns.get(self._task(), {})
        wanted = [column for column in self._model.columns if chosen.get(column.name, column.shown)]
        room = self._stack.width() - BOX_WIDTH - 12
        needed = sum(self._width(column) for column in wanted)
        for column in sorted(wanted, key=lambda one: one.keep, reverse=True):
            if needed > room and column.keep and not chosen.get(column.name):
                wanted.remove(column)
                needed -= self._width(column)
        self._model.set_shown([column.name for column in wanted])
        self._size_columns()
        self.columns_button.set_caption(f"Columns {len(wanted)}")

    def _width(self, column: Column) -> int:
        return max(column.width, self.table.header.title_width(column.title))

    def _size_columns(self) -> None:
        header = self.table.header
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(0, BOX_WIDTH)
        for place, column in enumerate(self._model.shown, 1):
            stretch = column.name == "name"
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(place, mode)
            if not stretch:
                header.resizeSection(place, self._width(column))
        header.show_numeric(frozenset(place for place, one in enumerate(self._model.shown, 1) if one.numeric))

    def _fill_columns(self) -> None:
        self._columns_menu.clear()
        shown = {column.name for column in self._model.shown}
        for column in self._model.columns:
            if column.name == "name":
                continue
            action = QAction(plain_caption(column.title), self._columns_menu)
            action.setCheckable(True)
            action.setChecked(column.name in shown)
            action.toggled.connect(lambda on, name=column.name: self._on_column(name, on))
            self._columns_menu.addAction(action)

    def _on_column(self, name: str, shown: bool) -> None:
        shell = self._context.shell
        shell.remember(shell.state.with_column(self._task(), name, shown))
        self._fit_columns()
        self._show_order()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()
        self._show_order()

    # What happens

    def _on_filter(self, text: str) -> None:
        self._model.set_filter(text)
        self.show_rows()
        self.stood.emit()

    def _on_section(self, section: int) -> None:
        if not 0 < section <= len(self._model.shown):
            return
        column = self._model.shown[section - 1]
        name, descending = self._model.order
        first = column.numeric and not column.is_lower_better
        self._model.sort_by(column.name, not descending if name == column.name else first)
        self._show_order()
        self.stood.emit()

    def _show_order(self) -> None:
        name, descending = self._model.order
        places = [place for place, column in enumerate(self._model.shown, 1) if column.name == name]
        self.table.header.show_order(places[0] if places else -1, descending)

    def _on_box(self) -> None:
        self._model.tick_all(len(self._model.ticks) < self._model.rowCount())

    def _on_ticked(self) -> None:
        ticks, rows = self._model.ticks, self._model.rowCount()
        self.selection_bar.setVisible(bool(ticks))
        self._selected.setText(f"{formats.count(len(ticks))} selected")
        open_runs = sum(not run.status.is_ended for run in ticks)
        self.cancel.setVisible(open_runs > 0)
        self.cancel.set_caption("Cancel run" if open_runs == 1 else f"Cancel {open_runs} runs")
        self.trash.setVisible(len(ticks) > open_runs)
        self._say_order()
        self.table.header.show_box("off" if not ticks else "on" if len(ticks) == rows else "mixed")

    def _say_order(self) -> None:
        name, _ = self._model.order
        title = next((column.title for column in self._model.columns if column.name == name), "").lower()
        rows = f"{formats.count(self._model.rowCount())} of {formats.plural(self._model.total, 'run')}"
        self._note.setText(f"{rows} · sorted by {title}, running on top" if title else rows)

    def _on_escaped(self) -> None:
        if self._model.ticks:
            self._model.tick_all(False)
        elif self.filter_text:
            self.filter.clear()

    def _on_arranged(self) -> None:
        self._on_ticked()

    def _on_reset(self) -> None:
        self._size_columns()

    def _no_match_sentence(self) -> str:
        total = formats.plural(self._model.total, "run")
        which = "runs in progress" if self.active_only else total
        near = self._model.nearest(self.filter_text)
        hint = (
            f"The nearest is {near}." if near else "Every word must be in the run, estimator, dataset, status or a tag."
        )
        return f"0 of {which} match “{self.filter_text}”. {hint}"

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)
