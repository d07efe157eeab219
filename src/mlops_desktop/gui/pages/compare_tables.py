"""The tables of a comparison: metrics with spread and best, and in what the runs differ."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import compare as reading
from mlops_desktop.gui.readings.compare import CompareFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Box, Segments
from mlops_desktop.gui.widgets.small_table import SmallTable

WITH_SPREAD = 4
"""Up to so many runs a cell has room for the spread too; beyond it stands in the tooltip and in the chart."""


class RunsTable(Card):
    """A card with one table whose columns are the runs; made anew when there are others."""

    def __init__(self, theme: Theme, title: str, sub: str = "") -> None:
        super().__init__(theme, title, sub)
        self._theme = theme
        self.table: SmallTable | None = None
        self._heads: tuple[Head, ...] = ()
        self.body.setContentsMargins(0, 0, 0, 6)
        self.body.addStretch(1)

    def show_table(self, heads: Sequence[Head], rows: Sequence[CellRow]) -> None:
        if self.table is None or tuple(heads) != self._heads:
            if self.table is not None:
                self.table.hide()
                self.table.deleteLater()
            self._heads = tuple(heads)
            self.table = SmallTable(self._theme, self.title.text(), heads)
            self.table.set_density("compact")
            self.body.insertWidget(0, self.table)
        self.table.show_rows(rows)


class MetricsTable(RunsTable):
    """Every metric over the runs, the best one marked; or how each differs from the first run."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Metrics", "mean over the folds")
        self._facts: CompareFacts | None = None
        self.mode = Segments(
            context.theme, "What the cells say", [("values", "Values"), ("differences", "Difference to A")]
        )
        self.mode.show_value("values")
        self.mode.chosen.connect(lambda _: self._show())
        self.head.addWidget(self.mode)

    def show_facts(self, facts: CompareFacts) -> None:
        self._facts = facts
        self._show()

    def _show(self) -> None:
        facts = self._facts
        if facts is None:
            return
        differences, short = self.mode.value == "differences", len(facts.runs) > WITH_SPREAD
        marked = ", best marked" if any(row.best is not None for row in facts.comparison.metrics) else ""
        self.sub.setText(f"{'mean' if short else 'mean ± sd over the folds'}{marked}")
        width = 78 if short or differences else 138
        heads = [Head("Metric", 132, stretch=True)]
        heads += [Head(reading.letter(place), width, numeric=True) for place in range(len(facts.runs))]
        rows = []
        for row in facts.comparison.metrics:
            lone = sum(value is not None for value in row.values) < 2
            cells = [Cell(row.key, strong=True)]
            for place, value in enumerate(row.values):
                words = reading.metric_text(value, row.values[0], differences=differences, short=short)
                token = "muted" if value is None or (differences and place == 0) else "text"
                tip = reading.metric_tip(row, place, facts.names[place])
                cells.append(Cell(words, token=token, tip=tip, best=place == row.best and not lone))
            rows.append(CellRow(row.key, tuple(cells)))
        self.show_table(heads, rows)


class DifferencesTable(RunsTable):
    """What the runs were given and made with; equal rows are hidden unless asked for."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Differences", "compared with A")
        self._facts: CompareFacts | None = None
        self.hides = Box(context.theme, "Hide equal rows", role="table")
        self.hides.setChecked(True)
        self.hides.toggled.connect(lambda _: self._show())
        self.copy = CopyButton(context.theme, "", "Copy", what="the differences as a table")
        self.head.addWidget(self.hides)
        self.head.addWidget(self.copy)

    def show_facts(self, facts: CompareFacts) -> None:
        self._facts = facts
        self._show()

    def _show(self) -> None:
        facts = self._facts
        if facts is None:
            return
        shown = reading.difference_rows(facts, all_rows=not self.hides.isChecked())
        hidden = facts.comparison.equal if self.hides.isChecked() else 0
        self.sub.setText(f"compared with A; {hidden} equal hidden" if hidden else "compared with A")
        heads = [Head("Item", 140)]
        heads += [Head(reading.letter(place), 110, stretch=True) for place in range(len(facts.runs))]
        self.show_table(heads, [_row(row.name, row.values) for row in shown])
        names = ("Item", *facts.names)
        text = "\n".join("\t".join(line) for line in (names, *((row.name, *row.values) for row in shown)))
        self.copy.set_text(text)
        self.copy.setToolTip("")


def _row(name: str, values: Sequence[str]) -> CellRow:
    cells = [Cell(name, strong=True), Cell(values[0], tip=values[0])]
    for value in values[1:]:
        if value == values[0]:
            cells.append(Cell("=", token="muted", tip=f"as A: {value}"))
        else:
            cells.append(Cell(value, strong=True, tip=value, ground="warn-soft"))
    return CellRow(name, tuple(cells))
