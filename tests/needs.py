"""What a test needs of the machine. Where it lacks, the test is skipped by name and count; with CI=true it fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

WORD = "the machine lacks"


def root() -> None:
    """The test changes what only the superuser may."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        _lacks("the superuser's rights: run the tests as root on a machine of their own")


def linux() -> None:
    """The test puts a library of its own before the system's."""
    if not sys.platform.startswith("linux"):
        _lacks("Linux")


def mounts() -> None:
    """The test mounts file systems of its own."""
    root()
    tool("mount", "mount")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            _lacks(f"the right to mount: {done.stderr.strip()}")
        subprocess.run(["umount", folder], check=True)


def tool(name: str, package: str) -> Path:
    """The program's path; `package` is Debian's that has it."""
    found = shutil.which(name)
    if found is None:
        _lacks(f"{name}: apt-get install {package}")
    return Path(found)


def packages(missing: Sequence[str]) -> None:
    """Those of Debian, of which none should be missing."""
    if missing:
        _lacks(f"the packages {', '.join(missing)}")


def _lacks(what: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"{WORD} {what}", pytrace=False)
    pytest.skip(f"{WORD} {what}")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    skipped = [
        (report.nodeid, report.longrepr[2])
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple) and WORD in report.longrepr[2]
    ]
    if not skipped:
        return
    terminalreporter.section("tests that did not run for what the machine lacks")
    for name, reason in skipped:
        terminalreporter.write_line(f"{name}: {reason.removeprefix('Skipped: ')}")
    terminalreporter.write_line(f"{len(skipped)} of them skipped")
