"""Imports on their way: one is looked at, others go on without the page; each says once how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.import_progress import JobWatch

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

DATASETS, NEW_RUN = "datasets", "new-run"


@dataclass(frozen=True)
class Wish:
    """What is to be imported, and to which page it leads when it is done."""

    path: Path
    name: str
    answers: ReadAnswers
    derived: tuple[str, ...]
    target: str | None
    keeps_recipe: bool
    then: str


class ImportWork(QObject):
    """`moved` tells the job that is looked at; `ended` a job, its wish, and whether it was looked at to the end."""

    moved = Signal(object)
    ended = Signal(object, object, bool)
    refused = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._current: JobWatch | None = None
        self.watches: list[JobWatch] = []

    @property
    def is_shown(self) -> bool:
        return self._current is not None

    def start(self, workspace: Workspace, wish: Wish) -> None:
        self._context.lanes.run(
            lambda: workspace.datasets.import_file(
                wish.path, wish.name, wish.answers, wish.derived, wish.target, keep_recipe=wish.keeps_recipe
            ),
            lambda job: self._on_queued(workspace, job, wish),
            self.refused.emit,
            owner=self,
        )

    def ask(self) -> None:
        for watch in list(self.watches):
            watch.ask()

    def cancel(self, workspace: Workspace) -> None:
        """Asks the one that is looked at to stop."""
        if self._current is not None:
            job_id = self._current.job.id
            self._context.lanes.run(lambda: workspace.jobs.cancel(job_id), self.moved.emit, owner=self)

    def look_away(self) -> None:
        """It goes on; what it made is said when it is done."""
        self._current = None

    def say_ended(self, job: Job, wish: Wish, *, is_here: bool) -> None:
        """What came of it, and, for whom it was looked at to the end, the page it leads to."""
        from mlops_desktop.services.jobs import error_of

        shell = self._context.shell
        if job.status is JobStatus.FINISHED:
            self._say_imported(job, wish, is_here=is_here)
        elif job.status is JobStatus.CANCELLED:
            shell.say(f"{job.title}: cancelled, nothing was stored", "square")
        elif not is_here and job.failure is not None:
            shell.show_failure(error_of(job.failure))

    def _say_imported(self, job: Job, wish: Wish, *, is_here: bool) -> None:
        reference = str(job.result.get("reference", ""))
        shell = self._context.shell
        if job.result.get("unchanged"):
            shell.say(f"{reference} has this content already; no new version was made", "info")
        else:
            shell.say(f"Imported as {reference}", "circle-check")
        if is_here:
            how = {"target": wish.target} if wish.target and wish.then == NEW_RUN else {}
            shell.go(Place(wish.then, reference, how))

    def _on_queued(self, workspace: Workspace, job: Job, wish: Wish) -> None:
        watch = JobWatch(self._context.lanes, workspace, job, self._context.shell.show_failure, self)
        self.watches.append(watch)
        self._current = watch
        watch.moved.connect(lambda moved: self._on_moved(watch, moved))
        watch.ended.connect(lambda ended: self._on_ended(watch, ended, wish))
        self._on_moved(watch, job)
        watch.ask()

    def _on_moved(self, watch: JobWatch, job: Job) -> None:
        if watch is self._current:
            self.moved.emit(job)

    def _on_ended(self, watch: JobWatch, job: Job, wish: Wish) -> None:
        is_shown = watch is self._current
        self.watches.remove(watch)
        watch.deleteLater()
        if is_shown:
            self._current = None
        self.ended.emit(job, wish, is_shown)
