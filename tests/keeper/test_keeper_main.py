"""The keeper as a process of its own: one at a time, ending when idle, replaced when killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mlops_desktop.bootstrap import create_workspace, keeper_lock
from mlops_desktop.domain.errors import UnreadableTableError
from mlops_desktop.keeper import main as keeper_main
from mlops_desktop.services.workspace import Workspace


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.02)


class Place:
    """A workspace whose keepers are found by their log, and ended with the test."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = workspace.folder

    def keep(self) -> int:
        """Calls the keeper as a face does; gives the exit code of the caller's child."""
        command = [sys.executable, "-m", "mlops_desktop", "keeper", str(self.folder)]
        return subprocess.run(command, check=False, timeout=60, capture_output=True).returncode

    def keepers(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if words[1:4] == ["-m", "mlops_desktop", "keeper"] and words[4:] == [str(self.folder)]:
                    found.append(process)
        return [process for process in found if _is_running(process)]

    def keeper(self) -> psutil.Process:
        """The one that holds the lock."""
        until(lambda: self.log().count("keeping ") > 0 and self.keepers())
        (process,) = self.keepers()
        return process

    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "keeper.log").read_text()
        return ""

    def close(self) -> None:
        for process in self.keepers():
            process.terminate()
        until(lambda: not self.keepers())


def _is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _nothing_left_running: None) -> Iterator[Place]:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "60")
    with create_workspace(tmp_path / "workspace", actor="ada") as workspace:
        made = Place(workspace)
        yield made
        made.close()


def test_only_one_keeper_holds_a_workspace(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.keep() == 0
    first = place.keeper()
    assert (place.folder / "keeper.pid").read_text().strip() == str(first.pid)
    assert place.keep() == 0
    until(lambda: place.keepers() == [first])
    monkeypatch.setattr("mlops_desktop.bootstrap._KEEPER_PATIENCE", 0.1)
    with keeper_lock(place.folder) as held:
        assert not held
    assert place.log().count("keeping ") == 1


def test_a_keeper_leaves_its_callers_session(place: Place) -> None:
    place.keep()
    process = place.keeper()
    assert os.getsid(process.pid) not in (os.getsid(0), 0)
    assert process not in psutil.Process().children(recursive=True)


def test_a_keeper_with_nothing_to_do_ends_by_itself(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    place.keep()
    until(lambda: "nothing to do, ending" in place.log())
    until(lambda: not place.keepers())
    with keeper_lock(place.folder) as held:
        assert held


def test_asking_a_keeper_to_end_ends_it_cleanly(place: Place) -> None:
    place.keep()
    process = place.keeper()
    until(lambda: process.num_threads() > 1)
    process.send_signal(signal.SIGTERM)
    until(lambda: not place.keepers())
    assert "Traceback" not in place.log()
    assert "ending" in place.log()


def test_a_killed_keeper_is_replaced_and_its_work_goes_on(place: Place, tmp_path: Path) -> None:
    place.keep()
    first = place.keeper()
    first.kill()
    until(lambda: not place.keepers())
    job = place.workspace.datasets.import_file(_junk(tmp_path), "flights")
    with pytest.raises(UnreadableTableError):
        place.workspace.jobs.wait(job.id)
    second = place.keeper()
    assert second != first
    assert place.log().count("keeping ") == 2
    assert place.workspace.verify().is_clean


def _junk(folder: Path) -> Path:
    path = folder / "junk.csv"
    path.write_bytes(b"")
    return path


def test_a_folder_that_is_no_workspace_ends_the_keeper_with_a_word_in_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlops_desktop", "keeper", str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)
    until(lambda: "no workspace" in (tmp_path / "keeper.log").read_text())
    assert "Traceback" not in (tmp_path / "keeper.log").read_text()


def test_wrong_words_are_answered_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert keeper_main.main([]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 20.0), ("0.5", 0.5), ("0", 0.0), ("soon", 20.0), ("-1", 20.0), ("inf", 20.0)]
)
def test_idle_seconds_are_what_the_environment_says(
    text: str | None, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is None:
        monkeypatch.delenv("MLOPS_KEEPER_IDLE_SECONDS", raising=False)
    else:
        monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", text)
    assert keeper_main.idle_seconds() == seconds
