"""Launchers whose workers run the jobs and calls of `worker_program.py`, and patience with them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_desktop.domain.jobs import JobKind, Message
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.workers.launcher import WorkerLauncher

PROGRAM = Path(__file__).with_name("worker_program.py")
MEMORY_CAP = 512 << 20


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(wanted: Callable[[], object], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < deadline, "it did not come in time"
            time.sleep(0.005)

    return wait


@pytest.fixture
def program() -> tuple[str, ...]:
    return (sys.executable, "-E", str(PROGRAM))


@pytest.fixture
def launcher(program: tuple[str, ...]) -> Iterator[WorkerLauncher]:
    launcher = WorkerLauncher(program, memory_cap=MEMORY_CAP, keep_warm=False)
    yield launcher
    launcher.close()


@pytest.fixture
def start(launcher: WorkerLauncher, tmp_path: Path) -> Callable[..., ProcessIdentity]:
    def start_job(kind: str, spec: Mapping[str, object] | None = None) -> ProcessIdentity:
        made_up: Any = kind  # the program's jobs have names of their own
        job_kind: JobKind = made_up
        return launcher.start_job(job_kind, spec or {}, tmp_path / "job")

    return start_job


@pytest.fixture
def run(
    launcher: WorkerLauncher, start: Callable[..., ProcessIdentity], until: Callable[..., None], tmp_path: Path
) -> Callable[..., list[Message]]:
    """Runs a job to its end and returns its journal."""

    def run_job(kind: str, spec: Mapping[str, object] | None = None) -> list[Message]:
        process = start(kind, spec)
        until(lambda: not launcher.is_alive(process))
        return list(launcher.read_journal(tmp_path / "job", 0).messages)

    return run_job
