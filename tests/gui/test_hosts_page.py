"""Hosts in Deployments: each with its state, what can be done with it, and what an engine says is amiss."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from tests.fakes.hosts import FACTS, KEY, OTHER_KEY, FakeHosts
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW
from tests.gui.hands import click, press
from tests.gui.played_world import copy_of, make_template, open_deployments, open_window, seen_now
from tests.services.world import World

from mlops_desktop.domain.hosts import Host, HostKind, HostReport, HostStep, HostStepResult, registry_secret
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.gui.dialogs.base_image import BaseImageDialog
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog
from mlops_desktop.gui.dialogs.deploy import FORM, DeployDialog
from mlops_desktop.gui.dialogs.host_key_changed import HostKeyChangedDialog
from mlops_desktop.gui.dialogs.host_registry import HostRegistryDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.gui.pages.model_version import ModelVersionPage
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.pages.settings import SettingsPage
from mlops_desktop.gui.palette.stock import StockRoom
from mlops_desktop.gui.readings.activity import read_activity
from mlops_desktop.gui.readings.palette import read_findable
from mlops_desktop.gui.settings.hosts import HostsSection
from mlops_desktop.gui.version_drag import mime_of, reference_in
from mlops_desktop.services.host_proofs import key_fingerprints

NO_ANSWER = HostReport(
    (HostStepResult(HostStep.HOST_KEY, False, "timed out", 5.0),),
    code="MD-HST-002",
    sentence="gpu-box does not answer: timed out.",
    hint="Check that it is on.",
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    made = copy_of(template, tmp_path / "world")
    made.clock.now = NOW
    yield made
    made.close()


@pytest.fixture
def window(make_window: MakeWindow, world: World) -> MainWindow:
    return open_window(make_window, world)


def fakes(world: World) -> FakeHosts:
    assert isinstance(world.parts.hosts, FakeHosts)
    return world.parts.hosts


def added(world: World, name: str = "gpu-box", kind: HostKind = HostKind.SSH) -> Host:
    host = Host(new_identifier(), name, kind, world.clock(), "ada", f"mlops@{name}", "", KEY)
    return world.workspace.hosts.add(host)


def deployed(world: World, reference: str = "late@v1", host: str = "gpu-box", port: int = 8080) -> None:
    world.workspace.deployments.deploy(reference, host=host, port=port)
    world.roll_out()


def at_host(window: MainWindow, name: str = "gpu-box") -> DeploymentsPage:
    window.shell.go(Place("deployments", "", {"host": name}))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, DeploymentsPage)
    return page


def shown(window: MainWindow, kind: type[QWidget]) -> QWidget:
    QApplication.processEvents()
    return next(child for child in window.findChildren(kind) if child.isVisible())


def host_words(page: DeploymentsPage) -> list[str]:
    return [row.words for row in page.hosts.hosts.rows.rows]


# --- the list ---------------------------------------------------------------------------------------------------------


def test_every_host_says_what_it_is_how_it_is_and_how_much_is_live(world: World, window: MainWindow) -> None:
    added(world)
    added(world, "docker", HostKind.DOCKER)
    fakes(world).reports["gpu-box"] = NO_ANSWER
    page = open_deployments(window)
    words = host_words(page)
    assert words[0].startswith("This computer, process, ")
    assert words[0].endswith("Ready, no endpoint")
    assert words[1:] == ["gpu-box, SSH, No answer, no endpoint", "docker, Docker 27.3 · amd64, Connected, no endpoint"]
    assert window.shell.status.hosts.accessibleName() == "1 of 2 hosts reachable"


def test_an_answer_that_is_old_is_said_with_its_age(world: World, window: MainWindow) -> None:
    added(world)
    page = open_deployments(window)
    assert host_words(page)[1] == "gpu-box, SSH · amd64 · Docker 27.3, Connected, no endpoint"
    object.__setattr__(page._context, "clock", lambda: NOW + timedelta(minutes=14))
    fakes(world).reports["gpu-box"] = NO_ANSWER
    world.clock.now = NOW + timedelta(minutes=14)
    page.watch.check("gpu-box")
    assert page.watch.facts.sign(page.watch.facts.states[1], page._context.clock()).word == "No answer for 14 min"


def test_choosing_a_host_shows_it_in_full_with_its_endpoints(world: World, window: MainWindow) -> None:
    added(world)
    deployed(world)
    world.deployed("late@v2", endpoint="here")
    seen_now(world)
    page = open_deployments(window, "here")
    assert [row.name for row in page.hosts.list.rows.rows] == ["here"]
    page.hosts.hosts.setFocus()
    press(page.hosts.hosts, Qt.Key.Key_Down)
    assert page.host_view.isVisible()
    assert page.host_view.title.text() == "gpu-box"
    assert [row.name for row in page.hosts.list.rows.rows] == ["late"]
    assert page.path()[-1] == ("gpu-box", None)
    page.host_view.table.setFocus()
    press(page.host_view.table, Qt.Key.Key_Return)
    assert page.view.head.title.text() == "late on gpu-box"
    assert [words for words, _ in page.path()] == ["Deployments", "gpu-box", "late"]
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert page.host_view.isVisible()


def test_a_click_on_the_host_of_the_shown_endpoint_leads_to_the_host(world: World, window: MainWindow) -> None:
    added(world)
    deployed(world)
    page = open_deployments(window, "late")
    rows = page.hosts.hosts
    click(rows.viewport(), rows.visualRect(rows.rows.index(1)).center())
    assert page.host_view.isVisible()
    assert page.place() == Place("deployments", "", {"host": "gpu-box"})


def test_without_endpoints_the_host_that_was_added_is_shown(world: World, window: MainWindow) -> None:
    added(world)
    page = open_deployments(window)
    assert page.host_view.isVisible()
    facts = dict(page.host_view.facts.facts)
    assert facts["Engine"] == "Docker 27.3"
    assert facts["Memory"] == "64 GB"
    assert page.header.sentence == "Nothing is deployed"


# --- what can be done -------------------------------------------------------------------------------------------------


def test_a_test_asks_again_and_says_why_it_failed(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window)
    assert not page.host_view.failure.isVisible()
    fakes(world).reports["gpu-box"] = NO_ANSWER
    click(page.host_view.test)
    assert page.host_view.failure.accessibleName() == "Error: gpu-box does not answer: timed out."
    assert page.host_view.sign.accessibleName().startswith("No answer")


def test_a_host_is_removed_after_asking_unless_endpoints_are_there(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window)
    state = page.watch.facts.state("gpu-box")
    assert state is not None
    menu = page.actions_of_host.menu(state)
    assert [action.data() for action in menu.actions()] == [
        "deploy_there", "test_host", "base_image", "host_registry", "remove_host"
    ]  # fmt: skip
    menu.actions()[-1].trigger()
    dialog = shown(window, ConfirmDialog)
    assert isinstance(dialog, ConfirmDialog)
    assert dialog.focusWidget() is dialog.safe
    click(dialog.danger)
    assert [known.host.name for known in world.workspace.hosts.list()] == ["this computer"]
    assert host_words(page)[0].startswith("This computer")
    assert len(page.hosts.hosts.rows.rows) == 1


def test_every_action_of_a_host_is_a_command_with_its_line(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window)
    lines = {command.name: command.line for command in page.commands()}
    assert lines["add_host"] == "mlops hosts add NAME --kind KIND"
    assert lines["test_host"] == "mlops hosts check gpu-box"
    assert lines["remove_host"] == "mlops hosts remove gpu-box"
    assert lines["deploy_there"] == "mlops deployments deploy MODEL --host gpu-box"


def test_the_base_image_is_prepared_with_progress_and_copied_as_a_line(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window)
    click(page.host_view.prepare)
    dialog = shown(window, BaseImageDialog)
    assert isinstance(dialog, BaseImageDialog)
    click(dialog.copy)
    assert QGuiApplication.clipboard().text() == "mlops hosts base gpu-box"
    dialog.file.setText("/tmp/base.tar")
    assert dialog.archive.is_chosen
    click(dialog.copy)
    assert QGuiApplication.clipboard().text() == "mlops hosts base gpu-box --import /tmp/base.tar"
    dialog.pull.button.setChecked(True)
    click(dialog.prepare)
    assert [(host.name, archive) for host, archive in fakes(world).bases] == [("gpu-box", None)]
    assert not dialog.isVisible()


def test_a_base_image_that_cannot_be_had_says_why_and_is_tried_again(world: World, window: MainWindow) -> None:
    host = added(world)
    page = at_host(window)
    fakes(world).at(host).machine.is_cut_off = True
    click(page.host_view.prepare)
    dialog = shown(window, BaseImageDialog)
    assert isinstance(dialog, BaseImageDialog)
    click(dialog.prepare)
    assert dialog.error.accessibleName() == "Error: gpu-box does not answer."
    assert dialog.prepare.isVisible()
    press(dialog, Qt.Key.Key_Escape)


def test_how_busy_a_machine_is_stands_in_the_list_and_on_its_card(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window)
    low = page.hosts.hosts.sizeHint().height()
    busy = dataclasses.replace(FACTS, cpu_used=0.22, memory_used=round(FACTS.memory * 0.41))
    fakes(world).reports["gpu-box"] = HostReport((), facts=busy)
    click(page.host_view.test)
    assert host_words(page)[1] == "gpu-box, SSH · amd64 · Docker 27.3, Connected, no endpoint, CPU 22 %, memory 41 %"
    assert page.hosts.hosts.sizeHint().height() > low
    facts = dict(page.host_view.facts.facts)
    assert (facts["Memory"], facts["CPU"]) == ("64 GB, 41 % used", "22 % used")
    fakes(world).reports["gpu-box"] = NO_ANSWER
    click(page.host_view.test)
    assert page.hosts.hosts.sizeHint().height() == low


# --- a registry -------------------------------------------------------------------------------------------------------


def registry_dialog(window: MainWindow) -> HostRegistryDialog:
    page = at_host(window)
    state = page.watch.facts.state("gpu-box")
    assert state is not None
    page.actions_of_host.choose_registry(state)
    dialog = shown(window, HostRegistryDialog)
    assert isinstance(dialog, HostRegistryDialog)
    return dialog


def registry_rows(page: DeploymentsPage) -> list[str]:
    return [value for label, value in page.host_view.proofs.facts if label == "Registry"]


def test_a_registry_is_named_with_its_login_and_taken_away_again(world: World, window: MainWindow) -> None:
    added(world)
    dialog = registry_dialog(window)
    assert dialog.focusWidget() is dialog.address
    assert not dialog.none.isVisible()
    dialog.address.insert("registry.example:5000/team")
    dialog.user.insert("ada")
    dialog.password.insert("open sesame")
    assert "open" not in dialog.password.displayText()
    click(dialog.copy)
    assert QGuiApplication.clipboard().text() == "mlops hosts registry gpu-box registry.example:5000/team --user ada"
    click(dialog.use)
    assert not dialog.isVisible()
    host = world.workspace.hosts.get("gpu-box")
    assert (host.registry, host.registry_user) == ("registry.example:5000/team", "ada")
    assert world.credentials.get(registry_secret("gpu-box")) == "open sesame"
    assert registry_rows(at_host(window)) == ["registry.example:5000/team, as ada"]
    again = registry_dialog(window)
    assert again.password.text() == ""
    click(again.none)
    assert world.workspace.hosts.get("gpu-box").registry == ""
    assert registry_rows(at_host(window)) == []


def test_what_is_no_registry_is_said_at_its_field_and_a_missing_password_below(
    world: World, window: MainWindow
) -> None:
    added(world)
    dialog = registry_dialog(window)
    dialog.address.insert("https://registry.example")
    click(dialog.use)
    assert dialog.isVisible()
    assert "cannot be a registry" in dialog.address_field.error
    dialog.address.clear()
    dialog.address.insert("registry.example")
    assert dialog.address_field.error == ""
    dialog.user.insert("ada")
    click(dialog.use)
    assert dialog.error.accessibleName() == "Error: The password of ada is not known."
    press(dialog, Qt.Key.Key_Escape)
    assert world.workspace.hosts.get("gpu-box").registry == ""


# --- a key that changed -----------------------------------------------------------------------------------------------


def test_a_changed_key_is_blocked_until_the_pasted_fingerprint_is_the_offered_one(
    world: World, window: MainWindow
) -> None:
    added(world)
    fakes(world).keys["gpu-box"] = OTHER_KEY
    page = at_host(window)
    assert host_words(page)[1] == "gpu-box, SSH, Key changed, blocked, no endpoint"
    click(page.host_view.way_on)
    dialog = shown(window, HostKeyChangedDialog)
    assert isinstance(dialog, HostKeyChangedDialog)
    (before,), (now,) = key_fingerprints(KEY), key_fingerprints(OTHER_KEY)
    assert (dialog.pinned.whole, dialog.offered.whole) == (before, now)
    assert dialog.focusWidget() is dialog.keep
    assert not dialog.replace.isEnabled()
    dialog.entry.entry.setText(before)
    assert dialog.entry.verdict.accessibleName() == "Differs"
    assert not dialog.replace.isEnabled()
    dialog.entry.entry.setText(now)
    assert dialog.entry.verdict.accessibleName() == "Same"
    click(dialog.replace)
    assert not dialog.isVisible()
    assert world.workspace.hosts.get("gpu-box").pinned == OTHER_KEY
    assert page.host_view.sign.accessibleName() == "Connected"


def test_keeping_it_blocked_changes_nothing(world: World, window: MainWindow) -> None:
    added(world)
    fakes(world).keys["gpu-box"] = OTHER_KEY
    page = at_host(window)
    click(page.host_view.way_on)
    dialog = shown(window, HostKeyChangedDialog)
    press(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert world.workspace.hosts.get("gpu-box").pinned == KEY


# --- endpoints in containers ------------------------------------------------------------------------------------------


def test_a_container_says_its_image_and_use_and_how_it_is_reached(world: World, window: MainWindow) -> None:
    added(world)
    deployed(world)
    seen_now(world)
    page = open_deployments(window, "late")
    facts = dict(page.view.server.facts.facts)
    (deployment,) = world.workspace.deployments.history("late")
    assert facts["Image"] == deployment.image.removeprefix("sha256:")[:12]
    assert (facts["Memory"], facts["Processors in use"]) == ("100.7 MB", "0.02")
    click(page.view.copy_image)
    assert QGuiApplication.clipboard().text() == deployment.image
    assert page.view.head._reach.text() == "on gpu-box only"
    assert dict(page.view.host.facts.facts)["Address"] == "mlops@gpu-box"
    assert not page.view.table.isColumnHidden(4)


def test_a_host_that_is_cut_off_makes_its_endpoints_unknown_not_stopped(world: World, window: MainWindow) -> None:
    host = added(world)
    deployed(world)
    seen_now(world)
    fakes(world).at(host).machine.is_cut_off = True
    world.see_to_endpoints()
    fakes(world).reports["gpu-box"] = NO_ANSWER
    page = open_deployments(window, "late")
    head = page.view.head
    assert (head.status.accessibleName(), head.health.accessibleName()) == ("Running", "Unknown")
    assert "may still be running, we cannot confirm it" in head.trouble.text()
    assert page.view.failure.property("card") == "warn"
    assert page.view.again.text() == "Test connection…"
    del fakes(world).reports["gpu-box"]
    click(page.view.again)
    assert page.host_view.isVisible()
    assert page.host_view.sign.accessibleName() == "Connected"


def test_a_container_that_was_removed_by_hand_is_said_so_with_both_ways_on(world: World, window: MainWindow) -> None:
    host = added(world)
    deployed(world)
    seen_now(world)
    fakes(world).at(host).machine.servers.clear()
    world.see_to_endpoints()
    page = open_deployments(window, "late")
    assert page.view.head.status.accessibleName() == "Failed"
    assert "MD-DEP-006" in page.view.failure._copy.text_to_copy
    assert page.view.end.isVisible()
    click(page.view.again)
    world.roll_out()
    assert world.workspace.deployments.history("late")[0].status.value == "running"


# --- a version that is carried to a host ------------------------------------------------------------------------------


def drop(target: QWidget, at: QPointF, reference: str) -> None:
    carried = mime_of(reference)  # the event does not keep it
    keys, button = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    target.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, carried, button, keys))


def test_a_version_dropped_on_a_host_is_asked_to_be_deployed_there(world: World, window: MainWindow) -> None:
    added(world)
    page = at_host(window, "this computer")
    rows = page.hosts.hosts
    drop(rows, QPointF(rows.visualRect(rows.rows.index(1)).center()), "late@v3")
    dialog = shown(window, DeployDialog)
    assert isinstance(dialog, DeployDialog)
    assert dialog._stack.currentIndex() == FORM
    plan = dialog.form.plan
    assert (plan.reference, plan.host) == ("late@v3", "gpu-box")
    press(dialog, Qt.Key.Key_Escape)


def test_a_version_dropped_on_the_sidebar_is_asked_where_to(world: World, window: MainWindow) -> None:
    drop(window.shell.sidebar.navigation, QPointF(4, 4), "late@v1")
    dialog = shown(window, DeployDialog)
    assert isinstance(dialog, DeployDialog)
    assert dialog.form.plan.reference == "late@v1"
    press(dialog, Qt.Key.Key_Escape)


def test_by_keyboard_a_version_goes_to_a_host_by_the_menu(world: World, window: MainWindow) -> None:
    added(world)
    window.shell.go(Place("models", "late@v3"))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, ModelsPage)
    menu = page.make_menu()
    deploy_to = next(action.menu() for action in menu.actions() if action.text() == "Deploy to")
    assert [action.data() for action in deploy_to.actions()] == ["this computer", "gpu-box"]  # type: ignore[attr-defined]
    deploy_to.actions()[1].trigger()  # type: ignore[attr-defined]
    dialog = shown(window, DeployDialog)
    assert isinstance(dialog, DeployDialog)
    assert dialog.form.host == "gpu-box"
    press(dialog, Qt.Key.Key_Escape)
    menu.deleteLater()


def test_a_version_is_carried_with_its_reference(world: World, window: MainWindow) -> None:
    carried = mime_of("late@v2")
    assert (reference_in(carried), carried.text()) == ("late@v2", "late@v2")
    window.shell.go(Place("model-version", "late@v2"))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, ModelVersionPage)
    assert page.versions.model_name == "late"


def test_the_palette_adds_hosts_and_deploys_to_each(world: World, window: MainWindow) -> None:
    added(world)
    open_deployments(window)
    findable = read_findable(world.workspace)
    titles = {entry.title: entry.line for entry in StockRoom(window.shell, findable).stock().actions}
    assert titles["Add host…"] == "mlops hosts add NAME --kind KIND"
    assert titles["Deploy late v2 to gpu-box…"] == "mlops deployments deploy late@v2 --host gpu-box"


def test_a_cancelled_deployment_is_no_failure_in_activity(world: World, window: MainWindow) -> None:
    added(world)
    world.workspace.deployments.deploy("late@v1", host="gpu-box")
    world.workspace.deployments.cancel("late")
    (work,) = [work for work in read_activity(world.workspace).works if work.title.startswith("Deploy")]
    assert work.cancelling
    world.roll_out()
    (work,) = [work for work in read_activity(world.workspace).works if work.title.startswith("Deploy")]
    assert (work.sign, work.sentence) == ("cancelled", "What answered before goes on.")


# --- by keyboard, and in Settings -------------------------------------------------------------------------------------


def test_hosts_are_reached_and_chosen_by_keyboard_alone(world: World, window: MainWindow) -> None:
    added(world)
    deployed(world)
    seen_now(world)
    window.activateWindow()
    press(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    page = window.shell.page
    assert isinstance(page, DeploymentsPage)
    visited = []
    for _ in range(9):
        press(window, Qt.Key.Key_F6)
        visited.append(window.focusWidget())
    assert {page.hosts.hosts, page.hosts.list, page.view.table} <= set(visited)
    page.hosts.hosts.setFocus()
    press(page.hosts.hosts, Qt.Key.Key_Return)
    assert page.host_view.isVisible()
    stops = []
    for _ in range(14):
        press(window, Qt.Key.Key_Tab)
        stops.append(window.focusWidget())
    view = page.host_view
    assert {page.add_host, view.test, view.deploy, view.more, view.prepare, view.table} & set(stops)


def test_settings_show_every_host_and_the_chosen_one(world: World, window: MainWindow) -> None:
    added(world)
    added(world, "docker", HostKind.DOCKER)
    deployed(world)
    window.shell.go(Place("settings", "hosts"))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, SettingsPage)
    section = page.current
    assert isinstance(section, HostsSection)
    cells = section.table.cells
    assert [cells.cell(row, 0).words for row in range(cells.rowCount())] == ["This computer", "gpu-box", "docker"]
    assert cells.cell(1, 4).words == "Connected"
    section.table.go_to(1)
    assert section.view.title.text() == "gpu-box"
    fakes(world).reports["gpu-box"] = NO_ANSWER
    click(section.test_all)
    assert cells.cell(1, 4).words.startswith("No answer")


def test_a_cold_engine_is_not_asked_twice_for_the_same(world: World, window: MainWindow) -> None:
    added(world)
    asked: list[str] = []
    check = fakes(world).check

    def counted(host: Host, *rest: object) -> HostReport:
        asked.append(host.name)
        return dataclasses.replace(check(host), facts=FACTS)

    fakes(world).check = counted  # type: ignore[method-assign, assignment]
    page = open_deployments(window)
    assert sorted(asked) == ["gpu-box", "this computer"]
    page.watch.look()
    assert len(asked) == 2
