"""Rows of a stored table, read page by page as they come into view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, DatasetVersion
from mlops_desktop.domain.errors import MlopsError
from mlops_desktop.gui import formats
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.readings import dataset_columns as reading
from mlops_desktop.gui.widgets.text import plain_tip

if TYPE_CHECKING:
    from mlops_desktop.services.datasets import Page

Index = QModelIndex | QPersistentModelIndex
ReadPage = Callable[[DatasetVersion, int, int, str, Sequence[str] | None], "Page"]
_NOWHERE = QModelIndex()
PAGE_ROWS = 200
PAGE_CELLS = 8_000
KEPT_CELLS = 400_000
MOST_COLUMNS = 300
"""A wider table is shown by the columns that are searched for, and only those are read."""
MOST_ROWS = 20_000_000
"""More rows than these are reached by a filter: a view cannot count all their pixels."""
SLOW_SECONDS = 0.15


@dataclass(frozen=True)
class Loaded:
    """A page's rows; `numbers` are the rows of the whole table, from 1."""

    rows: Sequence[Sequence[Any]]
    numbers: Sequence[int]


class TableRowItemModel(QAbstractTableModel):
    """`counted` follows when it is known how many rows there are; `troubled` when a page could not be read, or can.

    Only what `show_range` asked for last is read, one page after the other.
    """

    counted = Signal()
    troubled = Signal()
    refused = Signal(object)

    def __init__(self, lanes: Lanes, read: ReadPage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes, self._read = lanes, read
        self.version: DatasetVersion | None = None
        self.where = ""
        self.names: tuple[str, ...] = ()
        self.is_slow = False
        self._total: int | None = None
        self._pages: OrderedDict[int, Loaded] = OrderedDict()
        self._failed: dict[int, BaseException] = {}
        self._wanted: list[int] = []
        self._busy: int | None = None
        self._round = 0
        self._page_rows = PAGE_ROWS
        self._kinds: list[ColumnType] = []
        self._profiles: list[ColumnProfile | None] = []
        self._places: dict[str, int] = {}
        self._cells: list[int] = []
        self._slow = QTimer(self, singleShot=True, interval=round(SLOW_SECONDS * 1000))
        self._slow.timeout.connect(self._on_slow)

    # What is shown

    def show_version(self, version: DatasetVersion | None, names: Sequence[str] = ()) -> None:
        """Another table, its first row first; `names` are the columns to show, all where there are none."""
        self.beginResetModel()
        self.version, self.where = version, ""
        self._places.clear()
        self._choose(names or [column.name for column in version.columns] if version else ())
        self._forget()
        self.endResetModel()

    def show_columns(self, names: Sequence[str]) -> None:
        """Which columns, in this order. What was read stays where it holds them."""
        chosen = tuple(names)[:MOST_COLUMNS]
        if chosen == self.names or self.version is None:
            return
        self.beginResetModel()
        self._choose(chosen)
        if self.is_wide:
            self._forget(keeps_total=True)
        self.endResetModel()

    def set_where(self, where: str) -> None:
        """Only the rows for which the condition holds; `refused` says where it cannot be understood."""
        if where == self.where:
            return
        self.beginResetModel()
        self.where = where
        self._forget()
        self.endResetModel()
        self.show_range(0, 0)

    def show_range(self, first: int, last: int) -> None:
        """These rows are in view: they are read first, then a page after and a page before them."""
        if self.version is None:
            return
        start, end = max(0, first) // self._page_rows, max(0, last) // self._page_rows
        wanted = [*range(start, end + 1), end + 1, start - 1]
        most = 1 if self._total is None else -(-self._total // self._page_rows)
        self._wanted = [page for page in wanted if 0 <= page < most]
        for page in self._wanted:
            if page in self._pages:
                self._pages.move_to_end(page)
        self._next()

    def retry(self) -> None:
        """Reads again what could not be read."""
        self._failed.clear()
        self.troubled.emit()
        self._changed()
        self._next()

    @property
    def is_wide(self) -> bool:
        return self.version is not None and len(self.version.columns) > MOST_COLUMNS

    @property
    def total(self) -> int | None:
        """How many rows there are, or match; None while that is counted."""
        return self._total

    @property
    def is_busy(self) -> bool:
        return self._busy is not None

    @property
    def trouble(self) -> tuple[int, int, BaseException] | None:
        """The first rows that could not be read, from 1, and why."""
        if not self._failed:
            return None
        page = min(self._failed)
        last = min((page + 1) * self._page_rows, self.rowCount())
        return page * self._page_rows + 1, max(last, 1), self._failed[page]

    def name(self, column: int) -> str:
        return self.names[column]

    def kind(self, column: int) -> ColumnType:
        return self._kinds[column]

    def profile(self, column: int) -> ColumnProfile | None:
        return self._profiles[column]

    def is_loaded(self, row: int) -> bool:
        return row // self._page_rows in self._pages

    def failure(self, row: int) -> BaseException | None:
        return self._failed.get(row // self._page_rows)

    def is_first_failed(self, row: int) -> bool:
        """Whether a page that could not be read begins here."""
        return row % self._page_rows == 0 and self.failure(row) is not None

    def value(self, row: int, column: int) -> Any:
        """The cell of a loaded row; None for an empty one."""
        loaded = self._pages.get(row // self._page_rows)
        place = row % self._page_rows
        if loaded is None or place >= len(loaded.rows):
            return None
        cells = loaded.rows[place]
        return cells[self._cells[column]]

    def text(self, row: int, column: int) -> str:
        """The cell as it is shown; nothing where it is empty or not loaded."""
        value = self.value(row, column)
        return reading.cell_text(value, self._kinds[column], self._places.get(self.names[column], 0))

    def row_number(self, row: int) -> int | None:
        """Which row of the whole table this is, from 1."""
        if not self.where:
            return row + 1
        loaded, place = self._pages.get(row // self._page_rows), row % self._page_rows
        return loaded.numbers[place] if loaded and place < len(loaded.numbers) else None

    # What Qt asks

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else min(self._total or 0, MOST_ROWS)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.names)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self.failure(index.row()) is not None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.names[column]}: {self._words(row, column)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical:
            number = self.row_number(section)
            return formats.count(number) if number and role == Qt.ItemDataRole.DisplayRole else None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[section]
        profile = self._profiles[section]
        words = f"{self.names[section]}, {reading.KINDS[self._kinds[section]]}"
        words += f", {reading.caption(profile)}" if profile else ""
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return words
        return plain_tip(words) if role == Qt.ItemDataRole.ToolTipRole else None

    def _words(self, row: int, column: int) -> str:
        failure = self.failure(row)
        if failure is not None:
            return f"could not be read: {said(failure)}"
        if not self.is_loaded(row):
            return "loading"
        return self.text(row, column) or (reading.EMPTY if self.value(row, column) is None else "")

    def _tip(self, row: int, column: int) -> str | None:
        failure = self.failure(row)
        if failure is not None:
            return plain_tip(said(failure))
        value = self.value(row, column)
        if isinstance(value, str) and len(value) > 24:
            return plain_tip(value[:2000])
        if isinstance(value, float) and reading.places_of(value) >= reading.MOST_PLACES:
            return plain_tip(repr(value).replace("-", "−"))
        return None

    # Reading

    def _choose(self, names: Sequence[str]) -> None:
        version = self.version
        self.names = tuple(names)[:MOST_COLUMNS]
        columns = {column.name: column.type for column in version.columns} if version else {}
        profiles = {profile.name: profile for profile in version.profiles} if version else {}
        self._kinds = [columns[name] for name in self.names]
        self._profiles = [profiles.get(name) for name in self.names]
        known = self.names if self.is_wide else tuple(columns)
        places = {name: place for place, name in enumerate(known)}
        self._cells = [places[name] for name in self.names]
        self._page_rows = max(10, min(PAGE_ROWS, PAGE_CELLS // max(1, len(known))))

    def _forget(self, *, keeps_total: bool = False) -> None:
        self._round += 1
        self._pages.clear()
        self._failed.clear()
        self._wanted.clear()
        self._busy = None
        self.is_slow = False
        self._slow.stop()
        if not keeps_total:
            self._total = None if self.where or self.version is None else self.version.rows

    def _next(self) -> None:
        if self._busy is not None or self.version is None:
            return
        page = next((page for page in self._wanted if page not in self._pages and page not in self._failed), None)
        if page is None:
            return
        self._busy = page
        if not self.is_slow and not self._lanes.is_inline:
            self._slow.start()
        version, where, asked = self.version, self.where, self._round
        names = self.names if self.is_wide else None
        offset, limit = page * self._page_rows, self._page_rows
        self._lanes.call(
            lambda: self._read(version, offset, limit, where, names),
            lambda found: self._on_read(asked, page, found),
            lambda error: self._on_failed(asked, page, error),
            owner=self,
        )

    def _on_read(self, asked: int, page: int, found: Page) -> None:
        if asked != self._round:
            return
        self._busy = None
        self._keep(page, Loaded(found.rows, found.row_numbers))
        if self._total is None:
            self.beginResetModel()
            self._total = found.total
            self.endResetModel()
            self.counted.emit()
        self._settle(page)

    def _on_failed(self, asked: int, page: int, error: BaseException) -> None:
        if asked != self._round:
            return
        self._busy = None
        if self._total is None:  # nothing is known of these rows: the condition is at fault
            self._slow.stop()
            self.is_slow = False
            self.refused.emit(error)
            return
        self._failed[page] = error
        self._settle(page)
        self.troubled.emit()

    def _settle(self, page: int) -> None:
        if all(other in self._pages or other in self._failed for other in self._wanted):
            self._slow.stop()
            self.is_slow = False
        self._changed(page)
        self._next()

    def _keep(self, page: int, loaded: Loaded) -> None:
        self._pages[page] = loaded
        most = max(8, KEPT_CELLS // max(1, self._page_rows * max(1, len(self._cells))))
        while len(self._pages) > most:
            self._pages.popitem(last=False)
        for column, place in enumerate(self._cells):
            if self._kinds[column] is ColumnType.FLOAT:
                self._measure(self.names[column], [cells[place] for cells in loaded.rows])

    def _measure(self, name: str, values: Sequence[Any]) -> None:
        """A column has as many decimals as its numbers need, as far as they were seen."""
        needed = max((reading.places_of(value) for value in values if isinstance(value, float)), default=0)
        self._places[name] = max(self._places.get(name, 0), needed)

    def _changed(self, page: int | None = None) -> None:
        rows = self.rowCount()
        if not rows or not self.names:
            return
        first = 0 if page is None else page * self._page_rows
        last = rows - 1 if page is None else min(rows - 1, first + self._page_rows - 1)
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.names) - 1))

    def _on_slow(self) -> None:
        self.is_slow = True
        self._changed()


def said(error: BaseException) -> str:
    """Why a page could not be read, in a sentence."""
    return error.message if isinstance(error, MlopsError) else "the program met something it did not expect"
