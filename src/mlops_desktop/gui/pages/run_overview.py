"""The first tab of a run: what came out, how sure, from what; the same places fill while it runs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.run_cards import FoldsCard, ImportanceCard, MetricsCard, QualityCard
from mlops_desktop.gui.pages.run_side import RunSide
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.readings.run import RunFacts
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.log_view import LogView
from mlops_desktop.gui.widgets.states import ErrorBox

SIDE, TOP, MIDDLE, LOG = 268, 236, 204, 150
FEW = 5
"""Metrics shown here; the others have their tab."""


class RunOverview(QScrollArea):
    """Three columns; the right one goes where the window is small, because all of it has a tab."""

    def __init__(self, context: Context, go_to_tab: Callable[[str], object], change: Callable[[], object]) -> None:
        super().__init__()
        theme = context.theme
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Overview of the run")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("page")
        self._frame = QHBoxLayout(content)
        left = QVBoxLayout()
        left.setSpacing(12)
        self.failure = ErrorBox(theme)
        self.change = Button(theme, "Re-run with changes…", icon="sliders-horizontal", small=True)
        self.change.clicked.connect(change)
        self.failure.add_action(self.change)
        self.failure.hide()
        left.addWidget(self.failure)
        self.cards = QWidget()
        grid = QGridLayout(self.cards)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        self.folds = FoldsCard(context)
        self.metrics = MetricsCard(theme)
        self.all_metrics = Button(theme, "All", kind="link")
        self.all_metrics.clicked.connect(lambda: go_to_tab("metrics"))
        self.metrics.head.addWidget(self.all_metrics)
        self.quality = QualityCard(context)
        self.importance = ImportanceCard(context)
        for place, card in enumerate((self.folds, self.quality, self.metrics, self.importance)):
            grid.addWidget(card, place // 2, place % 2)
        grid.setRowMinimumHeight(0, theme.px(TOP))
        grid.setRowMinimumHeight(1, theme.px(MIDDLE))
        grid.setRowStretch(0, 6)
        grid.setRowStretch(1, 5)
        left.addWidget(self.cards, 5)
        self.log_card = Card(theme)
        self.log_card.setAccessibleName("Log")
        self.log = LogView(context, "Log of the run", title="Log", empty="No line yet; the worker has just been asked.")
        self.log_card.body.addWidget(self.log)
        self.log_card.setMinimumHeight(LOG)
        left.addWidget(self.log_card, 2)
        self._frame.addLayout(left, 1)
        self.side = RunSide(context, go_to_tab)
        self.side.setFixedWidth(SIDE)
        self._frame.addWidget(self.side)
        self.setWidget(content)

    def show_facts(self, facts: RunFacts) -> None:
        run = facts.run
        failed = run.failure is not None and run.status is not RunStatus.CANCELLED
        self.failure.setVisible(failed)
        if run.failure is not None:
            title = f"Run {run.name} {run.status.value}: {run.failure.message}"
            self.failure.show_problem(title, run.failure.hint, run.failure.code, run.failure.details)
        labels = reading.fold_labels(facts)
        self.folds.show_metrics(facts.metrics, labels)
        self.folds.sub.setText("live" if run.status is RunStatus.RUNNING else "")
        self.metrics.show_metrics(facts.metrics[:FEW], labels, reading.validation_sentence(facts))
        self.all_metrics.set_caption(f"All {len(facts.metrics)}")
        self.all_metrics.setVisible(len(facts.metrics) > FEW)
        self.quality.show_facts(facts)
        self.importance.show_facts(facts)
        measured = bool(facts.metrics) or not run.status.is_ended
        comes = facts.evaluation is not None or not run.status.is_ended
        for card, shown in (
            (self.folds, measured),
            (self.metrics, measured),
            (self.quality, comes),
            (self.importance, comes),
        ):
            card.setVisible(shown)
        self.cards.setVisible(measured or comes)
        self.log.show_lines(facts.log)
        self.side.show_facts(facts)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._frame.setContentsMargins(edge, 12, edge, 16)
        self._frame.setSpacing(12)
        self.side.setVisible(not small)
