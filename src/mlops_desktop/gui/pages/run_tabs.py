"""The other tabs of a run: everything it was given, measured, wrote and was made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.card import ChartCard
from mlops_desktop.gui.charts.evaluations import calibration_lines, pr_lines, roc_lines
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.pages.run_cards import MOST_CLASSES, MetricsCard
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.readings.run import ParamRow, RunFacts
from mlops_desktop.gui.readings.runs import environment
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.models import BundleContents

CURVE_HEIGHT = 300


class RunTab(QScrollArea):
    """Cards below one another, or side by side; the page scrolls, nothing is cut."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("page")
        self.column = QVBoxLayout(content)
        self.column.setSpacing(12)
        self.setWidget(content)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self.column.setContentsMargins(edge, 12, edge, 16)


class ParamsTab(RunTab):
    """All parameters with their defaults, the other settings, and the columns left out with the reason."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Params of the run")
        self.params = Card(theme, "Params")
        heads = (Head("Param", 150), Head("Value", 96), Head("Default", 96, keep=1), Head("", 150, stretch=True))
        self.table = _table(theme, "Params", heads, self.params)
        self.settings = Card(theme, "Settings")
        self.settings_table = _table(theme, "Settings", _two("Setting", "Value"), self.settings)
        self.features = Card(theme, "Columns it learns from")
        self.features_table = _table(theme, "Columns", _two("Column", "Used as"), self.features)
        self.left_out = Card(theme, "Columns left out")
        self.left_table = _table(theme, "Columns left out", _two("Column", "Why"), self.left_out)
        row = QHBoxLayout()
        row.setSpacing(12)
        for cards in ((self.params, self.features), (self.settings, self.left_out)):
            half = QVBoxLayout()
            half.setSpacing(12)
            for card in cards:
                half.addWidget(card)
            half.addStretch(1)
            row.addLayout(half, 1)
        self.column.addLayout(row)
        self.column.addStretch(1)

    def show_params(self, run: Run, rows: Sequence[ParamRow]) -> None:
        self.params.sub.setText(f"of {formats.estimator(run.spec.estimator)}")
        self.table.show_rows([CellRow(row.name, _param_cells(row)) for row in rows])
        self.params.setVisible(bool(rows))
        self.settings_table.show_rows(_pairs(reading.settings_rows(run)))
        self.features_table.show_rows(_pairs([(part.name, part.role.value) for part in run.spec.features]))
        self.features.sub.setText(formats.count(len(run.spec.features)))
        left = reading.left_out_rows(run)
        self.left_out.sub.setText(formats.count(len(left)))
        self.left_table.show_rows(_pairs(left))
        self.left_out.setVisible(bool(left))


class MetricsTab(RunTab):
    """Every metric by fold, and the curves large."""

    def __init__(self, context: Context) -> None:
        super().__init__("Metrics of the run")
        theme = context.theme
        self.metrics = MetricsCard(theme, "All metrics")
        self.column.addWidget(self.metrics)
        grid = QGridLayout()
        grid.setSpacing(12)
        self.roc, self.pr, self.calibration = (
            LineChart(theme, name) for name in ("ROC", "Precision and recall", "Calibration")
        )
        self.cards = [
            ChartCard(context, chart.title, "out of fold", chart) for chart in (self.roc, self.pr, self.calibration)
        ]
        for place, card in enumerate(self.cards):
            card.chart.setMinimumHeight(CURVE_HEIGHT)
            grid.addWidget(card, 0, place)
            grid.setColumnStretch(place, 1)
        self.column.addLayout(grid)
        self.words = Text(theme, "", "table", "muted", wrap=True)
        self.column.addWidget(self.words)
        self.column.addStretch(1)

    def show_facts(self, facts: RunFacts) -> None:
        self.metrics.setVisible(bool(facts.metrics))
        self.metrics.show_metrics(facts.metrics, reading.fold_labels(facts), reading.validation_sentence(facts))
        evaluation = facts.evaluation
        shown = evaluation is not None and "roc" in evaluation
        for card in self.cards:
            card.setVisible(shown)
        if evaluation is None:
            self.words.setText(
                ""
                if facts.metrics
                else "Nothing was measured."
                if facts.run.status.is_ended
                else "The first fold is on its way."
            )
            return
        self.words.setText(str(evaluation["fitted_on"]))
        if not shown:
            return
        curves = {
            key: [(str(one["label"]), place, one) for place, one in enumerate(evaluation[key]["curves"][:MOST_CLASSES])]
            for key in ("roc", "pr", "calibration")
        }
        areas = ", ".join(f"{name} {one['auc']:.4f}" for name, _, one in curves["roc"] if one["auc"] is not None)
        precise = ", ".join(
            f"{name} {one['average_precision']:.4f}"
            for name, _, one in curves["pr"]
            if one["average_precision"] is not None
        )
        self.roc.show_lines(roc_lines(curves["roc"]), f"ROC, area under the curve: {areas or 'not known'}.")
        self.pr.show_lines(
            pr_lines(curves["pr"]), f"Precision over recall, average precision: {precise or 'not known'}."
        )
        self.calibration.show_lines(
            calibration_lines(curves["calibration"]), "Share seen over probability said, in ten bins."
        )


class ArtifactsTab(RunTab):
    """The files of the bundle, checked against their hashes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Artifacts of the run")
        self.files = Card(theme, "Bundle")
        heads = (Head("File", 360, stretch=True), Head("Size", 110, numeric=True), Head("SHA-256", 150))
        self.table = _table(theme, "Files of the bundle", heads, self.files)
        self.requires = Card(theme, "Requirements")
        self.requires_table = _table(theme, "Requirements", (Head("Package", 400, stretch=True),), self.requires)
        self.column.addWidget(self.files)
        self.column.addWidget(self.requires)
        self.column.addStretch(1)

    def show_files(self, contents: BundleContents | None) -> None:
        self.files.setVisible(contents is not None)
        self.requires.setVisible(contents is not None and bool(contents.requirements))
        if contents is None:
            return
        self.files.sub.setText(f"what Register keeps: {formats.size(contents.size)}, every file checked")
        rows = []
        for file in contents.files:
            digest = Cell(formats.short_hash(file.sha256), token="muted", tip=file.sha256)
            rows.append(CellRow(file.name, (Cell(file.name, strong=True), Cell(formats.size(file.size)), digest)))
        self.table.show_rows(rows)
        self.requires_table.show_rows([CellRow(line, (Cell(line),)) for line in contents.requirements])


