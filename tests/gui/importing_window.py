"""A window that starts an import and stays until it is killed: a process. Arguments: workspace folder, table, name.

Prints the job's id when the window was told that it is queued.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.jobs import Job
from mlops_desktop.gui.app import ARGUMENTS, Program
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.state import WindowState, state_folder
from mlops_desktop.gui.theme.theme import Look, Theme


def begin(shell: Shell, table: Path, name: str) -> None:
    """As the import's page does."""
    workspace = shell.workspace
    assert workspace is not None
    shell.context.lanes.run(lambda: workspace.datasets.import_file(table, name), tell, fail, owner=shell)


def tell(job: Job) -> None:
    sys.stdout.write(f"{job.id}\n")
    sys.stdout.flush()


def fail(error: BaseException) -> None:
    raise error


def main() -> None:
    folder, table, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    app = QApplication(ARGUMENTS)
    program = Program(lambda: Theme(app, Look.LIGHT), state_folder())
    window = program.show(folder, WindowState())

    def filled() -> None:
        window.shell.opened.connect(lambda: begin(window.shell, table, name))

    window.first_painted.connect(filled)  # after the program has filled it: it was connected before
    app.exec()


if __name__ == "__main__":
    main()
