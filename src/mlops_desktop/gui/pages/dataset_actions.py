"""What a person does to datasets: one call to a service, a success that can be taken back, a failure that is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.importing import choose_and_import

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.workspace import Workspace


class DatasetActions(QObject):
    """`renamed` and `gone` are told to the page with the dataset's name; dialogs are children of the page."""

    def __init__(
        self, context: Context, page: QWidget, renamed: Callable[[str], None], gone: Callable[[str], None]
    ) -> None:
        super().__init__(page)
        self._context, self._page = context, page
        self._renamed, self._gone = renamed, gone
        self._scoring: dict[str, Path] = {}
        self.workspace: Workspace | None = None

    # Import

    def import_data(self) -> None:
        """Asks for a file and leads to its preview."""
        choose_and_import(self._context, self._page.window())

    def import_version(self, dataset: str) -> None:
        """Asks for a file and leads to its preview as the next version of the dataset."""
        choose_and_import(self._context, self._page.window(), dataset)

    # Name, trash, clipboard

    def rename(self, name: str, taken: list[str]) -> None:
        from mlops_desktop.gui.dialogs.rename_dataset import RenameDatasetDialog

        dialog = RenameDatasetDialog(self._context.theme, name, taken, self._page.window())
        dialog.chosen.connect(lambda new: self._do_rename(name, new))
        dialog.open()

    def _do_rename(self, name: str, new: str) -> None:
        workspace = self._open_workspace

        def renamed(_: object) -> None:
            self._context.shell.say(f"{name} is now {new}", "pencil", lambda: self._do_rename(new, name))
            self._renamed(new)

        self._context.lanes.run(lambda: workspace.datasets.rename(name, new), renamed, self._on_failed, owner=self)

    def trash(self, name: str) -> None:
        """Moves the dataset with all its versions to the trash and offers the way back."""
        from mlops_desktop.services.trash import Kind

        workspace = self._open_workspace

        def restore() -> None:
            self._context.lanes.run(
                lambda: workspace.trash.restore(Kind.DATASET, [name]),
                lambda _: self._renamed(name),
                self._on_failed,
                owner=self,
            )

        def trashed(_: object) -> None:
            self._context.shell.say(f"{name} moved to trash; runs and models keep what they learnt", "trash-2", restore)
            self._gone(name)

        self._context.lanes.run(lambda: workspace.trash.put(Kind.DATASET, [name]), trashed, self._on_failed, owner=self)

    def copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._context.shell.say(f"{what} copied: {text}", "copy")

    # Scores

    def score(self, version: DatasetVersion) -> None:
        """Asks for a model version and a file; the job then runs in the background."""
        workspace = self._open_workspace
        self._context.lanes.run(
            lambda: _models(workspace, version.dataset_name),
            lambda models: self._ask_for_model(version, models),
            self._on_failed,
            owner=self,
        )

    def _ask_for_model(self, version: DatasetVersion, models: list[tuple[str, str]]) -> None:
        from mlops_desktop.gui.dialogs.score import ScoreDialog

        if not models:
            self._context.shell.say("No model is registered yet; register a finished run first.", "box")
            return
        dialog = ScoreDialog(self._context.theme, version.reference, models, Path.home(), self._page.window())
        dialog.chosen.connect(lambda model, target: self._do_score(version, model, target))
        dialog.open()

    def _do_score(self, version: DatasetVersion, model: str, target: Path) -> None:
        workspace = self._open_workspace
        parquet = target.suffix.lower() == ".parquet"

        def queued(job: Job) -> None:
            self._scoring[job.id] = target
            self._context.shell.say(f"{job.title}: the result goes to {target.name}", "play")
            self._look_at(job.id)  # it may have ended already

        self._context.lanes.run(
            lambda: workspace.datasets.score(model, dataset=version.reference, parquet=parquet),
            queued,
            self._on_failed,
            owner=self,
        )

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        """Looks after the scorings that were started here."""
        for job_id in dict.fromkeys(change.object_id for change in changes):
            if job_id in self._scoring:
                self._look_at(job_id)

    def _look_at(self, job_id: str) -> None:
        workspace = self._open_workspace
        self._context.lanes.run(lambda: workspace.jobs.get(job_id), self._on_job, self._on_failed, owner=self)

    def _on_job(self, job: Job) -> None:
        if not job.status.is_ended or job.id not in self._scoring:
            return
        target, workspace = self._scoring.pop(job.id), self._open_workspace
        if job.status is not JobStatus.FINISHED:
            from mlops_desktop.domain.errors import JobFailedError

            failure = job.failure
            said = failure.message if failure else f"{job.title} was {job.status.value}."
            hint = f"{failure.hint if failure else ''} No file was written.".strip()
            self._on_failed(JobFailedError(said, hint=hint))
            return

        def saved(_: object) -> None:
            rows = job.result.get("rows")
            many = formats.plural(rows, "row") if isinstance(rows, int) else "The rows"
            self._context.shell.say(f"{many} scored into {target}", "circle-check")

        self._context.lanes.call(
            lambda: workspace.datasets.save_scores(job, target),
            saved,
            self._on_failed,
            owner=self,
            finishes=f"Scores are being written to {target.name}.",
        )

    @property
    def _open_workspace(self) -> Workspace:
        if self.workspace is None:
            raise RuntimeError("an action was asked for before a workspace was open")
        return self.workspace

    def _on_failed(self, error: BaseException) -> None:
        self._context.shell.show_failure(error)


def _models(workspace: Workspace, dataset: str) -> list[tuple[str, str]]:
    """References of all model versions with their words: champions and those made from this dataset first."""
    found = []
    for model in workspace.models.list():
        for version in workspace.models.versions(model.name):
            fits = version.dataset_reference.rpartition("@")[0] == dataset
            words = " · ".join((f"{model.name} v{version.number}", *version.aliases))
            found.append(((not fits, "champion" not in version.aliases, model.name, -version.number), version, words))
    found.sort(key=lambda item: item[0])
    return [(version.reference, words) for _, version, words in found]
