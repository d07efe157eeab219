"""What the window says of its workspace for as long as it is so: open, only viewed, or out of reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import Sign

if TYPE_CHECKING:
    from mlops_desktop.domain.errors import UserError
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.services.workspace import Workspace


class Standing(QObject):
    """In the status bar, and above the page where a person has to know."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._troubled = False

    def show_open(self) -> None:
        """That the workspace is open, or why it can only be looked at."""
        shell = self._shell
        because = shell.workspace.viewed_because if shell.workspace is not None else ""
        if not because:
            shell.status.show_part(shell.status.workspace, Sign("circle-check", "ok", "Workspace open"))
            shell.frame.clear_message()
            return
        shell.status.show_part(shell.status.workspace, Sign("lock", "warn", "Viewing only"))
        sentence = "It is shown as it was when it was opened, and nothing can be changed or started."
        shell.message.say(f"Viewing only. {because} {sentence}", severity="warn")

    def show_trouble(self, error: UserError) -> None:
        shell = self._shell
        word = "Disk full" if isinstance(error, DiskFullError) else "Not reachable"
        shell.status.show_part(shell.status.workspace, Sign("triangle-alert", "warn", word))
        shell.message.say(formats.sentences(error.message, error.hint), severity="warn")

    def recover(self, folder: Path, copy: Path) -> None:
        """Puts a damaged registry back from the copy and opens the workspace."""
        shell = self._shell

        def put_back() -> Workspace:
            from mlops_desktop.bootstrap import recover_workspace

            recover_workspace(folder, copy)
            return shell.open_folder(folder)

        shell.open(folder, put_back)

    def look(self) -> None:
        """Whether the folder and its stores are where they were, asked beside other work."""
        workspace = self._shell.workspace
        if workspace is not None:
            self._shell.context.lanes.call(workspace.trouble, self._on_looked, self._shell.show_failure, owner=self)

    def _on_looked(self, trouble: UserError | None) -> None:
        if trouble is not None:
            self.show_trouble(trouble)
        elif self._troubled:
            self.show_open()
        self._troubled = trouble is not None
