"""The cards of Home, each filled from the facts again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.activity import State, Work, left, work_of_job
from mlops_desktop.gui.readings.home import Attention, HomeFacts, Tile, change_sentence
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.fitting import Avatar, FittingColumn
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, Progress, Spark, StatusWord
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip

if TYPE_CHECKING:
    from mlops_desktop.domain.audit import AuditEntry
    from mlops_desktop.services.workspace import Workspace

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
        place = note.place
        caption = note.action if place is not None else "Open in Activity"
        button = Button(self._context.theme, caption, small=True)
        button.setAccessibleName(f"{caption}: {note.title}")
        if place is not None:
            button.clicked.connect(partial(self._context.shell.go, place))
        else:
            button.clicked.connect(lambda: self._context.shell.show_activity(State.FAILED))
        self.buttons.append(button)
        return button


class RunningCard(Card):
    """Work in progress, oldest first, with what is left of it and the way to end it."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.theme, "Running now")
        self._context, self._theme = context, context.theme
        self._workspace: Workspace | None = None
        self.open = Button(self._theme, "Open Activity", kind="link")
        self.open.setProperty("flush", True)
        self.open.clicked.connect(lambda _=False: context.shell.show_activity())
        self.head.addWidget(self.open)
        self._none = Text(self._theme, "Nothing is running.", "table", "muted")
        self._none.setContentsMargins(13, 0, 13, 12)
        self._more = Text(self._theme, "", "caption", "muted")
        self._more.setContentsMargins(13, 0, 13, 12)
        self.rows: dict[str, JobRow] = {}
        self.body.addWidget(self._none)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(13, 0, 13, 0)
        self._list.setSpacing(9)
        self.body.addLayout(self._list)
        self.body.addWidget(self._more)

    def show_jobs(self, facts: HomeFacts, workspace: Workspace) -> None:
        self._workspace = workspace
        names = {dataset.id: dataset.name for dataset in facts.datasets}
        works = [work_of_job(job, names) for job in facts.open_jobs]
        works.sort(key=lambda work: work.state is State.WAITING)
        shown = works[:MOST_JOBS]
        if [work.id for work in shown] != list(self.rows):
            clear_layout(self._list)
            self.rows = {work.id: JobRow(self._theme, work.title, partial(self._cancel, work.id)) for work in shown}
            for row in self.rows.values():
                self._list.addWidget(row)
        for work in shown:
            self.rows[work.id].show_work(work, self._context.clock())
        self._list.setContentsMargins(13, 0, 13, 10 if shown else 0)
        self._none.setVisible(not works)
        self._more.setVisible(len(works) > MOST_JOBS)
        self._more.setText(f"and {formats.count(len(works) - MOST_JOBS)} more")

    def _cancel(self, job_id: str) -> None:
        workspace = self._workspace
        if workspace is not None:
            self.rows[job_id].show_cancelling()
            self._context.lanes.run(
                lambda: workspace.jobs.cancel(job_id), None, self._context.shell.show_failure, owner=self
            )


class JobRow(QWidget):
    """One piece of work, small."""

    def __init__(self, theme: Theme, title: str, cancel: Callable[[], object]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(6)
        self._icon = Icon(theme, "play", "muted", 15)
        first.addWidget(self._icon)
        self._title = ElidedText(theme, "", "label")
        first.addWidget(self._title, 1)
        self._left = Text(theme, "", "number", "muted")
        first.addWidget(self._left)
        column.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(8)
        self._bar = Progress(theme, f"Progress of {title}")
        self._share = Text(theme, "", "number", "muted")
        self._share.setMinimumWidth(36)
        self._share.setAlignment(Qt.AlignmentFlag.AlignRight)
        second.addWidget(self._bar, 1)
        second.addWidget(self._share)
        column.addLayout(second)
        third = QHBoxLayout()
        third.setSpacing(6)
        self._note = ElidedText(theme, "", "caption", "muted")
        self.cancel = Button(theme, "Cancel", kind="link", small=True)
        self.cancel.setProperty("flush", True)
        self.cancel.setAccessibleName(f"Cancel: {title}")
        self.cancel.clicked.connect(cancel)
        third.addWidget(self._note, 1)
        third.addWidget(self.cancel)
        column.addLayout(third)

    def show_work(self, work: Work, now: datetime) -> None:
        self._icon.set_sign(work.icon, "muted")
        self._title.setText(work.title.removeprefix("Run "))
        self._bar.set_share(work.share)
        self._share.setText(formats.percent(work.share) if work.share is not None else "")
        self._left.setText("Queued" if work.state is State.WAITING else left(work, now))
        self._note.setText("Cancelling…" if work.cancelling else work.sentence)
        self.cancel.setVisible(not work.cancelling)

    def show_cancelling(self) -> None:
        self._note.setText("Cancelling…")
        self.cancel.hide()


class ChangesCard(Card):
    """The record of decisions, newest first; as many as there is room for."""

    def __init__(self, context: Context) -> None:
        theme = context.theme
        super().__init__(theme, "Recent changes")
        self._theme = theme
        self.open = Button(theme, "Open record", kind="link")
        self.open.setProperty("flush", True)
        self.open.clicked.connect(lambda: context.shell.go(Place("settings", "record")))
        self.head.addWidget(self.open)
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
        at.setToolTip(plain_tip(formats.full_moment(entry.at)))
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
