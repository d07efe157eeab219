"""Deployments as a person uses it: how every endpoint is, the way back, stop, start, a new token, the trash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW
from tests.gui.hands import click, click_cell, press
from tests.gui.played_world import copy_of, make_template, open_deployments, open_window, seen_now
from tests.services.world import World

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog
from mlops_desktop.gui.dialogs.deploy import DeployDialog
from mlops_desktop.gui.dialogs.token import TokenDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.gui.readings.endpoint_tables import ACTION


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    made = copy_of(template, tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def two(world: World) -> World:
    """v2 answers behind `late`, v1 is kept warm."""
    world.deployed("late@v1", port=18_080)
    world.deployed("late@v2")
    seen_now(world)
    return world


@pytest.fixture
def window(make_window: MakeWindow, world: World) -> MainWindow:
    return open_window(make_window, world)


def refreshed(page: DeploymentsPage) -> DeploymentsPage:
    press(page.window(), Qt.Key.Key_F5)
    QApplication.processEvents()
    return page


def words(page: DeploymentsPage) -> list[str]:
    """The foremost column of every deployment, with its status and health."""
    model = page.view.table.cells
    return [" ".join(model.cell(row, column).words for column in range(3)) for row in range(model.rowCount())]


def dialog_of(window: MainWindow, kind: type[QWidget]) -> QWidget:
    return next(child for child in window.findChildren(kind) if child.isVisible())


def confirm(window: MainWindow) -> ConfirmDialog:
    found = dialog_of(window, ConfirmDialog)
    assert isinstance(found, ConfirmDialog)
    return found


def menu_action(page: DeploymentsPage, what: str) -> QAction:
    return next(action for action in page.view.head.menu.actions() if action.data() == what)


# --- how it is --------------------------------------------------------------------------------------------------------


def test_without_endpoints_it_says_what_one_is_for(window: MainWindow) -> None:
    page = open_deployments(window)
    assert page.header.sentence == "Nothing is deployed"
    assert page.empty.isVisible()
    assert page.deploy.isVisible()


def test_it_answers_first_how_things_are(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    assert page.header.sentence == "1 endpoint on this computer · 1 healthy · last change 10:21 by ada"
    head = page.view.head
    assert head.title.text() == "late on this computer"
    assert (head.status.accessibleName(), head.health.accessibleName()) == ("Running", "Healthy")
    assert head.note.text() == "since 10:21"
    assert words(page) == ["v2 answers champion Running Healthy", "v1 kept warm Running Healthy"]
    assert page.view.version.facts.facts[0] == ("Model version", "late@v2")
    assert ("Requests", "0") in page.view.requests.facts.facts
    assert window.shell.sidebar.navigation.pages.entries[-2].count == 1


def test_the_address_is_copied_whole(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    click(page.view.head.copy)
    assert QGuiApplication.clipboard().text() == "http://127.0.0.1:18080/predict"


def test_requests_are_counted_as_the_server_says(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    two.workspace.deployments.predict("late", [{"distance": 1.0}])
    refreshed(page)
    assert ("Requests", "1") in page.view.requests.facts.facts


def test_a_server_that_does_not_answer_as_it_should_is_degraded(two: World, window: MainWindow) -> None:
    wanted = two.workspace.deployments.endpoint("late").wanted_deployment_id
    server = two.machine.server(str(wanted))
    assert server
    server.is_ready = False
    two.see_to_endpoints()
    page = open_deployments(window)
    assert page.view.head.health.accessibleName() == "Degraded"
    assert page.view.head.note.text().startswith("it runs, but does not answer as it should")
    assert "1 degraded" in page.header.sentence


def test_what_nobody_has_looked_at_lately_is_unknown_and_said_so(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    page = open_deployments(window)
    assert page.view.head.health.accessibleName() == "Unknown"
    assert page.view.head.note.text() == (
        "has not been seen since 10:21; it may still be answering, we cannot confirm it"
    )
    assert page.hosts.list.rows.rows[0].sign.word == "Unknown"


def test_a_process_that_ended_is_said_with_the_reason(two: World, window: MainWindow) -> None:
    wanted = str(two.workspace.deployments.endpoint("late").wanted_deployment_id)
    two.machine.crash(wanted)
    version = two.workspace.models.get("late@v2")
    two.machine.start_failures[version.manifest_hash] = "cannot open model.skops"
    two.see_to_endpoints()
    page = open_deployments(window)
    assert page.view.head.status.accessibleName() == "Failed"
    assert not page.view.head.health.isVisible()
    assert "started again" in page.view.head.note.text()
    assert "cannot open model.skops" in page.view.failure.accessibleName()


def test_a_failed_attempt_says_that_the_old_one_kept_answering(two: World, window: MainWindow) -> None:
    version = two.workspace.models.get("late@v3")
    two.machine.start_failures[version.manifest_hash] = "no memory"
    two.workspace.deployments.deploy("late@v3")
    two.roll_out()
    page = open_deployments(window)
    assert page.view.head.health.accessibleName() == "Healthy"
    assert page.view.failure.isVisible()
    assert "v2 kept answering all the time." in page.view.failure._words.text()
    assert words(page)[0].startswith("v3 Failed")
    click(page.view.tabs, page.view.tabs.tabRect(1).center())
    states = [stage.state.value for stage in page.view.history.steps.stages]
    assert states == ["done", "failed", "skipped", "skipped"]
    assert page.view.history.error.isVisible()


def test_a_change_under_way_is_shown_step_by_step(two: World, window: MainWindow) -> None:
    two.workspace.deployments.deploy("late@v3")
    page = open_deployments(window)
    assert page.view.rollout.title.text() == "Under way: deploying v3"
    assert [stage.name for stage in page.view._steps.stages] == [
        "Start v3 beside v2",
        "Check health and answers",
        "Switch to v3",
        "Let v2 finish",
    ]
    assert not page.view.head.back.isVisible()
    two.roll_out()
    refreshed(page)
    assert not page.view.rollout.isVisible()
    assert words(page)[0].startswith("v3 answers")


def test_the_history_goes_step_by_step(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    click(page.view.tabs, page.view.tabs.tabRect(1).center())
    cells = page.view.history.table.cells
    assert [cells.cell(row, 0).text for row in range(2)] == ["Deploy v2", "Deploy v1"]
    page.view.history.table.setFocus()
    press(page.view.history.table, Qt.Key.Key_Down)
    assert [stage.name for stage in page.view.history.steps.stages] == [
        "Start v1",
        "Check health and answers",
        "Switch to v1",
    ]


def test_the_log_of_every_server_can_be_read(two: World, window: MainWindow) -> None:
    for deployment in two.workspace.deployments.history("late"):
        folder = two.parts.deployment_folder(deployment.id)
        folder.mkdir(parents=True, exist_ok=True)
        record = {"time": NOW.isoformat(), "level": "info", "event": "accept", "port": deployment.number}
        refusal = {"time": NOW.isoformat(), "level": "warning", "event": "refused", "status": 401, "message": "no"}
        (folder / "serving.log").write_text(f"{json.dumps(record)}\n{json.dumps(refusal)}\nplain\n")
    page = open_deployments(window)
    assert [line.text for line in page.view.log.view.lines.lines] == [
        "takes requests on port 2",
        "refused: no status 401",
        "plain",
    ]
    page.view.log.choice.setFocus()
    press(page.view.log.choice, Qt.Key.Key_Down)
    assert page.view.log.choice.value == 1
    assert page.view.log.view.lines.lines[0].text == "takes requests on port 1"


def test_a_registry_that_cannot_be_read_is_said_in_words(
    world: World, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise BusyRegistryError("Another process holds the registry.", hint="Try again.")

    monkeypatch.setattr(world.workspace.deployments, "list", fail)
    page = open_deployments(window)
    assert page.error.isVisible()
    assert page.header.sentence == "The deployments could not be read."
    monkeypatch.undo()
    click(page.error.retry)
    assert page.empty.isVisible()


# --- the way back -----------------------------------------------------------------------------------------------------


def test_rolling_back_asks_with_the_effect_and_the_safe_button_first(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    assert page.view.head.back.accessibleName() == "Roll back to v1…"
    click(page.view.head.back)
    dialog = confirm(window)
    assert (dialog.safe.text(), dialog.danger.text()) == ("Keep v2", "Roll back to v1")
    assert dialog.focusWidget() is dialog.safe
    assert "v1 still runs, kept warm." in dialog.accessibleDescription()
    press(dialog, Qt.Key.Key_Escape)
    assert len(two.workspace.deployments.rollouts("late")) == 2
    click(page.view.head.back)
    click(confirm(window).danger)
    two.roll_out()
    seen_now(two)
    refreshed(page)
    assert two.answering() == ["late@v1"]
    assert words(page) == ["v2 kept warm champion Running Healthy", "v1 answers Running Healthy"]
    assert page.view.head.back.accessibleName() == "Roll back to v2…"


def test_any_earlier_deployment_may_answer_again_by_click_or_by_enter(two: World, window: MainWindow) -> None:
    two.deployed("late@v3")
    seen_now(two)
    page = open_deployments(window)
    click_cell(page.view.table, 2, ACTION)
    assert confirm(window).danger.text() == "Roll back to v1"
    press(confirm(window), Qt.Key.Key_Escape)
    click_cell(page.view.table, 0, ACTION)
    assert [child for child in window.findChildren(ConfirmDialog) if child.isVisible()] == []
    page.view.table.setFocus()
    page.view.table.go_to(1)
    press(page.view.table, Qt.Key.Key_Return)
    assert confirm(window).danger.text() == "Roll back to v2"
    click(confirm(window).danger)
    two.roll_out()
    assert two.answering() == ["late@v2"]


# --- stop, start, token, trash ----------------------------------------------------------------------------------------


def test_a_stop_says_what_stays_and_start_again_brings_it_back(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    menu_action(page, "stop").trigger()
    dialog = confirm(window)
    assert "2 processes on this computer will end." in dialog.accessibleDescription()
    assert "its port 18080, its token and its history stay" in dialog.accessibleDescription()
    click(dialog.danger)
    two.roll_out()
    refreshed(page)
    assert two.answering() == []
    assert page.view.head.status.accessibleName() == "Stopped"
    assert page.view.head.start.isVisible()
    assert not page.view.head.back.isVisible()
    click(page.view.head.start)
    two.roll_out()
    seen_now(two)
    refreshed(page)
    assert two.answering() == ["late@v2"]
    assert page.view.head.health.accessibleName() == "Healthy"


def test_a_restart_needs_no_question_for_no_request_fails(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    menu_action(page, "restart").trigger()
    two.roll_out()
    refreshed(page)
    assert two.answering() == ["late@v2"]
    assert page.view.history.table.cells.cell(0, 0).text == "Restart v2"


def test_a_new_token_is_shown_once_and_the_old_one_refused(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    before = two.workspace.deployments.endpoint("late").token_sha256
    menu_action(page, "token").trigger()
    dialog = dialog_of(window, TokenDialog)
    assert isinstance(dialog, TokenDialog)
    assert dialog.focusWidget() is dialog.keep
    click(dialog.make)
    assert len(dialog.box.token) >= 40
    click(dialog.box.copy)
    assert QGuiApplication.clipboard().text() == dialog.box.token
    assert two.workspace.deployments.endpoint("late").token_sha256 != before
    assert two.workspace.deployments.predict("late", [{}], token=dialog.box.token)
    click(dialog.done_button)


def test_only_a_stopped_endpoint_goes_to_the_trash_and_comes_back(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    assert "trash" not in [action.data() for action in page.view.head.menu.actions()]
    two.workspace.deployments.stop("late")
    two.roll_out()
    refreshed(page)
    menu_action(page, "trash").trigger()
    assert page.empty.isVisible()
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.view.head.title.text() == "late on this computer"


# --- by keyboard, and where it stands ---------------------------------------------------------------------------------


def test_the_whole_page_is_reached_by_keyboard(two: World, window: MainWindow, qapp: QApplication) -> None:
    two.deployed("late@v3", endpoint="other")
    seen_now(two)
    window.activateWindow()
    press(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    page = window.shell.page
    assert isinstance(page, DeploymentsPage)
    qapp.processEvents()
    visited = []
    for _ in range(7):
        press(window, Qt.Key.Key_F6)
        visited.append(window.focusWidget())
    assert {page.deploy, page.hosts.list, page.view.head.try_it, page.view.table, page.view.tabs} <= set(visited)
    page.hosts.list.setFocus()
    press(page.hosts.list, Qt.Key.Key_Down)
    assert page.view.head.title.text() == "other on this computer"
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert page.view.head.title.text() == "late on this computer"
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(window, DeployDialog)
    press(dialog, Qt.Key.Key_Escape)


def test_every_command_has_a_line_for_the_terminal(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    assert all(command.line.startswith("mlops ") for command in page.commands())
    assert {"primary", "add_host", "deploy", "try_it", "roll_back", "restart", "stop", "token", "log"} == {
        command.name for command in page.commands()
    }


def test_try_it_and_the_model_version_are_one_click_away(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    click(page.view.head.try_it)
    assert window.shell.page is not None
    assert window.shell.page.place() == Place("try-it", "late")
    window.shell.go(Place("deployments", "late"))
    assert window.shell.page is page
    click(page.view.open_version)
    assert window.shell.page.place().subject == "late@v2"


def test_a_narrow_window_leaves_columns_out_and_cuts_nothing(make_window: MakeWindow, two: World) -> None:
    window = open_window(make_window, two, (1100, 700))
    page = open_deployments(window)
    heads = [head.title for head in page.view.table.cells.heads]
    assert page.view.table.isColumnHidden(heads.index("Restarts"))
    assert not page.view.table.isColumnHidden(ACTION)
    content = page.view.widget()
    assert content is not None
    assert content.width() <= page.view.viewport().width()


def test_time_that_passes_takes_the_confirmation_away(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    assert page.view.head.health.accessibleName() == "Healthy"
    object.__setattr__(page._context, "clock", lambda: NOW + timedelta(minutes=1))
    page._on_time()
    assert page.view.head.health.accessibleName() == "Unknown"


def test_cells_say_their_column_to_a_screen_reader(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    index = page.view.table.cells.index(0, 1, QModelIndex())
    assert page.view.table.cells.data(index, Qt.ItemDataRole.AccessibleTextRole) == "Status: Running"
    assert page.hosts.list.rows.data(page.hosts.list.rows.index(0), Qt.ItemDataRole.AccessibleTextRole) == (
        "late, v2, Healthy, :18080"
    )


def test_an_endpoint_in_trouble_says_what_stays_and_leads_on(two: World, window: MainWindow) -> None:
    page = open_deployments(window)
    head, view = page.view.head, page.view
    assert not head.restart.isVisible()
    server = two.machine.servers[str(two.workspace.deployments.endpoint("late").wanted_deployment_id)]
    server.is_ready = False
    two.see_to_endpoints()
    refreshed(page)
    assert head.trouble.text().startswith("It runs, but does not answer as it should")
    assert head.restart.isVisible()
    click(head.restart)
    assert two.workspace.deployments.rollouts("late")[-1].from_deployment_id == server.order.deployment_id
    two.roll_out()
    refreshed(page)
    assert not head.trouble.isVisible()
    answering = page.one.answering if page.one is not None else None
    assert answering is not None
    two.machine.start_failures[answering.manifest_hash] = "cannot open bundle/model.skops"
    two.machine.crash(answering.id)
    two.see_to_endpoints()
    refreshed(page)
    assert view.failure.isVisible()
    assert "Address and token stay." in view.failure._words.text()
    assert (head.restart.isVisible(), view.again.text()) == (False, "Start again")
    view.tabs.setCurrentIndex(1)
    click(view.to_log)
    assert view.tabs.currentIndex() == 0
    assert view.log.choice.value == answering.number
    del two.machine.start_failures[answering.manifest_hash]
    click(view.again)
    two.roll_out()
    refreshed(page)
    assert not view.failure.isVisible()
