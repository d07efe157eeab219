"""The card with a version's figures beside another's, and what the difference says."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import model_version as reading
from mlops_desktop.gui.readings.model_version import BETTER, SAME, WORSE, VersionFacts
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import Text

_VERDICTS = {
    BETTER: Sign("chevron-up", "ok", BETTER),
    WORSE: Sign("chevron-down", "error", WORSE),
    SAME: Sign("minus", "muted", "Same"),
}


class MetricsCard(Card):
    """This version beside another, each difference with its spread, and one sentence of it.

    `alike_asked` carries where a run is set up that can be compared with the other.
    """

    alike_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Metrics")
        self._theme = theme
        self.words = Text(theme, "", "table", "muted", wrap=True)
        self.words.setContentsMargins(13, 8, 13, 10)
        self._table: SmallTable | None = None
        self._heads: tuple[str, str] = ("", "")
        self.body.addWidget(self.words)
        self.alike = Button(theme, "", icon="rotate-cw", small=True)
        self.alike.clicked.connect(lambda: self.alike_asked.emit(self._place))
        self._place: Place | None = None
        self._alike_row = QWidget()
        row = QHBoxLayout(self._alike_row)
        row.setContentsMargins(13, 0, 13, 11)
        row.addWidget(self.alike)
        row.addStretch(1)
        self._alike_row.hide()
        self.body.addWidget(self._alike_row)

    def show_facts(self, facts: VersionFacts) -> None:
        self._place = reading.alike_place(facts)
        self.alike.set_caption(f"New run validated as {facts.other_words}…")
        self._alike_row.setVisible(self._place is not None)
        lines = reading.metric_lines(facts)
        here = f"v{facts.version.number}"
        other = f"v{facts.other.number}" if facts.other else ""
        table = self._table_for(here, other)
        table.show_rows([_metric_row(line, bool(other)) for line in lines])
        table.setVisible(bool(lines))
        self.sub.setText(f"{reading.test_words(facts)}" + (f", beside {facts.other_words}" if facts.other else ""))
        said = reading.verdict_sentence(facts, lines) if lines else "No figures came with this version."
        self.words.setText(said)

    @property
    def table(self) -> SmallTable:
        assert self._table is not None
        return self._table

    def _table_for(self, here: str, other: str) -> SmallTable:
        if self._table is not None and self._heads == (here, other):
            return self._table
        if self._table is not None:
            self._table.hide()
            self._table.deleteLater()
        heads = [
            Head("Metric", 134, stretch=True),
            Head(here, 62, numeric=True),
            Head("± sd", 62, numeric=True, keep=3 if other else 0),
            Head("Test", 62, numeric=True, keep=4 if other else 0),
        ]
        if other:
            heads += [
                Head(other, 62, numeric=True, keep=2),
                Head("Difference ± sd", 126, numeric=True),
                Head("Verdict", 80, keep=1),
            ]
        self._heads = (here, other)
        self._table = SmallTable(self._theme, "Metrics", heads)
        self._table.set_density("compact")
        self.body.insertWidget(0, self._table)
        return self._table


def _metric_row(line: reading.MetricLine, has_other: bool) -> CellRow:
    places, tip = line.places, reading.metric_tip(line)
    test = formats.number(line.here.test, places) if line.here.test is not None else formats.NOT_SET
    cells = [
        Cell(line.key, strong=True, tip=tip),
        Cell(formats.number(line.here.mean, places), tip=tip),
        Cell(formats.NOT_SET if line.here.std is None else formats.number(line.here.std, places), "muted", tip=tip),
        Cell(test, "muted", tip=tip),
    ]
    if has_other:
        there = formats.number(line.there.mean, places) if line.there else formats.NOT_SET
        sign = _VERDICTS.get(line.verdict)
        why = "The difference is within its own spread over the folds." if line.verdict == SAME else ""
        cells += [Cell(there, "muted"), Cell(line.change), Cell(sign=sign, tip=why) if sign else Cell(formats.NOT_SET)]
    return CellRow(line.key, tuple(cells))
