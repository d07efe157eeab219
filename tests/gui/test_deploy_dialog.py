"""Deploying by point and click: which version, behind which endpoint, what will happen, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, press, write
from tests.gui.played_world import copy_of, make_template, open_deployments, open_window, seen_now
from tests.services.world import World

from mlops_desktop.domain.deployments import RolloutStep
from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog, Question
from mlops_desktop.gui.dialogs.deploy import CHOICE, FORM, PROGRESS, DeployDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow


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


def opened(window: MainWindow, world: World, reference: str = "", endpoint: str = "") -> DeployDialog:
    dialog = DeployDialog(window.shell.context, world.workspace, reference, window, endpoint=endpoint)
    dialog.open()
    QApplication.processEvents()
    return dialog


def place(dialog: DeployDialog) -> int:
    return dialog._stack.currentIndex()


def effects(dialog: DeployDialog) -> str:
    labels = dialog.form.findChildren(QLabel)
    return " ".join(label.text() for label in labels if label.isVisible())


def roll_out(world: World, dialog: DeployDialog) -> None:
    """The keeper does it, and the dialog looks again."""
    world.roll_out()
    dialog.running._query.ask()


def close(dialog: DeployDialog) -> None:
    press(dialog, Qt.Key.Key_Escape)


def test_a_version_is_chosen_by_keyboard_then_everything_is_suggested(world: World, window: MainWindow) -> None:
    dialog = opened(window, world)
    assert place(dialog) == CHOICE
    assert dialog.choice.reference == "late@v3"
    press(dialog.choice.table, Qt.Key.Key_Down)
    assert dialog.title.text() == "Deploy late v2"
    press(dialog.choice.table, Qt.Key.Key_Return)
    assert place(dialog) == FORM
    plan = dialog.form.plan
    assert (plan.reference, plan.endpoint, plan.existing) == ("late@v2", "late", None)
    assert plan.port >= 8080
    assert "A token is made and shown once" in effects(dialog)
    click(dialog.back)
    assert place(dialog) == CHOICE
    close(dialog)


def test_one_click_deploys_shows_the_token_once_and_leads_to_try_it(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, "late@champion")
    assert place(dialog) == FORM
    assert dialog.title.text() == "Deploy late v2"
    click(dialog.primary)
    assert place(dialog) == PROGRESS
    assert [stage.name for stage in dialog.running.steps.stages] == [
        "Start v2",
        "Check health and answers",
        "Switch to v2",
    ]
    assert dialog.running.token.isVisible()
    roll_out(world, dialog)
    assert dialog.running.is_done
    assert dialog.running.url.text() == f"http://127.0.0.1:{dialog.form.plan.port}/predict"
    click(dialog.running.token.copy)
    token = QGuiApplication.clipboard().text()
    assert world.workspace.deployments.predict("late", [{}], token=token)
    assert dialog.primary.text() == "Try it"
    click(dialog.primary)
    assert window.shell.page is not None
    assert window.shell.page.place() == Place("try-it", "late")


def test_an_endpoint_with_this_model_is_switched_unless_another_is_wanted(world: World, window: MainWindow) -> None:
    world.deployed("late@v1", port=18_080)
    seen_now(world)
    dialog = opened(window, world, "late@v3")
    assert dialog.form.existing.is_chosen
    assert dialog.form.which.currentText() == "late · v1 answers · port 18080"
    assert "v3 starts beside v1; v1 answers all requests meanwhile." in effects(dialog)
    click(dialog.copy)
    assert QGuiApplication.clipboard().text() == "mlops deployments deploy late@v3 --endpoint late"
    press(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not dialog.running.token.isVisible()
    roll_out(world, dialog)
    assert world.answering() == ["late@v3"]
    assert dialog.stepper.steps[2].state == "done"
    click(dialog.close_button)


def test_a_taken_port_is_said_with_the_next_free_one(world: World, window: MainWindow) -> None:
    world.machine.foreign_ports.add(18_080)
    dialog = opened(window, world, "late@v3")
    dialog.form.port.selectAll()
    write(dialog.form.port, "18080")
    field = dialog.form.port_field
    assert field.error == "Used by another program."
    assert dialog.note.text() == "1 field needs attention: Port on this computer"
    click(dialog.primary)
    assert place(dialog) == FORM
    assert dialog.focusWidget() is dialog.form.port
    click(field._fix)
    assert dialog.form.port.text() == "18081"
    assert not field.error
    assert field.help == "free now"
    dialog.form.port.selectAll()
    write(dialog.form.port, "http")
    assert "from 1 to 65535" in field.error
    close(dialog)


def test_a_port_that_was_taken_meanwhile_leaves_the_form_with_its_words(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, "late@v3")
    world.machine.foreign_ports.add(dialog.form.plan.port)
    click(dialog.primary)
    assert place(dialog) == FORM
    assert "is used by another program" in dialog.form.port_field.error
    assert world.workspace.deployments.list() == []
    close(dialog)


def test_a_name_is_checked_as_it_is_typed(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    dialog = opened(window, world, "late@v3")
    click(dialog.form.new.button)
    assert dialog.form.name.text() == "late-2"
    dialog.form.name.selectAll()
    write(dialog.form.name, "late")
    field = dialog.form.name_field
    assert field.error == "There is an endpoint late."
    click(field._fix)
    assert dialog.form.existing.is_chosen
    assert dialog.form.plan.endpoint == "late"
    dialog.form.name.selectAll()
    write(dialog.form.name, "a/b")
    assert "cannot be a endpoint name" in field.error
    click(dialog.primary)
    assert dialog.focusWidget() is dialog.form.name
    close(dialog)


def test_a_failure_says_what_happened_and_what_kept_answering(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    version = world.workspace.models.get("late@v3")
    world.machine.wrong_examples[version.manifest_hash] = "0.5 instead of 0.7"
    dialog = opened(window, world, "late@v3")
    click(dialog.primary)
    roll_out(world, dialog)
    assert dialog.running.is_failed
    assert "0.5 instead of 0.7" in dialog.running.error.accessibleName()
    assert "v1 kept answering all the time." in dialog.running.error._words.text()
    assert not dialog.primary.isVisible()
    world.machine.wrong_examples.clear()
    click(dialog.back)
    assert place(dialog) == FORM
    assert dialog.form.existing.is_chosen
    click(dialog.primary)
    roll_out(world, dialog)
    assert dialog.running.is_done
    assert not dialog.running.error.isVisible()
    click(dialog.close_button)


def test_a_new_endpoint_that_failed_may_be_tried_again(world: World, window: MainWindow) -> None:
    version = world.workspace.models.get("late@v3")
    world.machine.start_failures[version.manifest_hash] = "no memory"
    dialog = opened(window, world, "late@v3")
    click(dialog.primary)
    roll_out(world, dialog)
    assert "Nothing answers at this endpoint; nothing else was touched." in dialog.running.error._words.text()
    world.machine.start_failures.clear()
    click(dialog.back)
    click(dialog.primary)
    roll_out(world, dialog)
    assert dialog.running.is_done
    assert dialog.running.token.isVisible()
    click(dialog.close_button)


def test_closing_leaves_it_going_on_in_the_background(world: World, window: MainWindow) -> None:
    dialog = opened(window, world, "late@v3")
    click(dialog.primary)
    assert dialog.note.text() == "It goes on when this is closed."
    click(dialog.primary)
    assert window.shell.page is not None
    assert window.shell.page.place().subject == "late"
    (rollout,) = world.workspace.deployments.rollouts("late")
    assert rollout.step is RolloutStep.QUEUED
    world.roll_out()
    assert world.answering() == ["late@v3"]


def test_another_change_under_way_is_said_and_nothing_is_lost(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    world.workspace.deployments.deploy("late@v2")
    dialog = opened(window, world, "late@v3")
    click(dialog.primary)
    assert dialog.error.isVisible()
    assert "still under way" in dialog.error.accessibleName()
    world.roll_out()
    click(dialog.error.retry)
    assert place(dialog) == FORM
    close(dialog)


def test_without_a_model_version_it_says_where_one_comes_from(
    make_window: MakeWindow, tmp_path: Path, template: World
) -> None:
    world = World(tmp_path / "workspace", tmp_path / "state", template.registry_template)
    dialog = opened(open_window(make_window, world), world)
    assert dialog.choice._empty.isVisible()
    assert not dialog.primary.isVisible()
    close(dialog)
    world.close()


def test_what_cannot_be_read_is_said_in_words(
    world: World, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise BusyRegistryError("Another process holds the registry.", hint="Try again.")

    monkeypatch.setattr(world.workspace.models, "list", fail)
    dialog = opened(window, world)
    assert dialog.error.isVisible()
    monkeypatch.undo()
    click(dialog.error.retry)
    assert place(dialog) == CHOICE
    close(dialog)


def test_the_page_opens_it_for_the_endpoint_that_is_shown(world: World, window: MainWindow) -> None:
    world.deployed("late@v1", endpoint="mine")
    page = open_deployments(window, "mine")
    press(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = next(child for child in window.findChildren(DeployDialog) if child.isVisible())
    press(dialog.choice.table, Qt.Key.Key_Return)
    assert dialog.form.plan.endpoint == "mine"
    assert page.isVisible()
    close(dialog)


def test_zoomed_it_is_no_wider_than_the_window_and_gives_its_room_to_what_is_asked(
    world: World, window: MainWindow
) -> None:
    dialog = opened(window, world, "late@v1")
    assert dialog.stepper.isVisible()
    close(dialog)
    window.shell.set_zoom(200)
    try:
        dialog = opened(window, world, "late@v1")
        assert dialog.width() <= window.width()
        assert not dialog.stepper.isVisible()
        close(dialog)
    finally:
        window.shell.set_zoom(100)


def test_zoomed_a_question_grows_with_its_lines(window: MainWindow) -> None:
    effects = [("play", "A sentence that is long enough to be broken over several lines of the dialog. " * 2)] * 3
    question = Question("Roll back late to v2?", effects, "Keep v3", "Roll back to v2")
    window.shell.set_zoom(200)
    try:
        dialog = ConfirmDialog(window.shell.context.theme, question, lambda: None, window)
        dialog.open()
        QApplication.processEvents()
        assert 480 < dialog.width() <= window.width()
        lines = [label for label in dialog.findChildren(QLabel) if label.wordWrap()]
        assert len(lines) == 4
        assert all(label.height() >= label.heightForWidth(label.width()) for label in lines)
        dialog.reject()
    finally:
        window.shell.set_zoom(100)
