"""How fast the runs table sorts and filters, beside a QSortFilterProxyModel over a Python model of the same runs.

Run it as `python tests/benchmarks/bench_runs_table.py [--long]`. Both models stand under a table that is shown; a round
sorts by a metric, by a name and by a param, and filters by a metric and by a word. Interleaved, best of each; 10,000
runs from a real registry. Also measured: reading the runs as a list, beside reading them whole.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt  # noqa: E402
from PySide6.QtWidgets import QApplication, QTableView  # noqa: E402
from tests.many_runs import fill_registry  # noqa: E402
from tests.real_workspace import real_workspace  # noqa: E402

from mlops_desktop.domain.run_columns import RunColumns  # noqa: E402
from mlops_desktop.domain.run_filters import EVERYTHING, parse  # noqa: E402
from mlops_desktop.domain.run_selection import SortKey  # noqa: E402
from mlops_desktop.domain.run_summaries import RunSummary  # noqa: E402
from mlops_desktop.gui.item_models.runs import RunItemModel  # noqa: E402

RUNS = 10_000
GOAL = 50
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class PlainModel(QAbstractTableModel):
    """The usual way: rows in Python, a value for each role, nothing kept beside them."""

    TITLES = ("run", "estimator", "dataset", "status", "roc_auc", "max_depth")

    def __init__(self, rows: list[RunSummary]) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.TITLES)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.UserRole):
            return None
        row, column = self._rows[index.row()], index.column()
        if column == 4:
            metric = row.metrics.get("roc_auc")
            return metric[0] if metric else None
        if column == 5:
            return row.params.get("max_depth")
        return (row.name, row.estimator, row.dataset_reference, row.status.value)[column]


class MetricProxy(QSortFilterProxyModel):
    """`roc_auc > 0.65` as one writes it for a proxy."""

    least = 0.0

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        if not self.least:
            return super().filterAcceptsRow(source_row, source_parent)
        model = self.sourceModel()
        value = model.data(model.index(source_row, 4), Qt.ItemDataRole.UserRole)
        return isinstance(value, float) and value > self.least


class Pair:
    """The two models under a table each, and the same wish to both."""

    def __init__(self, rows: list[RunSummary]) -> None:
        self.plain = PlainModel(rows)
        self.proxy = MetricProxy()
        self.proxy.setSourceModel(self.plain)
        self.proxy.setSortRole(Qt.ItemDataRole.UserRole)
        self.proxy.setFilterKeyColumn(-1)
        self.proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.ours = RunItemModel(lambda: datetime.now(UTC))
        self.ours.set_runs(RunColumns(rows, datetime.now(UTC)))
        self.views = [QTableView(), QTableView()]
        for view, model in zip(self.views, (self.proxy, self.ours), strict=True):
            view.setModel(model)
            view.resize(900, 700)
            view.show()
        known = self.ours.runs.known
        self.metric = parse("roc_auc > 0.65", known)
        self.word = parse("forest", known)

    def _sort_proxy(self, column: int) -> None:
        self.proxy.sort(-1)
        self.proxy.sort(column, Qt.SortOrder.DescendingOrder)

    def wishes(self) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
        return {
            "sort by metric": self._sorts(4, "metric:roc_auc"),
            "sort by name": self._sorts(0, "run"),
            "sort by param": self._sorts(5, "param:max_depth"),
            "filter by metric": (self._filter_metric, lambda: self.ours.set_filter(self.metric)),
            "filter by word": (self._filter_word, lambda: self.ours.set_filter(self.word)),
        }

    def _sorts(self, column: int, field: str) -> tuple[Callable[[], object], Callable[[], object]]:
        return lambda: self._sort_proxy(column), lambda: self.ours.sort_by(SortKey(field, True))

    def reset(self) -> None:
        self.proxy.least = 0.0
        self.proxy.setFilterFixedString("")
        self.proxy.sort(-1)
        self.ours.set_filter(EVERYTHING)
        self.ours.sort_by(SortKey("started", True))

    def check(self, wish: str) -> None:
        """Both leave the same runs."""
        if wish.startswith("filter"):
            assert self.proxy.rowCount() == self.ours.rowCount(), (wish, self.proxy.rowCount(), self.ours.rowCount())

    def _filter_metric(self) -> None:
        self.proxy.least = 0.65
        self.proxy.invalidate()

    def _filter_word(self) -> None:
        self.proxy.setFilterFixedString("forest")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(rounds: int) -> int:
    app = QApplication(["bench", "-style", "Fusion"])
    with tempfile.TemporaryDirectory() as name:
        os.environ["MLOPS_STATE_FOLDER"] = str(Path(name) / "state")
        with real_workspace(Path(name) / "workspace") as workspace:
            fill_registry(workspace.folder, RUNS)
            lists = workspace.experiments.lists
            lists.summaries(ids=["none"])
            listed = min(timed(lists.summaries) for _ in range(3))
            whole = timed(workspace.experiments.runs)
            rows = list(lists.summaries())
    pair = Pair(rows)
    app.processEvents()
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for wish, (theirs, ours) in pair.wishes().items():
            pair.reset()
            taken = timed(theirs), timed(ours)
            pair.check(wish)
            known = best.get(wish, taken)
            best[wish] = min(known[0], taken[0]), min(known[1], taken[1])
    for view in pair.views:
        view.close()
    print(f"{len(rows):,} runs, best of {rounds}")
    print(f"read as a list {1000 * listed:.0f} ms, whole {1000 * whole:.0f} ms: ratio {whole / listed:.1f}")
    met = True
    for wish, (proxy, own) in best.items():
        ratio = proxy / own
        met &= ratio >= GOAL
        print(f"{wish:18} proxy {1000 * proxy:8.1f} ms, ours {1000 * own:6.2f} ms: ratio {ratio:5.0f}")
    print(f"goal {GOAL} each: {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(25 if "--long" in sys.argv[1:] else 7))
