"""Closing the window while something goes on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, press

from mlops_desktop.gui.closing import ClosingDialog, GoingOn
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import load_state


def asked(window: MainWindow) -> ClosingDialog:
    window.activateWindow()
    press(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    dialog = window.shell.leaving.dialog
    assert dialog is not None
    return dialog


def test_u_03_it_says_what_goes_on_and_keeps_the_window_on_request(window: MainWindow, qtbot: QtBot) -> None:
    assert window.shell.leaving.going_on.words == "3 jobs and 3 endpoints"
    dialog = asked(window)
    assert dialog.close_window.isDefault()
    click(dialog.stay)
    assert window.isVisible()
    assert window.shell.leaving.dialog is None


def test_u_03_closing_leaves_everything_running(window: MainWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    click(asked(window).close_window)
    assert not window.isVisible()
    assert workspace.closed
    assert not [call for call in workspace.calls if call[0] in ("stop", "cancel job")]


def test_u_03_all_of_it_can_be_stopped_and_the_question_left_out(
    window: MainWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    dialog = asked(window)
    dialog.again.setChecked(True)
    click(dialog.stop)
    kinds = [call[0] for call in workspace.calls]
    assert (kinds.count("cancel job"), kinds.count("stop")) == (3, 3)
    assert not window.isVisible()
    assert not load_state(window.state_folder).asks_on_close


def test_nothing_is_asked_where_nothing_goes_on(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(FakeWorkspace(empty=True))
    window.shell.leaving.ask()
    assert not window.isVisible()
    assert GoingOn().words == ""


def test_a_program_that_closes_the_window_does_not_ask(window: MainWindow) -> None:
    event = QCloseEvent()
    assert not event.spontaneous()
    window.close()
    assert not window.isVisible()
