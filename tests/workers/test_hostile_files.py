"""Files that are too large, grow, or lose their reader half-way, in the real capped worker (D-05, D-12, D-17)."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.odd_files import growing_cell

from mlops_desktop.domain.errors import MemoryCapError
from mlops_desktop.domain.jobs import JobKind, Message, MessageKind
from mlops_desktop.workers.launcher import WorkerLauncher

Until = Callable[..., None]
CAP = 400 << 20


@pytest.fixture
def launcher() -> Iterator[WorkerLauncher]:
    made = WorkerLauncher(memory_cap=CAP, keep_warm=False)
    yield made
    made.close()


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    return growing_cell(tmp_path)


def imported(launcher: WorkerLauncher, until: Until, path: Path, folder: Path) -> Message:
    process = launcher.start_job(JobKind.IMPORT_DATASET, {"path": str(path)}, folder)
    until(lambda: not launcher.is_alive(process), seconds=60)
    return launcher.read_journal(folder, 0).messages[-1]


def test_d_12_a_file_that_grows_past_the_cap_ends_its_worker_and_says_the_limit(
    launcher: WorkerLauncher, until: Until, growing: Path, tmp_path: Path
) -> None:
    last = imported(launcher, until, growing, tmp_path / "job")
    assert last.kind is MessageKind.FAILURE
    assert last.body["code"] == MemoryCapError.code
    assert "more than the 0.4 GiB of memory that it may use" in str(last.body["message"])
    assert not (tmp_path / "job" / "table.parquet").exists()


@pytest.mark.long
def test_d_12_a_preview_of_it_says_the_limit_and_the_next_file_is_shown(
    launcher: WorkerLauncher, growing: Path, tmp_path: Path
) -> None:
    with pytest.raises(MemoryCapError, match="more than the 0.4 GiB of memory that it may use"):
        launcher.call("preview", {"path": str(growing)})
    fine = tmp_path / "fine.csv"
    fine.write_text("a,b\n1,2\n")
    assert launcher.call("preview", {"path": str(fine)})["row_count"] == 1


WIDE = "{}\n".format(",".join(f"c{number}" for number in range(10_000))) + f"{'1,' * 9_999}x\n" * 100
CELL = f'a,b\n"{"x," * 2_600_000}",1\ny,2\n'


def many_rows(path: Path, rows: int) -> None:
    block = "".join(
        f"{row},{row * 7919 % 100003 / 7:.6f},word{row % 997},2013-01-{row % 28 + 1:02d}\n" for row in range(100_000)
    )
    with path.open("w") as file:
        file.write("a,b,c,d\n")
        for _ in range(rows // 100_000):
            file.write(block)


@pytest.mark.parametrize("shape", [*(pytest.param(name, marks=pytest.mark.long) for name in ("cell", "wide")), "rows"])
def test_d_05_a_large_file_is_shown_by_a_worker_under_a_cap(tmp_path: Path, shape: str) -> None:
    path = tmp_path / f"{shape}.csv"
    if shape == "rows":
        many_rows(path, 5_000_000)
    else:
        path.write_text(CELL if shape == "cell" else WIDE)
    launcher = WorkerLauncher(memory_cap=1 << 30, keep_warm=False)
    try:
        found = launcher.call("preview", {"path": str(path)}, seconds=60)
    finally:
        launcher.close()
    assert found["row_count"] == {"cell": 2, "wide": 100}.get(shape, found["row_count"])
    assert found["complete"] is (shape != "rows")
    assert len(found["columns"]) == {"cell": 2, "wide": 10_000, "rows": 4}[shape]


@pytest.mark.long
def test_d_05_previews_take_less_than_three_seconds(tmp_path: Path) -> None:
    """Of the processor, which is more than a person waits: others may be at work on the machine too."""
    launcher = WorkerLauncher(keep_warm=False)
    launcher.call("estimators", {"task": "binary"})
    (worker,) = psutil.Process().children()
    taken: dict[str, float] = {}
    for shape, write in (
        ("cell", lambda path: path.write_text(CELL)),
        ("wide", lambda path: path.write_text(WIDE)),
        ("rows", lambda path: many_rows(path, 5_000_000)),
    ):
        path = tmp_path / f"{shape}.csv"
        write(path)
        times = []
        for _ in range(3):
            before = sum(worker.cpu_times()[:2])
            launcher.call("preview", {"path": str(path)})
            times.append(sum(worker.cpu_times()[:2]) - before)
            os.utime(path)  # else what was seen is remembered
        taken[shape] = max(times)
    launcher.close()
    assert max(taken.values()) < 3, taken


@pytest.mark.parametrize("kills", [1, pytest.param(30, marks=pytest.mark.long)])
def test_d_17_an_import_killed_half_way_leaves_no_version_and_starts_again_cleanly(
    until: Until, tmp_path: Path, kills: int
) -> None:
    launcher = WorkerLauncher(keep_warm=False)
    path = tmp_path / "t.csv"
    many_rows(path, 200_000)
    launcher.prepare()
    for number in range(kills):
        folder = tmp_path / f"killed{number}"
        process = launcher.start_job(JobKind.IMPORT_DATASET, {"path": str(path)}, folder)
        until(_has_come_to(launcher, folder, 0.05 + 0.9 * random.Random(number).random()), seconds=60)
        os.kill(process.pid, signal.SIGKILL)
        until(lambda process=process: not launcher.is_alive(process))
        endings = [m.kind for m in launcher.read_journal(folder, 0).messages if m.kind is not MessageKind.LOG]
        assert endings[-1] is MessageKind.FAILURE
        assert MessageKind.RESULT not in endings
        launcher.prepare()
    assert imported(launcher, until, path, tmp_path / "again").kind is MessageKind.RESULT
    launcher.close()


def _has_come_to(launcher: WorkerLauncher, folder: Path, share: float) -> Callable[[], bool]:
    def come() -> bool:
        told: list[Any] = [message.body.get("share", 0) for message in launcher.read_journal(folder, 0).messages]
        return any(value >= share for value in told)

    return come
