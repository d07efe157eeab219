"""A host that is tried as a person tries one, and what must not be left of a try that failed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.engines.hosts import places

from mlops_desktop.domain.hosts import Host, HostReport, HostStep
from mlops_desktop.hosts.places import HostPlaces

UNREACHABLE, REFUSED, KEY_UNKNOWN, KEY_CHANGED, ENGINE = (f"MD-HST-00{number}" for number in range(2, 7))


@contextlib.contextmanager
def trying(folder: Path) -> Iterator[HostPlaces]:
    """Places whose every connection must be gone at the end."""
    opened = places(folder)
    try:
        yield opened
    finally:
        opened.close()
        require_nothing_left()


def require_nothing_left() -> None:
    """No ssh of ours, and no socket or word of one."""
    assert ssh_processes() == []
    left = [path for path in Path(os.environ["MLOPS_STATE_FOLDER"]).rglob("*") if path.suffix in (".sock", ".words")]
    assert left == []


def hide_openssh(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a computer where it was not installed: every program but `ssh` is found, through `folder`."""
    folder.mkdir()
    for place in os.get_exec_path():
        for program in Path(place).glob("*"):
            if program.name != "ssh" and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))


def ssh_processes() -> list[list[str]]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if process.name() == "ssh":
                found.append(process.cmdline())
    return found


def tried(folder: Path, host: Host) -> HostReport:
    """The report of one check; nothing of it is left."""
    with trying(folder) as opened:
        report = opened.check(host)
        assert ssh_processes() == []  # a check keeps no connection
    return report


def failed_at(report: HostReport) -> HostStep | None:
    """The step that failed; none where all went well, and never more than one."""
    failed = [step.step for step in report.steps if not step.ok]
    assert failed in ([], [report.steps[-1].step])
    return failed[0] if failed else None
