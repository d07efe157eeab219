"""A window that is killed while its job runs: the job goes on under the keeper, and the next opening sees its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from tests.end_to_end.conftest import until

from mlops_desktop import bootstrap
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.services.workspace import Workspace

ROOT = Path(__file__).parents[2]
ROWS = 300_000
TRIES = 5


@contextmanager
def importing_window(folder: Path, table: Path, name: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The window, and its job's id."""
    command = [sys.executable, "-m", "tests.gui.importing_window", str(folder), str(table), name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as window:
        assert window.stdout is not None
        assert window.stderr is not None
        try:
            job_id = window.stdout.readline().strip()
            assert job_id, window.stderr.read()
            yield window, job_id
        finally:
            window.kill()


def running(workspace: Workspace, job_id: str) -> Job:
    """The job as soon as it has a worker, or has ended."""

    def begun() -> Job | None:
        job = workspace.jobs.get(job_id)
        return job if job.process or job.status.is_ended else None

    job: Job = until(begun, 60, "the beginning of the job")
    return job


def killed_with_a_job(folder: Path, table: Path, name: str) -> tuple[Job, psutil.Process] | None:
    """The job and its worker, which stands still; nothing where the job was done too soon."""
    with importing_window(folder, table, name) as (window, job_id), bootstrap.open_workspace(folder) as workspace:
        job = running(workspace, job_id)
        try:
            assert job.process is not None
            worker = psutil.Process(job.process.pid)
            worker.suspend()
        except psutil.NoSuchProcess:
            return None
        window.kill()
        assert window.wait(10) == -9
        if worker.status() == psutil.STATUS_STOPPED and workspace.jobs.get(job_id).status is JobStatus.RUNNING:
            return job, worker
        worker.resume()
        return None


def is_kept(folder: Path) -> bool:
    with bootstrap.keeper_lock(folder) as is_free:
        return not is_free


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped and killed by signals")
def test_j_03_the_job_of_a_killed_window_goes_on_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    folder, table = tmp_path / "study", tmp_path / "numbers.csv"
    bootstrap.create_workspace(folder, "study").close()
    table.write_text("a,b,c\n" + "".join(f"{n},{n / 7:.4f},{'rgb'[n % 3]}\n" for n in range(ROWS)))
    for number in range(TRIES):
        name = f"numbers{number}"
        caught = killed_with_a_job(folder, table, name)
        if caught is not None:
            break
    assert caught is not None, "no window was killed while its job ran"
    job, worker = caught
    keeper = (folder / "keeper.pid").read_text()
    assert is_kept(folder)
    worker.resume()
    until(lambda: not is_kept(folder), 60, "the end of the keeper, which has nothing more to do")
    assert (folder / "keeper.pid").read_text() == keeper, "it was the same one"
    with bootstrap.open_workspace(folder) as workspace:
        ended = workspace.jobs.get(job.id)
        assert (ended.status, ended.process) == (JobStatus.FINISHED, job.process)
        assert workspace.datasets.get(name).rows == ROWS
        assert workspace.verify().problems == ()
