"""A version on trial in the window: begun, compared, promoted, ended; by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW
from tests.gui.hands import click, press
from tests.gui.played_world import copy_of, make_template, open_deployments, open_window, seen_now
from tests.services.world import World

from mlops_desktop.domain.deployments import Answers, Shadowing, TrialKind
from mlops_desktop.gui.dialogs.try_version import TryVersionDialog
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.deployments import DeploymentsPage


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


def asked(page: DeploymentsPage, words: str) -> None:
    """Chooses it in the endpoint's menu."""
    next(action for action in page.view.head.menu.actions() if action.text() == words).trigger()
    QApplication.processEvents()


def dialog_of(window: MainWindow) -> TryVersionDialog:
    QApplication.processEvents()
    found = window.findChild(TryVersionDialog)
    assert found is not None
    return found


def menu(page: DeploymentsPage) -> list[str]:
    return [action.text() for action in page.view.head.menu.actions()]


def on_trial(
    world: World, window: MainWindow, kind: TrialKind = TrialKind.CANARY, share: float = 0.1
) -> DeploymentsPage:
    world.deployed("late@v1")
    world.workspace.trials.start("late@v3", "late", kind=kind, share=share)
    world.roll_out()
    seen_now(world)
    return open_deployments(window, "late")


def test_a_trial_is_begun_by_mouse(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    seen_now(world)
    page = open_deployments(window, "late")
    asked(page, "Try a second version…")
    dialog = dialog_of(window)
    assert [words for _, words in dialog.version.options] == ["v3", "v2"]
    click(dialog.shadow)
    assert dialog.share.currentText() == "100 % of the requests"
    click(dialog.canary)
    assert dialog.share.currentText() == "10 % of the connections"
    assert dialog.copy.text_to_copy == "mlops trials start late@v3 late --share 0.1"
    click(dialog.primary)
    world.roll_out()
    trial = world.workspace.deployments.endpoint("late").trial
    assert trial is not None
    assert (trial.kind, trial.share) == (TrialKind.CANARY, 0.1)


def test_a_trial_is_begun_by_keyboard(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    seen_now(world)
    asked(open_deployments(window, "late"), "Try a second version…")
    dialog = dialog_of(window)
    dialog.shadow.setFocus()
    press(dialog.shadow, Qt.Key.Key_Space)
    press(dialog.primary, Qt.Key.Key_Return)
    world.roll_out()
    trial = world.workspace.deployments.endpoint("late").trial
    assert trial is not None
    assert (trial.kind, trial.share) == (TrialKind.SHADOW, 1.0)


def test_both_versions_are_shown_side_by_side(world: World, window: MainWindow) -> None:
    page = on_trial(world, window)
    trial = world.workspace.deployments.endpoint("late").trial
    assert trial is not None
    server = world.machine.servers[trial.deployment_id]
    server.requests, server.errors, server.answers = 400, 2, Answers({"yes": 300, "no": 100})
    page.refresh()
    QApplication.processEvents()
    card = page.view.trial
    assert card.isVisible()
    assert card.title.text() == "v3 on trial"
    assert card.sub.text().startswith("canary since ")
    assert card.bar.accessibleName() == "Share of connections: v1 · 90 %, v3 · 10 %"
    assert [cell.words for cell in card.table.cells.rows[1].cells] == [
        "v3", "400", "0.50 %", "—", "—", "75 % yes, 25 % no",
    ]  # fmt: skip
    assert not card.verdict.isVisible()
    shown = [row.cells[0].words for row in page.view.table.cells.rows]
    assert shown == ["v3 on trial", "v1 answers"]
    assert "Try a second version…" not in menu(page)
    assert "Deploy another version…" not in menu(page)


def test_a_shadow_says_how_often_it_agrees(world: World, window: MainWindow) -> None:
    page = on_trial(world, window, TrialKind.SHADOW, 1.0)
    endpoint = world.workspace.deployments.endpoint("late")
    server = world.machine.servers[str(endpoint.wanted_deployment_id)]
    server.shadowing = Shadowing("x", 1.0, asked=40, rows=200, same=190, skipped=2, largest_difference=0.25)
    page.refresh()
    QApplication.processEvents()
    words = page.view.trial.verdict.text()
    assert "The same answer to 95.0 % of 200 rows; the largest difference is 0.2500." in words
    assert "2 requests had to be left out." in words
    assert "Fewer than 100 requests" in words
    assert not page.view.trial.bar.isVisible()


@pytest.mark.parametrize("way", ["promote", "end"])
def test_a_trial_ends_by_one_click(world: World, window: MainWindow, way: str) -> None:
    page = on_trial(world, window)
    card = page.view.trial
    assert card.promote.text() == "Promote v3"
    click(card.promote if way == "promote" else card.end)
    world.roll_out()
    page.refresh()
    QApplication.processEvents()
    assert world.answering() == (["late@v3"] if way == "promote" else ["late@v1"])
    assert not card.isVisible()
    titles = [row.cells[0].words for row in page.view.history.table.cells.rows]
    assert titles[0].startswith("Promote v3" if way == "promote" else "End the trial")


def test_a_version_that_just_took_over_is_said_to_be_watched(world: World, window: MainWindow) -> None:
    world.deployed("late@v1")
    world.clock.now = NOW - timedelta(seconds=30)
    world.deployed("late@v2")
    seen_now(world)
    page = open_deployments(window, "late")
    words = page.view.head.note.text()
    assert words.startswith("watched until ")
    assert "the background process goes back by itself" in words
