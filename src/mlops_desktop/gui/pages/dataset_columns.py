"""All columns of a version in one table, with their figures."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import ColumnProfile, DatasetVersion, Finding
from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.pages.column_detail import ColumnDetail
from mlops_desktop.gui.readings import dataset_columns as reading
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.states import NoMatch
from mlops_desktop.gui.widgets.tall_table import TallTable
from mlops_desktop.gui.widgets.text import Text

HEADS = (
    Head("Column", 126, stretch=True),
    Head("Type", 98),
    Head("Empty", 66, numeric=True),
    Head("Distinct", 70, numeric=True),
    Head("Lowest", 82, numeric=True, keep=2),
    Head("Mean", 74, numeric=True, keep=3),
    Head("Highest", 82, numeric=True, keep=2),
    Head("Most frequent", 150, keep=4),
    Head("Found", 70, keep=1),
)


class DatasetColumns(QWidget):
    """`opened` carries the column that is to be seen among the rows."""

    opened = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._version: DatasetVersion | None = None
        self._findings: Sequence[Finding] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        tools = QWidget()
        tools.setObjectName("toolline")
        row = QHBoxLayout(tools)
        row.setContentsMargins(16, 7, 16, 8)
        self.search = SearchField(theme, "Find columns", "Find columns by name or type")
        self.search.textChanged.connect(lambda _: self._show())
        self.search.left.connect(self._leave_search)
        self._hint = Text(theme, "Enter shows the column among the rows", "table", "muted")
        row.addWidget(self.search, 1)
        row.addWidget(self._hint)
        column.addWidget(tools)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        self._stack = QStackedWidget()
        self.table = TallTable(theme, "Columns", HEADS)
        self.table.current_key.connect(self._on_current)
        self.table.opened.connect(self.opened)
        self._no_match = NoMatch(theme, self.search.clear)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._no_match)
        self.detail = ColumnDetail(theme)
        self.detail.hide()
        split.addWidget(self._stack)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 0)
        column.addWidget(split, 1)

    def show_version(self, version: DatasetVersion, findings: Sequence[Finding]) -> None:
        if self._version is not None and self._version.id != version.id:
            self.detail.hide()
        self._version, self._findings = version, findings
        self._show()
        # The row of the same column may stay current: what is below it is then shown for this version.
        self._on_current(self.table.key(self.table.currentIndex().row()))

    def choose(self, column: str) -> None:
        self.table.go_to_key(column)

    def _leave_search(self) -> None:
        self.table.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def set_small(self, small: bool) -> None:
        self.detail.set_small(small)
        self._hint.setVisible(not small)

    def _show(self) -> None:
        version = self._version
        if version is None:
            return
        words = self.search.text().casefold().split()
        chosen = [profile for profile in version.profiles if all(word in _haystack(profile) for word in words)]
        self.table.show_rows([_row(profile, self._findings) for profile in chosen])
        if not chosen:
            near = difflib.get_close_matches(self.search.text(), [found.name for found in version.profiles], n=1)
            hint = f" The nearest is {near[0]}." if near else ""
            self._no_match.show_filter(f"No column matches “{self.search.text()}”.{hint}")
        self._stack.setCurrentWidget(self.table if chosen else self._no_match)

    def _on_current(self, name: str) -> None:
        if self._version is not None and name:
            self.detail.show_column(self._version, name, self._findings)
            self.detail.show()


def _haystack(profile: ColumnProfile) -> str:
    return f"{profile.name} {reading.KINDS[profile.type]}".casefold()


def _row(profile: ColumnProfile, findings: Sequence[Finding]) -> CellRow:
    about = [finding for finding in findings if finding.columns and finding.columns[0] == profile.name]
    warned = any(finding.severity.value == "warning" for finding in about)
    kind = profile.type
    top = reading.top_values(profile)[:1]
    share = reading.missing_share(profile)
    empty_token = "warn" if share >= reading.MOSTLY else "text" if profile.missing else "muted"
    sign = Sign("triangle-alert", "warn", formats.count(len(about))) if warned else None
    return CellRow(
        profile.name,
        (
            Cell(profile.name, strong=True),
            Cell(reading.KINDS[kind], token="muted"),
            Cell(reading.share(share) if profile.missing else formats.NOT_SET, empty_token),
            Cell(formats.count(profile.distinct)),
            Cell(_end(profile.first, profile.minimum, profile)),
            Cell(reading.figure(profile.mean, year=reading.is_year(profile))),
            Cell(_end(profile.last, profile.maximum, profile)),
            Cell(top[0].words, after=reading.share(top[0].share)) if top else Cell(formats.NOT_SET, "muted"),
            Cell(sign=sign, tip="\n".join(finding.sentence for finding in about))
            if sign
            else Cell(formats.plural(len(about), "note") if about else "", "muted"),
        ),
    )


def _end(day: str | None, number: float | None, profile: ColumnProfile) -> str:
    return reading.number_of(day).partition(" ")[0] if day else reading.plain_figure(number, profile.type)
