"""A disk that fails or is full: the operation says so, what was acknowledged stays, reading goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.power import disk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disk.compiled(tmp_path_factory.mktemp("library"))


def on_watched_disk(library: Path, tmp_path: Path, program: str, *arguments: str) -> str:
    """Runs the program with `tmp_path/disk` as the disk that may fail; gives what it printed."""
    root = tmp_path / "disk"
    root.mkdir()
    environment = {**os.environ, **disk.environment(library, root, tmp_path / "control")}
    done = subprocess.run(
        [sys.executable, "-m", program, str(root), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["some", pytest.param("all", marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_s_04_s_06_every_deed_survives_a_failure_at_its_nth_call(library: Path, tmp_path: Path, form: str) -> None:
    """Each of write, fsync, rename and so on fails in turn, once or for good; what must hold is said in `failing`."""
    counts: Mapping[str, Mapping[str, int]] = json.loads(
        on_watched_disk(library, tmp_path, "tests.power.failing", form)
    )
    assert len(counts) >= 3
    for story, faults in counts.items():
        assert all(faults[fault] >= 2 for fault in ("fsync EIO", "write EIO", "ENOSPC from then on")), (story, faults)
    sys.stdout.write(f"{sum(sum(faults.values()) for faults in counts.values())} failures: {counts}\n")


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.long)])
def test_s_07_a_page_or_file_that_cannot_be_read_is_named_and_the_rest_works(
    library: Path, tmp_path: Path, step: int
) -> None:
    met = json.loads(on_watched_disk(library, tmp_path, "tests.power.reading", str(step)))
    assert len(met["files"]) >= 5
    assert all("cannot be read" in sentence for sentence in met["files"])
    assert any(0 < len(lists) < 5 for lists in met["pages"])
    assert [] in met["pages"]
    sys.stdout.write(f"{len(met['pages'])} pages: {met['pages']}\n")


def test_s_06_after_a_failed_fsync_the_connection_is_dropped_and_the_state_read_again(
    library: Path, tmp_path: Path
) -> None:
    assert json.loads(on_watched_disk(library, tmp_path, "tests.power.dropping")) == {
        "dropped": 1,
        "seen by us": ["before"],
        "seen by others": ["before"],
        "afterwards": ["before", "after"],
    }
