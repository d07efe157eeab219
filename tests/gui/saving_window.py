"""A window that saves again and again until it is killed: a process. Arguments: workspace folder, name.

Prints a line for each save that the window was told is done.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from mlops_desktop.gui.app import ARGUMENTS, Program
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.state import WindowState, state_folder
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.services.workspace import Workspace


class Saving:
    """Each save is asked for as a page does, and the next one when it is done."""

    def __init__(self, shell: Shell, name: str) -> None:
        self._shell, self._name = shell, name
        self._number = 0

    def begin(self) -> None:
        self._number += 1
        workspace = self._shell.workspace
        assert workspace is not None
        text = f"{self._name} {self._number}"
        self._shell.remember(replace(self._shell.state, zoom=90 + 10 * (self._number % 3)))
        self._shell.context.lanes.run(lambda: save(workspace, text), self._on_saved, fail, owner=self._shell)

    def _on_saved(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
        self.begin()


def save(workspace: Workspace, text: str) -> str:
    workspace.models.describe("flight-late", text)
    return text


def fail(error: BaseException) -> None:
    raise error


def main() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    app = QApplication(ARGUMENTS)
    program = Program(lambda: Theme(app, Look.LIGHT), state_folder())
    window = program.show(folder, WindowState())

    def filled() -> None:
        window.shell.opened.connect(partial(Saving.begin, Saving(window.shell, name)))

    window.first_painted.connect(filled)  # after the program has filled it: it was connected before
    app.exec()


if __name__ == "__main__":
    main()
