"""Home as a person sees it."""

from __future__ import annotations

import dataclasses

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace, make_run
from tests.gui.hands import click

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.home_content import HomeContent
from mlops_desktop.gui.widgets.command_line import CopyButton


def content(window: MainWindow) -> HomeContent:
    assert window.shell.home.content is not None
    return window.shell.home.content


def test_it_opens_with_one_sentence_and_the_cards_follow(window: MainWindow) -> None:
    assert window.shell.home.header.sentence.startswith("3 things need you")
    cards = content(window)
    assert cards.attention.isVisible()
    assert [row.cells[0].text for row in cards.deployments.table.cells.rows] == ["churn", "flight-late", "penguins"]
    assert len(cards.latest.table.cells.rows) == 6
    assert cards.tiles[3].accessibleName() == "Deployments healthy: 2 of 3, 1 not confirmed"


def test_before_anything_is_read_there_is_a_skeleton(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    window = make_window(workspace, opens=False)
    assert window.shell.home.header.sentence == "Opening the workspace…"
    assert window.shell.home.content is None


def test_a_failed_run_is_two_clicks_from_its_reason(window: MainWindow, qtbot: QtBot) -> None:
    buttons = {button.accessibleName(): button for button in content(window).attention.buttons}
    click(buttons["Open run: Run red-plover-26 failed"])
    run = window.shell.experiments.inspector.run
    assert run is not None
    assert run.name == "red-plover-26"
    assert window.shell.top.parts == ["Experiments", "late-at-arrival"]


def test_what_the_window_cannot_do_yet_is_copied_as_a_command(window: MainWindow, qtbot: QtBot) -> None:
    button = content(window).attention.buttons[0]
    assert isinstance(button, CopyButton)
    click(button)
    assert QGuiApplication.clipboard().text() == "mlops deployments log penguins"
    assert button.text() == "Copied"
    button._back.timeout.emit()
    assert button.text() == "Copy log command"
    button._back.stop()


def test_a_run_of_the_latest_opens_by_click_and_by_enter(window: MainWindow, qtbot: QtBot) -> None:
    table = content(window).latest.table
    place = table.visualRect(table.cells.index(3, 0)).center()
    click(table.viewport(), place)
    run = window.shell.experiments.inspector.run
    assert run is not None
    assert run.name == table.cells.rows[3].cells[0].text


def test_an_empty_workspace_shows_the_way_in_commands(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(FakeWorkspace(empty=True))
    buttons = [button for button in window.findChildren(CopyButton) if button.isVisible()]
    assert [button.text_to_copy.split()[1] for button in buttons] == [
        "datasets", "experiments", "models", "deployments", "deployments", "demo",
    ]  # fmt: skip
    click(buttons[1])
    assert QGuiApplication.clipboard().text() == "mlops experiments run flights late"
    buttons[1]._back.stop()


def test_what_another_process_did_shows_up_by_itself(window: MainWindow, workspace: FakeWorkspace) -> None:
    change = workspace.change_run("brisk-heron-41", progress=0.9)
    window.shell.events.changed.emit((change,))
    assert window.shell.status.job.accessibleName().startswith("brisk-heron-41 · 90 %")


def test_an_error_stands_in_the_place_of_the_page_and_can_be_tried_again(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    workspace.error = BusyRegistryError("The registry is busy.", hint="Wait a moment.")
    window = make_window(workspace)
    error = window.shell.home._error
    assert error is not None
    assert error.isVisible()
    assert error.accessibleName() == "Error: The registry is busy."
    workspace.error = None
    click(error.retry)
    assert content(window).isVisible()


def test_an_error_after_that_keeps_the_old_page_and_shows_above_it(
    window: MainWindow, workspace: FakeWorkspace
) -> None:
    workspace.error = BusyRegistryError("The registry is busy.", hint="Wait a moment.")
    window.shell.refresh()
    assert window.shell.message.sentence == "The registry is busy. Wait a moment."
    assert content(window).isVisible()


def test_no_deployments_and_no_runs_each_say_their_command(make_window: MakeWindow) -> None:
    workspace = FakeWorkspace()
    workspace.served, workspace.all_runs = [], []
    window = make_window(workspace)
    shown = {button.text_to_copy for button in content(window).findChildren(CopyButton) if button.isVisible()}
    assert shown == {"mlops deployments deploy MODEL@champion", "mlops experiments run DATASET TARGET"}


def test_the_disk_is_shown_here_and_below(window: MainWindow, qtbot: QtBot) -> None:
    wait(qtbot, lambda: content(window).computer.disk)
    assert window.shell.status.disk.accessibleName() == "41.2 GB free"
    content(window).computer.show_disk((1, 10))
    assert content(window).computer._ready.accessibleName() == "Low disk"


def test_small_windows_keep_everything_within_reach(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    window = make_window(workspace, size=(1100, 700))
    cards = content(window)
    assert window.shell.sidebar.width() == 52
    assert cards.verticalScrollBar().maximum() > 0
    assert cards.horizontalScrollBar().maximum() == 0


def test_more_troubles_than_fit_are_counted(make_window: MakeWindow) -> None:
    workspace = FakeWorkspace()
    failed = next(run for run in workspace.all_runs if run.status.value == "failed")
    for number in range(6):
        workspace.all_runs.append(dataclasses.replace(failed, id=f"{number}" * 32, name=f"bad-owl-{number}"))
    window = make_window(workspace)
    assert len(content(window).attention.buttons) == 4
    assert window.shell.home.header.sentence.startswith("9 things need you")


def test_jobs_without_a_run_show_their_own_title(make_window: MakeWindow) -> None:
    workspace = FakeWorkspace()
    workspace.all_runs = [make_run("quick-owl-9", metrics={"roc_auc": 0.7})]
    window = make_window(workspace)
    assert content(window).running._none.isVisible()
