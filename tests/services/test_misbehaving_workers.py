"""The queue over real processes that crash, freeze, disobey, babble and take too much (J-01 to J-06)."""

from __future__ import annotations

import dataclasses
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from tests.services.world import World
from tests.workers import worker_program

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.experiments import MOST_POINTS
from mlops_desktop.services.jobs import JobService
from mlops_desktop.services.keeping import jobs as keeping_jobs
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.run_setup import EstimatorChoice
from mlops_desktop.workers import launcher as launchers
from mlops_desktop.workers.launcher import WorkerLauncher

PROGRAM = Path(worker_program.__file__)
TRUE_WITHIN = 5.0
"""Seconds after which a job whose process is gone must say so."""


@dataclass
class Shop:
    """A workspace whose workers are processes; a run does what the name of its experiment says."""

    world: World
    launcher: WorkerLauncher
    keeper: JobSupervisor
    jobs: JobService

    def run(self, behaviour: str) -> tuple[Run, Job]:
        (run,) = self.world.runs(experiment=behaviour, estimators=(EstimatorChoice("LogisticRegression"),))
        self.keeper.turn()
        return run, self.jobs.get(run.job_id)

    def until(self, wanted: Callable[[], object], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < deadline, "it did not come in time"
            self.keeper.turn()
            time.sleep(0.01)

    def end(self, run: Run, seconds: float = 30.0) -> Run:
        self.until(lambda: self.world.workspace.experiments.run(run.name).status.is_ended, seconds)
        return self.world.workspace.experiments.run(run.name)

    def await_own_end(self, job: Job, seconds: float = 30.0) -> None:
        """Nobody looks after the job meanwhile, so that what comes after is only our time."""
        pid = self.process(job).pid
        deadline = time.monotonic() + seconds
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.01)

    def process(self, job: Job) -> ProcessIdentity:
        found = self.jobs.get(job.id).process
        assert found is not None
        return found


@pytest.fixture
def shop(world: World, _nothing_left_running: None) -> Iterator[Shop]:
    world.dataset()
    launcher = WorkerLauncher((sys.executable, "-E", str(PROGRAM)), memory_cap=512 << 20, keep_warm=False)
    parts = dataclasses.replace(world.parts, workers=launcher)
    yield Shop(world, launcher, JobSupervisor(parts, 4), JobService(parts))
    for job in world.workspace.jobs.list():
        if job.process is not None:
            launcher.end(job.process)
    launcher.close()


@pytest.mark.parametrize(
    ("behaviour", "status", "said"),
    [
        ("kill", RunStatus.LOST, "signal 11 (SIGSEGV)"),
        ("leave", RunStatus.LOST, "exit code 3"),
        ("demand", RunStatus.FAILED, "ran out of the memory it may use"),
        ("eat", RunStatus.FAILED, "more than the 0.5 GiB of memory"),
        ("abort", RunStatus.FAILED, "got no more memory"),
    ],
)
def test_j_01_a_worker_that_crashes_makes_its_run_say_so_within_seconds(
    shop: Shop, behaviour: str, status: RunStatus, said: str
) -> None:
    run, job = shop.run(behaviour)
    shop.await_own_end(job)
    assert not shop.world.workspace.experiments.run(run.name).status.is_ended
    ended = shop.end(run, TRUE_WITHIN)
    assert ended.status is status
    assert ended.failure is not None
    assert said in ended.failure.message
    assert ended.failure.hint


def test_j_01_a_worker_that_the_system_ends_is_known_within_seconds_and_its_log_is_kept(shop: Shop) -> None:
    run, job = shop.run("wait")
    shop.until((shop.world.parts.job_folder(job.id) / "waiting").exists)
    os.kill(shop.process(job).pid, signal.SIGKILL)
    ended = shop.end(run, TRUE_WITHIN)
    assert ended.status is RunStatus.LOST
    assert ended.failure is not None
    assert "signal 9 (SIGKILL, likely because the system ran out of memory)" in ended.failure.message
    run, job = shop.run("kill")
    shop.end(run)
    assert shop.jobs.log(job.id)[-1].endswith("the last word")


