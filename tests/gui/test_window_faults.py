"""What goes wrong in the window: errors nobody expected, settings that are damaged, a record that breaks a view."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.faulty_program import CANARY
from tests.gui.hands import click
from tests.gui.test_app import register_run
from tests.small_disks import fill, small_disk

from mlops_desktop import bootstrap
from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.gui.app import Program
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import FILE, WindowState, load_state, read_state, save_state
from mlops_desktop.gui.theme.theme import Theme

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with two runs."""
    with bootstrap.create_workspace(tmp_path / "nyc", "nyc") as made:
        for number, name in enumerate(("amber-falcon-1", "swift-ibis-2")):
            register_run(made, name, RunStatus.FINISHED, metrics={"roc_auc": 0.7 + number / 10}, version=1)
    return tmp_path / "nyc"


def state_folder() -> Path:
    return Path(os.environ["MLOPS_STATE_FOLDER"])


def play(folder: Path, how: str, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    """Runs the window as a process of its own; its exit code, and what it saw."""
    report = tmp_path / "report.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.gui.faulty_program", str(folder), how, str(report)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)
    return done.returncode, json.loads(report.read_text("utf-8")) if report.exists() else {}


def records() -> list[dict[str, str]]:
    path = state_folder() / "window.log"
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


# --- U-02: errors nobody expected -------------------------------------------------------------------------------------


def test_u_02_an_error_anywhere_is_logged_and_said_and_the_window_lives(folder: Path, tmp_path: Path) -> None:
    """In a slot, a timer, a painting, a lane, what follows it, and a thread."""
    code, said = play(folder, "once", tmp_path)
    assert code == 0
    assert len(said["met"]) == said["dialogs"] == 6
    assert said["visible"]
    logged = [record for record in records() if record["level"] == "critical"]
    assert len(logged) >= 6
    assert all("Fault" in record["trace"] for record in logged)
    assert all("Fault" in text for text in said["texts"])
    assert CANARY not in (state_folder() / "window.log").read_text() + "".join(said["texts"]), "R-07"


def test_u_05_what_fails_at_every_painting_is_said_once_and_fills_no_log(folder: Path, tmp_path: Path) -> None:
    code, said = play(folder, "painting", tmp_path)
    assert code == 0
    assert said["met"] == ["painting"]
    assert said["visible"]
    logged = [record["message"] for record in records() if record["level"] == "critical"]
    assert [words.split(", ")[1].split()[0] for words in logged] == ["1", "2", "3", "4", "5", "10", "100"]
    assert load_state(state_folder()).page == "home"


# --- U-05: a record, or a section, that breaks a view -----------------------------------------------------------------


def test_u_05_a_section_that_ended_the_last_start_is_not_shown_at_the_next(folder: Path, tmp_path: Path) -> None:
    save_state(state_folder(), lambda: WindowState(page="experiments"))
    code, said = play(folder, "ending", tmp_path)
    assert (code, said) == (-signal.SIGSEGV, {})
    code, said = play(folder, "ending", tmp_path)
    assert (code, said["page"], said["visible"]) == (0, "home", True)
    assert "did not live through showing Experiments" in said["notice"]


def test_u_05_a_section_that_could_be_shown_is_shown_again(folder: Path, tmp_path: Path) -> None:
    save_state(state_folder(), lambda: WindowState(page="models"))
    for _ in range(2):
        code, said = play(folder, "none", tmp_path)
        assert (code, said["page"], said["notice"]) == (0, "models", "")
        save_state(state_folder(), lambda: WindowState(**{**vars(load_state(state_folder())), "page": "models"}))


@pytest.fixture
def opened(theme: Theme, folder: Path, qtbot: QtBot) -> Iterator[Any]:
    """Starts the program on the folder; each start ends the one before."""
    programs: list[Program] = []

    def start() -> MainWindow:
        for program in programs:
            program.end()
        programs.append(Program(lambda: theme, state_folder()))
        state, told = read_state(state_folder())
        window = programs[-1].show(folder, state, told=told)
        wait(qtbot, lambda: window.is_filled and (window.shell.workspace or window.shell.welcome))
        wait(qtbot, lambda: window.shell.context.lanes.is_idle)
        return window

    yield start
    for program in programs:
        program.end()


def shown(page: QWidget) -> list[str]:
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


@pytest.mark.parametrize("damage", ["spec = '{'", "status = 'flying'", "metrics = '[[[['"])
def test_u_05_a_run_that_cannot_be_read_is_said_by_its_view_and_all_else_works(
    opened: Any, folder: Path, qtbot: QtBot, damage: str
) -> None:
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.execute(f"UPDATE runs SET {damage} WHERE name = 'swift-ibis-2'")
    connection.close()
    save_state(state_folder(), lambda: WindowState(page="experiments"))
    for _ in range(2):
        window = opened()
        shell = window.shell
        assert shell.workspace is not None
        shell.go_to("experiments")
        wait(qtbot, lambda: "MD-WSP-006" in shown(shell.experiments))  # noqa: B023
        assert "The runs could not be read." in shown(shell.experiments)
        shell.go_to("datasets")
        wait(qtbot, lambda: shell.context.lanes.is_idle)  # noqa: B023
        assert shell.page is not None
        assert shell.page.section == "datasets"


