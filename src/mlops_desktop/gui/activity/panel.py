"""The panel of Activity over the right side of the window."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.activity.cards import WorkCard
from mlops_desktop.gui.ground import STATUS, TOP
from mlops_desktop.gui.readings.activity import ActivityFacts, State, Work
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.gui.notifications import Said
    from mlops_desktop.gui.shell import Shell

WIDTH = 404
MOST_SAID = 8
LOG_READ = 200
TABS = (State.RUNNING, State.WAITING, State.DONE, State.FAILED)
_NOTHING = {
    State.RUNNING: "Nothing runs. Imports, runs, scoring and deploying show up here.",
    State.WAITING: "Nothing waits.",
    State.DONE: "Nothing was done yet.",
    State.FAILED: "Nothing failed.",
}


class ActivityPanel(QFrame):
    """Tabs by state; below what runs, what was said just now. Closing the window ends none of it."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell.window)
        self._shell, self._theme = shell, shell.context.theme
        self.facts = ActivityFacts()
        self._cards: dict[str, WorkCard] = {}
        self._before: QWidget | None = None
        self.setObjectName("activity")
        self.setAccessibleName("Activity")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        self.tabs = Tabs(self._theme, "Activity by state")
        for state in TABS:
            self.tabs.addTab(state.value.capitalize())
        self.tabs.currentChanged.connect(self._fill)
        line = QWidget()
        line.setObjectName("tabline")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        holder = QHBoxLayout(line)
        holder.setContentsMargins(8, 0, 8, 0)
        holder.addWidget(self.tabs)
        holder.addStretch(1)
        column.addWidget(line)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Work")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("activitybody")
        body = QVBoxLayout(content)
        body.setContentsMargins(0, 0, 0, 12)
        body.setSpacing(0)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._nothing = Text(self._theme, "", "table", "muted", wrap=True)
        self._nothing.setContentsMargins(14, 14, 14, 6)
        self._said = QVBoxLayout()
        self._said.setSpacing(0)
        body.addLayout(self._list)
        body.addWidget(self._nothing)
        body.addLayout(self._said)
        body.addStretch(1)
        self._scroll.setWidget(content)
        column.addWidget(self._scroll, 1)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        shell.window.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.close_panel()
        else:
            self.open()

    def open(self, state: State | None = None) -> None:
        """Shows the panel, on the tab of the state if one is named."""
        self._before = self._shell.window.focusWidget()
        if state is not None:
            self.tabs.setCurrentIndex(TABS.index(state))
        self._place()
        self._fill()
        self.show()
        self.raise_()
        self._shell.overlays.raise_notice()
        self.tabs.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_panel(self) -> None:
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_facts(self, facts: ActivityFacts) -> None:
        self.facts = facts
        for place, state in enumerate(TABS):
            self.tabs.set_count(place, len(facts.of(state)))
        if self.isVisible():
            self._fill()

    def show_said(self) -> None:
        """What was said changed."""
        if self.isVisible():
            self._fill_said()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _make_head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(14, 9, 10, 1)
        head.setSpacing(8)
        head.addWidget(Text(self._theme, "Activity", "title"))
        head.addWidget(ElidedText(self._theme, "goes on when the window is closed", "table", "muted"), 1)
        self.close_button = IconButton(self._theme, "x", "Close Activity (Esc)", size=26)
        self.close_button.clicked.connect(self.close_panel)
        head.addWidget(self.close_button)
        return head

    @property
    def state(self) -> State:
        return TABS[max(0, self.tabs.currentIndex())]

    def cards(self) -> list[WorkCard]:
        return list(self._cards.values())

    # Filling

    def _fill(self) -> None:
        works, now = self.facts.of(self.state), self._shell.context.clock()
        if [work.id for work in works] != list(self._cards):
            clear_layout(self._list)
            self._cards = {work.id: self._make_card(work) for work in works}
            for card in self._cards.values():
                self._list.addWidget(card)
        for work in works:
            self._cards[work.id].show_work(work, now)
        self._nothing.setText(_NOTHING[self.state])
        self._nothing.setVisible(not works)
        self._fill_said()

    def _make_card(self, work: Work) -> WorkCard:
        return WorkCard(self._theme, work, cancel=self._cancel, open_=self._open, read_log=self._toggle_log)

    def _fill_said(self) -> None:
        clear_layout(self._said)
        said = self._shell.notifications.said[:MOST_SAID] if self.state is State.RUNNING else []
        if not said:
            return
        title = Text(self._theme, "Said lately", "caption-strong", "muted")
        title.setContentsMargins(14, 12, 14, 2)
        self._said.addWidget(title)
        for one in said:
            self._said.addWidget(self._said_row(one))

    def _said_row(self, said: Said) -> QWidget:
        theme = self._theme
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(14, 5, 10, 5)
        row.setSpacing(8)
        row.addWidget(Icon(theme, said.icon, said.token, 15))
        row.addWidget(ElidedText(theme, said.sentence, "label"), 1)
        row.addWidget(Text(theme, formats.moment(said.at, self._shell.context.clock()), "number", "muted"))
        if said.act is not None:
            button = Button(theme, said.action, kind="link", small=True)
            button.setAccessibleName(f"{said.action}: {said.sentence}")
            button.clicked.connect(partial(self._shell.notifications.do, said))
            row.addWidget(button)
        return holder

    def _on_second(self) -> None:
        now: datetime = self._shell.context.clock()
        for card in self._cards.values():
            if card.work.state is State.RUNNING:
                card.show_work(card.work, now)

    # What a person does

    def _cancel(self, work: Work) -> None:
        workspace = self._shell.workspace
        if workspace is None:
            return
        self._cards[work.id].show_cancelling()
        self._shell.context.lanes.run(
            lambda: workspace.jobs.cancel(work.job_id), None, self._shell.show_failure, owner=self
        )

    def _open(self, work: Work) -> None:
        if work.place is not None:
            self.close_panel()
            self._shell.go(work.place)

    def _toggle_log(self, work: Work) -> None:
        workspace, card = self._shell.workspace, self._cards[work.id]
        if card.shows_log:
            card.hide_log()
        elif workspace is not None:
            self._shell.context.lanes.call(
                lambda: workspace.jobs.log(work.job_id, LOG_READ),
                partial(self._on_log, work.id),
                self._shell.show_failure,
                owner=self,
            )

    def _on_log(self, work_id: str, lines: list[str]) -> None:
        card = self._cards.get(work_id)
        if card is not None:
            card.show_log(lines)

    def _place(self) -> None:
        window, theme = self._shell.window, self._theme
        width = min(theme.px(WIDTH), window.width() - 60)
        top = theme.px(TOP)
        self.setGeometry(window.width() - width, top, width, window.height() - top - theme.px(STATUS))
