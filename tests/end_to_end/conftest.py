"""A workspace on disk, the real command line as a process, and a keeper that is ended after each test."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

PATIENCE = 600


@dataclass(frozen=True)
class CommandLine:
    """`mlops -w FOLDER ...` in a process of its own."""

    folder: Path

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """Runs the command, asserts its exit code, gives its standard output."""
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env=self.environment(),
        )
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json"))

    def command(self, *arguments: object) -> list[str]:
        words = [str(argument) for argument in arguments]
        return [sys.executable, "-m", "mlops_desktop.cli.main", "-w", str(self.folder), *words]

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Starts the command and does not wait; in its own process group, so that it can be killed alone."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(),
        )

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "PYTHONUNBUFFERED": "1"}

    def keeper(self) -> psutil.Process | None:
        """The keeper of the workspace, if it is alive."""
        try:
            process = psutil.Process(int((self.folder / "keeper.pid").read_text()))
            return process if "keeper" in process.cmdline() else None
        except (OSError, ValueError, psutil.Error):
            return None


def until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
    """Polls until the condition gives something; fails when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")


@pytest.fixture
def mlops(tmp_path: Path) -> Iterator[CommandLine]:
    """The command line over a fresh workspace; its endpoints and its keeper are ended afterwards."""
    line = CommandLine(tmp_path / "workspace")
    line("workspace", "create", line.folder)
    yield line
    end_all(line)


def end_all(line: CommandLine) -> None:
    if not line.folder.exists():
        return
    for pair in line.json("deployments", "list"):
        with contextlib.suppress(AssertionError):
            line("deployments", "stop", pair["endpoint"]["name"])
    keeper = line.keeper()
    if keeper is not None:
        keeper.send_signal(signal.SIGTERM)
        psutil.wait_procs([keeper], timeout=30)
    until(lambda: line.keeper() is None, 30, "the keeper's end")
