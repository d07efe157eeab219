"""The window in inline mode on a workspace of realistic values, and nothing left on the screen afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.demo_workspace import NOW, FakeWorkspace

from mlops_desktop.gui.app import ARGUMENTS
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import WindowState
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.services.workspace import Workspace

MakeWindow = Callable[..., MainWindow]


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ARGUMENTS


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, Look.LIGHT)


@pytest.fixture
def workspace() -> FakeWorkspace:
    return FakeWorkspace()


@pytest.fixture(autouse=True)
def _nothing_left_on_the_screen(qapp: QApplication) -> Iterator[None]:
    """Fails a test that leaves a visible window or a running timer."""
    yield
    left = [widget for widget in qapp.topLevelWidgets() if widget.isVisible()]
    timers = [timer for widget in left for timer in widget.findChildren(QTimer) if timer.isActive()]
    assert not left, f"left on the screen: {left}"
    assert not timers, f"left running: {timers}"


@pytest.fixture
def make_window(theme: Theme, tmp_path: Path, qapp: QApplication) -> Iterator[MakeWindow]:
    """Windows whose lanes are inline unless given; closed at the end, and nothing of them goes on."""
    made: list[MainWindow] = []

    def make(
        workspace: FakeWorkspace | None = None,
        *,
        size: tuple[int, int] = (1440, 900),
        state: WindowState | None = None,
        lanes: Lanes | None = None,
        open_folder: Callable[[Path], Workspace] | None = None,
        opens: bool = True,
    ) -> MainWindow:
        def open_fake(folder: Path) -> Workspace:
            assert workspace is not None
            return workspace.as_workspace()

        window = MainWindow(state or WindowState(look="light"), tmp_path / "state")
        window.fill(theme, lanes or Lanes(inline=True), lambda: NOW, open_folder or open_fake)
        made.append(window)
        window.resize(*size)
        window.shell.begin(workspace.folder if workspace else None)
        window.show()
        window.activateWindow()
        qapp.processEvents()
        if workspace is not None and opens:
            window.shell.open(workspace.folder)
            qapp.processEvents()
        return window

    yield make
    theme.choose(Look.LIGHT)
    for window in made:
        window.close()
        timers = [timer for timer in window.findChildren(QTimer) if timer.isActive() and not timer.isSingleShot()]
        assert not timers, f"still running after closing: {timers}"
        window.deleteLater()
    qapp.processEvents()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # no loop runs that would do it; windows would pile up


@pytest.fixture
def window(make_window: MakeWindow, workspace: FakeWorkspace) -> MainWindow:
    """A window with the realistic workspace open, on Home."""
    return make_window(workspace)


def wait(qtbot: QtBot, condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Lets the window work until the condition holds."""
    end = time.monotonic() + seconds
    qtbot.waitUntil(lambda: bool(condition()), timeout=round((end - time.monotonic()) * 1000))
