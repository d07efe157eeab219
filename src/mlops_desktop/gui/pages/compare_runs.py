"""The runs of a comparison: a card each with sign, name and main metric, the way to add one, and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.styles import paint_key
from mlops_desktop.gui.readings import compare as reading
from mlops_desktop.gui.readings.compare import FEWEST, MOST, CompareFacts
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_caption, plain_tip

MOST_WIDE = 190


class SeriesSign(QWidget):
    """The dash and marker of a run, as in every chart of the page."""

    def __init__(self, theme: Theme, style: int, *, line: bool = True) -> None:
        super().__init__()
        self._theme, self._style, self._line = theme, style, line
        self.setFixedSize(QSize(26 if line else 12, 16))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_key(painter, self._theme, self._style, QRectF(self.rect()), line=self._line)


class RunCard(Card):
    """One run of the comparison."""

    def __init__(self, theme: Theme, run: Run, place: int, metric: str, *, can_go: bool, is_best: bool) -> None:
        super().__init__(theme)
        self.setAccessibleName(f"{reading.letter(place)}: {run.name}")
        self.setMaximumWidth(MOST_WIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.body.setContentsMargins(5, 6, 6, 8)
        self.body.setSpacing(1)
        head = QHBoxLayout()
        head.setContentsMargins(5, 0, 0, 0)  # as far in as the link's own padding
        head.setSpacing(6)
        head.addWidget(SeriesSign(theme, place))
        head.addWidget(Text(theme, reading.letter(place), "title"))
        if is_best:
            head.addWidget(Text(theme, "best", "caption", "ok"))
        head.addStretch(1)
        self.remove = IconButton(theme, "x", f"Take {run.name} out of the comparison", size=24, picture=13)
        if not can_go:
            self.remove.hide()
        head.addWidget(self.remove)
        self.body.addLayout(head)
        self.link = Button(theme, run.name, kind="link")
        self.link.setToolTip(plain_tip(f"{formats.estimator(run.spec.estimator)} on {run.dataset_reference}"))
        self.body.addWidget(self.link)
        value = run.metric(metric)
        if value is not None:
            words = f"{metric} {formats.number(value.mean, formats.decimals([value.mean]))}"
        else:
            words = run_sign(run.status).word if run.status is not RunStatus.FINISHED else f"no {metric}"
        foot = QVBoxLayout()
        foot.setContentsMargins(5, 0, 0, 0)
        foot.setSpacing(1)
        foot.addWidget(ElidedText(theme, formats.estimator(run.spec.estimator), "table"))
        foot.addWidget(ElidedText(theme, words, "number", "muted"))
        self.body.addLayout(foot)


class RunCards(QWidget):
    """`chosen` carries the names that are to be compared now, `opened` a run to look at."""

    chosen = Signal(object)
    opened = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(10)
        self.cards: list[RunCard] = []
        self.add: Button | None = None
        self._names: tuple[str, ...] = ()
        self._shown: CompareFacts | None = None

    def show_facts(self, facts: CompareFacts) -> None:
        if facts == self._shown:
            return
        self._shown, self._names = facts, facts.names
        clear_layout(self._row)
        self.cards, self.add = [], None
        for place, run in enumerate(facts.runs):
            card = RunCard(
                self._theme, run, place, facts.metric, can_go=len(facts.runs) > FEWEST, is_best=place == facts.best
            )
            card.remove.clicked.connect(partial(self._on_remove, run.name))
            card.link.clicked.connect(partial(self._on_open, run.name))
            self.cards.append(card)
            self._row.addWidget(card, 1)
        if len(facts.runs) < MOST and facts.others:
            self.add = Button(self._theme, "Add", icon="plus")
            self.add.setAccessibleName("Add a run to the comparison")
            self.add.clicked.connect(self._on_add)
            self._row.addWidget(self.add, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addStretch(0)

    def _on_remove(self, name: str, _checked: bool = False) -> None:
        self.chosen.emit(tuple(known for known in self._names if known != name))

    def _on_open(self, name: str, _checked: bool = False) -> None:
        self.opened.emit(name)

    def _on_add(self) -> None:
        button, facts = self.add, self._shown
        if button is None or facts is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in facts.others:
            entry = menu.addAction(plain_caption(name))
            entry.triggered.connect(lambda _=False, added=name: self.chosen.emit((*self._names, added)))
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))


class WarningCard(QFrame):
    """Why the figures of these runs say little beside each other; stays while it is so."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "warn")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 12, 7)
        row.setSpacing(10)
        row.addWidget(Icon(theme, "triangle-alert", "warn", 16), 0, Qt.AlignmentFlag.AlignTop)
        self.words = Text(theme, "", "body", wrap=True)
        row.addWidget(self.words, 1)
        self.hide()

    def show_sentences(self, sentences: Sequence[str]) -> None:
        self.words.setText("\n".join(sentences))
        self.setAccessibleName(" ".join(sentences))
        self.setVisible(bool(sentences))
