"""All processes share one log beside the registry, whoever opens and closes it meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.storage.storage_values import a_dataset

from mlops_desktop.storage.registry import SqliteRegistry

ROOT = Path(__file__).parents[2]
OpenHere = Callable[[], SqliteRegistry]


def write(registry: SqliteRegistry, name: str) -> None:
    with registry.write() as unit:
        unit.datasets.add(a_dataset(name))
        unit.commit()


def another_process_comes_and_goes(workspace: Path, state: Path) -> None:
    command = [sys.executable, "-m", "tests.storage.registry_writer", str(workspace), str(state), "guest", "0.01"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_opening_it_once_more_does_not_let_another_process_remove_the_log(
    workspace: Path, state: Path, open_here: OpenHere
) -> None:
    """On POSIX, closing a file drops all locks that the process has on it, those of other descriptors too: the other
    process, which takes itself for the last one, removes the log, and what is written here later is never seen."""
    registry = open_here()
    write(registry, "before")
    open_here().close()
    log = workspace / "registry.db-wal"
    number = log.stat().st_ino
    another_process_comes_and_goes(workspace, state)
    assert log.stat().st_ino == number
    write(registry, "after")
    script = "import sqlite3, sys; print(*(row[0] for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])))"
    query = "SELECT name FROM datasets WHERE name IN ('before', 'after') ORDER BY name"
    seen = subprocess.run(
        [sys.executable, "-c", script, workspace / "registry.db", query], capture_output=True, text=True, check=True
    )
    assert seen.stdout.split() == ["after", "before"]
