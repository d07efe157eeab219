"""Pictures of a workspace that is only viewed, out of reach, full or damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication
from tests.pictures.scenes_shell import first_start

from mlops_desktop.domain.errors import DamagedRegistryError, DiskFullError, WorkspaceError
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace

FOLDER = Path("/media/usb/nyc-delays")


def viewing(shell: Shell, workspace: Workspace) -> None:
    why = f"The folder {FOLDER} cannot be written."
    object.__setattr__(workspace._parts, "viewed_because", why)
    shell.standing.show_open()
    shell.go_to("experiments")
    QApplication.processEvents()


def away(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("datasets", "flights"))
    shell.standing.show_trouble(
        WorkspaceError(
            f"The store {FOLDER / 'artifacts'} is not there: its disk is not mounted, or somebody emptied the folder.",
            hint="Connect its disk again, or restore a backup with `mlops workspace restore`. Nothing was written.",
        )
    )
    QApplication.processEvents()


def full(shell: Shell, workspace: Workspace) -> None:
    shell.go_to("home")
    shell.standing.show_trouble(
        DiskFullError(f"The disk of {FOLDER} is full.", hint="Make room on it, or empty the trash in Settings.")
    )
    QApplication.processEvents()


def damaged(shell: Shell, workspace: Workspace) -> None:
    error = DamagedRegistryError(
        f"The registry {FOLDER / 'registry.db'} is damaged.",
        hint="The newest sound copy is registry-daily-20261122T070412331804Z.db, made 2026-11-22 07:04 UTC. "
        "Take it with `mlops workspace recover`.",
        facts={"copy": str(FOLDER / "backups/registry-daily-20261122T070412331804Z.db"), "folder": str(FOLDER)},
    )
    first_start(shell).show_error(error)
    QApplication.processEvents()


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "trouble-viewing": viewing,
    "trouble-away": away,
    "trouble-full": full,
    "trouble-damaged": damaged,
}
