"""Several processes on one registry: nobody meets a locked database, and nothing acknowledged is ever lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.services.world import World
from tests.storage.storage_values import a_dataset, a_model, a_model_version

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.keeper.main import CHECKPOINT_SECONDS
from mlops_desktop.storage import engines
from mlops_desktop.storage.failures import lock_holder
from mlops_desktop.storage.registry import SqliteRegistry

ROOT = Path(__file__).parents[2]
OpenHere = Callable[[], SqliteRegistry]
SHORT_AND_LONG = [
    pytest.param("short", id="short"),
    pytest.param("long", id="long", marks=[pytest.mark.long, pytest.mark.timeout(900)]),
]


@contextlib.contextmanager
def writers(
    workspace: Path, state: Path, count: int, seconds: float, *, prefix: str = "writer"
) -> Iterator[list[subprocess.Popen[str]]]:
    started = [writer(workspace, state, f"{prefix}{number}", seconds) for number in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def writer(workspace: Path, state: Path, name: str, seconds: float) -> subprocess.Popen[str]:
    return started_as("registry_writer", workspace, state, name, str(seconds))


def started_as(program: str, workspace: Path, state: Path, *arguments: str) -> subprocess.Popen[str]:
    """One of the programs beside this file."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.storage.{program}", str(workspace), str(state), *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def killed_at_the_end(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def acknowledged(output: str) -> set[str]:
    """The names of whole lines; a torn last line acknowledges nothing."""
    return {line for line in output.split("\n")[:-1] if not line.startswith("done")}


@pytest.mark.parametrize("form", SHORT_AND_LONG)
def test_s_09_eight_processes_write_and_none_meets_a_locked_database(
    workspace: Path, state: Path, open_here: OpenHere, form: str
) -> None:
    """A ninth does the keeper's checkpoints: at its pace in the long form, in the short one much more often."""
    seconds, pace = (3.0, 0.2) if form == "short" else (60.0, CHECKPOINT_SECONDS)
    with (
        writers(workspace, state, 8, seconds) as started,  # the workspace is fresh: all of them make it at once
        killed_at_the_end(started_as("checkpointer", workspace, state, str(pace), str(seconds))) as ninth,
    ):
        outputs = [process.communicate(timeout=seconds + 120) for process in started]
        checkpoints, complaints = ninth.communicate(timeout=120)
    assert ninth.returncode == 0, complaints
    assert int(checkpoints.split()[0]) >= 2, checkpoints
    assert [process.returncode for process in started] == [0] * 8, [errors for _, errors in outputs]
    names = set().union(*(acknowledged(output) for output, _ in outputs))
    slowest = max(float(output.rsplit("done ", 1)[1]) for output, _ in outputs)
    registry = open_here()
    with registry.read() as unit:
        assert {dataset.name for dataset in unit.datasets.list()} == names
        assert unit.settings.get("count") == len(names)
        assert len(unit.audit.list()) == len(names)
    assert registry.problems() == []
    head = registry.audit_head()
    assert head is not None
    assert head.seq == len(names)
    assert slowest < (5 if form == "short" else 2), f"a write took {slowest} seconds"


@pytest.mark.parametrize("form", SHORT_AND_LONG)
def test_s_01_killed_writers_lose_nothing_that_was_acknowledged(
    workspace: Path, state: Path, open_here: OpenHere, form: str
) -> None:
    rounds = 1 if form == "short" else 8
    open_here().close()
    names: set[str] = set()
    dice = random.Random(4)
    for number in range(rounds):
        with writers(workspace, state, 4, 60, prefix=f"victim{number}-") as victims:
            for victim in victims:  # one is killed in the midst of its work while the others go on with theirs
                assert victim.stdout is not None
                first = victim.stdout.readline()
                time.sleep(dice.random() * 0.3)  # the moment of the kill, not a wait for something
                victim.send_signal(signal.SIGKILL)
                names |= acknowledged(first + victim.communicate()[0])
        registry = open_here()
        with registry.read() as unit:
            stored = {dataset.name for dataset in unit.datasets.list()}
            assert names <= stored
            assert unit.settings.get("count") == len(stored) == len(unit.audit.list())
        assert registry.problems() == []
        registry.close()
    assert len(names) >= 4 * rounds


def test_s_18_versions_numbered_by_twenty_clients_have_no_gap_and_no_double(registry: SqliteRegistry) -> None:
    model = a_model()
    with registry.write() as unit:
        unit.models.add(model)
        unit.commit()

    def register() -> None:
        with registry.write() as unit:
            found = unit.models.get(model.id)
            assert found is not None
            unit.models.add_version(a_model_version(model, found.latest_number + 1))
            unit.commit()

    threads = [threading.Thread(target=register) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with registry.read() as unit:
        assert [version.number for version in unit.models.versions(model.id)] == list(range(1, 21))


def test_s_18_versions_that_eight_processes_register_at_once_have_no_gap_and_no_double(
    workspace: Path, state: Path, open_here: OpenHere
) -> None:
    """By the service that gives the numbers; the model is new, so all of them make it at once too."""
    open_here().close()
    world = World(workspace, state, workspace / "registry.db")
    runs = [world.finished_run(f"model {number}").name for number in range(16)]
    world.close()
    with contextlib.ExitStack() as ended:
        programs = [started_as("model_registrar", workspace, state, *runs[number::8]) for number in range(8)]
        started = [ended.enter_context(killed_at_the_end(process)) for process in programs]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
        for process in started:
            assert process.stdin is not None
            process.stdin.write("begin\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 8, [errors for _, errors in answers]
    told = sorted(int(line) for output, _ in answers for line in output.split())
    assert told == list(range(1, 17))
    with open_here().read() as unit:
        (model,) = unit.models.list()
        versions = unit.models.versions(model.id)
        assert [version.number for version in versions] == told
        assert {version.run_name for version in versions} == set(runs)
        assert len(unit.models.alias_moves(model.id)) == 16


def test_a_held_write_lock_is_an_error_that_names_the_holder(
    registry: SqliteRegistry, workspace: Path, open_here: OpenHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    hasty = open_here()
    with registry.write() as unit:
        unit.datasets.add(a_dataset())
        with pytest.raises(BusyRegistryError, match="busy for too long"), hasty.write():
            pass
        with hasty.read() as reading:  # readers go on, on the state before
            assert reading.datasets.list() == []
        if sys.platform.startswith("linux"):
            assert lock_holder(workspace / "registry.db") == os.getpid()
        unit.commit()
    assert lock_holder(workspace / "registry.db") is None
    with hasty.write() as unit:
        assert len(unit.datasets.list()) == 1


def test_a_reader_sees_one_state_from_beginning_to_end(registry: SqliteRegistry) -> None:
    with registry.read() as reading:
        assert reading.datasets.list() == []
        with registry.write() as unit:
            unit.datasets.add(a_dataset())
            unit.commit()
        assert reading.datasets.list() == []
    with registry.read() as reading:
        assert len(reading.datasets.list()) == 1


def test_a_checkpoint_empties_the_log_and_gives_way_to_readers(registry: SqliteRegistry, workspace: Path) -> None:
    log = workspace / "registry.db-wal"
    with registry.read() as reading:
        assert reading.datasets.list() == []
        with registry.write() as unit:
            unit.datasets.add(a_dataset())
            unit.commit()
        registry.checkpoint()  # the reader is in the way: no error, and nothing is lost
        assert log.stat().st_size > 0
    registry.checkpoint()
    assert log.stat().st_size == 0
    with registry.read() as reading:
        assert len(reading.datasets.list()) == 1


def test_every_connection_has_the_settings_that_keep_data_safe(registry: SqliteRegistry, workspace: Path) -> None:
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 10_000,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "wal_autocheckpoint": 0,
        "fullfsync": 1,
        "mmap_size": 0,
    }
    for read_only in (False, True):
        with contextlib.closing(engines.connect(workspace / "registry.db", read_only=read_only)) as connection:
            found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
            assert found == wanted
            if read_only:
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    connection.execute("DELETE FROM datasets")
