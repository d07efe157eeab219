"""What one command works with: its workspace, opened when first needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


class Session:
    """The workspace a command was pointed at. `close` is called when the command ends, however it ends."""

    def __init__(self, folder: Path | None, actor: str | None) -> None:
        self._folder = folder
        self.actor = actor
        self._opened: Workspace | None = None

    @property
    def folder(self) -> Path:
        """Raises WorkspaceError where none was named and none is near."""
        from mlops_desktop import bootstrap

        return bootstrap.choose_workspace(self._folder)

    @property
    def named_folder(self) -> Path | None:
        return self._folder

    @property
    def workspace(self) -> Workspace:
        """Raises WorkspaceError and its kin."""
        from mlops_desktop import bootstrap

        if self._opened is None:
            self._opened = bootstrap.open_workspace(self.folder, actor=self.actor)
            if self._opened.viewed_because:
                click.echo(f"Viewing only: {self._opened.viewed_because}", err=True)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


pass_session = click.make_pass_decorator(Session)
