"""The keeper's life: one per workspace by a lock, threads of turns, an end when there is nothing to do.

MLOPS_KEEPER_IDLE_SECONDS says how long one with nothing to do stays (20 seconds unless set).
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.log_records import JsonRecords

if TYPE_CHECKING:
    from mlops_desktop.services.keeping.keeping import Keeping

log = logging.getLogger("mlops_desktop.keeper")

IDLE_SECONDS = 20.0
"""How long a keeper with nothing to do stays, so that a row of short commands meets the same one."""
IDLE_VARIABLE = "MLOPS_KEEPER_IDLE_SECONDS"
WORKER_IDLE_SECONDS = 60.0
BUSY_PAUSE = 0.05
QUIET_PAUSE = 0.25
ENDPOINT_PAUSE = 1.0
PATIENCE = 5
"""Turns of a host that fail one after the other by an error of ours, before its rollouts are given up."""
LONGEST_PAUSE = 60.0
"""Seconds between turns that fail one after the other."""
CHECKPOINT_SECONDS = 30.0
PID_FILE = "keeper.pid"
LARGEST_LOG = 4 * 1024 * 1024


def main(arguments: Sequence[str]) -> int:
    """`python -m mlops_desktop keeper FOLDER`: leaves the caller's session, then keeps the workspace until idle.

    Returns at once, successfully, in the caller's child and where another keeper holds the lock.
    """
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m mlops_desktop keeper FOLDER\n")
        return 2
    folder = Path(arguments[0]).absolute()
    if not _leave_session():
        return 0
    _log_to(folder / "keeper.log")
    try:
        return _keep(folder)
    except UserError as error:
        log.error("%s %s %s", error.message, error.hint, error.details)
        return 1
    except Exception:
        log.exception("the keeper ended by an error of its own")
        return 3


def _leave_session() -> bool:
    """Whether we are the process that goes on: the caller's child ends at once, so that nobody has to wait for us."""
    if not hasattr(os, "fork"):
        return True
    if os.fork():
        return False
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)  # whoever waits for the end of our caller's output must not wait for us
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    return True


def _log_to(path: Path) -> None:
    """One record a line; at LARGEST_LOG bytes the file becomes `keeper.log.1`, also while we run for months."""
    handler = RotatingFileHandler(path, maxBytes=LARGEST_LOG, backupCount=1, encoding="ascii")
    handler.setFormatter(JsonRecords())
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def _keep(folder: Path) -> int:
    from mlops_desktop.bootstrap import keeper_lock, open_keeping

    while True:
        with keeper_lock(folder) as held:
            if not held:
                return 0
            with contextlib.suppress(OSError):  # a full disk is no reason to leave endpoints alone
                (folder / PID_FILE).write_text(f"{os.getpid()}\n")
            log.info("keeping %s", folder.name)
            keeping = open_keeping(folder)
            try:
                asked_to_stop = Turns(keeping).run()
            finally:
                keeping.close()
        if asked_to_stop or not _left_over(folder):
            log.info("nothing to do, ending")
            return 0


def _left_over(folder: Path) -> bool:
    """Whether a face queued something between our last look and the release of the lock."""
    from mlops_desktop.bootstrap import open_keeping

    keeping = open_keeping(folder)
    try:
        return keeping.anything_open()
    finally:
        keeping.close()


def idle_seconds() -> float:
    """As the environment says, if it says a number from 0 on."""
    try:
        named = float(os.environ[IDLE_VARIABLE])
    except (KeyError, ValueError):
        return IDLE_SECONDS
    return named if 0 <= named < float("inf") else IDLE_SECONDS


