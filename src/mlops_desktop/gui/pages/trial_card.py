"""The card of a version on trial: its share, both versions side by side, and the two ways it can end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from mlops_desktop.domain.deployments import Sighting, TrialKind
from mlops_desktop.gui.readings import trials as reading
from mlops_desktop.gui.readings.deployments import EndpointFacts, version_words
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.share_bar import ShareBar
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.text import Text

_WAITING = "Both versions are being looked at."


class TrialCard(Card):
    """`asked` carries `promote` or `end-trial`."""

    asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "On trial", " ")
        self.end = Button(theme, "End trial", small=True)
        self.promote = Button(theme, "Promote", kind="primary", small=True)
        for button, what in ((self.end, "end-trial"), (self.promote, "promote")):
            button.clicked.connect(lambda _=False, asked=what: self.asked.emit(asked))
            self.head.addWidget(button)
        holder = QVBoxLayout()
        holder.setContentsMargins(13, 0, 13, 8)
        self.bar = ShareBar(theme)
        holder.addWidget(self.bar)
        self.body.addLayout(holder)
        self.table = SmallTable(theme, "Both versions of the trial", reading.HEADS)
        self.body.addWidget(self.table)
        self.verdict = Text(theme, _WAITING, "table", "muted", wrap=True)
        self.verdict.setContentsMargins(13, 6, 13, 10)
        self.body.addWidget(self.verdict)

    def show_trial(self, one: EndpointFacts, seen: Mapping[str, Sighting], now: datetime) -> None:
        """Hidden where no version is on trial."""
        trial, words = one.endpoint.trial, reading.title(one)
        self.setVisible(bool(words))
        if trial is None or not words:
            return
        self.title.setText(words)
        self.setAccessibleName(words)
        self.sub.setText(reading.standing(trial, now))
        tried = words.removesuffix(" on trial")
        self.promote.set_caption(f"Promote {tried}")
        busy = one.open_rollout is not None
        self.promote.setVisible(not busy)
        self.end.setVisible(not busy)
        self.bar.setVisible(trial.kind is TrialKind.CANARY)
        stable = one.answering
        if stable is not None:
            self.bar.show_shares(version_words(stable.model_reference, one.name), tried, trial.share)
        found = reading.comparison_of(one, seen)
        self.table.setVisible(found is not None)
        sentence = reading.verdict(found) if found is not None else _WAITING
        self.verdict.setText(sentence)
        self.verdict.setVisible(bool(sentence))
        if found is not None:
            self.table.show_rows(reading.rows(one, found))
