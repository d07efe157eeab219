"""The middle of Datasets: the head of one version, and its rows, its columns or its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import DatasetVersion, Finding
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.table_rows import ReadPage
from mlops_desktop.gui.pages.dataset_changes import Compare, DatasetChanges
from mlops_desktop.gui.pages.dataset_columns import DatasetColumns
from mlops_desktop.gui.pages.dataset_head import DatasetHead
from mlops_desktop.gui.pages.dataset_table import DatasetTable
from mlops_desktop.gui.readings.datasets import DatasetFacts
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState
from mlops_desktop.gui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from mlops_desktop.gui.pages.page import Command

ROWS, COLUMNS, CHANGES = range(3)


class DatasetView(QStackedWidget):
    """`stood` follows when tab, column or condition are others; `import_asked` wants the next version."""

    stood = Signal()
    import_asked = Signal()

    def __init__(self, context: Context, read: ReadPage, compare: Compare) -> None:
        super().__init__()
        self._context = context
        self._where = ""
        theme = context.theme
        self.setObjectName("datasetground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._whole = QWidget()
        column = QVBoxLayout(self._whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = DatasetHead(theme)
        column.addWidget(self.head)
        column.addWidget(self._make_tabs())
        self._contents = QStackedWidget()
        self.rows = DatasetTable(context, read)
        self.rows.stood.connect(self.stood)
        self.columns = DatasetColumns(theme)
        self.columns.opened.connect(lambda name: self.show_column(name, 0))
        self.changes = DatasetChanges(context, compare)
        self.changes.import_asked.connect(self.import_asked)
        for content in (self.rows, self.columns, self.changes):
            self._contents.addWidget(content)
        column.addWidget(self._contents, 1)
        self._loading = Skeleton(theme, "the dataset", 30)
        self._unborn = EmptyState(
            theme, "database", "No version yet", "The first import is under way, or it failed: Activity says which."
        )
        for state in (self._loading, self._whole, self._unborn):
            self.addWidget(state)

    def show_loading(self) -> None:
        self.setCurrentWidget(self._loading)

    def show_facts(self, facts: DatasetFacts, findings: Sequence[Finding], more: Sequence[Command]) -> None:
        """The same version again keeps its place."""
        self.head.show_facts(facts, self._context.clock())
        version = facts.chosen
        if version is None:
            self.setCurrentWidget(self._unborn)
            return
        self.setCurrentWidget(self._whole)
        self.head.show_more(more)
        self.tabs.set_count(COLUMNS, len(version.columns))
        self.show_findings(version, findings)
        self.changes.show_facts(facts)
        if self._where:
            where, self._where = self._where, ""
            self.rows.set_where(where)

    def show_findings(self, version: DatasetVersion, findings: Sequence[Finding]) -> None:
        self.rows.show_version(version, findings)
        self.columns.show_version(version, findings)

    def how(self) -> dict[str, Any]:
        """How it stands, for the way back."""
        return {
            "tab": self.tabs.currentIndex(),
            "column": self.rows.table.column,
            "where": self.rows.rows.where,
        }

    def stand(self, how: Mapping[str, Any]) -> None:
        """Stands as `how` says, now or when the version is read."""
        if how.get("tab") is not None:
            self.tabs.setCurrentIndex(how["tab"])
        if how.get("column"):
            self.rows.go_to(str(how["column"]))
        self._where = str(how.get("where") or "")

    def show_column(self, column: str, row: int) -> None:
        """The column among the rows, and a row counted from 1 where one is named."""
        self.tabs.setCurrentIndex(ROWS)
        self.rows.tools.search.clear()
        if row and self.rows.rows.where:
            self.rows.clear_where()
        self.rows.go_to(column, row)
        self.rows.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_changes(self) -> None:
        self.tabs.setCurrentIndex(CHANGES)

    @property
    def pane(self) -> QWidget:
        """The table that is shown."""
        return (self.rows.table, self.columns.table, self.changes.table)[self.tabs.currentIndex()]

    def set_small(self, small: bool) -> None:
        for part in (self.head, self.rows, self.columns):
            part.set_small(small)

    def _make_tabs(self) -> QWidget:
        tabline = QWidget()
        tabline.setObjectName("tabline")
        row = QHBoxLayout(tabline)
        row.setContentsMargins(8, 0, 8, 1)
        self.tabs = Tabs(self._context.theme, "What of the version")
        for words in ("Rows", "Columns", "Changes"):
            self.tabs.addTab(words)
        self.tabs.currentChanged.connect(self._on_tab)
        row.addWidget(self.tabs)
        row.addStretch(1)
        return tabline

    def _on_tab(self, place: int) -> None:
        self._contents.setCurrentIndex(place)
        if place == COLUMNS:
            self.columns.choose(self.rows.table.column)
        self.stood.emit()
