"""The head of an endpoint: its name, how it is, its address, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.gui.readings import deployments as reading
from mlops_desktop.gui.readings.deployments import Condition, DeploymentFacts, EndpointFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip

_CALM = ("ok", "accent-text")
"""Colours of a status that needs nothing of a person."""


class EndpointHead(QWidget):
    """`asked` carries what was asked for: try, back, start, deploy, restart, stop, token, trash."""

    asked = Signal(str)
    copied = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(self._make_title(theme))
        words.addLayout(self._make_address(theme))
        self.trouble = Text(theme, "", "table", wrap=True)
        words.addWidget(self.trouble)
        row.addLayout(words, 1)
        self.try_it = Button(theme, "Try it", icon="send")
        self.try_it.setToolTip("Try it (Ctrl+T)")
        self.restart = Button(theme, "Restart", icon="rotate-cw")
        self.restart.setToolTip("Starts it afresh; when it is healthy, it takes over")
        self.back = Button(theme, "Roll back…", icon="undo-2", kind="danger")
        self.start = Button(theme, "Start again", icon="play")
        self.more = IconButton(theme, "ellipsis", "More for this endpoint")
        asks = ((self.try_it, "try"), (self.restart, "restart"), (self.back, "back"), (self.start, "start"))
        for button, what in asks:
            button.clicked.connect(lambda _=False, asked=what: self.asked.emit(asked))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.menu = QMenu(self)
        self.menu.setAccessibleName("More for this endpoint")
        self.more.setMenu(self.menu)
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignVCenter)

    def _make_title(self, theme: Theme) -> QHBoxLayout:
        first = QHBoxLayout()
        first.setSpacing(10)
        self.title = ElidedText(theme, "", "section")
        self.status = StatusWord(theme)
        self.health = StatusWord(theme)
        self.note = ElidedText(theme, "", "table", "muted")
        first.addWidget(self.title)
        first.addWidget(self.status)
        first.addWidget(self.health)
        first.addWidget(self.note, 1)
        first.addStretch()
        return first

    def _make_address(self, theme: Theme) -> QHBoxLayout:
        second = QHBoxLayout()
        second.setSpacing(2)
        self.url = ElidedText(theme, "", "mono", "muted", Qt.TextElideMode.ElideMiddle)
        self.copy = IconButton(theme, "copy", "Copy address", size=24, picture=13)
        self.copy.clicked.connect(self._on_copy)
        self._token = Text(theme, "token needed", "caption", "muted")
        self._token.setProperty("chip", "neutral")
        self._token.setFixedHeight(17)
        second.addWidget(self.url)
        second.addWidget(self.copy)
        second.addSpacing(6)
        second.addWidget(self._token)
        self._reach = Text(theme, "", "caption", "muted")
        self._reach.setProperty("chip", "neutral")
        self._reach.setFixedHeight(17)
        second.addSpacing(4)
        second.addWidget(self._reach)
        second.addStretch(1)
        return second

    def show_endpoint(self, facts: DeploymentFacts, one: EndpointFacts) -> None:
        how = reading.condition(one, facts.read_at)
        self.title.setText(f"{one.name} on {one.endpoint.host}")
        self.status.set_sign(how.status)
        self.health.setVisible(how.health is not None)
        if how.health is not None:
            self.health.set_sign(how.health)
        self._show_note(one, how)
        has_port = one.endpoint.port > 0
        way = reading.reach(one)
        self.url.setText(f"{way.url}/predict" if has_port else "no address yet")
        self._reach.setText(way.note)
        self._reach.setToolTip(plain_tip(way.sentence))
        self._reach.setAccessibleDescription(way.sentence)
        self._reach.setVisible(has_port and one.endpoint.host != THIS_COMPUTER)
        self.copy.setVisible(has_port)
        self._show_buttons(one)

    def _show_note(self, one: EndpointFacts, how: Condition) -> None:
        """Beside the status where it fits there; what is amiss has a line of its own."""
        amiss = one.answering is not None and one.open_rollout is None and how.foremost.token not in _CALM
        self.note.setText(how.note)
        self.note.setVisible(not amiss)
        self.trouble.setText(f"{how.note[:1].upper()}{how.note[1:]}.")
        self.trouble.setVisible(amiss)
        failed = one.answering is not None and one.answering.failure is not None  # its box has the way on
        self.restart.setVisible(amiss and not failed)

    def _show_buttons(self, one: EndpointFacts) -> None:
        busy = one.open_rollout is not None
        back = reading.way_back(one) if one.answering is not None else None
        self.try_it.setVisible(one.spoken_of is not None)
        self.back.setVisible(back is not None and not busy and one.endpoint.trial is None)
        if back is not None:
            self.back.set_caption(f"{reading.return_words(one, back)}…")
        self.start.setVisible(one.answering is None and one.spoken_of is not None and not busy)
        self._fill_menu(one, busy)

    def _fill_menu(self, one: EndpointFacts, busy: bool) -> None:
        answers = one.answering is not None
        free = not busy and one.endpoint.trial is None
        entries = [
            ("Deploy another version…", "deploy", free),
            ("Try a second version…", "try-version", answers and free),
        ]
        entries += [("Restart", "restart", answers and free), ("Stop…", "stop", answers and not busy)]
        entries += [("New token…", "token", True), ("Move to trash", "trash", not answers and not busy)]
        wanted = [(words, what) for words, what, offered in entries if offered]
        if [(action.text(), action.data()) for action in self.menu.actions()] == wanted:
            return
        self.menu.clear()
        for words, what in wanted:
            action = self.menu.addAction(words)
            action.setData(what)
            action.triggered.connect(lambda _=False, asked=what: self.asked.emit(asked))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.url.text())
        self.copied.emit()
