"""The start of the window: the application, its look, its first paint, and then the workspace."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from mlops_desktop import __version__
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import LOOKS, WindowState, last_workspace, read_state, state_folder

if TYPE_CHECKING:
    from mlops_desktop.gui.crash import CrashReporter
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.gui.theme.theme import Theme
    from mlops_desktop.services.workspace import Workspace


ARGUMENTS = ["mlops-desktop", "-style", "Fusion"]
"""What Qt is told. Setting the style by name here spares the first paint the whole of QStyle."""


def main(argv: Sequence[str]) -> int:
    """Opens the window and stays until it is closed."""
    options = _options(argv)
    app = QApplication(ARGUMENTS)
    app.setApplicationName("mlops-desktop")
    app.setApplicationDisplayName("")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("mlops-desktop")
    folder_of_state = state_folder()
    state, told = read_state(folder_of_state)
    if options.theme:
        state = replace(state, look=options.theme)
    folder = options.folder.expanduser().absolute() if options.folder else last_workspace(folder_of_state)
    program = Program(lambda: _theme(app, state.look), folder_of_state)
    window = program.show(folder, state, fills=options.report is None, told=told)
    if options.report is not None:
        window.first_painted.connect(lambda: _end_after_paint(window, options.report or ""))
    code = app.exec()
    program.end()
    return code


class Program:
    """The windows. Another workspace means another window, and the one it was asked from closes; more windows on the
    same workspace stand beside each other.

    A window first shows its grounds; whatever else it needs is loaded and made right after that.
    """

    def __init__(self, make_theme: Callable[[], Theme], state_folder: Path) -> None:
        self._make_theme, self._state_folder = make_theme, state_folder
        self._theme: Theme | None = None
        self._crashes: CrashReporter | None = None
        self.windows: list[MainWindow] = []

    @property
    def window(self) -> MainWindow | None:
        """The newest one."""
        return self.windows[-1] if self.windows else None

    def show(
        self,
        folder: Path | None,
        state: WindowState,
        name: str = "",
        *,
        fills: bool = True,
        instead_of: MainWindow | None = None,
        told: str = "",
    ) -> MainWindow:
        """A window on the folder; with a name the workspace is made there. `told` is said in it at once."""
        self.windows = [known for known in self.windows if known.isVisible() and known is not instead_of]
        window = MainWindow(state, self._state_folder)
        self.windows.append(window)
        if fills:
            window.first_painted.connect(lambda: self._on_painted(window, folder, name, told))
        window.show()
        if instead_of is not None:
            instead_of.close()
            instead_of.deleteLater()
        return window

    def end(self) -> None:
        for window in self.windows:
            window.close()

    def _on_painted(self, window: MainWindow, folder: Path | None, name: str, told: str) -> None:
        """What need not happen before a person sees the window."""
        if self._theme is None:
            self._theme = self._make_theme()
        if self._crashes is None:
            from mlops_desktop.gui.crash import CrashReporter, write_log

            log_file = self._state_folder / "window.log"
            write_log(log_file)
            self._crashes = CrashReporter(self._theme, log_file)
            self._crashes.install()
            self._crashes.met.connect(self._on_met)
        from datetime import UTC, datetime

        from mlops_desktop.gui import accessible_areas
        from mlops_desktop.gui.lanes import Lanes

        accessible_areas.install()
        shell = window.fill(self._theme, Lanes(), lambda: datetime.now(UTC), _open)
        shell.failed.connect(self._crashes.report)
        shell.other_wanted.connect(lambda place, called: self._on_other(shell, place, called))
        shell.window_wanted.connect(lambda place: self.show(place, beside(shell.state)))
        shell.begin(folder)
        if told:
            shell.say(told, "triangle-alert")
        if folder is not None:
            shell.open(folder, (lambda: _create(folder, name)) if name else None)

    def _on_met(self, _: BaseException) -> None:
        for window in self.windows:
            if window.is_filled:
                window.shell.beginning.begin_at_home()

    def _on_other(self, shell: Shell, folder: Path, name: str) -> None:
        if shell.workspace is None:
            shell.open(folder, (lambda: _create(folder, name)) if name else None)
        else:
            self.show(folder, shell.state, name, instead_of=shell.window)


def beside(state: WindowState) -> WindowState:
    """For one more window: as this one is, but not on top of it."""
    return replace(state, geometry="")


def _theme(app: QApplication, look: str) -> Theme:
    from mlops_desktop.gui.theme.theme import Look, Theme

    return Theme(app, Look(look))


def _open(folder: Path) -> Workspace:
    from mlops_desktop.bootstrap import open_workspace

    return open_workspace(folder)


def _create(folder: Path, name: str) -> Workspace:
    from mlops_desktop.bootstrap import create_workspace

    return create_workspace(folder, name)


@dataclass(frozen=True)
class Options:
    """`report` is for measuring: the window ends after its first paint and writes there what that took."""

    folder: Path | None = None
    theme: str = ""
    report: str | None = None


def _options(argv: Sequence[str]) -> Options:
    if argv and argv[0] == "--exit-after-first-paint":
        return Options(report=argv[1] if len(argv) > 1 else "")
    if not argv:
        return Options()
    import argparse

    parser = argparse.ArgumentParser("mlops-desktop", description="The window of MLOps Desktop.")
    parser.add_argument("folder", nargs="?", type=Path, help="the workspace folder; else the one used last")
    parser.add_argument("--theme", choices=LOOKS, default="", help="how it looks, else as chosen before")
    parser.add_argument("--version", action="version", version=__version__)
    given = parser.parse_args(argv)
    return Options(given.folder, given.theme)


def _end_after_paint(window: MainWindow, report: str) -> None:
    painted, used = time.monotonic_ns(), time.process_time()
    if report:
        Path(report).write_text(json.dumps({"painted": painted, "cpu": used, "modules": sorted(sys.modules)}), "utf-8")
    window.close()
    QApplication.quit()
