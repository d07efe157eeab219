"""Home as a person sees it."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace, make_run
from tests.gui.hands import click, press

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.home_content import HomeContent


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
    asked: list[Place] = []
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    click(buttons["Open log at error: Run red-plover-26 failed"])
    click(buttons["Open deployment: penguins is degraded"])
    assert asked == [Place("run", "red-plover-26", {"tab": "log"}), Place("deployments", "penguins")]


def test_runs_and_deployments_open_by_a_click(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[Place] = []
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    latest, served = content(window).latest.table, content(window).deployments.table
    click(latest.viewport(), latest.visualRect(latest.cells.index(3, 0)).center())
    click(served.viewport(), served.visualRect(served.cells.index(1, 0)).center())
    click(content(window).deployments.open)
    click(content(window).changes.open)
    assert asked == [
        Place("run", latest.cells.rows[3].cells[0].text),
        Place("deployments", "flight-late"),
        Place("deployments"),
        Place("settings", "record"),
    ]


def test_work_in_progress_is_cancelled_from_here(window: MainWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    row = next(iter(content(window).running.rows.values()))
    click(row.cancel)
    assert workspace.calls[-1] == ("cancel job", next(iter(content(window).running.rows)))
    assert row._note.text() == "Cancelling…"
    click(content(window).running.open)
    assert window.shell.overlays.shown_activity is not None


def test_an_empty_workspace_offers_two_ways_in(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(FakeWorkspace(empty=True))
    steps = window.shell.home._steps
    assert steps is not None
    assert not window.shell.home.import_data.isVisible()
    asked: list[Place] = []
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    click(steps.sample)
    assert asked[0].page == "import"
    assert asked[0].subject.endswith("flights.csv.zip")
    window.activateWindow()
    press(window, Qt.Key.Key_F6)
    press(window, Qt.Key.Key_F6)
    assert window.focusWidget() is steps.choose


def test_import_and_new_run_are_the_buttons_of_the_page(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[object] = []
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    click(window.shell.home.new_run)
    assert asked == [Place("new-run")]
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    dialog = next(iter(window.findChildren(QFileDialog)))
    assert dialog.windowTitle() == "Import data"
    dialog.reject()


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
    assert window.shell.message.sentence == "The registry is busy. Wait a moment. (MD-WSP-004)"
    assert content(window).isVisible()


def test_no_deployments_and_no_runs_each_say_what_to_do(make_window: MakeWindow, qtbot: QtBot) -> None:
    workspace = FakeWorkspace()
    workspace.served, workspace.all_runs = [], []
    window = make_window(workspace)
    assert content(window).deployments.deploy.text() == "Deploy churn v3…"
    assert content(window).deployments.deploy.isVisible()
    assert content(window).latest.new.isVisible()


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
