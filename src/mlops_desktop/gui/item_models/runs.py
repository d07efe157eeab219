"""The runs table's rows: small frozen values in whole columns, filtered, sorted and ticked without a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from mlops_desktop.domain.experiments import RunStatus, main_metric
from mlops_desktop.domain.measuring import full_words
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import EVERYTHING, RunFilter
from mlops_desktop.domain.run_selection import SortKey, arrange, best_of_each, select
from mlops_desktop.domain.run_summaries import Registered, RunSummary
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.columns import Column, best_words, build_columns, spread_words
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
SETTLE_SECONDS = 1.0
NEWEST = (SortKey("started", True),)
_NOWHERE = QModelIndex()
_CELL = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_BOX = _CELL | Qt.ItemFlag.ItemIsUserCheckable
"""Made once: a table asks for them at every cell it paints."""


class RunItemModel(QAbstractTableModel):
    """Column 0 is the tick box; the others are `shown` columns. Running and queued runs stay on top.

    New values of the same rows are shown at once, in place; a changed order waits for a pause of one second. While the
    rows are held, a changed order and new rows wait until they are released or `settle` is called.
    """

    ticked = Signal()
    arranged = Signal()
    waited = Signal()
    """Something new waits to be shown while the rows are held, or waits no more."""

    def __init__(self, clock: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._now = clock()
        self.runs = RunColumns((), self._now)
        self._ordered: Sequence[int] = []
        self._rows: Sequence[int] = []
        self._row_of: dict[int, int] | None = {}
        self._ticks: set[str] = set()
        self._base: RunFilter = EVERYTHING
        self._filter: RunFilter = EVERYTHING
        self._best_each = False
        self.order: tuple[SortKey, ...] = NEWEST
        self.registered: Mapping[str, tuple[Registered, ...]] = {}
        self.columns: tuple[Column, ...] = build_columns(self.runs)
        self.shown: tuple[Column, ...] = tuple(column for column in self.columns if column.shown)
        self._held = False
        self._unseen: set[str] | None = None
        """New runs that wait while the rows are held; None where not even the order waits."""
        self._settle = QTimer(self, singleShot=True, interval=round(SETTLE_SECONDS * 1000))
        self._settle.timeout.connect(self._on_pause)

    # What the page asks for

    def set_runs(self, runs: RunColumns) -> None:
        """Takes other runs in place of all."""
        self.runs = runs
        self._now = self._clock()
        self._ticks = {run_id for run_id in self._ticks if runs.place(run_id) is not None}
        self._survey()
        self._arrange(moved=True)

    def put(self, fresh: Sequence[RunSummary], gone: Iterable[str] = ()) -> None:
        """Takes new states of some runs, new runs, and away those that are gone."""
        self._now = self.runs.now = self._clock()
        gone = list(gone)
        before = {run.id: self.run(run.id) for run in fresh}
        kept = [self.runs.rows[place].id for place in self._rows] if self._held and not gone else []
        others = self.runs.put(fresh, gone)
        self._ticks.difference_update(gone)
        self._survey()
        if others and kept:
            self._keep(kept, {run_id for run_id, run in before.items() if run is None})
            return
        if others:
            self._arrange(moved=True)
            return
        changed = [run.id for run in fresh if before[run.id] != run]
        for run_id in changed:
            row = self.row_of(run_id)
            self._say_changed(row, row)
        if changed:
            self._settle.start()

    def settle(self) -> None:
        """What waits for a pause happens now."""
        if self._settle.isActive() or self._unseen is not None:
            self._arrange()

    def hold(self, held: bool) -> None:
        """Held rows stay where they are: a person points at them, or has selected some."""
        self._held = held
        if not held and self._unseen is not None:
            self._settle.start()

    @property
    def waits(self) -> bool:
        """Whether something new waits while the rows are held."""
        return self._unseen is not None

    @property
    def news(self) -> int:
        """How many new runs of this view wait to be shown."""
        places = [place for run_id in self._unseen or () if (place := self.runs.place(run_id)) is not None]
        return len(select(self.runs, self._filter, select(self.runs, self._base, places)))

    def set_registered(self, registered: Mapping[str, tuple[Registered, ...]]) -> None:
        if registered != self.registered:
            self.registered = registered
            self._say_changed(0, len(self._rows) - 1)

    def set_shown(self, names: Sequence[str]) -> None:
        """Which columns are shown, in this order."""
        known = {column.name: column for column in self.columns}
        shown = tuple(known[name] for name in names if name in known)
        if [column.name for column in shown] != [column.name for column in self.shown]:
            self.beginResetModel()
            self.shown = shown
            self.endResetModel()
        self.shown = shown

    def set_filter(self, wanted: RunFilter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self._arrange() if self._settle.isActive() or self.waits else self._narrow()

    def set_base(self, wanted: RunFilter, best_each: bool = False) -> None:
        """What the view holds before the filter narrows it: a filter of its own, or the best of each estimator."""
        if (wanted, best_each) != (self._base, self._best_each):
            self._base, self._best_each = wanted, best_each
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 < column <= len(self.shown):
            self.sort_by(SortKey(self.shown[column - 1].sort, order is Qt.SortOrder.DescendingOrder))

    def sort_by(self, *keys: SortKey) -> None:
        self.order = keys or NEWEST
        self._arrange()

    @property
    def total(self) -> int:
        return len(self.runs.rows)

    @property
    def active(self) -> int:
        return sum(rank < 2 for rank in self.runs.numbers("status"))

    @property
    def filter(self) -> RunFilter:
        return self._filter

    @property
    def ticks(self) -> tuple[RunSummary, ...]:
        """The ticked runs that are on show, top first."""
        rows, ticks = self.runs.rows, self._ticks
        return tuple(rows[place] for place in self._rows if rows[place].id in ticks) if ticks else ()

    @property
    def on_show(self) -> Sequence[int]:
        """The places of the rows in `runs`, top first."""
        return self._rows

    def run_at(self, row: int) -> RunSummary | None:
        return self.runs.rows[self._rows[row]] if 0 <= row < len(self._rows) else None

    def run(self, run_id: str) -> RunSummary | None:
        """The run, on show or not."""
        place = self.runs.place(run_id)
        return None if place is None else self.runs.rows[place]

    def row_of(self, run_id: str) -> int:
        place = self.runs.place(run_id)
        if place is None:
            return -1
        if self._row_of is None:
            self._row_of = {known: row for row, known in enumerate(self._rows)}
        return self._row_of.get(place, -1)

    def is_ticked(self, row: int) -> bool:
        run = self.run_at(row)
        return run is not None and run.id in self._ticks

    def is_best(self, run: RunSummary, column: Column) -> bool:
        return bool(column.metric) and column.name != "folds" and self.runs.is_best(run, column.metric)

    def best(self, metric: str, beside: RunSummary | None = None) -> RunSummary | None:
        """As RunColumns has it: the best of those that can be compared with `beside`."""
        return self.runs.best(metric, beside) if metric in self.runs.largest else None

    def tick(self, rows: Iterable[int], ticked: bool | None = None) -> None:
        """Ticks, unticks, or with None turns each of the rows over."""
        rows = [row for row in rows if 0 <= row < len(self._rows)]
        for row in rows:
            run_id = self.runs.rows[self._rows[row]].id
            if run_id in self._ticks if ticked is None else not ticked:
                self._ticks.discard(run_id)
            else:
                self._ticks.add(run_id)
        if rows:
            self._say_changed(min(rows), max(rows))
            self.ticked.emit()

    def tick_all(self, ticked: bool) -> None:
        self._ticks = {self.runs.rows[place].id for place in self._rows} if ticked else set()
        self._say_changed(0, len(self._rows) - 1)
        self.ticked.emit()

    def refresh_clock(self) -> None:
        """Durations of runs in progress, as of now."""
        self._now = self._clock()
        places = [place for place, column in enumerate(self.shown, 1) if column.name == "duration"]
        last = next((row for row, place in enumerate(self._rows) if self._is_ended(place)), len(self._rows)) - 1
        if places and last >= 0:
            self.dataChanged.emit(self.index(0, places[0]), self.index(last, places[0]))

    # What Qt's views ask for

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.shown) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run = self.run_at(index.row()) if index.isValid() else None
        if run is None:
            return None
        if index.column() == 0:
            return self._box_data(run, role)
        column = self.shown[index.column() - 1]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(run, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            best = f", {best_words(run)}" if self.is_best(run, column) else ""
            return f"{column.title}: {self.text(run, column)}{best}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.numeric else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(run, column))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section <= len(self.shown):
            return None
        if section == 0:
            return "Selected" if role == Qt.ItemDataRole.AccessibleTextRole else None
        column = self.shown[section - 1]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.title
        return plain_tip(column.tip or column.title) if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _BOX if index.column() == 0 else _CELL

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.tick([index.row()], Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def text(self, run: RunSummary, column: Column) -> str:
        return column.text(run, self._now)

    def _box_data(self, run: RunSummary, role: int) -> Any:
        ticked = run.id in self._ticks
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{run.name}: {'selected' if ticked else 'not selected'}"
        return None

    def _tip(self, run: RunSummary, column: Column) -> str:
        if column.name == "started" and run.started_at:
            return formats.full_moment(run.started_at)
        if column.metric:
            lines = [f"Best{best_words(run)[4:]}"] if self.is_best(run, column) else []
            return "\n".join([*lines, *spread_words(run, column)])
        if column.name == "validation":
            return full_words(run.validation)
        if column.name == "run" and run.id in self.registered:
            return "\n".join(" · ".join((made.reference, *made.aliases)) for made in self.registered[run.id])
        return run.reason if column.name == "status" else run.notes if column.name == "notes" else ""

    # How rows are kept

    def _is_ended(self, place: int) -> bool:
        return self.runs.rows[place].status not in (RunStatus.RUNNING, RunStatus.QUEUED)

    def _survey(self) -> None:
        self.columns = build_columns(self.runs)
        now = {column.name: column for column in self.columns}
        self.shown = tuple(now.get(column.name, column) for column in self.shown)

    def _say_changed(self, first: int, last: int) -> None:
        if last >= first >= 0 and self._rows:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.shown)))

    def _keep(self, kept: Sequence[str], fresh: set[str]) -> None:
        """The same rows in the same order, though the places of `runs` are others; what is new waits."""
        self._rows = [place for run_id in kept if (place := self.runs.place(run_id)) is not None]
        self._row_of = None
        self._unseen = (self._unseen or set()) | fresh
        self._say_changed(0, len(self._rows) - 1)
        self.waited.emit()

    def _on_pause(self) -> None:
        if not self._held:
            self._arrange()
        elif self._unseen is None and select(self.runs, self._filter, self._in_order()) != self._rows:
            self._unseen = set()
            self.waited.emit()

    def _arrange(self, *, moved: bool = False) -> None:
        """`moved` says that the places of `runs` are others than before."""
        self._settle.stop()
        waited, self._unseen = self._unseen is not None, None
        self._ordered = self._in_order()
        self._narrow(moved=moved or waited)
        if waited:
            self.waited.emit()

    def _in_order(self) -> Sequence[int]:
        """The rows of the view before the filter narrows it."""
        places: Sequence[int] = range(len(self.runs.rows))
        if self._base != EVERYTHING:
            places = select(self.runs, self._base, places)
        if self._best_each:
            places = best_of_each(self.runs, places, main_metric(self.runs.task))
        return arrange(self.runs, places, self.order)

    def _narrow(self, *, moved: bool = False) -> None:
        """What the filter leaves of the rows in order: so a filter sorts nothing."""
        rows = self._ordered if self._filter == EVERYTHING else select(self.runs, self._filter, self._ordered)
        if rows == self._rows and not moved:
            self._say_changed(0, len(rows) - 1)
        else:
            self.beginResetModel()
            self._rows, self._row_of = rows, None
            self.endResetModel()
        self.arranged.emit()
