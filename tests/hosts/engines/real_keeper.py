"""A keeper as a process of its own, as people have it: started, killed at a step, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.engines.engine import wait_for

from mlops_desktop import bootstrap
from mlops_desktop.domain.deployments import Rollout, RolloutStep
from mlops_desktop.services.workspace import Workspace

_SECONDS = 120.0
ORDER = [
    RolloutStep.QUEUED,
    RolloutStep.BUILD,
    RolloutStep.START,
    RolloutStep.CHECK,
    RolloutStep.SWITCH,
    RolloutStep.DRAIN,
    RolloutStep.DONE,
]


def start(folder: Path) -> int:
    """Its process; it has the lock when this returns. What an earlier one wrote is no process of ours."""
    noted = folder / "keeper.pid"
    noted.unlink(missing_ok=True)
    subprocess.run([sys.executable, "-m", "mlops_desktop", "keeper", str(folder)], check=True, cwd=folder)
    wait_for(lambda: noted.exists() and noted.read_text().endswith("\n"), 30, "a keeper")
    return int(noted.read_text())


def is_free(folder: Path) -> bool:
    with bootstrap.keeper_lock(folder) as free:
        return free


def end(folder: Path) -> None:
    """As a computer that is shut down does; nothing where none runs."""
    if not is_free(folder):
        os.kill(int((folder / "keeper.pid").read_text()), signal.SIGTERM)
        wait_for(lambda: is_free(folder), 60, "the keeper's end")


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[int]:
    process = start(folder)
    try:
        yield process
    finally:
        end(folder)


def kill_at(workspace: Workspace, rollout: Rollout, step: RolloutStep) -> RolloutStep:
    """Kills the keeper as soon as it has written that it comes to the step (or a later one); says at which it was."""
    process = start(workspace.folder)
    deadline = time.monotonic() + _SECONDS
    while (at := step_of(workspace, rollout)) not in ORDER[ORDER.index(step) :]:
        assert time.monotonic() < deadline, f"the rollout stays at {at}"
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: is_free(workspace.folder), 30, "the keeper's death")
    return step_of(workspace, rollout)


def step_of(workspace: Workspace, rollout: Rollout) -> RolloutStep:
    endpoint = next(one for one, _ in workspace.deployments.list() if one.id == rollout.endpoint_id)
    return next(one.step for one in workspace.deployments.rollouts(endpoint.name) if one.id == rollout.id)