# --- U-04: settings ---------------------------------------------------------------------------------------------------

GOOD = json.dumps({"format": 1, "look": "dark", "zoom": 125, "recent": ["/a"]})
ANEW = ("system", 100)
SETTINGS = {
    "empty": ("", "could not be read", ANEW),
    "half-written": (GOOD[:-20], "could not be read", ANEW),
    "not settings": ("[]", "could not be read", ANEW),
    "deep": ("[" * 100_000, "could not be read", ANEW),
    "binary": ("\x00\x01", "could not be read", ANEW),
    "a newer version's": (
        json.dumps({"format": 2, "look": "dark", "zoom": {"x": 125}}),
        "newer version",
        ("dark", 100),
    ),
    "one part damaged": (GOOD.replace("125", '"large"'), "is as at first: zoom", ("dark", 100)),
    "a place that is none": (GOOD.replace("125", '125, "geometry": "A"'), "is as at first: geometry", ("dark", 125)),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_u_04_settings_that_cannot_be_read_are_kept_and_said(tmp_path: Path, case: str) -> None:
    content, words, looks = SETTINGS[case]
    (tmp_path / FILE).write_text(content, "utf-8")
    state, told = read_state(tmp_path)
    kept = tmp_path / f"{FILE}.kept-1"
    assert words in told
    assert str(kept) in told
    assert kept.read_text("utf-8") == content
    assert (state.look, state.zoom) == looks
    assert read_state(tmp_path) == (WindowState(), "")


def test_u_04_a_window_whose_settings_are_half_written_opens_and_says_so_once(opened: Any, qtbot: QtBot) -> None:
    state_folder().mkdir(parents=True, exist_ok=True)
    (state_folder() / FILE).write_text(GOOD[:-20], "utf-8")
    for _ in range(2):
        window = opened()
        wait(qtbot, lambda: window.shell.workspace)  # noqa: B023
        told = [said.sentence for said in window.shell.notifications.said]
        assert len([sentence for sentence in told if "could not be read, so it is as at first" in sentence]) == 1
    assert [path.name for path in state_folder().glob(f"{FILE}.kept*")] == [f"{FILE}.kept-1"]


def test_u_04_what_was_kept_is_not_written_over(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / FILE).write_text(f"{{{number}")
        _, told = read_state(tmp_path)
        assert told
        assert not (tmp_path / FILE).exists()
    kept = [(tmp_path / f"{FILE}.kept-{number}").read_text() for number in range(1, 10)]
    assert kept == [*(f"{{{number}" for number in range(8)), "{11"]


def test_u_04_a_full_disk_is_said_once_and_leaves_what_was_remembered(
    make_window: MakeWindow, workspace: FakeWorkspace, tmp_path: Path
) -> None:
    window = make_window(workspace)
    with small_disk(tmp_path / "disk") as disk:
        save_state(disk, lambda: WindowState(look="dark"))
        window.state_folder = disk
        fill(disk)
        window.shell.set_density("comfortable")
        assert "cannot be remembered" in window.shell.message.sentence
        assert "No space left" in window.shell.message.sentence
        window.shell.message.hide()
        window.shell.set_density("compact")
        assert not window.shell.message.isVisible()
        assert load_state(disk).look == "dark"
        assert sorted(path.name for path in disk.iterdir()) == ["ballast", FILE]
        window.close()
    assert workspace.closed


# --- U-03: closed during long work ------------------------------------------------------------------------------------


def test_u_03_what_the_window_is_writing_is_said_and_finished_before_it_ends(
    make_window: MakeWindow, workspace: FakeWorkspace, tmp_path: Path, qtbot: QtBot
) -> None:
    """Asked even of who does not want to be asked about the background."""
    lanes = Lanes()
    window = make_window(workspace, lanes=lanes, state=WindowState(asks_on_close=False))
    wait(qtbot, lambda: window.shell.workspace and lanes.is_idle)
    target = tmp_path / "backup.zip"

    def write() -> None:
        lanes._stop.wait(20)  # goes on until the window closes
        target.write_bytes(b"whole")

    lanes.call(write, owner=window, finishes="A backup is being written to backup.zip.")
    assert window.shell.leaving.asks
    window.shell.leaving.ask()
    dialog = window.shell.leaving.dialog
    assert dialog is not None
    assert any(text.startswith("A backup is being written to backup.zip.") for text in shown(dialog))
    click(dialog.stay)
    assert window.isVisible()
    assert not target.exists()
    window.shell.leaving.ask()
    dialog = window.shell.leaving.dialog
    assert dialog is not None
    click(dialog.close_window)
    assert not window.isVisible()
    assert target.read_bytes() == b"whole"
    assert workspace.closed
    assert lanes.unfinished == ()
