"""Where a model version is to run: every host as a card, with how it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QWidget

from mlops_desktop.domain.hosts import THIS_COMPUTER, HostKind, HostState
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.option_card import OptionCard

COLUMNS = 2


class HostCard(OptionCard):
    """`test_asked` carries the host's name; the link is there where it could not be used the last time."""

    test_asked = Signal(str)

    def __init__(self, theme: Theme, state: HostState) -> None:
        self.host = state.host.name
        super().__init__(theme, reading.title(self.host), "", icon=reading.icon(state))
        self.test = Button(theme, "Test connection", kind="link", small=True)
        self.test.setAccessibleName(f"Test connection to {self.host}")
        self.test.setAutoDefault(False)
        self.test.setProperty("flush", True)
        self.test.clicked.connect(lambda: self.test_asked.emit(self.host))
        self.add(self.test)

    def show_state(self, state: HostState, facts: HostsFacts, now: datetime) -> None:
        sign = facts.sign(state, now)
        words = _sentence(state, alone=len(facts.states) == 1)
        self.show_sign(sign)
        self.sentence.setText(words)
        self.button.setAccessibleName(f"{self.title.text()}: {words}, {sign.word}")
        self.test.setVisible(not reading.can_serve(state) and state.host.name not in facts.checking)
        self.body.setContentsMargins(0, 0, 0, 0)


class HostChoice(QWidget):
    """`chosen` carries the name of the host when a person chose one."""

    chosen = Signal(str)
    test_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.cards: dict[str, HostCard] = {}
        self._group = QButtonGroup(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self.setAccessibleName("Host")

    @property
    def value(self) -> str:
        return next((name for name, card in self.cards.items() if card.is_chosen), THIS_COMPUTER)

    def show_hosts(self, facts: HostsFacts, now: datetime) -> None:
        names = [state.host.name for state in facts.states]
        if names != list(self.cards):
            self._make(facts.states)
        for state in facts.states:
            self.cards[state.host.name].show_state(state, facts, now)

    def choose(self, name: str) -> None:
        card = self.cards.get(name) or self.cards.get(THIS_COMPUTER)
        if card is not None and not card.is_chosen:
            card.button.setChecked(True)

    def _make(self, states: Sequence[HostState]) -> None:
        before = self.value
        for card in self.cards.values():
            self._group.removeButton(card.button)
            self._grid.removeWidget(card)
            card.deleteLater()
        self.cards = {}
        alone = len(states) == 1
        for place, state in enumerate(states):
            card = HostCard(self._theme, state)
            card.button.setVisible(not alone)
            card.test_asked.connect(self.test_asked)
            self._group.addButton(card.button)
            self.cards[state.host.name] = card
            row, column = divmod(place, COLUMNS)
            self._grid.addWidget(card, row, column, 1, COLUMNS if alone else 1)
        self.choose(before)
        for name, card in self.cards.items():
            card.button.toggled.connect(lambda on, name=name: self.chosen.emit(name) if on else None)
        if alone:  # nothing is to be chosen, so nothing is marked as chosen
            only = next(iter(self.cards.values()))
            only.setProperty("card", "true")


def _sentence(state: HostState, *, alone: bool) -> str:
    if state.host.kind is HostKind.PROCESS:
        return "A process of its own, reached only from this computer" if alone else "Process, reached only from here"
    facts = state.report.facts if state.report is not None else None
    parts = [reading.kind_words(state).partition(" · Docker")[0]]
    if facts is not None and facts.disk_free is not None:
        parts.append(f"{formats.size(facts.disk_free)} free")
    if state.endpoints:
        parts.append(formats.plural(state.endpoints, "endpoint"))
    return " · ".join(parts)
