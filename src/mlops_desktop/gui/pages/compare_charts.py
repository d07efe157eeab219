"""The charts of a comparison: by fold, spread, ROC and precision over recall, matrices; one colour a run in all."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Task, is_lower_better
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.bars import BarChart
from mlops_desktop.gui.charts.card import ChartCard, keep_files
from mlops_desktop.gui.charts.evaluations import confusion_matrix, pr_lines, residual_dots, roc_lines
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.charts.matrix import MatrixChart
from mlops_desktop.gui.charts.values import Axis, Bar, Lines, Series
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.compare_runs import SeriesSign
from mlops_desktop.gui.readings import compare as reading
from mlops_desktop.gui.readings.compare import CompareFacts
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.text import Text, plain_tip


class MetricCharts:
    """One metric of all runs: fold by fold, and mean with spread and test; which one is chosen in the head."""

    def __init__(self, context: Context) -> None:
        theme = context.theme
        self.folds = ChartCard(context, "By fold", "", LineChart(theme, "Metric by fold"))
        self.spread = ChartCard(context, "Mean and spread", "", BarChart(theme, "Mean and spread"))
        self.choice = Choice(theme, "Metric")
        self.choice.setFixedWidth(140)
        self.choice.chosen.connect(self._on_chosen)
        self.folds.add_tool(self.choice)
        self._facts: CompareFacts | None = None
        self.key = ""

    def show_facts(self, facts: CompareFacts) -> None:
        self._facts = facts
        keys = [row.key for row in facts.comparison.metrics]
        self.choice.set_options([(key, key) for key in keys])
        self.key = self.key if self.key in keys else facts.metric if facts.metric in keys else keys[0] if keys else ""
        self.choice.show_value(self.key)
        self._show()

    def _on_chosen(self, key: object) -> None:
        self.key = str(key)
        self._show()

    def _show(self) -> None:
        facts, key = self._facts, self.key
        if facts is None:
            return
        values = [run.metric(key) for run in facts.runs]
        known = [(place, value) for place, value in enumerate(values) if value is not None]
        places = formats.decimals([value.mean for _, value in known])
        axis = Axis(key, words=lambda number: formats.number(number, places))
        bars = [
            Bar(f"{reading.letter(place)}  {facts.runs[place].name}", value.mean, value.std, value.test, place)
            for place, value in known
        ]
        better = "lower is better" if is_lower_better(key) else "higher is better"
        chart = self.spread.chart
        assert isinstance(chart, BarChart)
        said = "; ".join(f"{bar.name} {formats.number(bar.value, places)}" for bar in bars)
        chart.show_bars(bars, axis, f"Mean and spread of {key}, {better}: {said}.")
        self.spread.sub.setText(f"{key}, {better}" + ("; ◇ test" if any(bar.mark is not None for bar in bars) else ""))
        most = max((len(value.folds) for _, value in known), default=0)
        series = tuple(
            Series(reading.letter(place), tuple(map(float, range(len(value.folds)))), value.folds, place, has_dots=True)
            for place, value in known
            if value.folds
        )
        names = tuple(f"Fold {number}" for number in range(1, most + 1))
        lines = self.folds.chart
        assert isinstance(lines, LineChart)
        up = Axis(words=lambda number: formats.number(number, places))
        lines.show_lines(Lines(series, Axis(names=names), up), f"{key} by fold for {len(series)} runs.")
        lines.title = f"{key} by fold"


class CurveCharts:
    """ROC and precision over recall of all runs; for several classes of the one that is chosen."""

    def __init__(self, context: Context) -> None:
        theme = context.theme
        self.roc = ChartCard(context, "ROC", "out of fold", LineChart(theme, "ROC"))
        self.pr = ChartCard(context, "Precision – recall", "out of fold", LineChart(theme, "Precision over recall"))
        self.choice = Choice(theme, "Class")
        self.choice.setFixedWidth(120)
        self.choice.chosen.connect(self._on_chosen)
        self.roc.add_tool(self.choice)
        self._facts: CompareFacts | None = None
        self.label = ""

    def show_facts(self, facts: CompareFacts) -> None:
        self._facts = facts
        numbers = facts.task is Task.REGRESSION
        labels = reading.labels_of(facts) if facts.task is not None else ()
        self.label = self.label if self.label in labels else labels[0] if labels else ""
        self.choice.set_options([(label, label) for label in labels])
        self.choice.show_value(self.label)
        self.choice.setVisible(len(labels) > 1)
        self.roc.title.setText("Predicted over actual" if numbers else "ROC")
        self.roc.setVisible(bool(labels) or numbers)
        self.pr.setVisible(bool(labels))
        if numbers:
            self._show_numbers(facts)
        elif labels:
            self._show()

    def _on_chosen(self, label: object) -> None:
        self.label = str(label)
        self._show()

    def _show(self) -> None:
        if self._facts is None:
            return
        for card, kind, make, area in (
            (self.roc, "roc", roc_lines, "auc"),
            (self.pr, "pr", pr_lines, "average_precision"),
        ):
            curves = reading.curves_of(self._facts, kind, self.label)
            said = ", ".join(f"{name} {one[area]:.4f}" for name, _, one in curves if one[area] is not None)
            chart = card.chart
            assert isinstance(chart, LineChart)
            what = "ROC, area under the curve" if kind == "roc" else "Precision over recall, average precision"
            chart.show_lines(make(curves), f"{what} for {self.label}: {said}.")

    def _show_numbers(self, facts: CompareFacts) -> None:
        made = [
            (place, residual_dots(evaluation["residuals"], place).series)
            for place, evaluation in enumerate(facts.evaluations)
            if evaluation is not None
        ]
        dots = [
            Series(reading.letter(place), series[1].xs, series[1].ys, place, has_line=False, has_dots=True)
            for place, series in made
        ]
        chart = self.roc.chart
        assert isinstance(chart, LineChart)
        lines = Lines(tuple(dots), Axis("Actual"), Axis("Predicted"))
        chart.show_lines(lines, f"Predicted over actual, {len(dots)} runs.")


class MatricesCard(Card):
    """The confusion matrices beside each other, each at its run's own threshold."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Confusion matrices", "rows actual, columns predicted")
        self._context = context
        self.body.setContentsMargins(13, 0, 13, 10)
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        self.body.addWidget(self._holder, 1)
        self.charts: list[MatrixChart] = []
        self._shown: tuple[object, ...] = ()
        self._a_row = 2

    def show_facts(self, facts: CompareFacts) -> None:
        places = [place for place, one in enumerate(facts.evaluations) if one is not None and "confusion" in one]
        self.setVisible(bool(places))
        shown = (facts.names, tuple(places), tuple(run.evaluation_hash for run in facts.runs), self._a_row)
        if shown == self._shown:
            return
        self._shown = shown
        clear_layout(self._grid)
        self.charts = []
        labels = {tuple(one["confusion"]["labels"]) for one in facts.evaluations if one and "confusion" in one}
        classes = ", ".join(map(str, labels.pop())) if len(labels) == 1 else ""
        self.sub.setText(f"rows actual{f': {classes}' if classes else ', columns predicted'}")
        self.sub.setToolTip(plain_tip(f"Rows actual, columns predicted{f': {classes}' if classes else ''}"))
        a_row = min(self._a_row, max(1, len(places)))
        for number, place in enumerate(places):
            self._grid.addWidget(self._make(facts, place), number // a_row, number % a_row)

    def set_a_row(self, count: int) -> None:
        """How many stand beside each other; asked before the facts are shown."""
        self._a_row = count

    def _make(self, facts: CompareFacts, place: int) -> QWidget:
        theme, run = self._context.theme, facts.runs[place]
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(SeriesSign(theme, place, line=False))
        row.addWidget(Text(theme, reading.letter(place), "table-bold"))
        row.addStretch(1)
        row.addWidget(Text(theme, reading.matrix_note(facts, place), "number", "muted"))
        column.addLayout(row)
        evaluation = facts.evaluations[place]
        assert evaluation is not None
        matrix = confusion_matrix(evaluation["confusion"])
        chart = MatrixChart(theme, f"Confusion matrix of {run.name}", has_labels=False)
        chart.title = f"Confusion matrix of {run.name}"
        chart.setMinimumHeight(72)
        keep_files(self._context, chart)
        chart.show_matrix(matrix, f"Confusion matrix of {run.name}, {reading.matrix_note(facts, place)}.")
        column.addWidget(chart, 1)
        self.charts.append(chart)
        return holder
