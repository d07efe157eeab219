"""How much a worker may use: memory, space for its output, threads; and what happens at the limit."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from mlops_desktop.workers import processes
from mlops_desktop.workers.watch import Watch

OUTPUT = "output.log"
MAX_OUTPUT = 8 * 1024 * 1024
SCRATCH = "scratch"
"""Where a job's temporary files go: inside its run folder, so that they are found even when it was killed."""

MEMORY_CAP_VARIABLE = "MLOPS_WORKER_MEMORY_CAP"

CALL_NICENESS = 5
JOB_NICENESS = 10
_SHARE_OF_MACHINE = 0.6
_LEAST_CAP = 512 * 1024 * 1024
_CUT = b"\n[output cut here: there was more than 8 MiB of it]\n"
_WATCH_SECONDS = 0.1
_CHILDREN_SECONDS = 1.0


def memory_cap() -> int:
    """What the owner said when it started us, else most of the machine. Children of ours do not see it."""
    said = os.environ.pop(MEMORY_CAP_VARIABLE, "")
    return int(said) if said.isdecimal() else default_memory_cap()


def default_memory_cap() -> int:
    return max(int(_SHARE_OF_MACHINE * _memory_of_machine()), _LEAST_CAP)


def restrict_process(cap: int) -> None:
    """No core dumps, and no more memory than the cap allows: an allocation beyond it fails.

    The limit is on data, not on address space, because polars reserves far more addresses than it uses and aborts
    without them. It lies above the cap: data counts what is allocated and never touched, such as the stacks of
    threads, while the watch on resident memory, which can still say why it ends the job, should come first.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = cap + max(cap // 4, _LEAST_CAP)
        resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def give_way(niceness: int) -> None:
    """Lets the window, and endpoints that answer, have the processor before us; alone we have all of it as ever.

    On Linux this holds for this thread and those it starts later, so it is called before any library starts its own.
    """
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))


def watch(*duties: Callable[[], None]) -> Watch:
    return Watch("limits", _WATCH_SECONDS, *duties)


class MemoryWatch:
    """A duty: calls `at_limit` once the process and its children together hold more than `cap` resident bytes."""

    def __init__(self, cap: int, at_limit: Callable[[], None]) -> None:
        self._cap = cap
        self._at_limit = at_limit
        self._pid = os.getpid()
        self._of_children = 0
        self._counted_at = 0.0

    def __call__(self) -> None:
        own = resident_memory()
        if time.monotonic() - self._counted_at >= _CHILDREN_SECONDS:
            self._of_children = max(processes.memory_with_children(self._pid) - own, 0)
            self._counted_at = time.monotonic()
        if own + self._of_children > self._cap:
            self._at_limit()


class OutputLog:
    """What a job prints, in a file from the first byte so that nothing is lost with the process; a duty cuts it.

    Past the limit our own output goes nowhere; a child that goes on writing is cut again each time.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._is_cut = False

    def take_over(self) -> None:
        """From now on stdout and stderr of this process, and of its children to come, go into the file."""
        _flush_streams()
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)

    def __call__(self) -> None:
        limit = MAX_OUTPUT + (len(_CUT) if self._is_cut else 0)
        if os.fstat(self._file).st_size <= limit:
            return
        if not self._is_cut:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.close(nowhere)
        self._is_cut = True
        os.ftruncate(self._file, MAX_OUTPUT)
        os.write(self._file, _CUT)

    def close(self) -> None:
        _flush_streams()
        self()
        os.close(self._file)


def limit_threads(spec: Mapping[str, Any]) -> None:
    """Lets the linear algebra of this process use as many threads as the spec says.

    Not by OMP_NUM_THREADS: the libraries read that when they are loaded, and a warm worker loads them before it
    knows its job.
    """
    inner = spec.get("spec")
    threads = spec.get("threads", inner.get("threads") if isinstance(inner, dict) else None)
    if type(threads) is not int or threads < 1:
        return
    import threadpoolctl

    threadpoolctl.threadpool_limits(limits=threads)


def resident_memory() -> int:
    """Of this process alone, read the cheapest way there is."""
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(psutil.Process().memory_info().rss)


def _memory_of_machine() -> int:
    """What there is, or what the container we run in may use."""
    total = int(psutil.virtual_memory().total)
    for path in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            total = min(total, int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return total


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
