"""The left of Datasets: which there are, and a field that narrows them."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QListView, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.gui.delegates.datasets import DatasetDelegate
from mlops_desktop.gui.item_models.datasets import DatasetItemModel
from mlops_desktop.gui.readings.datasets import DatasetListing
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.states import NoMatch

WIDTH, SMALL_WIDTH = 216, 172


class _List(QListView):
    """Arrows choose as a click does."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, datasets: DatasetItemModel) -> None:
        super().__init__()
        self._datasets = datasets
        self._standing = False
        self.setObjectName("datasets")
        self.setAccessibleName("Datasets")
        self.setModel(datasets)
        self._delegate = DatasetDelegate(theme, self, datasets)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.clicked.connect(self._choose)

    def stand_at(self, row: int) -> None:
        """Shows a row as the current one without choosing it."""
        index = self._datasets.index(row) if row >= 0 else QModelIndex()
        if index.row() != self.currentIndex().row():
            self._standing = True
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self._standing = False
        self.viewport().update()

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        if self.hasFocus() and not self._standing:
            self._choose(current)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: object) -> None:
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self._delegate.hovered:
            self._delegate.hovered = row
            self.viewport().update()

    def _choose(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._datasets.shown[index.row()].name)


class DatasetsList(QWidget):
    """`chosen` carries the name of a dataset."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._name = ""
        self.setObjectName("leftlist")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(140)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(6)
        self.datasets = DatasetItemModel()
        self.search = SearchField(theme, "Filter datasets", "Filter datasets")
        self.search.textChanged.connect(self._on_search)
        holder = QVBoxLayout()
        holder.setContentsMargins(10, 0, 10, 0)
        holder.addWidget(self.search)
        column.addLayout(holder)
        self._stack = QStackedWidget()
        self.view = _List(theme, self.datasets)
        self.view.chosen.connect(self._on_chosen)
        self.search.left.connect(lambda: self.view.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self._no_match = NoMatch(theme, self.search.clear)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._no_match)
        column.addWidget(self._stack, 1)

    def show_listing(self, listing: DatasetListing) -> None:
        self.datasets.set_entries(listing.entries)
        self._settle()

    def stand_at(self, name: str) -> None:
        self._name = name
        self._settle()

    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_search(self, text: str) -> None:
        self.datasets.set_filter(text)
        self._settle()

    def _settle(self) -> None:
        self.view.stand_at(self.datasets.row_of(self._name))
        no_match = not self.datasets.shown and bool(self.search.text())
        if no_match:
            self._no_match.show_filter(f"No dataset is called “{self.search.text()}”.")
        self._stack.setCurrentWidget(self._no_match if no_match else self.view)

    def _on_chosen(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self.chosen.emit(name)
