"""The limits of a worker; that real jobs keep to them is told in test_worker.py."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import psutil
import pytest

from mlops_desktop.workers import limits
from mlops_desktop.workers.watch import Watch


def test_the_cap_is_what_the_owner_says_and_children_do_not_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.MEMORY_CAP_VARIABLE, "123456789")
    assert limits.memory_cap() == 123456789
    assert limits.MEMORY_CAP_VARIABLE not in os.environ
    monkeypatch.setenv(limits.MEMORY_CAP_VARIABLE, "much")
    assert limits.memory_cap() == limits.default_memory_cap()


def test_without_a_word_the_cap_is_most_of_the_machine_but_not_all() -> None:
    assert 512 << 20 <= limits.default_memory_cap() <= max(psutil.virtual_memory().total * 0.6, 512 << 20)


def test_the_watch_speaks_up_above_the_cap_only() -> None:
    said: list[str] = []
    limits.MemoryWatch(1 << 50, lambda: said.append("never"))()
    assert said == []
    limits.MemoryWatch(1, lambda: said.append("above"))()
    assert said == ["above"]


def test_resident_memory_is_what_the_system_says() -> None:
    assert limits.resident_memory() == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on data is Linux's")
def test_d_12_allocations_beyond_the_limit_fail_and_no_core_is_dumped() -> None:
    code = (
        "import resource\nfrom mlops_desktop.workers import limits\n"
        "limits.restrict_process(256 << 20)\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "kept = bytearray(512 << 20)\n"
        "try:\n    bytearray(512 << 20)\nexcept MemoryError:\n    print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_a_stricter_limit_of_the_system_stays() -> None:
    code = (
        "import resource\nresource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))\n"
        "from mlops_desktop.workers import limits\nlimits.restrict_process(8 << 30)\n"
        "print(resource.getrlimit(resource.RLIMIT_DATA)[0] == 1 << 30)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("spec", [{}, {"threads": "2"}, {"threads": True}, {"threads": 0}, {"spec": "text"}])
def test_a_spec_without_a_number_of_threads_limits_nothing(spec: dict[str, object]) -> None:
    limits.limit_threads(spec)


def test_a_watch_repeats_its_duties_until_it_is_closed(until: Callable[..., None]) -> None:
    beats: list[int] = []
    watch = Watch("test", 0.001, lambda: beats.append(1))
    watch.close()
    assert beats == []
    with Watch("test", 0.001, lambda: beats.append(1)):
        until(lambda: len(beats) > 3)
    assert "test" not in [thread.name for thread in threading.enumerate()]


def test_a_duty_may_close_its_own_watch(until: Callable[..., None]) -> None:
    def close() -> None:
        watch.close()

    watch = Watch("test", 600, close)
    watch.start()
    until(lambda: "test" not in [thread.name for thread in threading.enumerate()])


def test_a_worker_gives_way_and_takes_no_more_than_it_was_given() -> None:
    code = (
        "import psutil\nfrom mlops_desktop.workers import limits\nbefore = psutil.Process().nice()\n"
        "limits.give_way(limits.CALL_NICENESS)\ncall = psutil.Process().nice()\n"
        "limits.give_way(limits.JOB_NICENESS)\njob = psutil.Process().nice()\n"
        "limits.give_way(limits.CALL_NICENESS)\nprint(before, call, job, psutil.Process().nice())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, call, job, last = map(int, done.stdout.split())
    if sys.platform == "win32":
        assert call == job == last == psutil.BELOW_NORMAL_PRIORITY_CLASS
    else:
        assert (call, job, last) == (max(before, 5), max(before, 10), max(before, 10))
