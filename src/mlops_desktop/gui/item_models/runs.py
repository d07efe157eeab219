"""The runs table's rows: frozen runs, filtered, sorted and ticked without a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.columns import Column, build_columns
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
SETTLE_SECONDS = 1.0
NEAREST_AMONG = 300
_NOWHERE = QModelIndex()


class RunItemModel(QAbstractTableModel):
    """Column 0 is the tick box; the others are `shown` columns. Running and queued runs stay on top.

    New values of the same rows are shown at once, in place; a changed order waits for a pause of one second.
    """

    ticked = Signal()
    arranged = Signal()

    def __init__(self, clock: Callable[[], datetime], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._now = clock()
        self._runs: dict[str, Run] = {}
        self._haystacks: dict[str, str] = {}
        self._rows: list[Run] = []
        self._places: dict[str, int] = {}
        self._ticks: set[str] = set()
        self._best: dict[str, str] = {}
        self._filter: tuple[str, ...] = ()
        self._active_only = False
        self._sorted_by, self._descending = "started", True
        self.columns: tuple[Column, ...] = build_columns(())
        self.shown: tuple[Column, ...] = tuple(column for column in self.columns if column.shown)
        self._settle = QTimer(self, singleShot=True, interval=round(SETTLE_SECONDS * 1000))
        self._settle.timeout.connect(self._arrange)

    # What the page asks for

    def set_runs(self, runs: Sequence[Run]) -> None:
        """Takes the runs as they are now."""
        fresh = {run.id: run for run in runs}
        changed = [run.id for run in runs if self._runs.get(run.id) is not run and self._runs.get(run.id) != run]
        same_rows = fresh.keys() == self._runs.keys() and not self._filter and not self._active_only
        self._runs = fresh
        self._now = self._clock()
        for run_id in changed:
            self._haystacks.pop(run_id, None)
        self._ticks &= fresh.keys()
        self.columns = build_columns(runs)
        self.shown = tuple(self._column_now(column.name) or column for column in self.shown)
        self._find_best()
        if same_rows:
            self._update_in_place(changed)
        else:
            self._arrange()

    def set_shown(self, names: Sequence[str]) -> None:
        """Which columns are shown, in the order of `columns`."""
        shown = tuple(column for column in self.columns if column.name in set(names))
        if [column.name for column in shown] != [column.name for column in self.shown]:
            self.beginResetModel()
            self.shown = shown
            self.endResetModel()
        self.shown = shown

    def set_filter(self, text: str) -> None:
        """Only runs that have every word of `text` somewhere in name, estimator, dataset, status, tags or notes."""
        words = tuple(text.casefold().split())
        if words != self._filter:
            self._filter = words
            self._arrange()

    def set_active_only(self, active: bool) -> None:
        if active != self._active_only:
            self._active_only = active
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if 0 < column <= len(self.shown):
            self.sort_by(self.shown[column - 1].name, order is Qt.SortOrder.DescendingOrder)

    def sort_by(self, name: str, descending: bool) -> None:
        self._sorted_by, self._descending = name, descending
        self._arrange()

    @property
    def order(self) -> tuple[str, bool]:
        return self._sorted_by, self._descending

    @property
    def total(self) -> int:
        return len(self._runs)

    @property
    def active(self) -> int:
        return sum(not run.status.is_ended for run in self._runs.values())

    @property
    def ticks(self) -> tuple[Run, ...]:
        """The ticked runs that are on show, top first."""
        return tuple(run for run in self._rows if run.id in self._ticks)

    def run_at(self, row: int) -> Run | None:
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def run(self, run_id: str) -> Run | None:
        """The run, on show or not."""
        return self._runs.get(run_id)

    def row_of(self, run_id: str) -> int:
        return self._places.get(run_id, -1)

    def is_ticked(self, row: int) -> bool:
        return self._rows[row].id in self._ticks

    def is_best(self, run: Run, column: Column) -> bool:
        return bool(column.metric) and column.name != "folds" and self._best.get(column.metric) == run.id

    def best(self, metric: str) -> Run | None:
        """The finished run with the best mean of `metric`."""
        return self._runs.get(self._best.get(metric, ""))

    def nearest(self, text: str) -> str:
        """What some run has that looks most like the last word of `text`; nothing where nothing does."""
        import difflib

        last = text.casefold().split()[-1:] or [""]
        known: dict[str, str] = {}
        for run in list(self._runs.values())[:NEAREST_AMONG]:
            for part in (formats.estimator(run.spec.estimator), run.dataset_reference, run.name, *run.tags):
                known.setdefault(part.casefold(), part)
        close = difflib.get_close_matches(last[0], known, n=1, cutoff=0.55)
        return known[close[0]] if close else ""

    def tick(self, rows: Iterable[int], ticked: bool | None = None) -> None:
        """Ticks, unticks, or with None turns each of the rows over."""
        rows = [row for row in rows if 0 <= row < len(self._rows)]
        for row in rows:
            run_id = self._rows[row].id
            if run_id in self._ticks if ticked is None else not ticked:
                self._ticks.discard(run_id)
            else:
                self._ticks.add(run_id)
        if rows:
            self._say_changed(min(rows), max(rows))
            self.ticked.emit()

    def tick_all(self, ticked: bool) -> None:
        self._ticks = {run.id for run in self._rows} if ticked else set()
        self._say_changed(0, len(self._rows) - 1)
        self.ticked.emit()

    def refresh_clock(self) -> None:
        """Durations of runs in progress, as of now."""
        self._now = self._clock()
        places = [place for place, column in enumerate(self.shown, 1) if column.name == "duration"]
        active = [row for row, run in enumerate(self._rows) if run.status is RunStatus.RUNNING]
        if places and active:
            self.dataChanged.emit(self.index(active[0], places[0]), self.index(active[-1], places[0]))

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
            best = ", best" if self.is_best(run, column) else ""
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
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        self.tick([index.row()], Qt.CheckState(value) is Qt.CheckState.Checked)
        return True

    def text(self, run: Run, column: Column) -> str:
        return column.text(run, self._now)

    def _box_data(self, run: Run, role: int) -> Any:
        ticked = run.id in self._ticks
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{run.name}: {'selected' if ticked else 'not selected'}"
        return None

    def _tip(self, run: Run, column: Column) -> str:
        if column.name == "started" and run.started_at:
            return formats.full_moment(run.started_at)
        metric = run.metric(column.metric) if column.metric else None
        if metric and metric.std is not None:
            places = formats.decimals([metric.mean]) + 1
            spread = f"{formats.number(metric.mean, places)} ± {formats.number(metric.std, places)}"
            return f"{spread} over {formats.plural(len(metric.folds), 'fold')}"
        if column.name == "status" and run.failure:
            return f"{run.failure.message}\n{run.failure.hint}".strip()
        return ""

    # How rows are kept

    def _column_now(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def _update_in_place(self, changed: Sequence[str]) -> None:
        for run_id in changed:
            place = self._places.get(run_id)
            if place is not None:
                self._rows[place] = self._runs[run_id]
        if changed:
            self._say_changed(0, len(self._rows) - 1)
            self._settle.start()

    def _say_changed(self, first: int, last: int) -> None:
        if last >= first >= 0 and self._rows:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.shown)))

    def _arrange(self) -> None:
        self._settle.stop()
        rows = self._in_order([run for run in self._runs.values() if self._matches(run)])
        if [run.id for run in rows] == [run.id for run in self._rows]:
            self._rows = rows
            self._say_changed(0, len(rows) - 1)
        else:
            self.beginResetModel()
            self._rows = rows
            self._places = {run.id: place for place, run in enumerate(rows)}
            self.endResetModel()
        self.arranged.emit()

    def _matches(self, run: Run) -> bool:
        if self._active_only and run.status.is_ended:
            return False
        if not self._filter:
            return True
        haystack = self._haystacks.get(run.id)
        if haystack is None:
            parts = (
                run.name, run.spec.estimator, run.dataset_reference, run_sign(run.status).word,
                run.experiment_name, run.notes, run.spec.target, *run.tags,
            )  # fmt: skip
            haystack = self._haystacks[run.id] = " ".join(parts).casefold()
        return all(word in haystack for word in self._filter)

    def _in_order(self, runs: list[Run]) -> list[Run]:
        """Those in progress first; rows without a value last, whichever way it is sorted."""
        column = self._column_now(self._sorted_by)
        newest = sorted(runs, key=lambda run: run.created_at, reverse=True)
        active = sorted(
            (run for run in newest if not run.status.is_ended), key=lambda run: run.status is RunStatus.QUEUED
        )
        ended = [run for run in newest if run.status.is_ended]
        if column is None:
            return active + ended
        keyed = [(column.key(run, self._now), run) for run in ended]
        numbers = [(key, run) for key, run in keyed if isinstance(key, int | float)]
        words = [(key, run) for key, run in keyed if isinstance(key, str)]
        numbers.sort(key=lambda pair: pair[0], reverse=self._descending)
        words.sort(key=lambda pair: pair[0], reverse=self._descending)
        valued = [*(run for _, run in numbers), *(run for _, run in words)]
        return active + valued + [run for key, run in keyed if key is None]

    def _find_best(self) -> None:
        """The best of each metric among finished runs, where there are at least two to choose from."""
        self._best = {}
        finished = [run for run in self._runs.values() if run.status is RunStatus.FINISHED]
        for column in self.columns:
            if not column.metric or column.metric in self._best:
                continue
            measured = [
                (metric.mean, run.id)
                for run in finished
                if (metric := run.metric(column.metric)) and metric.mean == metric.mean
            ]
            if len(measured) > 1:
                choose = min if column.is_lower_better else max
                self._best[column.metric] = choose(measured, key=lambda pair: pair[0])[1]
