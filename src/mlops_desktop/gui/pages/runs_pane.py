"""The middle of Experiments: filter and columns above, the runs table, the selection bar below."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.run_filters import EVERYTHING, Condition, Either, Missing, RunFilter, as_text
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.delegates.runs import RunDelegate
from mlops_desktop.gui.item_models.columns import Column
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.pages.runs_columns import RunsColumns
from mlops_desktop.gui.pages.selection_bar import SelectionBar
from mlops_desktop.gui.readings import run_filters as reading
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.filter_bar import FilterBar
from mlops_desktop.gui.widgets.funnel_header import FunnelHeader
from mlops_desktop.gui.widgets.panel import Tick
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox, NoMatch

MOST_VALUES = 200
NO_RUNS = "A run trains one estimator on a dataset version and keeps what it measured."


class RunsTable(DataTable):
    """`opened` follows Enter and a double click on a row, `rested` the pointer that comes and goes."""

    opened = Signal(QModelIndex)
    rested = Signal()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.rested.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.rested.emit()

    def go_to_quietly(self, row: int) -> None:
        """Makes the row current and scrolls nowhere."""
        index = self.model().index(row, min(2, self.model().columnCount() - 1))
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() > 0:
            self.opened.emit(index)
            return
        super().mouseDoubleClickEvent(event)


class RunsPane(QWidget):
    """Keeps columns, order, selection and the state in place of rows."""

    current_changed = Signal(QModelIndex)
    opened = Signal(QModelIndex)
    stood = Signal()
    new_asked = Signal()

    def __init__(self, context: Context, model: RunItemModel, retry: Callable[[], None], over: QWidget) -> None:
        super().__init__()
        self._context, self._model, self._retry = context, model, retry
        self._error: ErrorBox | None = None
        self._scroll, self._row = 0, -1
        """How far the table was scrolled before its rows became others, and the current row where it was in sight."""
        self.is_read = False
        """Whether it is known which runs there are."""
        self.only_some = False
        """Whether the view itself leaves runs out."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_tools(over))
        self._make_table()
        self.columns = RunsColumns(context, self.table, model, self)
        self._stack = QStackedWidget()
        self._stack.setObjectName("tableground")
        self._stack.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = context.theme
        self._skeleton = Skeleton(theme, "runs", 24)
        for state in (self._skeleton, self.table):
            self._stack.addWidget(state)
        column.addWidget(self._stack, 1)
        self.bar = SelectionBar(theme)
        self.bar.clear_asked.connect(lambda: self._model.tick_all(False))
        column.addWidget(self.bar)
        model.ticked.connect(self._on_ticked)
        model.arranged.connect(self._on_ticked)
        model.modelAboutToBeReset.connect(self._on_resetting)

    @cached_property
    def empty(self) -> EmptyState:
        made = EmptyState(
            self._context.theme, "flask-conical", "No runs yet", NO_RUNS, action="New run", act=self.new_asked.emit
        )
        self._stack.addWidget(made)
        return made

    @cached_property
    def _idle(self) -> EmptyState:
        words = "No run belongs to this view at the moment."
        made = EmptyState(self._context.theme, "circle-check", "Nothing here now", words)
        self._stack.addWidget(made)
        return made

    @cached_property
    def _no_match(self) -> NoMatch:
        made = NoMatch(self._context.theme, self.filter.clear)
        self._stack.addWidget(made)
        return made

    def set_small(self, small: bool) -> None:
        self._tool_row.setContentsMargins(14 if small else 20, 7, 12, 8)
        self.bar.set_small(small)

    def show_loading(self) -> None:
        if self._model.total == 0:
            self._stack.setCurrentWidget(self._skeleton)

    def show_rows(self) -> None:
        """Rows, or what stands in their place."""
        asked = reading.fields_of(self.filter.filter)
        self.columns.filtered = frozenset(column.name for column in self._model.columns if column.field in asked)
        self.columns.fit()
        self._show_heads()
        if not self.is_read:
            self.show_loading()
            return
        self._tools.setVisible(self._model.total > 0)
        shown: QWidget = self.table
        if self._model.rowCount() == 0:
            if self._model.filter != EVERYTHING:
                self._no_match.show_filter(self._no_match_sentence())
                shown = self._no_match
            else:
                shown = self._idle if self.only_some and self._model.total else self.empty
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

    def go_to(self, row: int, *, into_view: bool = True) -> None:
        """Makes the row current; unless it is to come `into_view`, the table stays where it was scrolled to."""
        if into_view:
            self.table.go_to(row)
            return
        self.table.setAutoScroll(False)
        self.table.doItemsLayout()
        self.table.go_to_quietly(row)
        moved = row - self._row if self._scroll and self._row >= 0 else 0
        self.table.verticalScrollBar().setValue(self._scroll + moved)
        self.table.setAutoScroll(True)

    # Making

    def _make_tools(self, over: QWidget) -> QWidget:
        theme = self._context.theme
        tools = self._tools = QWidget()
        tools.setObjectName("toolline")
        row = self._tool_row = QHBoxLayout(tools)
        row.setSpacing(8)
        self.filter = FilterBar(theme, lambda: self._model.runs, over)
        self.filter.changed.connect(self._on_filter)
        self.filter.left.connect(lambda: self.table.setFocus(Qt.FocusReason.ShortcutFocusReason))
        row.addWidget(self.filter, 1)
        self.columns_button = Button(theme, "Columns", icon="columns-3", kind="ghost", small=True)
        self.columns_button.clicked.connect(lambda: self.columns.pick(self.columns_button))
        beside = QVBoxLayout()
        beside.setContentsMargins(0, 2, 0, 0)  # on the line of the words in the field
        beside.addWidget(self.columns_button)
        beside.addStretch(1)
        row.addLayout(beside)
        return tools

    def _make_table(self) -> None:
        theme = self._context.theme
        self.table = RunsTable(theme, "Runs", self._model.tick)
        self.head = FunnelHeader(theme)
        self.table.header = self.head
        self.table.setHorizontalHeader(self.head)
        self.head.setSectionsClickable(True)
        self.table.setModel(self._model)
        self.table.setItemDelegate(RunDelegate(theme, self.table, self._model))
        self.table.set_density(self._context.shell.state.density)
        self.head.sort_asked.connect(self._on_sort)
        self.head.funnel_asked.connect(self._on_funnel)
        self.head.box_clicked.connect(self._on_box)
        self.table.escaped.connect(self._on_escaped)
        self.table.opened.connect(self.opened)
        self.table.rested.connect(self._hold)
        self.table.selectionModel().currentChanged.connect(lambda now, before: self.current_changed.emit(now))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.columns.fit()
        self._show_heads()

    # Filter

    def _on_filter(self, wanted: RunFilter) -> None:
        self._model.set_filter(wanted)
        self.show_rows()
        self.stood.emit()

    def _on_funnel(self, section: int) -> None:
        from mlops_desktop.gui.widgets.value_filter import RangePanel, ValuesPanel

        column = self._model.shown[section - 1]
        theme, place = self._context.theme, self.head.section_rect(section)
        runs, everything = self._model.runs, range(self._model.total)
        if column.has_range:
            numbers = [value for value in runs.numbers(column.field) if abs(value) < float("inf")]
            places = formats.decimals(numbers)
            span = (f"{min(numbers):.{places}f}", f"{max(numbers):.{places}f}") if numbers else ("", "")
            empty = len(everything) - len(numbers)
            RangePanel(
                theme, column.title, self.head, span=span, empty=empty,
                apply=lambda low, high, missing: self._set_range(column, low, high, missing),
            ).open_below(self.head, place)  # fmt: skip
            return
        counts = runs.values(column.field, everything).most_common(MOST_VALUES)
        chosen = reading.chosen_values(self.filter.filter, column.field)
        ticks = [
            Tick(value, value or "(no value)", value.casefold() in chosen, formats.count(count))
            for value, count in counts
        ]
        panel = ValuesPanel(theme, column.title, ticks, lambda values: self._set_values(column, values), self.head)
        panel.open_below(self.head, place)

    def _set_values(self, column: Column, values: list[str]) -> None:
        parts: list[RunFilter] = [
            Condition(column.field, "=", value) if value else Missing(column.field) for value in values
        ]
        wanted = EVERYTHING if not parts else parts[0] if len(parts) == 1 else Either(tuple(parts))
        self.filter.add(wanted, instead_of=column.field)

    def _set_range(self, column: Column, low: str, high: str, missing: bool) -> None:
        parts: list[RunFilter] = [
            Condition(column.field, sign, text) for sign, text in ((">=", low), ("<=", high)) if text
        ]
        wanted = Missing(column.field) if missing else reading.joined(parts) if parts else EVERYTHING
        self.filter.add(wanted, instead_of=column.field)

    # Order

    def _on_sort(self, section: int, adds: bool) -> None:
        """A click sorts, the better end first; another one turns it; with Shift it comes after the keys there are."""
        if not 0 < section <= len(self._model.shown):
            return
        column = self._model.shown[section - 1]
        first = column.numeric and not column.is_lower_better
        held = next((key for key in self._model.order if key.field == column.sort), None)
        if adds:
            turned = [SortKey(key.field, key.descending is not (key is held)) for key in self._model.order]
            self._model.sort_by(*(turned if held else (*self._model.order, SortKey(column.sort, first))))
        else:
            alone = held is not None and len(self._model.order) == 1
            self._model.sort_by(SortKey(column.sort, not held.descending if held and alone else first))
        self._show_heads()
        self.stood.emit()

    def _show_heads(self) -> None:
        ranks = {key.field: (rank, key.descending) for rank, key in enumerate(self._model.order, 1)}
        shown = list(enumerate(self._model.shown, 1))
        self.head.show_orders({place: ranks[one.sort] for place, one in shown if one.sort in ranks})
        asked = reading.fields_of(self.filter.filter)
        self.head.show_funnels(
            frozenset(place for place, one in shown if one.field and one.name not in ("started", "notes")),
            frozenset(place for place, one in shown if one.field in asked),
        )
        self.columns_button.set_caption(f"Columns {len(shown)}")

    def _on_box(self) -> None:
        self._model.tick_all(len(self._model.ticks) < self._model.rowCount())

    def _on_ticked(self) -> None:
        ticks, rows = self._model.ticks, self._model.rowCount()
        self.bar.show_runs(ticks, self._order_note())
        self.head.show_box("off" if not ticks else "on" if len(ticks) == rows else "mixed")
        self._hold()

    def _hold(self) -> None:
        """Nothing moves below the pointer, nor while runs are selected."""
        self._model.hold(self.table.underMouse() or bool(self._model.ticks))

    def _order_note(self) -> str:
        key = self._model.order[0]
        title = next((column.title for column in self._model.columns if column.sort == key.field), "").lower()
        rows = f"{formats.count(self._model.rowCount())} of {formats.plural(self._model.total, 'run')}"
        return f"{rows} · sorted by {title}, running on top" if title else rows

    def _on_escaped(self) -> None:
        if self._model.ticks:
            self._model.tick_all(False)
        elif self.filter.text:
            self.filter.clear()

    def _on_resetting(self) -> None:
        current = self.table.currentIndex()
        self._scroll = self.table.verticalScrollBar().value()
        self._row = current.row() if self.table.viewport().rect().intersects(self.table.visualRect(current)) else -1

    def _no_match_sentence(self) -> str:
        total = formats.plural(self._model.total, "run")
        which = "runs of this view" if self.only_some else total
        wanted = self._model.filter
        hint = reading.nearest(wanted, self._model.runs) or "Every word must be in the run, its settings or its tags."
        return f"0 of {which} match {as_text(wanted, self._model.runs.known)}. {hint}"

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 200)
