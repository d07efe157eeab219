"""Deploying to an engine by point and click: where to, published or not, how the build goes, and cancelling it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from tests.fakes.hosts import KEY, FakeHosts
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW
from tests.gui.hands import click, press, write
from tests.gui.played_world import copy_of, make_template, open_window, seen_now
from tests.services.world import World

from mlops_desktop.domain.deployments import RolloutStep
from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.domain.hosts import Host, HostKind, HostReport, HostStep, HostStepResult
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.gui.dialogs.deploy import FORM, PROGRESS, DeployDialog
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.readings.deployments import EndpointFacts, reach
from mlops_desktop.gui.readings.rollouts import StageState
from mlops_desktop.gui.readings.serving_log import parse_rollout_log
from mlops_desktop.gui.readings.snippets import snippets
from mlops_desktop.services.keeping.progress import RolloutProgress


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> Iterator[World]:
    made = copy_of(template, tmp_path / "world")
    made.clock.now = NOW
    for name, kind in (("gpu-box", HostKind.SSH), ("docker", HostKind.DOCKER)):
        pinned = KEY if kind is HostKind.SSH else ""
        host = Host(new_identifier(), name, kind, made.clock(), "ada", f"mlops@{name}", "", pinned)
        made.workspace.hosts.add(host)
    yield made
    made.close()


@pytest.fixture
def window(make_window: MakeWindow, world: World) -> MainWindow:
    return open_window(make_window, world)


def opened(window: MainWindow, world: World, reference: str = "late@v2", host: str = "") -> DeployDialog:
    dialog = DeployDialog(window.shell.context, world.workspace, reference, window, host=host)
    dialog.open()
    QApplication.processEvents()
    return dialog


def building(world: World, *said: tuple[str, int, int]) -> None:
    """The open rollout is at its image and has said so much."""
    with world.parts.registry.write() as unit:
        (rollout,) = unit.deployments.rollouts(open_only=True)
        rollout = dataclasses.replace(rollout, step=RolloutStep.BUILD, steps=rollout.at(RolloutStep.BUILD, NOW))
        unit.deployments.update_rollout(rollout)
        unit.commit()
    for sentence, done, total in said:
        RolloutProgress(world.parts, rollout).report(sentence, done, total)


def fakes(world: World) -> FakeHosts:
    assert isinstance(world.parts.hosts, FakeHosts)
    return world.parts.hosts


def test_each_host_is_a_card_with_its_state_and_the_local_docker_is_suggested(world: World, window: MainWindow) -> None:
    world.workspace.hosts.check("docker")
    dialog = opened(window, world)
    assert list(dialog.form.hosts.cards) == ["this computer", "gpu-box", "docker"]
    assert dialog.form.host == "docker"
    card = dialog.form.hosts.cards["docker"]
    assert card.button.accessibleName() == "docker: Docker 27.3 · amd64 · 312.0 GB free, Connected"
    press(dialog, Qt.Key.Key_Escape)


def test_another_host_changes_port_line_and_what_will_happen(world: World, window: MainWindow) -> None:
    dialog = opened(window, world)
    dialog.form.hosts.cards["gpu-box"].button.setChecked(True)
    assert dialog.form.port_field.label.text() == "Port on gpu-box"
    assert dialog.form.plan.port >= 8080
    port = dialog.form.plan.port
    click(dialog.copy)
    line = f"mlops deployments deploy late@v2 --endpoint late --host gpu-box --port {port}"
    assert QGuiApplication.clipboard().text() == line
    dialog.form.port.clear()
    dialog.form.check()
    assert not dialog.form.faults
    assert dialog.form.plan.port == 0
    press(dialog, Qt.Key.Key_Escape)


def test_only_endpoints_of_the_chosen_host_can_be_switched(world: World, window: MainWindow) -> None:
    world.workspace.deployments.deploy("late@v1", host="gpu-box", port=8080)
    world.roll_out()
    dialog = opened(window, world)
    assert dialog.form.host == "gpu-box"
    assert dialog.form.existing.is_chosen
    assert dialog.form.plan.existing is not None
    dialog.form.hosts.cards["this computer"].button.setChecked(True)
    assert not dialog.form.existing.isVisible()
    assert dialog.form.plan.existing is None
    press(dialog, Qt.Key.Key_Escape)


def test_a_published_endpoint_is_warned_of_and_answers_on_every_network(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, host="gpu-box")
    assert not dialog.form.warning.isVisible()
    click(dialog.form.publish)
    assert dialog.form.warning.isVisible()
    assert "--publish" in dialog.form.plan.command
    click(dialog.primary)
    world.roll_out()
    dialog.running._query.ask()
    assert world.workspace.deployments.endpoint("late").published
    assert dialog.running.url.text().startswith("http://gpu-box:")
    click(dialog.close_button)


def test_this_computer_publishes_nothing(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, host="this computer")
    assert dialog.form.host == "this computer"
    assert not dialog.form.publish.isVisible()
    press(dialog, Qt.Key.Key_Escape)


def test_the_build_is_followed_with_bytes_and_what_it_says(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, host="gpu-box")
    click(dialog.primary)
    assert dialog._stack.currentIndex() == PROGRESS
    building(world, ("Resolving libraries", 0, 0), ("Sending the runtime", 38_000_000, 84_200_000))
    dialog.running._query.ask()
    first = dialog.running.steps.stages[0]
    assert (first.name, first.sentence) == ("Build the image of v2", "Sending the runtime · 38.0 MB of 84.2 MB")
    assert first.share == pytest.approx(0.4513, abs=1e-3)
    assert [line.text for line in dialog.running.log.lines] == [
        "Resolving libraries",
        "Sending the runtime · 38.0 MB of 84.2 MB",
    ]
    world.roll_out()
    dialog.running._query.ask()
    assert dialog.running.is_done
    assert not dialog.cancel.isVisible()
    assert "From here ask it with Try it" in dialog.running._way.text()
    click(dialog.close_button)


def test_a_deployment_is_cancelled_and_what_answered_goes_on(world: World, window: MainWindow) -> None:
    world.workspace.deployments.deploy("late@v1", host="gpu-box", port=8080)
    world.roll_out()
    seen_now(world)
    dialog = opened(window, world)
    click(dialog.primary)
    building(world, ("Sending the runtime", 1, 2))
    dialog.running._query.ask()
    assert dialog.cancel.isVisible()
    assert dialog.note.text() == "Cancelling leaves what answers on gpu-box as it is now."
    click(dialog.cancel)
    assert not dialog.cancel.isVisible()
    assert dialog.note.text().startswith("Cancelling…")
    world.roll_out()
    dialog.running._query.ask()
    assert dialog.running.was_cancelled
    assert dialog.running.steps.stages[0].state is StageState.CANCELLED
    assert not dialog.running.error.isVisible()
    assert dialog.running._note_words.text() == "Cancelled. v1 kept answering all the time."
    wanted = world.workspace.deployments.endpoint("late").wanted_deployment_id
    assert {one.id: one.model_reference for one in world.workspace.deployments.history("late")}[
        str(wanted)
    ] == "late@v1"
    click(dialog.close_button)


def test_a_build_that_fails_says_why_and_is_tried_again_on_the_same_host(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, host="gpu-box")
    version = world.workspace.models.get("late@v2")
    fakes(world).at(world.workspace.hosts.get("gpu-box")).machine.build_failures[version.manifest_hash] = (
        DeploymentError("gpu-box has too little space.", hint="Free some there.")
    )
    click(dialog.primary)
    world.roll_out()
    dialog.running._query.ask()
    assert dialog.running.steps.stages[0].state is StageState.FAILED
    assert dialog.running.error.accessibleName() == "Error: gpu-box has too little space."
    click(dialog.back)
    assert dialog._stack.currentIndex() == FORM
    assert dialog.form.host == "gpu-box"
    press(dialog, Qt.Key.Key_Escape)


def test_a_host_without_an_answer_is_tested_from_its_card(world: World, window: MainWindow) -> None:
    fakes(world).reports["gpu-box"] = HostReport(
        (HostStepResult(HostStep.HOST_KEY, False, "timed out", 5.0),), code="MD-HST-002", sentence="No.", hint="On?"
    )
    dialog = opened(window, world)
    card = dialog.form.hosts.cards["gpu-box"]
    assert card.sign.accessibleName() == "No answer"
    assert card.test.isVisible()
    del fakes(world).reports["gpu-box"]
    click(card.test)
    assert card.sign.accessibleName() == "Connected"
    assert not card.test.isVisible()
    press(dialog, Qt.Key.Key_Escape)


def test_by_keyboard_alone_a_version_is_deployed_to_another_host(world: World, window: MainWindow) -> None:
    dialog = opened(window, world)
    card = dialog.form.hosts.cards["gpu-box"]
    card.button.setFocus()
    press(card.button, Qt.Key.Key_Space)
    assert dialog.form.host == "gpu-box"
    dialog.form.name.setFocus()
    dialog.form.name.selectAll()
    write(dialog.form.name, "board")
    press(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog._stack.currentIndex() == PROGRESS
    world.roll_out()
    assert world.workspace.deployments.endpoint("board").host == "gpu-box"
    press(dialog, Qt.Key.Key_Escape)


# --- in words ---------------------------------------------------------------------------------------------------------


def test_an_address_that_is_another_machines_own_is_said_so(world: World) -> None:
    world.workspace.deployments.deploy("late@v1", host="gpu-box", port=8080)
    endpoint = world.workspace.deployments.endpoint("late")
    way = reach(EndpointFacts(endpoint, host=world.workspace.hosts.get("gpu-box")))
    assert (way.url, way.from_here) == ("http://127.0.0.1:8080", False)
    published = dataclasses.replace(endpoint, published=True)
    way = reach(EndpointFacts(published, host=world.workspace.hosts.get("gpu-box")))
    assert (way.url, way.from_here) == ("http://gpu-box:8080", True)
    here = reach(EndpointFacts(endpoint, host=world.workspace.hosts.get("docker")))
    assert here.from_here


def test_codes_for_an_endpoint_that_is_not_reached_from_here_begin_with_the_command_line() -> None:
    codes = snippets("late", "http://127.0.0.1:8080", [{"a": 1}], "gpu-box")
    assert [tab for tab, _, _ in codes] == ["CLI", "curl", "Python", "JavaScript"]
    assert all("gpu-box itself" in code for _, _, code in codes[1:])
    compile(codes[2][2], "snippet", "exec")
    assert [tab for tab, _, _ in snippets("late", "http://127.0.0.1:1", [{}])][0] == "curl"


def test_what_a_build_says_again_and_again_is_one_line() -> None:
    lines = [
        f'{{"time": "{NOW.isoformat()}", "message": "Sending", "done": {done}, "total": 10}}' for done in (1, 5, 10)
    ]
    old = '{"time": "2020-01-01T00:00:00+00:00", "message": "before", "done": 0, "total": 0}'
    said, build = parse_rollout_log([old, "no record", *lines], NOW)
    assert [line.text for line in said] == ["Sending · 10 B of 10 B"]
    assert (build.share, build.words) == (1.0, "Sending · 10 B of 10 B")
    assert parse_rollout_log([], NOW)[1].share is None
