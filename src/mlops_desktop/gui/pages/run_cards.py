"""The cards of what a run measured: folds, metrics, quality, importance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import MetricSummary, Task, main_metric
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.bars import BarChart
from mlops_desktop.gui.charts.bins import BinsChart
from mlops_desktop.gui.charts.card import ChartCard
from mlops_desktop.gui.charts.evaluations import (
    confusion_matrix,
    importance_axis,
    importance_bars,
    residual_bins,
    residual_dots,
    roc_lines,
)
from mlops_desktop.gui.charts.folds import FoldChart
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.charts.matrix import MatrixChart
from mlops_desktop.gui.charts.values import Matrix
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.readings.run import RunFacts
from mlops_desktop.gui.readings.runs import spread_text
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.controls import Segments
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip

SHOWN_METRICS = 3
MOST_CLASSES = 7


class Waiting(QWidget):
    """Why something is not there yet, over bars where it will be."""

    def __init__(self, theme: Theme, what: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 4, 4)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(Icon(theme, "clock", "muted", 14))
        self.words = ElidedText(theme, "After the fit", "table", "muted")
        row.addWidget(self.words, 1)
        column.addLayout(row)
        column.addWidget(Skeleton(theme, what, 24, 0), 1)


class FoldsCard(ChartCard):
    """One metric fold by fold; which one is chosen in the head."""

    def __init__(self, context: Context) -> None:
        self.folds = FoldChart(context.theme, "Metric by fold")
        super().__init__(context, "By fold", "", self.folds)
        self.folds.empty_words = "The first fold is on its way."
        self.folds.setMinimumHeight(130)
        self._theme = context.theme
        self._metrics: tuple[MetricSummary, ...] = ()
        self._segments: Segments | None = None
        self.key = ""

    def show_metrics(self, metrics: Sequence[MetricSummary], labels: Sequence[str]) -> None:
        keys = [metric.key for metric in metrics[:SHOWN_METRICS]]
        if keys != [metric.key for metric in self._metrics[:SHOWN_METRICS]]:
            self._make_segments(keys)
        self._metrics, self._labels = tuple(metrics), tuple(labels)
        self._show()

    def _make_segments(self, keys: Sequence[str]) -> None:
        if self._segments is not None:
            self._segments.deleteLater()
            self._segments = None
        self.key = self.key if self.key in keys else keys[0] if keys else ""
        if len(keys) > 1:
            self._segments = Segments(self._theme, "Metric", [(key, key) for key in keys])
            self._segments.show_value(self.key)
            self._segments.chosen.connect(self._on_chosen)
            self.add_tool(self._segments)

    def _on_chosen(self, key: object) -> None:
        self.key = str(key)
        self._show()

    def _show(self) -> None:
        metric = next((one for one in self._metrics if one.key == self.key), None)
        if metric is None:
            self.folds.show_folds("metric", ())
            return
        self.chart.title = f"{metric.key} by fold"
        self.folds.show_folds(metric.key, metric.folds, labels=self._labels, std=metric.std, test=metric.test)


class MetricsCard(Card):
    """Every metric by fold, with mean ± spread and the test part; as many folds as there is room for."""

    def __init__(self, theme: Theme, title: str = "Metrics by fold") -> None:
        super().__init__(theme, title)
        self._theme = theme
        self.table: SmallTable | None = None
        self._heads: tuple[Head, ...] = ()
        self.body.setContentsMargins(0, 0, 0, 6)
        self.body.addStretch(1)

    def show_metrics(self, metrics: Sequence[MetricSummary], labels: Sequence[str], sub: str) -> None:
        self.sub.setText(sub)
        heads = [Head("Fold", 130, stretch=True)]
        heads += [
            Head(label.removeprefix("Fold "), 52, numeric=True, keep=2 + place) for place, label in enumerate(labels)
        ]
        heads.append(Head("Mean ± sd", 122, numeric=True))
        if any(metric.test is not None for metric in metrics):
            heads.append(Head("Test", 66, numeric=True, keep=1))
        if tuple(heads) != self._heads or self.table is None:
            self._make_table(heads)
        assert self.table is not None
        self.table.show_rows([self._row(metric, len(labels), len(heads)) for metric in metrics])

    def _make_table(self, heads: Sequence[Head]) -> None:
        if self.table is not None:
            self.table.deleteLater()
        self._heads = tuple(heads)
        self.table = SmallTable(self._theme, self.title.text(), heads)
        self.table.set_density("compact")
        self.body.insertWidget(0, self.table)

    def _row(self, metric: MetricSummary, folds: int, width: int) -> CellRow:
        values = [metric.mean, *metric.folds]
        places = formats.decimals(values)
        cells = [Cell(metric.key, strong=True)]
        for place in range(folds):
            known = place < len(metric.folds)
            cells.append(Cell(formats.number(metric.folds[place], max(2, places - 1)) if known else formats.NOT_SET))
        cells.append(Cell(spread_text(metric, places), strong=True))
        if len(cells) < width:
            cells.append(Cell(formats.NOT_SET if metric.test is None else formats.number(metric.test, places)))
        return CellRow(metric.key, tuple(cells))


class QualityCard(ChartCard):
    """ROC and confusion at a threshold; for several classes one curve each; for numbers predicted over actual."""

    def __init__(self, context: Context) -> None:
        theme = context.theme
        self.curve = LineChart(theme, "ROC")
        super().__init__(context, "ROC and confusion", "", self.curve)
        self._theme = theme
        self.matrix = MatrixChart(theme, "Confusion matrix")
        self.left = BinsChart(theme, "Residuals")
        self.words = Text(theme, "", "caption", "muted", wrap=True)
        self.waiting = Waiting(theme, "ROC and confusion")
        self._facts: RunFacts | None = None
        self._segments: Segments | None = None
        self._value: float | None = None
        self._charts = QWidget()
        row = QHBoxLayout(self._charts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.curve, 11)
        side = QVBoxLayout()
        side.setSpacing(2)
        side.addWidget(self.matrix, 1)
        side.addWidget(self.words)
        row.addLayout(side, 9)
        row.addWidget(self.left, 9)
        self.body.addWidget(self._charts, 1)
        self.body.addWidget(self.waiting, 1)
        for chart in (self.curve, self.matrix, self.left):
            chart.setMinimumHeight(120)

    def show_facts(self, facts: RunFacts) -> None:
        ready = facts.evaluation is not None
        self._charts.setVisible(ready)
        self.menu_button.setVisible(ready)
        self.waiting.setVisible(not ready)
        if self._segments is not None and (self._facts is None or self._facts.thresholds != facts.thresholds):
            self._segments.deleteLater()
            self._segments = None
        self._facts = facts
        task = facts.run.spec.task
        self.title.setText("Predicted and actual" if task is Task.REGRESSION else "ROC and confusion")
        self.setAccessibleName(self.title.text())
        self.sub.setText("" if facts.thresholds else "out of fold")
        if facts.evaluation is None:
            return
        self.matrix.setVisible(task.is_classification)
        self.words.setVisible(task is Task.BINARY)
        self.left.setVisible(not task.is_classification)
        if task is Task.REGRESSION:
            self._show_numbers(facts.evaluation)
        else:
            self._show_classes(facts, facts.evaluation)

    def _show_numbers(self, evaluation: Mapping[str, Any]) -> None:
        residuals = evaluation["residuals"]
        self.curve.title, self.left.title = "Predicted over actual", "Residuals"
        sample = formats.plural(len(residuals["sample"]["actual"]), "row")
        self.curve.show_lines(residual_dots(residuals), f"Predicted over actual for {sample}.")
        spread = "" if residuals["std"] is None else f" ± {formats.number(residuals['std'], 2)}"
        self.left.show_bins(
            residual_bins(residuals), f"Actual minus predicted: mean {formats.number(residuals['mean'], 2)}{spread}."
        )

    def _show_classes(self, facts: RunFacts, evaluation: Mapping[str, Any]) -> None:
        curves = [curve for curve in evaluation["roc"]["curves"] if curve["auc"] is not None]
        named = [(str(curve["label"]), place, curve) for place, curve in enumerate(curves[:MOST_CLASSES])]
        said = ", ".join(f"{curve['label']} {curve['auc']:.4f}" for curve in curves)
        self.curve.title = "ROC"
        self.curve.show_lines(roc_lines(named), f"ROC, area under the curve: {said}." if said else "No ROC curve.")
        if facts.thresholds and self._segments is None:
            options = [(at.value, f"{at.value:.2f}") for at in facts.thresholds]
            self._value = facts.thresholds[0].value
            self._segments = Segments(self._theme, "Threshold", options)
            for button, at in zip(self._segments.buttons, facts.thresholds, strict=True):
                button.setToolTip(plain_tip(at.reason))
                button.setAccessibleName(f"Threshold {at.value:.2f}, {at.reason}")
            self._segments.show_value(self._value)
            self._segments.chosen.connect(self._on_threshold)
            self.add_tool(self._segments)
        self._show_matrix(evaluation)

    def _show_matrix(self, evaluation: Mapping[str, Any]) -> None:
        matrix = confusion_matrix(evaluation["confusion"])
        facts = self._facts
        at = next((one for one in facts.thresholds if one.value == self._value), None) if facts else None
        sentence = f"Confusion matrix of {formats.plural(sum(map(sum, matrix.counts)), 'row')}"
        if at is not None and facts is not None:
            matrix = Matrix(matrix.labels, at.counts)
            words = reading.threshold_words(at, str(evaluation["positive_label"]))
            self.words.setText(f"Out of fold, at {at.value:.2f}: {words}")
            sentence += f" at {at.value:.2f}: {words}"
        self.matrix.title = "Confusion matrix"
        self.matrix.show_matrix(matrix, f"{sentence}.")

    def _on_threshold(self, value: object) -> None:
        if isinstance(value, float):
            self._value = value
        if self._facts is not None and self._facts.evaluation is not None:
            self._show_matrix(self._facts.evaluation)


class ImportanceCard(ChartCard):
    """How much the main metric loses when a column is shuffled."""

    def __init__(self, context: Context) -> None:
        self.bars = BarChart(context.theme, "Permutation importance")
        super().__init__(context, "Permutation importance", "", self.bars)
        self.bars.setMinimumHeight(120)
        self.waiting = Waiting(context.theme, "permutation importance")
        self.body.addWidget(self.waiting, 1)

    def show_facts(self, facts: RunFacts) -> None:
        importance = facts.evaluation["importance"] if facts.evaluation else None
        self.bars.setVisible(bool(importance))
        self.menu_button.setVisible(bool(importance))
        self.waiting.setVisible(not importance)
        self.sub.setText(f"{main_metric(facts.run.spec.task)} lost")
        if importance:
            first = importance["columns"][0]["name"] if importance["columns"] else "no column"
            sentence = f"{importance['sentence']} {first} matters most."
            self.bars.show_bars(importance_bars(importance), importance_axis(importance), sentence)
            self.sub.setToolTip(plain_tip(importance["sentence"]))