class EnvironmentTab(RunTab):
    """Program, Python, packages, machine, and the state of the code."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Code and environment of the run")
        row = QHBoxLayout()
        self.card = Card(theme, "Code and environment")
        self.table = _table(
            theme, "Code and environment", (Head("What", 240), Head("Version", 400, stretch=True)), self.card
        )
        row.addWidget(self.card)
        self.column.addLayout(row)
        self.column.addStretch(1)

    def show_run(self, run: Run) -> None:
        facts = [*environment(run), ("Data", run.dataset_reference), ("Data, SHA-256", run.dataset_hash)]
        facts.append(("Seed", str(run.spec.seed)))
        if run.bundle_hash:
            facts.append(("Bundle, SHA-256", run.bundle_hash))
        self.table.show_rows(_pairs(facts))


def _table(theme: Theme, name: str, heads: Sequence[Head], card: Card) -> SmallTable:
    table = SmallTable(theme, name, heads)
    table.set_density("compact")
    card.body.addWidget(table)
    card.body.setContentsMargins(0, 0, 0, 6)
    return table


def _two(first: str, second: str) -> tuple[Head, ...]:
    return Head(first, 150), Head(second, 200, stretch=True)


def _pairs(facts: Sequence[tuple[str, str]]) -> list[CellRow]:
    return [CellRow(name, (Cell(name, strong=True), Cell(value, tip=value))) for name, value in facts]


def _param_cells(row: ParamRow) -> tuple[Cell, ...]:
    token = "accent-text" if row.differs else "text"
    word = Cell("● differs from default", token="accent-text") if row.differs else Cell()
    return (Cell(row.name, strong=True), Cell(row.value, token=token), Cell(row.default, token="muted"), word)
