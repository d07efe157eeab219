"""The first step of deploying: which model version?"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings.deploy import version_rows
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.states import EmptyState, NoMatch
from mlops_desktop.gui.widgets.text import Text

HEADS = (
    Head("Model version", 210, stretch=True),
    Head("Estimator", 150, keep=2),
    Head("Metric", 150, keep=1),
    Head("Registered", 92),
)
SEARCH_FROM = 8
NOTHING = "A model version is made from a finished run, with Register. It can then answer behind an endpoint."


class VersionChoice(QWidget):
    """`moved` follows the current row. Enter on it is the dialog's default button."""

    moved = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self._all: Sequence[ModelVersion] = ()
        self._shown: Sequence[ModelVersion] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(10)
        column.addWidget(Text(theme, "Which model version should answer?", "title"))
        self.search = LineEntry(theme, "Find a model version", "Name, estimator, run or alias")
        self.search.textChanged.connect(lambda _: self._fill())
        column.addWidget(self.search)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self.table = SmallTable(theme, "Model versions", HEADS)
        self.table.selectionModel().currentChanged.connect(self._on_current)
        holder = QWidget()
        holder.setObjectName("tableground")
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.table)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setAccessibleName("Model versions")
        scroll.setWidget(holder)
        self._stack.addWidget(scroll)
        self._empty = EmptyState(theme, "box", "No model version yet", NOTHING)
        self._stack.addWidget(self._empty)
        self._no_match = NoMatch(theme, self.search.clear)
        self._stack.addWidget(self._no_match)

    @property
    def reference(self) -> str:
        row = self.table.currentIndex().row()
        return self._shown[row].reference if 0 <= row < len(self._shown) else ""

    @property
    def is_empty(self) -> bool:
        return not self._all

    def show_versions(self, versions: Sequence[ModelVersion], chosen: str) -> None:
        self._all = versions
        self.search.setVisible(len(versions) >= SEARCH_FROM)
        self._fill()
        place = next((place for place, one in enumerate(self._shown) if one.reference == chosen), 0)
        self.table.go_to(place)

    def _fill(self) -> None:
        words = self.search.text()
        self._shown = version_rows(self._all, words)
        now = self._context.clock()
        self.table.show_rows([_row(one, now) for one in self._shown])
        if not self._all:
            self._stack.setCurrentWidget(self._empty)
        elif not self._shown:
            self._no_match.show_filter(f"None of {formats.plural(len(self._all), 'model version')} matches “{words}”.")
            self._stack.setCurrentWidget(self._no_match)
        else:
            self._stack.setCurrentIndex(0)
            if not self.reference:
                self.table.go_to(0)
        self.moved.emit(self.reference)

    def _on_current(self, index: QModelIndex) -> None:
        self.moved.emit(self.reference)


def _row(version: ModelVersion, now: object) -> CellRow:
    from datetime import datetime

    from mlops_desktop.domain.experiments import main_metric

    assert isinstance(now, datetime)
    key = main_metric(version.task)
    metric = next((one for one in version.metrics if one.key == key), None)
    measured = f"{key} {formats.number(metric.mean, formats.decimals([metric.mean]))}" if metric else formats.NOT_SET
    aliases = [alias for alias in version.aliases if alias != "champion"]
    chip = "champion" if "champion" in version.aliases else ""
    return CellRow(
        version.reference,
        (
            Cell(version.reference.replace("@v", " v"), strong=True, after=", ".join(aliases), chip=chip),
            Cell(formats.estimator(version.estimator), "muted"),
            Cell(measured, "text" if metric else "muted"),
            Cell(formats.moment(version.created_at, now), "muted", tip=formats.full_moment(version.created_at)),
        ),
    )
