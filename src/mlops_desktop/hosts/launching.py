"""Starting a serving process that outlives whoever started it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.domain.redaction import is_secret_name, redact
from mlops_desktop.hosts.records import write_private

LOG_NAME = "serving.log"
OUTPUT_NAME = "output.log"
SPECIFICATION_NAME = "spec.json"

# Nothing is imported from the working folder (-P), which other people may write to, or from PYTHONPATH (-E).
PROGRAM = ("-E", "-P", "-X", "utf8", "-m", "mlops_desktop.serving.main")

_SECONDS_TO_FORK = 30.0
_LINE = 512
"""Bytes of a long line of the log."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""A row is too little work to share: on two threads boosted trees took twice the processor and as long."""


def launch(folder: Path, specification: Mapping[str, str], control: socket.socket) -> int:
    """Starts a server on `specification`, kept in `folder`; returns its process id.

    The process is an orphan from its birth: in a session of its own, nobody's child, and without our secrets.
    Raises DeploymentError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_private(folder / SPECIFICATION_NAME, dict(specification))
    command = [sys.executable, *PROGRAM, "--detach"]
    command += ["--spec", str(folder / SPECIFICATION_NAME), "--admin-fd", str(control.fileno())]
    output = os.open(folder / OUTPUT_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        started = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            pass_fds=[control.fileno()],
            start_new_session=True,
            timeout=_SECONDS_TO_FORK,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeploymentError(f"The serving process could not be started: {error}.") from error
    finally:
        os.close(output)
    if not started.stdout.strip().isdigit():
        raise DeploymentError(
            "The serving process did not start.",
            hint="The last line of its output says why.",
            details=last_output(folder),
        )
    return int(started.stdout)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not is_secret_name(name) and redact(value) == value}
    return kept | ONE_THREAD


def last_reason(folder: Path) -> str:
    """The last error in the server's log, else the last line of its output, else nothing."""
    return last_error(last_lines(folder / LOG_NAME)) or last_output(folder)


def last_error(lines: Sequence[str]) -> str:
    """The last error among the records since the server's start, or nothing."""
    for line in reversed(lines):
        record = _record(line)
        if record.get("level") == "error" and record.get("message"):
            return str(record["message"])
        if record.get("event") == "start":
            break
    return ""


def last_output(folder: Path) -> str:
    lines = [line for line in last_lines(folder / OUTPUT_NAME) if line.strip()]
    return lines[-1].strip() if lines else ""


def last_lines(path: Path, limit: int = 128) -> list[str]:
    """The newest lines of a file, oldest first; none where it is not there."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _LINE * limit))
            return file.read().decode("utf-8", errors="replace").splitlines()[-limit:]
    except OSError:
        return []


def _record(line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
