"""A worker whose disk is full says so, and leaves room behind."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from tests import mounting, needs

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.domain.jobs import JobKind, MessageKind
from mlops_desktop.workers.launcher import WorkerLauncher

PATIENCE = 60.0


@pytest.mark.parametrize("size", ["1m", pytest.param("1300k", marks=pytest.mark.long), "4m"])
def test_a_04_a_job_on_a_full_disk_fails_for_that_and_gives_its_room_back(tmp_path: Path, size: str) -> None:
    """The text is read into the job's folder, or the table is written there, and does not fit."""
    needs.mounts()
    source = random.Random(5)
    table = tmp_path / "numbers.csv"
    table.write_text("a,b\n" + "".join(f"{source.random()},{source.random()}\n" for _ in range(100_000)))
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounting.memory(disk, size):
        launcher = WorkerLauncher(keep_warm=False)
        folder = disk / "job"
        process = launcher.start_job(JobKind.IMPORT_DATASET, {"path": str(table)}, folder)
        deadline = time.monotonic() + PATIENCE
        while launcher.is_alive(process):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ending = launcher.read_journal(folder, 0).messages[-1]
        launcher.close()
        assert ending.kind is MessageKind.FAILURE
        assert ending.body["code"] == DiskFullError.code, ending.body
        assert str(folder) in str(ending.body["message"])
        assert shutil.disk_usage(disk).free > 900_000
