"""A process is known by machine, boot, pid and start together, and ended with all that belongs to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.workers import processes

Until = Callable[..., None]
SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(600)")
WITH_CHILD = (
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\ntime.sleep(600)",
)


def own() -> ProcessIdentity:
    identity = processes.identity_of(os.getpid())
    assert identity is not None
    return identity


def test_we_are_alive_and_use_memory() -> None:
    assert processes.is_alive(own())
    assert processes.memory(own()) > 1 << 20
    assert own() == own()


def test_an_identity_does_not_tell_the_systems_own_name() -> None:
    path = Path("/etc/machine-id")
    if path.exists():
        assert path.read_text().strip() not in own().machine
    assert len(own().machine) == 32


@pytest.mark.parametrize(
    "other",
    [
        lambda me: replace(me, machine="another"),
        lambda me: replace(me, boot="another"),
        lambda me: replace(me, started=me.started - 5),
        lambda me: replace(me, pid=2**30),
    ],
)
def test_another_machine_boot_start_or_pid_is_another_process(
    other: Callable[[ProcessIdentity], ProcessIdentity],
) -> None:
    stranger = other(own())
    assert not processes.is_alive(stranger)
    assert processes.memory(stranger) == 0
    processes.ask_to_stop(stranger)
    processes.end_group(stranger)
    processes.reap(stranger)
    assert processes.is_alive(own())


def test_a_process_works_where_its_current_folder_is(tmp_path: Path) -> None:
    """Whatever somebody writes of it: another folder, another start, or nobody at all."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=tmp_path) as child:
        identity = processes.identity_of(child.pid)
        assert identity is not None
        assert processes.works_in(identity, tmp_path)
        assert not processes.works_in(identity, tmp_path.parent)
        assert not processes.works_in(replace(identity, started=identity.started - 100), tmp_path)
        child.kill()
    assert not processes.works_in(identity, tmp_path)


def test_a_boot_known_by_its_time_of_day_may_shift_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "this_boot", lambda: "1700000000")
    assert processes.is_alive(replace(own(), boot="1700000030"))
    assert not processes.is_alive(replace(own(), boot="1700009999"))


def test_a_dead_child_that_nobody_waited_for_is_not_alive(until: Until) -> None:
    with subprocess.Popen(SLEEP) as child:
        identity = processes.identity_of(child.pid)
        assert identity is not None
        assert processes.is_alive(identity)
        os.kill(child.pid, signal.SIGKILL)
        until(lambda: not processes.is_alive(identity), seconds=2)
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
        processes.reap(identity)
        assert processes.identity_of(child.pid) is None


def test_children_count_in_memory_and_end_with_their_group(until: Until) -> None:
    with subprocess.Popen(WITH_CHILD, stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        child = int(leader.stdout.readline())
        identity = processes.identity_of(leader.pid)
        assert identity is not None
        until(lambda: processes.memory(identity) > psutil.Process(leader.pid).memory_info().rss)
        processes.end_group(identity)
        leader.wait(5)
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_what_a_dead_leader_left_behind_is_ended_too(until: Until) -> None:
    with subprocess.Popen(WITH_CHILD, stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        child = int(leader.stdout.readline())
        identity = processes.identity_of(leader.pid)
        assert identity is not None
        leader.kill()
        leader.wait(5)
    assert psutil.Process(child).is_running()
    processes.end_group(identity)
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_process_that_leads_no_group_is_ended_alone() -> None:
    with subprocess.Popen(SLEEP) as child:
        identity = processes.identity_of(child.pid)
        assert identity is not None
        processes.end_group(identity)
        assert child.wait(5) == -signal.SIGKILL
    assert processes.is_alive(own())


def test_asking_is_a_signal_that_a_process_may_follow() -> None:
    with subprocess.Popen(SLEEP) as child:
        identity = processes.identity_of(child.pid)
        assert identity is not None
        processes.ask_to_stop(identity)
        assert child.wait(5) == -signal.SIGTERM


def test_only_children_are_asked_to_stop() -> None:
    with subprocess.Popen(SLEEP) as child:
        processes.stop_children(os.getpid())
        assert child.wait(5) == -signal.SIGTERM
