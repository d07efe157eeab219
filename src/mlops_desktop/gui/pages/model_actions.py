"""What a person does to models: one call to a service, a success that can be taken back, a failure that is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from mlops_desktop.domain.models import Model, ModelVersion
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place

if TYPE_CHECKING:
    from mlops_desktop.gui.widgets.busy_note import BusyNote
    from mlops_desktop.services.workspace import Workspace

BUNDLES = "Bundles (*.zip)"


class ModelActions(QObject):
    """Aliases, trash, bundles in and out, and the dialogs; `done` follows each success."""

    def __init__(self, context: Context, page: QWidget, busy: BusyNote, done: Callable[[], None]) -> None:
        super().__init__(page)
        self._context, self._page, self._busy, self._done = context, page, busy, done
        self.workspace: Workspace | None = None

    # Aliases

    def set_alias(self, reference: str, alias: str) -> None:
        """Moves the alias to the version and offers the way back."""
        workspace = self.workspace
        if workspace is None:
            return
        name, _, number = reference.rpartition("@v")

        def move() -> int | None:
            before = workspace.models.model(name).aliases.get(alias)
            workspace.models.set_alias(reference, alias)
            return before

        def moved(before: int | None) -> None:
            way = f"moved from v{before} to v{number}" if before else f"set on v{number}"
            back = (lambda: self._set_back(name, alias, before)) if before else (lambda: self._take_back(name, alias))
            self._context.shell.say(f"{alias} {way}. Endpoints keep what they run.", "tag", back)
            self._done()

        self._context.lanes.run(move, moved, self._on_failed, owner=self)

    def remove_alias(self, model: Model, alias: str) -> None:
        """Takes the alias away and offers the way back."""
        workspace, before = self.workspace, model.aliases.get(alias)
        if workspace is None or before is None:
            return

        def removed(_: None) -> None:
            back = lambda: self._set_back(model.name, alias, before)  # noqa: E731 - one line says it
            self._context.shell.say(f"{alias} taken away from v{before}", "tag", back)
            self._done()

        self._context.lanes.run(
            lambda: workspace.models.remove_alias(model.name, alias), removed, self._on_failed, owner=self
        )

    def _set_back(self, name: str, alias: str, number: int) -> None:
        self._then(lambda workspace: workspace.models.set_alias(f"{name}@v{number}", alias))

    def _take_back(self, name: str, alias: str) -> None:
        self._then(lambda workspace: workspace.models.remove_alias(name, alias))

    def _then(self, work: Callable[[Workspace], object]) -> None:
        workspace = self.workspace
        if workspace is not None:
            self._context.lanes.run(lambda: work(workspace), lambda _: self._done(), self._on_failed, owner=self)

    # Trash

    def trash(self, model: Model, then: Callable[[], None] | None = None) -> None:
        """Moves the model with all its versions to the trash and offers the way back; `then` follows a success."""
        workspace = self.workspace
        if workspace is None:
            return

        def put() -> None:
            from mlops_desktop.services.trash import Kind

            workspace.trash.put(Kind.MODEL, [model.name])

        def moved(_: None) -> None:
            count = formats.plural(model.latest_number, "version")
            self._context.shell.say(
                f"{model.name} with {count} moved to trash", "trash-2", lambda: self.restore(model.name)
            )
            (then or self._done)()

        self._context.lanes.run(put, moved, self._on_failed, owner=self)

    def restore(self, name: str) -> None:
        def back(workspace: Workspace) -> None:
            from mlops_desktop.services.trash import Kind

            workspace.trash.restore(Kind.MODEL, [name])

        self._then(back)

    # Description

    def describe(self, model: Model, text: str) -> None:
        """Says what the model is for and offers what was said before."""
        workspace, before = self.workspace, model.description
        if workspace is None or text.strip() == before:
            return

        def described(now: Model) -> None:
            back = lambda: self._then(  # noqa: E731
                lambda opened: opened.models.describe(model.name, before, revision=now.revision)
            )
            self._context.shell.say(f"Description of {model.name} kept", "pencil", back)
            self._done()

        self._context.lanes.run(
            lambda: workspace.models.describe(model.name, text, revision=model.revision),
            described,
            self._on_failed,
            owner=self,
        )

    # Bundles in and out

    def ask_export(self, version: ModelVersion) -> None:
        """Asks where to, then writes the bundle as one file."""
        dialog = self._file_dialog(f"Export {shown(version.reference)}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("zip")
        dialog.selectFile(f"{version.reference}.zip")
        dialog.fileSelected.connect(lambda path: self.export(version.reference, Path(path)))
        dialog.open()

    def export(self, reference: str, target: Path) -> None:
        workspace = self.workspace
        if workspace is None:
            return
        words = f"Exporting {shown(reference)} to {target.name}…"

        def write() -> int:
            return workspace.models.export(reference, target).stat().st_size

        def written(size: int) -> None:
            self._busy.end(words)
            self._context.shell.say(f"{shown(reference)} exported to {target.name}, {formats.size(size)}", "download")

        self._busy.begin(words)
        self._context.lanes.call(
            write,
            written,
            lambda error: self._on_failed(error, words),
            owner=self,
            finishes=f"A bundle is being written to {target.name}.",
        )

    def ask_import(self) -> None:
        """Asks for a bundle file, then takes it in as the next version of the model that it names."""
        dialog = self._file_dialog("Import a bundle file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.import_file(Path(path)))
        dialog.open()

    def import_file(self, source: Path) -> None:
        workspace = self.workspace
        if workspace is None:
            return
        words = f"Checking {source.name} against its manifest, then trying it…"

        def taken(version: ModelVersion) -> None:
            self._busy.end(words)
            self._context.shell.say(f"{source.name} is {shown(version.reference)} now", "box")
            self._context.shell.go(Place("model-version", version.reference))
            self._done()

        self._busy.begin(words)
        self._context.lanes.call(
            lambda: workspace.models.import_file(source),
            taken,
            lambda error: self._on_failed(error, words),
            owner=self,
            finishes=f"{source.name} is being taken in.",
        )

    def _file_dialog(self, title: str) -> QFileDialog:
        from PySide6.QtCore import Qt

        dialog = QFileDialog(self._page.window(), title, str(Path.home()), BUNDLES)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    # Dialogs

    def register(self, run: str = "") -> None:
        """Opens the dialog that makes a run a model version; without a run it asks for one."""
        if self.workspace is not None:
            from mlops_desktop.gui.dialogs.register import RegisterDialog

            RegisterDialog(self._context, self.workspace, run, self._page.window()).open()

    def deploy(self, reference: str) -> None:
        if self.workspace is not None:
            from mlops_desktop.gui.dialogs.deploy import DeployDialog

            DeployDialog(self._context, self.workspace, reference, self._page.window()).open()

    def ask_alias(self, model: Model, reference: str) -> None:
        """Asks for an alias and the version to set it on."""
        from mlops_desktop.gui.dialogs.set_alias import SetAliasDialog

        dialog = SetAliasDialog(self._context.theme, model, reference, self._page.window())
        dialog.chosen.connect(self.set_alias)
        dialog.open()

    def copy(self, text: str, what: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._context.shell.say(f"{what} copied: {text}", "copy")

    def _on_failed(self, error: BaseException, words: str = "") -> None:
        self._busy.end(words)
        self._context.shell.show_failure(error)
        self._done()


def shown(reference: str) -> str:
    """`flight-late@v3` as people read it: `flight-late v3`."""
    return reference.replace("@v", " v")
