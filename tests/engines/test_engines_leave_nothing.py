"""Whatever ends the tests, engines and hosts leave no process, mount, link, control group, loop device or file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engines import machine
from tests.engines.engine import run, wait_for
from tests.engines.machine_init import CONTROL_GROUPS
from tests.engines.session import Engines

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("run_and_wait.py")


def left(name: str) -> list[str]:
    """What there still is on this machine that has the name in it."""
    found = [str(path) for path in Path("/tmp").glob(f"{name}*")]
    found += [str(path) for top in (CONTROL_GROUPS, *CONTROL_GROUPS.glob("*")) for path in top.glob(f"{name}*")]
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and process.name != str(os.getpid()):
            found += [f"process {process.name}: {text}" for text in _said(process, name)]
    found += [line for line in run("losetup", "--list", "--noheadings").splitlines() if name in line]
    return found


def _said(process: Path, name: str) -> list[str]:
    try:
        texts = [(process / "cmdline").read_bytes(), (process / "mountinfo").read_bytes()]
    except OSError:  # it ended while we looked
        return []
    return [text.decode(errors="replace")[:200] for text in texts if name.encode() in text]


def links() -> set[str]:
    """Numbers of the network links; none is given twice."""
    return {line.split(":")[0] for line in run("ip", "-o", "link").splitlines()}


def start() -> tuple[subprocess.Popen[str], list[dict[str, Any]]]:
    program = subprocess.Popen(
        [sys.executable, PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert program.stdout
    return program, json.loads(program.stdout.readline())


def _kill_program(program: subprocess.Popen[str], mine: list[dict[str, Any]]) -> None:
    program.kill()


def _interrupt_program(program: subprocess.Popen[str], mine: list[dict[str, Any]]) -> None:
    program.send_signal(signal.SIGINT)


def _kill_machines_too(program: subprocess.Popen[str], mine: list[dict[str, Any]]) -> None:
    """Nobody is left to clear up: the next test run does."""
    for one in mine:
        os.kill(one["process"], signal.SIGKILL)
    program.kill()
    program.wait()
    wait_for(lambda: _swept([Path(one["folder"]) for one in mine]), 20, "what nobody cleared up to be swept")


def _swept(folders: list[Path]) -> bool:
    """A dying process still holds its lock, and is let be."""
    machine.sweep()
    return not any(folder.exists() for folder in folders)


@pytest.mark.parametrize("end", [_kill_program, _interrupt_program, _kill_machines_too])
def test_nothing_is_left_whatever_ended_the_tests(
    engines: Engines, end: Callable[[subprocess.Popen[str], list[dict[str, Any]]], None]
) -> None:
    program, mine = start()
    with program:
        names = [Path(one["folder"]).name for one in mine]
        try:
            assert all(len(left(name)) > 5 for name in names)
            assert {one["link"] for one in mine} <= links()
            end(program, mine)
        finally:
            program.kill()
    wait_for(lambda: not any(left(name) for name in names), 20, f"{[left(name) for name in names]} to be gone")
    wait_for(lambda: links().isdisjoint(one["link"] for one in mine), 20, "the links to be gone")


def test_closed_they_are_gone_at_once(engines: Engines) -> None:
    more = Engines()
    more.prepare()
    mine = [more.local(), *more.remote(1)]
    numbers = [Path("/sys/class/net", engine.link, "ifindex").read_text("utf-8").strip() for engine in mine]
    assert set(numbers) <= links()
    more.close()
    assert [left(engine.machine.folder.name) for engine in mine] == [[], []]
    assert links().isdisjoint(numbers)
