"""A card for each piece of work: what it is, how far it is, its log, and the way to end or open it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.activity import State, Work, left
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, Progress
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.gui.theme.theme import Theme

LOG_LINES = 8
Act = Callable[[Work], object]


class WorkCard(QFrame):
    """`cancel` asks the work to stop, `open_` leads to what came of it, `read_log` asks for its newest lines."""

    def __init__(self, theme: Theme, work: Work, *, cancel: Act, open_: Act, read_log: Act) -> None:
        super().__init__()
        self._theme, self.work = theme, work
        self.setProperty("row", "below")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 8)
        column.setSpacing(5)
        column.addLayout(self._make_head())
        self._bar_row = QWidget()
        bar = QHBoxLayout(self._bar_row)
        bar.setContentsMargins(0, 1, 0, 1)
        bar.setSpacing(8)
        self.bar = Progress(theme, f"Progress of {work.title}")
        self.share = Text(theme, "", "number", "muted")
        self.share.setMinimumWidth(34)
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight)
        bar.addWidget(self.bar, 1)
        bar.addWidget(self.share)
        column.addWidget(self._bar_row)
        foot = QHBoxLayout()
        foot.setSpacing(2)
        self.sentence = ElidedText(theme, "", "table", "muted")
        foot.addWidget(self.sentence, 1)
        self.log_button = self._button("Log", read_log)
        self.open_button = self._button("Open", open_)
        self.cancel_button = self._button("Cancel", cancel, kind="ghost")
        for button in (self.log_button, self.open_button, self.cancel_button):
            foot.addWidget(button)
        self.reason = Text(theme, "", "table", "muted", wrap=True)
        column.addWidget(self.reason)
        column.addLayout(foot)
        self._log = QFrame()
        self._log.setProperty("card", "code")
        self._lines = QVBoxLayout(self._log)
        self._lines.setContentsMargins(11, 7, 11, 7)
        self._lines.setSpacing(2)
        self._log.hide()
        column.addWidget(self._log)

    @property
    def shows_log(self) -> bool:
        return not self._log.isHidden()

    def show_work(self, work: Work, now: datetime) -> None:
        self.work = work
        sign = run_sign(work.sign)
        ended = work.state in (State.DONE, State.FAILED)
        self._icon.set_sign(sign.icon if ended else work.icon, sign.token if ended else "muted")
        self._title.setText(work.title)
        self.when.setText(self._when(work, now))
        self._bar_row.setVisible(work.state is State.RUNNING)
        self.bar.set_share(work.share)
        self.share.setText(formats.percent(work.share) if work.share is not None else "")
        sentence = "Cancelling…" if work.cancelling else work.sentence
        failed = work.state is State.FAILED
        self.reason.setText(formats.sentences(sentence, work.failure.hint if work.failure else ""))
        self.reason.setVisible(failed)
        code = work.failure.code if work.failure else ""
        words = (sign.word, code) if failed else (sign.word if work.sign == "cancelled" else "", sentence)
        self.sentence.setText(" · ".join(part for part in words if part))
        self.cancel_button.setVisible(bool(work.job_id) and not ended and not work.cancelling)
        self.open_button.setVisible(work.place is not None and ended)
        self.log_button.setVisible(bool(work.job_id) and work.state is not State.WAITING)
        share = f", {formats.percent(work.share)}" if work.share is not None else ""
        self.setAccessibleName(f"{work.title}: {sign.word}{share}")

    def show_cancelling(self) -> None:
        """At once, before anybody answered."""
        self.sentence.setText("Cancelling…")
        self.cancel_button.hide()

    def show_log(self, lines: Sequence[str]) -> None:
        clear_layout(self._lines)
        for line in lines[-LOG_LINES:] or ["The log is empty."]:
            self._lines.addWidget(ElidedText(self._theme, line, "mono-small"))
        self._log.setAccessibleName(f"Log of {self.work.title}: {'; '.join(lines[-LOG_LINES:])}")
        self._log.show()
        self._name_log_button("Hide log")

    def hide_log(self) -> None:
        self._log.hide()
        self._name_log_button("Log")

    def _name_log_button(self, caption: str) -> None:
        self.log_button.set_caption(caption)
        self.log_button.setAccessibleName(f"{caption} of {self.work.title}")

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._icon = Icon(self._theme, self.work.icon, "muted", 16)
        self._title = ElidedText(self._theme, "", "label")
        self.when = Text(self._theme, "", "number", "muted")
        row.addWidget(self._icon)
        row.addWidget(self._title, 1)
        row.addWidget(self.when)
        return row

    def _button(self, caption: str, act: Act, kind: str = "link") -> Button:
        button = Button(self._theme, caption, kind=kind, small=True)
        button.setAccessibleName(f"{caption}: {self.work.title}")
        button.clicked.connect(lambda: act(self.work))
        return button

    @staticmethod
    def _when(work: Work, now: datetime) -> str:
        if work.state is State.RUNNING:
            return left(work, now)
        if work.state is State.WAITING:
            return f"since {formats.moment(work.created_at, now)}"
        return formats.moment(work.ended_at, now)
