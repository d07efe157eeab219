"""What is said in passing: one line, a way back, storms as one, the desktop when nobody looks."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW, FakeWorkspace
from tests.gui.hands import click, press

from mlops_desktop.domain.experiments import Failure
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.readings.activity import ActivityFacts, State, Work
from mlops_desktop.gui.state import WindowState, load_state


def work(name: str, state: State, sign: str, seconds: float = 30) -> Work:
    failure = Failure("MD-RUN-001", "Nothing can be learnt.") if state is State.FAILED else None
    return Work(
        name, state, "play", f"Run {name}", sign, "", NOW, started_at=NOW - timedelta(seconds=seconds), finished_at=NOW,
        job_id=name, failure=failure, place=Place("run", name),
    )  # fmt: skip


def test_a_notice_goes_by_itself_but_not_under_the_pointer(window: MainWindow) -> None:
    undone: list[str] = []
    window.shell.say("Done", "info", lambda: undone.append("undone"))
    notice = window.shell.notice
    point = QPointF(1, 1)
    QApplication.sendEvent(notice, QEnterEvent(point, point, point))
    assert not notice._clock.isActive()
    QApplication.sendEvent(notice, QEvent(QEvent.Type.Leave))
    assert notice._clock.isActive()
    for _ in range(8):
        notice._on_second()
    assert not notice.isVisible()
    window.shell.take_back()
    assert undone == []


def test_undo_works_once_by_button_and_by_key(window: MainWindow, qtbot: QtBot) -> None:
    undone: list[int] = []
    window.activateWindow()
    window.shell.say("3 runs moved to trash", "trash-2", lambda: undone.append(1))
    click(window.shell.notice.button)
    assert undone == [1]
    assert not window.shell.notice.isVisible()
    window.shell.say("4 runs moved to trash", "trash-2", lambda: undone.append(2))
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1, 2]


def test_everything_said_is_in_activity_and_outlives_the_window(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    window = make_window(workspace)
    window.shell.say("Model churn registered", "box")
    assert "something new" in window.shell.top.bell.accessibleName()
    click(window.shell.top.bell)
    assert window.shell.top.bell.accessibleName() == "Activity (Ctrl+J)"
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    assert "Model churn registered" in {label.text() for label in panel.findChildren(QLabel)}
    again = make_window(FakeWorkspace(), state=load_state(window.state_folder))
    assert [said.sentence for said in again.shell.notifications.said] == ["Model churn registered"]


def test_a_storm_becomes_one_line(window: MainWindow, qtbot: QtBot) -> None:
    said = window.shell.notifications
    said.follow(ActivityFacts(tuple(work(name, State.RUNNING, "running") for name in "abc")))
    ended = (work("a", State.DONE, "finished"), work("b", State.FAILED, "failed"), work("c", State.DONE, "cancelled"))
    said.follow(ActivityFacts(ended))
    assert window.shell.notice.sentence == "3 pieces of work ended, 1 failed"
    assert [one.sentence for one in said.said[:3]] == [
        "Run c was cancelled", "Run b failed: Nothing can be learnt.", "Run a finished",
    ]  # fmt: skip
    click(window.shell.notice.button)
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    assert panel.state is State.FAILED


def test_one_that_ended_leads_to_what_came_of_it(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    said = window.shell.notifications
    said.follow(ActivityFacts((work("a", State.RUNNING, "running"),)))
    said.follow(ActivityFacts((work("a", State.DONE, "finished"),)))
    asked: list[Place] = []
    monkeypatch.setattr(window.shell.navigator, "go", asked.append)
    assert window.shell.notice.button.text() == "Open"
    window.shell.take_back()
    assert asked == []
    assert window.shell.notice.button.text() == "Open", "there is no Undo, and the notice stays"
    click(window.shell.notice.button)
    assert asked == [Place("run", "a")]


@pytest.mark.parametrize(("seconds", "told"), [(30, ["Run a finished"]), (4, [])])
def test_the_desktop_is_told_of_long_work_when_nobody_looks(
    window: MainWindow, seconds: float, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    said = window.shell.notifications
    said._tell_desktop = lambda title, sentence: heard.append(sentence)
    for active in (True, False):
        monkeypatch.setattr(window, "isActiveWindow", lambda active=active: active)
        said.follow(ActivityFacts((work("a", State.RUNNING, "running"),)))
        said.follow(ActivityFacts((work("a", State.DONE, "finished", seconds),)))
        assert heard == ([] if active else told)


def test_damaged_notices_are_forgotten(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    state = dataclasses.replace(WindowState(), notices=(("yesterday", "info", "x"), (NOW.isoformat(), "info", "y")))
    window = make_window(workspace, state=state)
    assert [said.sentence for said in window.shell.notifications.said] == ["y"]


def test_undo_with_nothing_to_undo_says_where_to_look(window: MainWindow) -> None:
    window.shell.notice.dismiss()
    window.shell.take_back()
    assert window.shell.notice.sentence.startswith("Nothing to undo now.")
