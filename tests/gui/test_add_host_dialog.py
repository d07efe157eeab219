"""Adding a host: what it is, tried step by step, its key compared, then kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from tests.fakes.hosts import KEY, OTHER_KEY, FakeHosts
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, press, write
from tests.gui.played_world import copy_of, make_template, open_deployments, open_window
from tests.services.world import World

from mlops_desktop.domain.hosts import HostKind, HostReport, HostStep, HostStepResult
from mlops_desktop.gui.dialogs.add_host import AddHostDialog
from mlops_desktop.gui.dialogs.add_host_form import suggested_name
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.readings.hosts import grouped, key_kind
from mlops_desktop.services.host_proofs import key_fingerprints

(FINGERPRINT,) = key_fingerprints(KEY)
(OTHER,) = key_fingerprints(OTHER_KEY)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    made = copy_of(template, tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def window(make_window: MakeWindow, world: World) -> MainWindow:
    return open_window(make_window, world)


@pytest.fixture
def dialog(world: World, window: MainWindow) -> Iterator[AddHostDialog]:
    made = AddHostDialog(window.shell.context, world.workspace, window)
    made.open()
    QApplication.processEvents()
    yield made
    window.findChildren(AddHostDialog)
    for left in window.findChildren(AddHostDialog):
        left.close()


def fakes(world: World) -> FakeHosts:
    assert isinstance(world.parts.hosts, FakeHosts)
    return world.parts.hosts


def choose(dialog: AddHostDialog, kind: HostKind) -> None:
    place = [HostKind.DOCKER, HostKind.SSH, HostKind.TLS].index(kind)
    click(dialog.form.kind.buttons[place])


def test_a_host_over_ssh_is_added_by_keyboard_alone(world: World, dialog: AddHostDialog, window: MainWindow) -> None:
    assert dialog.focusWidget() is dialog.form.address
    write(dialog.form.address, "mlops@gpu-box.lan")
    assert dialog.form.name.text() == "gpu-box"
    press(dialog, Qt.Key.Key_Return)
    assert dialog.key.isVisible()
    assert dialog.key.title.text() == "gpu-box is new here. Is this its key?"
    assert dialog.key.offered.whole == FINGERPRINT
    assert dialog.focusWidget() is dialog.key.given.entry
    assert not dialog.primary.isEnabled()
    write(dialog.key.given.entry, FINGERPRINT)
    assert dialog.key.given.verdict.accessibleName() == "Same"
    press(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.primary.text() == "Add host"
    assert world.workspace.hosts.list()[-1].host.name == "this computer"  # nothing is kept before that
    press(dialog, Qt.Key.Key_Return)
    host = world.workspace.hosts.get("gpu-box")
    assert (host.kind, host.address, host.pinned) == (HostKind.SSH, "mlops@gpu-box.lan", KEY)
    assert window.shell.page is not None
    assert window.shell.page.place() == Place("deployments", "", {"host": "gpu-box"})


def test_another_fingerprint_is_said_to_differ_and_goes_no_further(dialog: AddHostDialog) -> None:
    write(dialog.form.address, "mlops@gpu-box")
    click(dialog.primary)
    write(dialog.key.given.entry, OTHER)
    assert dialog.key.given.verdict.accessibleName() == "Differs"
    assert not dialog.primary.isEnabled()
    assert not dialog.without.isVisible()


def test_without_comparing_it_can_be_added_and_the_line_says_the_fingerprint(
    world: World, dialog: AddHostDialog
) -> None:
    write(dialog.form.address, "mlops@gpu-box")
    click(dialog.primary)
    click(dialog.copy)
    assert QGuiApplication.clipboard().text() == (
        f"mlops hosts add gpu-box --kind ssh --address mlops@gpu-box --fingerprint {FINGERPRINT}"
    )
    click(dialog.without)
    click(dialog.primary)
    assert world.workspace.hosts.get("gpu-box").pinned == KEY


def test_the_engine_of_this_computer_needs_no_address_and_no_key(world: World, dialog: AddHostDialog) -> None:
    choose(dialog, HostKind.DOCKER)
    assert not dialog.form.login_field.isVisible()
    assert dialog.form.name.text() == "docker"
    assert [stage.name for stage in dialog.steps.stages] == ["Find Docker", "Machine and memory", "Base image"]
    click(dialog.primary)
    assert dialog.primary.text() == "Add host"
    click(dialog.primary)
    assert world.workspace.hosts.get("docker").kind is HostKind.DOCKER


def test_why_it_cannot_be_used_is_said_with_the_step_and_it_is_tried_again(world: World, dialog: AddHostDialog) -> None:
    fakes(world).reports["docker"] = HostReport(
        (HostStepResult(HostStep.ENGINE, False, "no socket", 0.001),),
        code="MD-HST-006",
        sentence="There is no Docker on this computer.",
        hint="Install Docker Engine, or deploy to this computer.",
    )
    choose(dialog, HostKind.DOCKER)
    click(dialog.primary)
    assert dialog.error.accessibleName() == "Error: There is no Docker on this computer."
    assert dialog.steps.stages[0].state == "failed"
    assert dialog.primary.text() == "Test again"
    del fakes(world).reports["docker"]
    click(dialog.primary)
    assert dialog.primary.text() == "Add host"


def test_what_is_typed_wrongly_is_said_at_its_field(world: World, dialog: AddHostDialog) -> None:
    write(dialog.form.address, "-oProxyCommand=evil")
    click(dialog.primary)
    assert "cannot be" in dialog.form.address_field.error or "cannot be" in dialog.form.name_field.error
    dialog.form.address.clear()
    write(dialog.form.address, "mlops@gpu-box")
    assert not dialog.form.address_field.error
    write(dialog.form.login, "/there/is/no/key")
    click(dialog.primary)
    assert dialog.form.login_field.error
    assert dialog.focusWidget() is not dialog.primary


def test_a_name_that_is_taken_is_said_before_anything_is_sent(world: World, dialog: AddHostDialog) -> None:
    write(dialog.form.address, "mlops@gpu-box")
    dialog.form.name.selectAll()
    write(dialog.form.name, "this-one")
    assert dialog.form.plan.name == "this-one"
    dialog.form.address.clear()
    write(dialog.form.address, "mlops@other")
    assert dialog.form.plan.name == "this-one"  # a name that was typed stays


def test_what_was_changed_after_a_test_has_to_be_tested_again(dialog: AddHostDialog) -> None:
    choose(dialog, HostKind.DOCKER)
    click(dialog.primary)
    assert dialog.primary.text() == "Add host"
    write(dialog.form.base, "2")
    assert dialog.primary.text() == "Test connection"


def test_the_page_and_the_palette_lead_to_it(world: World, window: MainWindow) -> None:
    page = open_deployments(window)
    click(page.add_host)
    made = next(child for child in window.findChildren(AddHostDialog) if child.isVisible())
    press(made, Qt.Key.Key_Escape)
    assert not made.isVisible()


@pytest.mark.parametrize(
    ("kind", "address", "name"),
    [
        (HostKind.SSH, "mlops@gpu-box.lan:2222", "gpu-box"),
        (HostKind.SSH, "lab", "lab"),
        (HostKind.TLS, "gpu_2:2376", "gpu_2"),
        (HostKind.TLS, "192.0.2.4:2376", "host-192-0-2-4"),
        (HostKind.SSH, "root@[fe80::1]:22", "host-fe80-1"),
        (HostKind.DOCKER, "/run/docker.sock", "docker"),
        (HostKind.SSH, "", ""),
    ],
)
def test_a_name_is_suggested_from_the_address(kind: HostKind, address: str, name: str) -> None:
    assert suggested_name(kind, address) == name


def test_fingerprints_stand_in_groups_for_the_eye() -> None:
    assert grouped("SHA256:q7Xv2mRkT9cW4uJpZ0") == "SHA256 q7Xv2mRk T9cW4uJp Z0"
    assert grouped("AB:CD:EF") == "AB:CD:EF"
    assert key_kind(KEY) == "ED25519"
    assert key_kind("ecdsa-sha2-nistp256 AAAA") == "NISTP256"
