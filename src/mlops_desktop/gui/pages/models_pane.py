"""The middle of Models: filter above, models with their versions, a line about them below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QHeaderView, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.delegates.models import ModelDelegate
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.models import (
    ALIASES,
    CHANGE,
    FIGURE,
    NAME,
    RUN,
    SERVING,
    ModelsItemModel,
    TreeRow,
)
from mlops_desktop.gui.readings.models import ModelsFacts, nearest
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.version_drag import begin_drag
from mlops_desktop.gui.widgets.busy_note import BusyNote
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox, NoMatch
from mlops_desktop.gui.widgets.text import Text

WIDTHS = {NAME: 144, RUN: 120, ALIASES: 232, SERVING: 138, FIGURE: 104, CHANGE: 168}
_GOES_FIRST = (CHANGE, RUN, SERVING)
"""Columns that go, in this order, where there is no room for all."""


class ModelsTable(DataTable):
    """Left closes a model and goes to it from a version, Right opens it; Enter or a double click leads on."""

    opened = Signal(object)
    fold_asked = Signal(str, bool)

    def __init__(self, theme: Theme, model: ModelsItemModel) -> None:
        super().__init__(theme, "Models and versions")
        self.rows = model
        self._pressed_at = QPoint()
        self.setModel(model)
        self.painter_of_rows = ModelDelegate(theme, self, model)
        self.setItemDelegate(self.painter_of_rows)
        self.header.setSectionsClickable(False)
        self.header.first_pad = 20
        self.header.show_numeric(frozenset({FIGURE}))
        for place, width in WIDTHS.items():
            stretch = place == CHANGE
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Fixed
            self.header.setSectionResizeMode(place, mode)
            self.header.resizeSection(place, theme.px(width))

    @property
    def current_row(self) -> TreeRow | None:
        return self.rows.row(self.currentIndex().row())

    def set_edge(self, edge: int) -> None:
        self.painter_of_rows.edge = self.header.first_pad = edge
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.current_row, event.key()
        if row is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(row)
        elif key == Qt.Key.Key_Left:
            self._on_left(row)
        elif key == Qt.Key.Key_Right:
            if not row.number and not self.rows.is_open(row):
                self.fold_asked.emit(row.facts.model.name, True)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self._pressed_at = event.position().toPoint()
        index = self.indexAt(at)
        row = self.rows.row(index.row())
        super().mousePressEvent(event)
        if row and not row.number and index.column() == NAME:
            area = self.visualRect(index)
            if self.painter_of_rows.opener(area).contains(at):
                self.fold_asked.emit(row.facts.model.name, not self.rows.is_open(row))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A version that is dragged away can be dropped on a host."""
        far = (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        row = self.rows.row(self.indexAt(self._pressed_at).row())
        if far and row is not None and row.number and event.buttons() & Qt.MouseButton.LeftButton:
            begin_drag(self._theme, self, row.facts.reference(row.number))
            return
        super().mouseMoveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.rows.row(self.indexAt(event.position().toPoint()).row())
        if row is not None:
            self.opened.emit(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = self.viewport().width()
        needed = self._theme.px(sum(WIDTHS.values()))
        for place in _GOES_FIRST:
            hidden = needed > room
            needed -= self._theme.px(WIDTHS[place]) if hidden else 0
            self.setColumnHidden(place, hidden)
        wide = self.isColumnHidden(CHANGE)  # what is left to the last column goes to the chips without it
        mode = QHeaderView.ResizeMode.Stretch if wide else QHeaderView.ResizeMode.Fixed
        if self.header.sectionResizeMode(ALIASES) != mode:
            self.header.setSectionResizeMode(ALIASES, mode)
            self.header.resizeSection(ALIASES, self._theme.px(WIDTHS[ALIASES]))
        super().resizeEvent(event)

    def _on_left(self, row: TreeRow) -> None:
        name = row.facts.model.name
        if row.number:
            self.go_to(self.rows.place_of(name))
        elif self.rows.is_open(row):
            self.fold_asked.emit(name, False)


class ModelsPane(QWidget):
    """Keeps filter and rows, and the state in place of rows."""

    current_changed = Signal(object)
    opened = Signal(object)
    stood = Signal()

    def __init__(self, context: Context, retry: Callable[[], None], empty: EmptyState) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self.rows = ModelsItemModel()
        self.serving_only = False
        self._facts: ModelsFacts | None = None
        self._wanted = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_tools(theme))
        self.table = ModelsTable(theme, self.rows)
        self.table.opened.connect(self.opened)
        self.table.fold_asked.connect(self._on_fold)
        self.table.escaped.connect(self.filter.clear)
        self.table.selectionModel().currentChanged.connect(self._on_current)
        self._stack = QStackedWidget()
        self._stack.setObjectName("tableground")
        self._stack.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._skeleton = Skeleton(theme, "models", 30, edge=20)
        self._no_match = NoMatch(theme, self.filter.clear)
        self.empty = empty
        self._idle = EmptyState(
            theme, "server", "Nothing answers", "Versions that answer behind an endpoint show up here.",
            action="Open Deployments", act=lambda: context.shell.go(Place("deployments")),
        )  # fmt: skip
        self._error = ErrorBox(theme, retry)
        self._error_page = QWidget()
        error_column = QVBoxLayout(self._error_page)
        error_column.setContentsMargins(20, 20, 20, 20)
        error_column.addWidget(self._error)
        error_column.addStretch(1)
        for state in (self._skeleton, self.table, self._no_match, empty, self._idle, self._error_page):
            self._stack.addWidget(state)
        column.addWidget(self._stack, 1)
        column.addWidget(self._make_foot(theme))

    # What the page asks for

    @property
    def current(self) -> TreeRow | None:
        return self.table.current_row if self._stack.currentWidget() is self.table else None

    def show_facts(self, facts: ModelsFacts) -> None:
        self._facts = facts
        self.rows.set_facts(facts)
        self._show()

    def show_error(self, error: BaseException) -> None:
        self._error.show_error(error)
        self._stack.setCurrentWidget(self._error_page)

    def go_to(self, key: str) -> None:
        """Makes `flight-late` or `flight-late@v3` the current row, now or when it is read."""
        self._wanted = key
        place = self.rows.place_of(key)
        if place < 0 and "@v" in key:
            self.rows.set_open(key.rpartition("@v")[0], True)
            place = self.rows.place_of(key)
        if place >= 0:
            self.table.go_to(place)

    def set_serving_only(self, serving_only: bool) -> None:
        self.serving_only = serving_only
        self.rows.set_serving_only(serving_only)
        self._show()

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._tool_row.setContentsMargins(edge, 7, 12, 8)
        self._foot_row.setContentsMargins(edge, 1, 12, 0)
        self.table.set_edge(edge)

    # Making

    def _make_tools(self, theme: Theme) -> QWidget:
        tools = self._tools = QWidget()
        tools.setObjectName("toolline")
        row = self._tool_row = QHBoxLayout(tools)
        row.setContentsMargins(20, 7, 12, 8)
        row.setSpacing(8)
        words = "Filter models and versions, e.g. alias:champion or dataset:flights"
        self.filter = SearchField(theme, "Filter models and versions", words, icon="list-filter", hint="Ctrl F")
        self.filter.textChanged.connect(self._on_filter)
        self.filter.left.connect(lambda: self.table.setFocus(Qt.FocusReason.ShortcutFocusReason))
        row.addWidget(self.filter, 1)
        return tools

    def _make_foot(self, theme: Theme) -> QWidget:
        self._foot = QWidget()
        self._foot.setObjectName("footline")
        self._foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._foot.setFixedHeight(38)
        row = self._foot_row = QHBoxLayout(self._foot)
        row.setContentsMargins(20, 1, 12, 0)
        row.setSpacing(12)
        self._count = Text(theme, "", "table", "muted")
        self.busy = BusyNote(theme)
        row.addWidget(self._count)
        row.addStretch(1)
        row.addWidget(self.busy)
        return self._foot

    # Showing

    def _show(self) -> None:
        facts = self._facts
        if facts is None:
            return
        self._tools.setVisible(bool(facts.models))
        self._show_count(facts)
        if not facts.models:
            self._stack.setCurrentWidget(self.empty)
        elif self.rows.rowCount():
            self._stack.setCurrentWidget(self.table)
            self._restore()
        elif self.filter.text().strip():
            near = nearest(facts, self.filter.text())
            hint = f"The nearest is {near}." if near else "Every word must be in the model, alias, run or dataset."
            self._no_match.show_filter(f"No version matches “{self.filter.text().strip()}”. {hint}")
            self._stack.setCurrentWidget(self._no_match)
        else:
            self._stack.setCurrentWidget(self._idle)
        self.current_changed.emit(self.current)

    def _show_count(self, facts: ModelsFacts) -> None:
        versions = sum(bool(row.number) for row in self.rows.rows)
        total = sum(len(one.versions) for one in facts.models)
        if self.filter.text().strip():
            words = f"{formats.count(versions)} of {formats.plural(total, 'version')}"
        else:
            words = f"{formats.plural(len(facts.models), 'model')}, {formats.plural(total, 'version')}"
            words += " · an alias points to one version at a time"
        self._count.setText(words if facts.models else "")

    def _restore(self) -> None:
        place = self.rows.place_of(self._wanted)
        if place < 0:
            place = max(0, min(self.table.currentIndex().row(), self.rows.rowCount() - 1))
        if place != self.table.currentIndex().row():
            self.table.go_to(place)

    # What happens

    def _on_filter(self, text: str) -> None:
        self.rows.set_filter(text)
        self._show()
        self.stood.emit()

    def _on_fold(self, name: str, is_open: bool) -> None:
        self.rows.set_open(name, is_open)
        self._wanted = name
        self._show()

    def _on_current(self, now: QModelIndex, before: QModelIndex) -> None:
        row = self.rows.row(now.row())
        if row is not None:
            self._wanted = row.key
            self.current_changed.emit(row)
            self.stood.emit()
