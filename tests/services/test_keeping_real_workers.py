"""The keeper's supervisor over real worker processes that are killed while they write."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.services.logging_worker import acknowledged
from tests.services.world import World

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.run_setup import EstimatorChoice
from mlops_desktop.workers.launcher import WorkerLauncher

PROGRAM = (sys.executable, str(Path(__file__).with_name("logging_worker.py")))
ESTIMATORS = ("LogisticRegression", "DecisionTree", "ExtraTrees", "RandomForest", "HistGradientBoosting", "GaussianNB")
COUNTS = [
    pytest.param(1, 15, id="short"),
    pytest.param(10, 1_000, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
]


@pytest.fixture
def launcher() -> Iterator[WorkerLauncher]:
    made = WorkerLauncher(PROGRAM, keep_warm=False)
    yield made
    made.close()


def turned(keeper: JobSupervisor, until: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it did not come in time"
        keeper.turn()


@pytest.mark.parametrize(("rounds", "points"), COUNTS)
def test_s_02_six_workers_killed_while_they_log_leave_journal_and_rows_alike(
    world: World, launcher: WorkerLauncher, rounds: int, points: int
) -> None:
    """Killed in turn while the others go on: every point that a worker knew to be taken is a row, once, without a gap.

    The supervisor is replaced in between, as a killed keeper is.
    """
    parts = dataclasses.replace(world.parts, workers=launcher)
    for _ in range(rounds):
        runs = world.runs(estimators=tuple(EstimatorChoice(name) for name in ESTIMATORS))
        folders = {run.id: parts.job_folder(run.job_id) for run in runs}
        keeper = JobSupervisor(parts, len(runs))
        turned(keeper, lambda folders=folders: all(logged(each) >= 1 for each in folders.values()))  # type: ignore[misc]
        for number, run in enumerate(runs):
            folder = folders[run.id]
            turned(keeper, lambda folder=folder, number=number: logged(folder) >= points * (number + 1))  # type: ignore[misc]
            process = world.workspace.jobs.get(run.job_id).process
            assert process is not None
            os.kill(process.pid, signal.SIGKILL)
            keeper = JobSupervisor(parts, len(runs))
        turned(keeper, lambda runs=runs: all(ended(world, run) for run in runs))  # type: ignore[misc]
        turned(keeper, lambda keeper=keeper: not keeper.turn())  # type: ignore[misc]
        for run in runs:
            check(world, run, folders[run.id])
    world.verify()


def logged(folder: Path) -> int:
    try:
        return acknowledged(folder).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def ended(world: World, run: Run) -> bool:
    return world.workspace.experiments.run(run.name).status.is_ended


def check(world: World, run: Run, folder: Path) -> None:
    """Journal, rows and offset say the same, and nothing that was acknowledged is missing."""
    whole = (folder / "journal.jsonl").read_bytes().rpartition(b"\n")[0].splitlines()
    messages = [json.loads(line) for line in whole]
    written = [message["body"]["step"] for message in messages if message["kind"] == "metric"]
    with contextlib.closing(sqlite3.connect(world.folder / "registry.db")) as registry:  # a chart is given fewer
        rows = registry.execute("SELECT step FROM run_metrics WHERE run_id = ? ORDER BY seq", (run.id,)).fetchall()
    stored = [step for (step,) in rows]
    assert stored == written == list(range(len(written)))
    assert len(stored) >= logged(folder) > 0
    assert world.workspace.experiments.run(run.name).status is RunStatus.LOST
    job = world.workspace.jobs.get(run.job_id)
    assert job.journal_offset <= (folder / "journal.jsonl").stat().st_size
