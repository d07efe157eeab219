"""One column of a stored table: its figures, what it holds as a picture, and what is known of leakage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, DatasetVersion, Finding
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.bins import BinsChart
from mlops_desktop.gui.charts.value_bars import ValueBar, ValueBars
from mlops_desktop.gui.charts.values import Axis, Bins
from mlops_desktop.gui.readings import dataset_columns as reading
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import FactList
from mlops_desktop.gui.widgets.controls import Segments
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text
from mlops_desktop.gui.widgets.type_tags import TypeTag

FACTS_WIDTH, SMALL_FACTS = 236, 190


class ColumnDetail(QWidget):
    """Below the table while a column is chosen."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.column = ""
        self.setObjectName("columndetail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Column")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 9, 16, 9)
        self._row.setSpacing(18)
        left = QVBoxLayout()
        left.setSpacing(5)
        left.addLayout(self._make_head())
        left.addWidget(self._make_warning())
        self._pictures = QStackedWidget()
        self.histogram, self.values = BinsChart(theme, "Histogram"), ValueBars(theme, "Most frequent values")
        self._nothing = Text(theme, "Every cell of this column is empty.", "table", "muted")
        for picture in (self.histogram, self.values, self._nothing):
            self._pictures.addWidget(picture)
        left.addWidget(self._pictures, 1)
        self._row.addLayout(left, 1)
        self.facts = FactList(theme)
        self.facts.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row.addWidget(self.facts, 0, Qt.AlignmentFlag.AlignTop)
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        self.facts.setFixedWidth(SMALL_FACTS if small else FACTS_WIDTH)

    def show_column(self, version: DatasetVersion, name: str, findings: Sequence[Finding]) -> None:
        profile = version.profile(name)
        if profile is None:
            return
        if name != self.column:
            self.column = name
            self.ways.show_value("histogram")
        self._tag.show_words(reading.TAGS[profile.type])
        self._name.setText(name)
        self._about.setText(reading.description(version, profile))
        self.facts.show_facts(reading.column_facts(profile))
        self._show_leaks(reading.leaks(name, findings))
        self._show_values(profile)
        has_histogram = self._show_histogram(profile)
        self.ways.setVisible(has_histogram and bool(profile.top_values))
        self._show_way(has_histogram)
        self.setAccessibleName(f"Column {name}")

    # Making

    def _make_head(self) -> QHBoxLayout:
        theme = self._theme
        head = QHBoxLayout()
        head.setSpacing(7)
        self._tag = TypeTag(theme)
        self._name = ElidedText(theme, "", "title")
        self._about = ElidedText(theme, "", "table", "muted")
        self.ways = Segments(theme, "Picture of the column", [("histogram", "Histogram"), ("values", "Most frequent")])
        self.ways.chosen.connect(lambda _: self._show_way(True))
        head.addWidget(self._tag)
        head.addWidget(self._name)
        head.addWidget(self._about, 1)
        head.addWidget(self.ways)
        return head

    def _make_warning(self) -> QWidget:
        self._warning = QWidget()
        row = QHBoxLayout(self._warning)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Icon(self._theme, "triangle-alert", "warn", 14))
        self._warned = ElidedText(self._theme, "", "table", "warn")
        row.addWidget(self._warned, 1)
        self._warning.hide()
        return self._warning

    # Showing

    def _show_leaks(self, leaks: Sequence[tuple[str, str]]) -> None:
        self._warning.setVisible(bool(leaks))
        if leaks:
            self._warned.setText(" · ".join(short for short, _ in leaks))
            self._warned.setAccessibleName(" ".join(sentence for _, sentence in leaks))

    def _show_values(self, profile: ColumnProfile) -> None:
        values = reading.top_values(profile)
        bars = [ValueBar(value.words, value.count, value.share) for value in values]
        first = f", most often {values[0].words}" if values else ""
        summary = f"{formats.plural(profile.distinct, 'value')} in {profile.name}{first}"
        self.values.show_bars(bars, profile.distinct - len(values), summary)

    def _show_histogram(self, profile: ColumnProfile) -> bool:
        found = profile.histogram
        if found is None or profile.distinct < 2:
            return False
        kind = profile.type
        year = reading.is_year(profile)
        tick = _tick(kind, found.edges[-1] - found.edges[0], year=year)
        axis = Axis(words=lambda value: _edge(value, kind, year=year), ticks=tick)
        bins = Bins(tuple(map(float, found.counts)), found.edges, across=axis)
        ends = f"{_edge(found.edges[0], kind, year=year)} to {_edge(found.edges[-1], kind, year=year)}"
        values = formats.plural(profile.rows - profile.missing, "value")
        self.histogram.show_bins(bins, f"Histogram of {profile.name}, {values} from {ends}")
        return True

    def _show_way(self, has_histogram: bool) -> None:
        if not self.values.bars and not has_histogram:
            self._pictures.setCurrentWidget(self._nothing)
        elif has_histogram and self.ways.value != "values":
            self._pictures.setCurrentWidget(self.histogram)
        else:
            self._pictures.setCurrentWidget(self.values)


def _edge(value: float, kind: ColumnType, *, year: bool) -> str:
    if kind.is_temporal:
        return reading.moment_words(value)
    return reading.plain_or_figure(round(value, 6), kind, year=year)


def _tick(kind: ColumnType, span: float, *, year: bool) -> Callable[[float], str] | None:
    """How values along the axis are written: days in short, whole numbers as in the table."""
    if kind.is_temporal:
        return lambda value: reading.day_words(value, span)
    return (lambda value: reading.plain_or_figure(value, kind, year=year)) if kind is ColumnType.INTEGER else None
