"""The cards of Home, each filled from the facts again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings.home import Attention, HomeFacts, Tile, change_sentence
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.fitting import Avatar, FittingColumn
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, Progress, Spark, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.domain.audit import AuditEntry

MOST_NOTES, MOST_JOBS = 4, 4
LOW_DISK = 2_000_000_000


class TileCard(QFrame):
    """Name, figure, note, and a line of values where there is room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "true")
        self._small = False
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 9, 14, 9)
        column.setSpacing(1)
        self._name = ElidedText(theme, "", "table", "muted")
        self._figure = Text(theme, "", "figure")
        self._spark = Spark(theme, QSize(76, 26))
        self._note = ElidedText(theme, "", "caption", "muted")
        row = QHBoxLayout()
        row.addWidget(self._figure, 1)
        row.addWidget(self._spark)
        column.addWidget(self._name)
        column.addLayout(row)
        column.addWidget(self._note)
        self._spark.hide()

    def show_tile(self, tile: Tile) -> None:
        self._name.setText(tile.name)
        self._figure.setText(tile.figure)
        self._note.setText(tile.note)
        self._note.set_tone(tile.token)
        self._spark.show_values(tile.values, tile.sentence)
        self.setAccessibleName(f"{tile.name}: {tile.figure}, {tile.note}")
        self._place_spark()

    def set_small(self, small: bool) -> None:
        self._small = small
        self._place_spark()

    def _place_spark(self) -> None:
        self._spark.setVisible(len(self._spark.values) > 1 and not self._small)


