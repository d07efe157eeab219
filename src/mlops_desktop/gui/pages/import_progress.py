"""The import under way: how far it is, what it does, and that it goes on without the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.activity import silence
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.marks import Progress
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


class JobWatch(QObject):
    """Follows one job until it has ended, whatever page is shown; the first `ask` begins it. `ended` comes once."""

    moved = Signal(object)
    ended = Signal(object)

    def __init__(self, lanes: Lanes, workspace: Workspace, job: Job, failed: Callable[[BaseException], None],
                 parent: QObject) -> None:  # fmt: skip
        super().__init__(parent)
        self.job = job
        self._is_over = False
        self._query = Query(lanes, lambda: workspace.jobs.get(job.id), self._on_read, failed, self)

    def ask(self) -> None:
        if not self._is_over:
            self._query.ask()

    def _on_read(self, job: Job) -> None:
        self.job = job
        if self._is_over:
            return
        self.moved.emit(job)
        if job.status.is_ended:
            self._is_over = True
            self.ended.emit(job)


class ProgressPane(QWidget):
    """In the middle of the page while a file is imported."""

    cancel_asked = Signal()
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        card = Card(theme)
        card.setMinimumWidth(520)
        card.setMaximumWidth(620)
        self._card = card
        column = QVBoxLayout()
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(9)
        head.addWidget(Arc(theme, 17))
        self._title = ElidedText(theme, "", "section")
        head.addWidget(self._title, 1)
        self._share = Text(theme, "", "number-strong")
        head.addWidget(self._share)
        column.addLayout(head)
        self.bar = Progress(theme, "Progress of the import")
        column.addWidget(self.bar)
        self._note = ElidedText(theme, "", "table", "muted")
        column.addWidget(self._note)
        column.addSpacing(4)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        words = "It goes on when this page or the window is closed."
        foot.addWidget(Text(theme, words, "caption", "muted", wrap=True), 1)
        self.cancel = Button(theme, "Cancel import", kind="ghost")
        self.leave = Button(theme, "Continue in background")
        self.cancel.clicked.connect(self.cancel_asked)
        self.leave.clicked.connect(self.left)
        foot.addWidget(self.cancel)
        foot.addWidget(self.leave)
        column.addLayout(foot)
        card.body.addLayout(column)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)

    def show_job(self, job: Job) -> None:
        waits = job.status is JobStatus.QUEUED
        share = None if waits else job.progress
        self._title.setText(job.title)
        self.bar.set_share(share)
        self._share.setText(formats.percent(share) if share is not None else "")
        note = silence(job) or job.note or "Starting…"
        note = "Cancelling…" if job.cancel_requested_at else "Waits for its turn" if waits else note
        self._note.setText(note)
        self.cancel.setEnabled(job.cancel_requested_at is None)
        self.setAccessibleName(f"{job.title}: {self._share.text()} {note}")
