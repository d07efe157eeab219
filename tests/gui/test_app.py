"""The program: what is loaded before the first paint, what a crash says, and the real workspace in the real lanes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import wait
from tests.gui.demo_workspace import make_run

from mlops_desktop import bootstrap
from mlops_desktop.domain.experiments import Experiment, RunStatus
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui.app import Program, _options
from mlops_desktop.gui.crash import CrashReporter, write_log
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import WindowState, load_state
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.services.workspace import Workspace

HEAVY = {"sqlalchemy", "alembic", "pandas", "polars", "sklearn", "skops", "scipy", "matplotlib", "numpy", "uvicorn"}


@pytest.mark.parametrize("opened", [False, True])
def test_before_the_first_paint_nothing_heavy_and_no_room_below_is_loaded(tmp_path: Path, opened: bool) -> None:
    state = tmp_path / "state"
    if opened:
        state.mkdir()
        (tmp_path / "nyc").mkdir()
        (tmp_path / "nyc" / "workspace.json").write_text("{}", "utf-8")
        (state / "last.json").write_text(json.dumps({"folder": str(tmp_path / "nyc")}), "utf-8")
    report = tmp_path / "report.json"
    subprocess.run(
        [sys.executable, "-m", "mlops_desktop", "--exit-after-first-paint", str(report)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "MLOPS_STATE_FOLDER": str(state)},
        check=True,
        capture_output=True,
        timeout=60,
    )
    modules = set(json.loads(report.read_text("utf-8"))["modules"])
    assert not {module.partition(".")[0] for module in modules} & HEAVY
    ours = {module.split(".")[1] for module in modules if module.startswith("mlops_desktop.")}
    assert ours <= {"gui", "resources", "__main__"}


def test_options_are_a_folder_and_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert _options([]).folder is None
    given = _options(["somewhere", "--theme", "dark"])
    assert (given.folder, given.theme) == (Path("somewhere"), "dark")
    with pytest.raises(SystemExit):
        _options(["--theme", "pink"])
    capsys.readouterr()


@pytest.mark.logs_errors
def test_an_unexpected_error_is_logged_and_said_once(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    log_file = tmp_path / "deep" / "window.log"
    handler = write_log(log_file)
    crashes = CrashReporter(theme, log_file)
    try:
        crashes.report(ZeroDivisionError("no secrets here"))
        crashes.report(ZeroDivisionError("again"))
        wait(qtbot, lambda: crashes.dialog)
        dialog = crashes.dialog
        assert dialog is not None
        dialog.copy.click()
        assert "ZeroDivisionError: no secrets here" in QGuiApplication.clipboard().text()
        dialog.go_on.click()
        assert not dialog.isVisible()
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    assert log_file.read_text("utf-8").count("ZeroDivisionError") >= 2
    dialog.deleteLater()


def test_uncaught_errors_of_any_thread_reach_the_reporter(
    theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes, met = CrashReporter(theme, tmp_path / "window.log"), list[BaseException]()
    monkeypatch.setattr(crashes, "report", met.append)
    for module, name in (("sys", "excepthook"), ("threading", "excepthook")):
        monkeypatch.setattr(f"{module}.{name}", None)
    crashes.install()
    error = KeyError("x")
    sys.excepthook(KeyError, error, None)
    assert met == [error]


def register_run(workspace: Workspace, name: str, status: RunStatus, **facts: object) -> None:
    """A run as the keeper would store it."""
    run = make_run(name, status, **facts)  # type: ignore[arg-type]
    registry = workspace._parts.registry
    with registry.write() as unit:
        if unit.experiments.find(run.experiment_name) is None:
            unit.experiments.add(Experiment(run.experiment_id, run.experiment_name, "Will it be late?", run.created_at))
        job_status = JobStatus.RUNNING if status is RunStatus.RUNNING else JobStatus.FINISHED
        unit.jobs.add(Job(run.job_id, JobKind.TRAIN, f"Train {name}", job_status, {}, run.id, run.created_at, "me"))
        unit.runs.add(run)
        unit.commit()


def test_the_real_workspace_is_shown_and_followed(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    other = bootstrap.create_workspace(tmp_path / "nyc", "nyc")
    register_run(other, "amber-falcon-1", RunStatus.FINISHED, metrics={"roc_auc": 0.7}, version=1)
    program = Program(lambda: theme, tmp_path / "state")
    window = program.show(tmp_path / "nyc", WindowState(look="light"))
    try:
        wait(qtbot, lambda: window.is_filled and window.shell.home.content is not None)
        assert window.windowTitle() == "nyc — MLOps Desktop"
        window.shell.go_to("experiments")
        page = window.shell.experiments
        wait(qtbot, lambda: page.model.rowCount() == 1)
        register_run(other, "swift-ibis-2", RunStatus.FINISHED, metrics={"roc_auc": 0.8}, version=1)
        wait(qtbot, lambda: page.model.rowCount() == 2)
        page.model.tick([page.model.row_of(page.model.best("roc_auc").id)], True)  # type: ignore[union-attr]
        next(command for command in page.commands() if command.name == "trash").act()
        wait(qtbot, lambda: page.model.rowCount() == 1)
        assert [run.name for run in other.experiments.runs()] == ["amber-falcon-1"]
        window.shell.take_back()
        wait(qtbot, lambda: page.model.rowCount() == 2)
        assert [entry.action for entry in other.audit(limit=2)] == ["run.trash", "run.restore"]
    finally:
        program.end()
        other.close()


def test_another_workspace_means_another_window_and_the_old_one_closes(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    bootstrap.create_workspace(tmp_path / "one", "one").close()
    program = Program(lambda: theme, tmp_path / "state")
    first = program.show(tmp_path / "one", WindowState())
    try:
        wait(qtbot, lambda: first.is_filled and first.shell.workspace)
        first.shell.other_wanted.emit(tmp_path / "two", "two")
        second = program.window
        assert second is not None
        assert second is not first
        wait(qtbot, lambda: second.is_filled and second.shell.workspace)
        assert second.shell.workspace is not None
        assert second.shell.workspace.name == "two"
        wait(qtbot, lambda: not shiboken6.isValid(first))
        assert second.state.recent[0] == str(tmp_path / "two")
    finally:
        program.end()


def test_a_damaged_workspace_is_refused_in_words(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "broken").mkdir()
    program = Program(lambda: theme, tmp_path / "state")
    window: MainWindow = program.show(tmp_path / "broken", WindowState())
    try:
        wait(qtbot, lambda: window.is_filled and window.shell.welcome is not None and window.shell.welcome.error)
        assert window.shell.welcome is not None
        assert window.shell.welcome.error is not None
        assert window.shell.welcome.error.accessibleName().startswith("Error: ")
    finally:
        program.end()


def test_the_clock_of_the_program_is_in_utc(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    program = Program(lambda: theme, tmp_path / "state")
    window = program.show(None, WindowState())
    wait(qtbot, lambda: window.is_filled)
    now = window.shell.context.clock()
    assert now.tzinfo is UTC
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5
    program.end()
    window.deleteLater()


def test_a_window_closed_before_it_is_filled_keeps_its_state(theme: Theme, tmp_path: Path) -> None:
    program = Program(lambda: theme, tmp_path / "state")
    window = program.show(None, WindowState(density="standard"), fills=False)
    window.grab()
    program.end()
    assert load_state(tmp_path / "state").density == "standard"
    window.deleteLater()


def test_two_windows_stand_on_the_same_workspace(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    bootstrap.create_workspace(tmp_path / "one", "one").close()
    program = Program(lambda: theme, tmp_path / "state")
    first = program.show(tmp_path / "one", WindowState())
    try:
        wait(qtbot, lambda: first.is_filled and first.shell.workspace)
        first.shell.new_window()
        second = program.window
        assert second is not None
        assert second is not first
        wait(qtbot, lambda: second.is_filled and second.shell.workspace)
        second.shell.set_density("comfortable")
        assert first.isVisible()
        assert first.state.density == "compact"
        first.close()
        assert second.isVisible()
    finally:
        program.end()


def test_the_first_start_makes_a_workspace_and_goes_on_to_the_import(
    theme: Theme, tmp_path: Path, qtbot: QtBot
) -> None:
    program = Program(lambda: theme, tmp_path / "state")
    window = program.show(None, WindowState())
    try:
        wait(qtbot, lambda: window.is_filled and window.shell.welcome)
        welcome = window.shell.welcome
        assert welcome is not None
        welcome.parent_folder = tmp_path
        welcome.name.setText("first")
        table = tmp_path / "table.csv"
        table.write_text("a,b\n1,2\n", "utf-8")
        welcome.import_file(str(table))
        wait(qtbot, lambda: window.shell.workspace)
        assert window.shell.workspace is not None
        assert window.shell.workspace.folder == tmp_path / "first"
        assert window.shell.page is not None
        assert window.shell.page.place().page == "import"
        assert window.shell.page.place().subject == str(table)
    finally:
        program.end()