def test_j_02_a_frozen_worker_does_not_respond_and_goes_on_when_it_thaws(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keeping_jobs.SILENT_AFTER <= 30
    monkeypatch.setattr(keeping_jobs, "SILENT_AFTER", 1.5)
    run, job = shop.run("wait")
    shop.until((shop.world.parts.job_folder(job.id) / "heartbeat").exists)
    pid = shop.process(job).pid
    os.kill(pid, signal.SIGSTOP)
    shop.until(lambda: shop.jobs.get(job.id).silent_since)
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
    assert shop.jobs.get(job.id).status is JobStatus.RUNNING
    os.kill(pid, signal.SIGCONT)
    shop.until(lambda: not shop.jobs.get(job.id).silent_since)
    shop.jobs.cancel(job.id)
    assert shop.end(run).status is RunStatus.CANCELLED


def test_j_02_a_frozen_worker_can_be_cancelled(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_jobs, "CANCEL_PATIENCE", timedelta(seconds=0.2))
    run, job = shop.run("wait")
    os.kill(shop.process(job).pid, signal.SIGSTOP)
    shop.jobs.cancel(job.id)
    assert shop.end(run).status is RunStatus.CANCELLED


@pytest.mark.parametrize("patience", [0.5, pytest.param(5.0, marks=pytest.mark.long)])
def test_j_04_cancelling_ends_a_disobedient_job_with_all_its_children(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    assert keeping_jobs.CANCEL_PATIENCE.total_seconds() + launchers._END_SECONDS <= 10
    monkeypatch.setattr(keeping_jobs, "CANCEL_PATIENCE", timedelta(seconds=patience))
    run, job = shop.run("stay")
    folder = shop.world.parts.job_folder(job.id)
    shop.until((folder / "waiting").exists)
    family = [shop.process(job).pid, *map(int, (folder / "children").read_text().split())]
    shop.jobs.cancel(job.id)
    assert shop.end(run, 10).status is RunStatus.CANCELLED
    shop.until(lambda: not any(map(psutil.pid_exists, family)), 5)


@pytest.mark.parametrize("points", [8_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_j_06_very_many_points_are_stored_and_an_even_choice_is_drawn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, points: int
) -> None:
    monkeypatch.setenv("MPL_POINTS", str(points))  # a name that a worker inherits
    run, _ = shop.run("measure")
    assert shop.end(run, 240).status is RunStatus.FAILED  # it promised a model
    with shop.world.parts.registry.read() as unit:
        stored = unit.runs.points(run.id)
    assert [point.step for point in stored] == list(range(points))
    assert stored[10].value == pytest.approx(2 / 11), "measured again, it takes the first one's place"
    assert sum(math.isnan(point.value) for point in stored) == points // 1000
    drawn = shop.world.workspace.experiments.points(run.name)
    assert MOST_POINTS / 2 <= len(drawn) <= MOST_POINTS + 1
    assert (drawn[0].step, drawn[-1].step) == (0, points - 1)
    gaps = {after.step - before.step for before, after in zip(drawn, drawn[1:], strict=False)}
    assert max(gaps) <= points // MOST_POINTS + 1


def test_a_worker_that_writes_nonsense_into_its_journal_harms_only_itself(shop: Shop) -> None:
    fine, waiting = shop.run("wait")
    run, job = shop.run("babble")
    ended = shop.end(run)
    assert ended.status is RunStatus.FAILED
    assert ended.failure is not None
    assert "named an output" in ended.failure.message
    assert shop.process(job).pid != 1
    assert any("The journal is damaged" in line for line in shop.jobs.log(job.id))
    assert [point.value for point in shop.world.workspace.experiments.points(run.name)] == [0.25]
    assert shop.world.workspace.experiments.run(fine.name).status is RunStatus.RUNNING
    shop.jobs.cancel(waiting.id)
    shop.end(fine)
    shop.world.verify()