class Turns:
    """Threads that turn jobs and hosts until all have been idle for a while, or SIGTERM came.

    Every host has one of its own: one that does not answer keeps nobody else waiting.
    """

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._idle_seconds = idle_seconds()
        self._stop = threading.Event()
        self._endpoints_busy_at = time.monotonic()
        self._failures: dict[str, int] = {}

    def run(self) -> bool:
        """Says whether it was asked to stop."""
        asked = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            asked.set()
            self._stop.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        endpoints = threading.Thread(target=self._turn_endpoints, name="endpoints")
        endpoints.start()
        try:
            self._turn_jobs()
        finally:
            self._stop.set()
            endpoints.join()
            self._tidy()
        return asked.is_set()

    def _tidy(self) -> None:
        trouble = self._keeping.checkpoint()
        if trouble:
            log.info("checkpoint put off: %s", trouble)
        trouble = self._keeping.keep_copy()
        if trouble:
            log.warning("no copy of the registry was made: %s", trouble)

    def _turn_jobs(self) -> None:
        feed = self._keeping.feed()
        busy_at = checkpoint_at = time.monotonic()
        worker_ready = changed = True
        busy = False
        try:
            while not self._stop.is_set():
                if busy or changed or time.monotonic() - busy_at > 1:
                    busy = self._bounded(self._keeping.turn_jobs, "jobs")
                now = time.monotonic()
                if busy:
                    busy_at = now
                    if not worker_ready:
                        self._keeping.prepare_worker()
                    worker_ready = True
                elif worker_ready and now - busy_at > WORKER_IDLE_SECONDS:
                    self._keeping.release_worker()
                    worker_ready = False
                if now - checkpoint_at > CHECKPOINT_SECONDS:
                    checkpoint_at = now
                    trouble = self._keeping.trouble()
                    if trouble:
                        log.warning("ending, so that the next keeper opens the registry anew: %s", trouble)
                        return
                    self._tidy()
                if now - max(busy_at, self._endpoints_busy_at) > self._idle_seconds:
                    return
                self._stop.wait(BUSY_PAUSE if busy else QUIET_PAUSE)
                changed = bool(feed.poll())
        finally:
            feed.close()

    def _turn_endpoints(self) -> None:
        """Where its thread cannot go on, the keeper ends: the next one begins anew, with both."""
        try:
            self._turn_endpoints_until_stopped()
        except Exception:
            log.exception("the thread of endpoints ended by an error")
            self._stop.wait(1)
        finally:
            self._stop.set()

    def _turn_endpoints_until_stopped(self) -> None:
        feed = self._keeping.feed()
        looked_at = 0.0
        lanes: dict[str, _HostLane] = {}
        try:
            while not self._stop.is_set():
                if feed.poll() or time.monotonic() - looked_at > ENDPOINT_PAUSE:
                    looked_at = time.monotonic()
                    for host in self._keeping.hosts():
                        if host not in lanes:
                            lanes[host] = _HostLane(host, self._turn_host, self._stop)
                        lanes[host].wake()
                self._stop.wait(BUSY_PAUSE * 2)
        finally:
            self._stop.set()
            for lane in lanes.values():
                lane.join()
            feed.close()

    def _turn_host(self, host: str) -> None:
        name = f"host {host}"
        if self._bounded(lambda: self._keeping.turn_host(host), name):
            self._endpoints_busy_at = time.monotonic()
        if self._failures.get(name, 0) == PATIENCE:
            self._bounded(lambda: self._keeping.give_up(host), f"giving up on {name}")

    def _bounded(self, turn: Callable[[], bool], name: str) -> bool:
        """One turn; an error of ours is logged and the next turn tries again, more slowly."""
        try:
            busy = turn()
        except Exception:
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            log.exception("a turn of %s failed", name)
            self._stop.wait(min(2.0 ** (failures - 1), LONGEST_PAUSE))
            return True
        self._failures.pop(name, None)
        return busy


class _HostLane:
    """The thread of one host: a turn whenever it was woken since the last one began."""

    def __init__(self, host: str, turn: Callable[[str], None], stop: threading.Event) -> None:
        self._host = host
        self._turn = turn
        self._stop = stop
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"host {host}")
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def join(self) -> None:
        """After `stop` was set."""
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            if self._stop.is_set():
                return
            self._turn(self._host)