class AttentionCard(Card):
    """What a person should look at, with the way to it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Needs attention")
        self._context = context
        self._notes: Sequence[Attention] = ()
        self._badge = Text(context.theme, "", "caption-bold", "warn")
        self._badge.setProperty("chip", "warn")
        self._badge.setFixedHeight(18)
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.setMinimumWidth(20)
        self.head.insertWidget(1, self._badge)
        self.buttons: list[Button] = []

    def show_notes(self, notes: Sequence[Attention], now: datetime) -> None:
        self.setVisible(bool(notes))
        self._badge.setText(formats.count(len(notes)))
        if list(notes) == list(self._notes):
            return
        self._notes = tuple(notes)
        clear_layout(self.body)
        self.buttons = []
        for note in notes[:MOST_NOTES]:
            self.body.addWidget(self._row(note, now))
        if len(notes) > MOST_NOTES:
            more = Text(self._context.theme, f"and {formats.count(len(notes) - MOST_NOTES)} more", "table", "muted")
            more.setContentsMargins(41, 6, 13, 8)
            self.body.addWidget(more)

    def _row(self, note: Attention, now: datetime) -> QFrame:
        theme = self._context.theme
        frame = QFrame()
        frame.setProperty("row", True)
        row = QHBoxLayout(frame)
        row.setContentsMargins(13, 7, 13, 7)
        row.setSpacing(10)
        row.addWidget(Icon(theme, note.icon, note.token, 18))
        column = QVBoxLayout()
        column.setSpacing(1)
        first = QHBoxLayout()
        first.setSpacing(3)
        first.addWidget(ElidedText(theme, note.title, "label"))
        first.addWidget(Text(theme, f"· {formats.age(note.at, now)}", "table", "muted"))
        first.addStretch(1)
        column.addLayout(first)
        column.addWidget(ElidedText(theme, note.sentence, "table", "muted"))
        row.addLayout(column, 1)
        row.addWidget(self._button(note))
        return frame

    def _button(self, note: Attention) -> Button:
        if note.run:
            button = Button(self._context.theme, "Open run", small=True)
            button.setAccessibleName(f"Open run: {note.title}")
            button.clicked.connect(
                lambda: self._context.shell.go(Place("experiments", note.experiment, {"run": note.run}))
            )
        else:
            button = CopyButton(self._context.theme, note.command, "Copy log command", what=f"for {note.title}")
        self.buttons.append(button)
        return button


class RunningCard(Card):
    """Work in progress, oldest first, with what is left of it."""

    def __init__(self, theme: Theme, clock: Callable[[], datetime]) -> None:
        super().__init__(theme, "Running now")
        self._theme, self._clock = theme, clock
        self._none = Text(theme, "Nothing is running.", "table", "muted")
        self._none.setContentsMargins(13, 0, 13, 12)
        self._more = Text(theme, "", "table", "muted")
        self._more.setContentsMargins(13, 0, 13, 10)
        self._rows: dict[str, _JobRow] = {}
        self.body.addWidget(self._none)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(13, 0, 13, 0)
        self._list.setSpacing(11)
        self.body.addLayout(self._list)
        self.body.addWidget(self._more)

    def show_jobs(self, facts: HomeFacts) -> None:
        jobs = sorted(facts.open_jobs, key=lambda job: job.status is JobStatus.QUEUED)
        shown = jobs[:MOST_JOBS]
        if [job.id for job in shown] != list(self._rows):
            clear_layout(self._list)
            self._rows = {job.id: _JobRow(self._theme, job) for job in shown}
            for row in self._rows.values():
                self._list.addWidget(row)
        runs = {run.job_id: run for run in facts.runs}
        for job in shown:
            self._rows[job.id].show_job(job, runs.get(job.id), self._clock())
        self._list.setContentsMargins(13, 0, 13, 12 if shown else 0)
        self._none.setVisible(not jobs)
        self._more.setVisible(len(jobs) > MOST_JOBS)
        self._more.setText(f"and {formats.count(len(jobs) - MOST_JOBS)} more waiting")


class _JobRow(QWidget):
    def __init__(self, theme: Theme, job: Job) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(6)
        icons = {JobKind.TRAIN: "flask-conical", JobKind.IMPORT_DATASET: "download", JobKind.SCORE: "send"}
        first.addWidget(Icon(theme, icons[job.kind], "muted", 15))
        self._title = ElidedText(theme, "", "label")
        first.addWidget(self._title, 1)
        self._left = Text(theme, "", "number", "muted")
        first.addWidget(self._left)
        column.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(8)
        self._bar = Progress(theme, f"Progress of {job.title}")
        self._share = Text(theme, "", "number", "muted")
        self._share.setFixedWidth(36)
        self._share.setAlignment(Qt.AlignmentFlag.AlignRight)
        second.addWidget(self._bar, 1)
        second.addWidget(self._share)
        column.addLayout(second)
        self._note = ElidedText(theme, "", "caption", "muted")
        column.addWidget(self._note)

    def show_job(self, job: Job, run: Run | None, now: datetime) -> None:
        queued = job.status is JobStatus.QUEUED
        self._title.setText(run.name if run else job.title)
        self._bar.set_share(None if queued else job.progress)
        self._share.setText(formats.percent(job.progress) if job.progress is not None and not queued else "")
        self._left.setText("Queued" if queued else _left(job, now))
        parts = [formats.estimator(run.spec.estimator), dataset_text(run.dataset_reference)] if run else []
        if job.cancel_requested_at:
            parts = ["Cancelling…"]
        elif job.note and not queued:
            parts.append(job.note)
        self._note.setText(" · ".join(parts))
        self._note.setVisible(bool(parts))


def _left(job: Job, now: datetime) -> str:
    from datetime import timedelta

    if job.started_at is None:
        return ""
    taken = (now - job.started_at).total_seconds()
    if job.progress is None or not 0.05 <= job.progress < 1:
        return f"{formats.duration(timedelta(seconds=taken))} so far"
    return f"about {formats.duration(timedelta(seconds=max(10.0, taken * (1 - job.progress) / job.progress)))} left"


class ChangesCard(Card):
    """The record of decisions, newest first; as many as there is room for."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Recent changes", "append-only, hash-chained")
        self._theme = theme
        self._shown: tuple[str, ...] = ()
        self._column = FittingColumn()
        self.body.addWidget(self._column, 1)

    def show_changes(self, facts: HomeFacts) -> None:
        lines = tuple(f"{entry.hash} {formats.moment(entry.at, facts.read_at)}" for entry in facts.changes)
        if lines == self._shown:
            return
        self._shown = lines
        self._column.fill([self._row(entry, facts.read_at) for entry in facts.changes])

    def _row(self, entry: AuditEntry, now: datetime) -> QFrame:
        theme = self._theme
        frame = QFrame()
        frame.setProperty("row", True)
        row = QHBoxLayout(frame)
        row.setContentsMargins(13, 6, 13, 6)
        row.setSpacing(9)
        row.addWidget(Avatar(theme, entry.actor))
        column = QVBoxLayout()
        column.setSpacing(0)
        first = QHBoxLayout()
        first.setSpacing(3)
        first.addWidget(ElidedText(theme, entry.actor, "table-strong"))
        at = Text(theme, f"· {formats.moment(entry.at, now)}", "table", "muted")
        at.setToolTip(formats.full_moment(entry.at))
        first.addWidget(at)
        first.addStretch(1)
        column.addLayout(first)
        column.addWidget(ElidedText(theme, change_sentence(entry), "table", "muted"))
        row.addLayout(column, 1)
        return frame


class ComputerCard(Card):
    """Where this runs: disk, folder, versions."""

    def __init__(self, theme: Theme) -> None:
        import platform

        from mlops_desktop import __version__

        super().__init__(theme, "This computer")
        self.disk: tuple[int, int] | None = None
        self._ready = StatusWord(theme)
        self._ready.hide()
        self.head.addWidget(self._ready)
        self._facts = FactList(theme)
        self._versions = [("Python", platform.python_version()), ("MLOps Desktop", __version__)]
        holder = QVBoxLayout()
        holder.setContentsMargins(13, 0, 13, 12)
        holder.addWidget(self._facts)
        self.body.addLayout(holder)
        self._facts.show_facts([("Workspace size", "counting…"), ("Free disk", "…"), *self._versions])

    def show_disk(self, disk: tuple[int, int]) -> None:
        taken, free = self.disk = disk
        low = free < LOW_DISK
        self._ready.set_sign(Sign("triangle-alert", "warn", "Low disk") if low else Sign("circle-check", "ok", "Ready"))
        self._ready.show()
        facts = [("Workspace size", formats.size(taken)), ("Free disk", formats.size(free)), *self._versions]
        self._facts.show_facts(facts)
