"""Activity: what runs, waits, is done and failed, and what a person does about it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW, FakeWorkspace, demo_jobs
from tests.gui.hands import click, press

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.deployments import Endpoint, Rollout, RolloutKind, RolloutStep
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui.activity.panel import ActivityPanel
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.readings.activity import State, left, read_activity, work_of_job

CONTROL = Qt.KeyboardModifier.ControlModifier


def job(name: str, status: JobStatus, kind: JobKind = JobKind.IMPORT_DATASET, **facts: object) -> Job:
    failure = Failure("MD-DAT-001", "Line 7 has too many cells.", "Look at it.") if status is JobStatus.FAILED else None
    made = Job(
        name.ljust(32, "0"), kind, f"Import {name}.csv into flights", status, {}, "f", NOW, "ds-lead",
        started_at=NOW - timedelta(seconds=30), finished_at=NOW, failure=failure,
    )  # fmt: skip
    return dataclasses.replace(made, **facts)  # type: ignore[arg-type]


def opened(window: MainWindow, state: State = State.RUNNING) -> ActivityPanel:
    window.shell.show_activity(state)
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    return panel


def test_the_key_opens_and_closes_it(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    press(window, Qt.Key.Key_J, CONTROL)
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    assert window.focusWidget() is panel.tabs
    assert (panel.width(), panel.geometry().right()) == (404, window.width() - 1)
    press(panel.tabs, Qt.Key.Key_Escape)
    assert window.shell.overlays.shown_activity is None
    click(window.shell.top.bell)
    assert window.shell.overlays.shown_activity is panel
    click(panel.close_button)
    assert window.shell.overlays.shown_activity is None


def test_j_02_work_that_does_not_respond_says_so_and_goes_on() -> None:
    frozen = job("a", JobStatus.RUNNING, note="Reading flights.csv", heartbeat_at=NOW, finished_at=None)
    work = work_of_job(frozen, {})
    assert work.state is State.RUNNING
    assert work.sentence == f"Not responding since {NOW.astimezone():%H:%M:%S}"
    assert work_of_job(dataclasses.replace(frozen, heartbeat_at=None), {}).sentence == "Reading flights.csv"
    assert "responding" not in work_of_job(dataclasses.replace(frozen, status=JobStatus.CANCELLED), {}).sentence


def test_work_is_under_what_it_is(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    workspace.ended_jobs = [job("a", JobStatus.FINISHED), job("b", JobStatus.FAILED), job("c", JobStatus.CANCELLED)]
    panel = opened(make_window(workspace))
    counts = [len(panel.facts.of(state)) for state in State]
    assert counts == [2, 1, 2, 1]
    assert [card.work.title for card in panel.cards()] == ["Run brisk-heron-41", "Run calm-lark-40"]
    first = panel.cards()[0]
    assert first.sentence.text() == "HistGradientBoosting · flights v4 · fold 4 of 5"
    assert (first.share.text(), first.when.text()) == ("62 %", "about 0:32 left")
    assert first.accessibleName() == "Run brisk-heron-41: Running, 62 %"
    panel.tabs.setCurrentIndex(1)
    assert [card.when.text() for card in panel.cards()] == ["since 10:40"]
    panel.tabs.setCurrentIndex(3)
    failed = panel.cards()[0]
    assert failed.reason.text() == "Line 7 has too many cells. Look at it."
    assert failed.sentence.text() == "Failed · MD-DAT-001"


def test_cancelling_shows_at_once(window: MainWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    panel = opened(window)
    card = panel.cards()[0]
    click(card.cancel_button)
    assert card.sentence.text() == "Cancelling…"
    assert not card.cancel_button.isVisible()
    assert workspace.calls[-1] == ("cancel job", card.work.job_id)


def test_the_log_opens_in_the_card_and_closes(window: MainWindow, qtbot: QtBot) -> None:
    card = opened(window).cards()[0]
    click(card.log_button)
    assert card.shows_log
    assert card.log_button.text() == "Hide log"
    assert "11.2 % of pressure" in card._log.accessibleName()
    click(card.log_button)
    assert not card.shows_log


def test_what_is_done_leads_to_what_came_of_it(make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    trained = job("x", JobStatus.FINISHED, JobKind.TRAIN, title="amber-owl-9: LogisticRegression on flights@v4")
    workspace.ended_jobs = [trained]
    window = make_window(workspace)
    asked: list[Place] = []
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    card = opened(window, State.DONE).cards()[0]
    click(card.open_button)
    assert asked == [Place("run", "amber-owl-9")]
    assert window.shell.overlays.shown_activity is None


def test_nothing_is_said_in_words(make_window: MakeWindow) -> None:
    window = make_window(FakeWorkspace(empty=True))
    panel = opened(window)
    assert panel._nothing.text().startswith("Nothing runs.")
    assert not window.shell.top.running.isVisible()


def test_seconds_pass_for_what_runs(window: MainWindow) -> None:
    panel = opened(window)
    panel._on_second()
    assert panel.cards()[0].when.text() == "about 0:32 left"
    window.resize(1100, 700)
    assert panel.geometry().right() == window.width() - 1


def test_what_ended_moves_over_and_is_said(window: MainWindow, workspace: FakeWorkspace) -> None:
    panel = opened(window)
    ended = next(one for one in demo_jobs(workspace.all_runs) if one.title.startswith("brisk-heron-41"))
    workspace.all_runs = [run for run in workspace.all_runs if run.name != "brisk-heron-41"]
    workspace.ended_jobs = [dataclasses.replace(ended, status=JobStatus.FINISHED, finished_at=NOW)]
    window.shell.events.changed.emit((Change(1, ChangeKind.JOB, ended.id),))
    assert [card.work.title for card in panel.cards()] == ["Run calm-lark-40"]
    assert window.shell.notice.sentence == "Run brisk-heron-41 finished"
    assert window.shell.top.running.text() == "1 running"


def test_time_left_is_said_only_where_it_is_known() -> None:
    begun = work_of_job(job("a", JobStatus.RUNNING, progress=0.01), {})
    assert left(begun, NOW) == "0:30 so far"
    assert left(work_of_job(job("a", JobStatus.RUNNING, progress=0.5), {}), NOW) == "about 0:30 left"
    assert left(work_of_job(job("a", JobStatus.QUEUED, started_at=None), {}), NOW) == ""
    assert work_of_job(job("a", JobStatus.RUNNING, cancel_requested_at=NOW), {}).cancelling


@pytest.mark.parametrize(
    ("kind", "step", "state", "title"),
    [
        (RolloutKind.DEPLOY, RolloutStep.CHECK, State.RUNNING, "Deploy churn v3 to churn"),
        (RolloutKind.ROLLBACK, RolloutStep.DONE, State.DONE, "Roll churn back to churn v3"),
        (RolloutKind.RESTART, RolloutStep.FAILED, State.FAILED, "Restart churn"),
        (RolloutKind.STOP, RolloutStep.DONE, State.DONE, "Stop churn"),
    ],
)
def test_rollouts_are_work_too(kind: RolloutKind, step: RolloutStep, state: State, title: str) -> None:
    workspace = FakeWorkspace()
    endpoint: Endpoint = workspace.served[0][0]
    rollout = Rollout("r", endpoint.id, kind, None, workspace.served[0][1].id, step, NOW, "ds-lead", finished_at=NOW)
    workspace.deployments.rollouts = lambda name: [rollout] if name == "churn" else []  # type: ignore[method-assign, assignment]
    work = next(work for work in read_activity(workspace.as_workspace()).works if work.id == "r")
    assert (work.state, work.title) == (state, title)
    assert work.job_id == ""
    assert work.place == Place("deployments", "churn")
