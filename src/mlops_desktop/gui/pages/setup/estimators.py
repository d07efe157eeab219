"""Which estimators are tried, each with a sentence and its time, and the parameters of those that are chosen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.setup.params import ParamsPart
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.check_card import CheckCard
from mlops_desktop.gui.widgets.text import Text, line

SHOWN = 6
_WISHED = (
    "HistGradientBoosting",
    "LogisticRegression",
    "Ridge",
    "RandomForest",
    "ExtraTrees",
    "GradientBoosting",
    "MLP",
)
"""What is shown first, then the baseline; the others on demand."""
_THREE_COLUMNS = 400


class EstimatorsPart(Part):
    """Check cards in a grid, and below the forms of the chosen ones. `params` carries a parameter's change."""

    param_changed = Signal(str, str, str, str)

    def __init__(self, context: Context) -> None:
        super().__init__(context, "4", "Estimators", " ")
        theme = context.theme
        self._setup: Setup | None = None
        self._shows_all = False
        self._columns = 0
        self.cards: dict[str, CheckCard] = {}
        self.more = Button(theme, "Show all", kind="link", small=True)
        self.more.clicked.connect(self._on_more)
        self.head.addWidget(self.more)
        self._ground = QWidget()
        self._grid = QGridLayout(self._ground)
        self._grid.setContentsMargins(13, 0, 13, 12)
        self._grid.setSpacing(8)
        self.body.addWidget(self._ground)
        self.problem = Text(theme, "", "table", "error")
        self.problem.setContentsMargins(14, 0, 14, 8)
        self.problem.hide()
        self.body.addWidget(self.problem)
        self._line = line(theme)
        self.body.addWidget(self._line)
        self._none = Text(theme, "What can be tried follows from the target.", "table", "muted")
        self._none.setContentsMargins(14, 0, 14, 12)
        self.body.addWidget(self._none)
        self.params = ParamsPart(context)
        self.params.param_changed.connect(self.param_changed)
        self.body.addWidget(self.params)
        self.body.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        names = [one.name for one in setup.estimators]
        if names != list(self.cards):
            self._make_cards(setup)
        for name, card in self.cards.items():
            card.setChecked(name in setup.draft.estimators)
            estimate = setup.estimates.get(name)
            if estimate is None or estimate.seconds is None:
                card.show_note("unknown" if setup.estimates else "", "Estimated time unknown.")
            else:
                words = formats.duration(timedelta(seconds=estimate.seconds))
                card.show_note(words, f"Estimated time {words}, from {estimate.source}.")
        self.sub.setText(f"{len(setup.draft.estimators)} of {len(names)} chosen" if names else "")
        self._place()
        for part in (self._line, self.params):
            part.setVisible(bool(names))
        self._none.setVisible(not names)
        self.params.show_setup(setup)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        self.problem.setText(problems.get("estimators", ""))
        self.problem.setVisible("estimators" in problems)
        self.params.show_problems(problems)

    def first_problem(self) -> QWidget | None:
        if not self.problem.isHidden():
            return next(iter(self.cards.values()), None)
        return self.params.first_problem()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _make_cards(self, setup: Setup) -> None:
        for card in self.cards.values():
            card.hide()
            card.deleteLater()
        self.cards = {}
        for one in setup.estimators:
            chip = "Suggested" if one.suggested else ""
            card = CheckCard(self.theme, one.name, one.sentence, chip, brief=one.brief)
            card.clicked.connect(lambda checked, name=one.name: self._on_card(name, checked))
            card.setParent(self._ground)  # shown before it has its place it would be a window of its own
            self.cards[one.name] = card
        self._columns = 0

    def _visible_names(self) -> list[str]:
        """The usual ones and whatever is chosen, or all."""
        if self._shows_all:
            return list(self.cards)
        wished = [name for name in _WISHED if name in self.cards][: SHOWN - 1]
        wished += ["Dummy"] if "Dummy" in self.cards else []
        chosen = self._setup.draft.estimators if self._setup else ()
        return [name for name in self.cards if name in wished or name in chosen]

    def _place(self) -> None:
        columns = 3 if self.width() >= _THREE_COLUMNS else 2
        names = self._visible_names()
        places = [(name, place // columns, place % columns) for place, name in enumerate(names)]
        for name, card in self.cards.items():
            card.setVisible(name in names)
        if [self._grid.indexOf(self.cards[name]) for name in names] != list(range(len(names))) or (
            columns != self._columns
        ):
            while self._grid.takeAt(0) is not None:
                pass
            for name, row, column in places:
                self._grid.addWidget(self.cards[name], row, column)
            for column in range(3):
                self._grid.setColumnStretch(column, 1 if column < columns else 0)
            self._columns = columns
        hidden = len(self.cards) - len(names)
        self.more.setVisible(hidden > 0 or self._shows_all)
        self.more.set_caption("Show fewer" if self._shows_all else f"Show all {len(self.cards)}")

    def _on_more(self) -> None:
        self._shows_all = not self._shows_all
        self._place()

    def _on_card(self, name: str, checked: bool) -> None:
        if self._setup is not None:
            order = tuple(one.name for one in self._setup.estimators)
            self.params.prefer(name if checked else "")
            self.tell(estimators=self._setup.draft.with_estimator(name, checked, order).estimators)
