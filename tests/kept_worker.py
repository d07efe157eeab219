"""One warm worker that goes from test to test: a new one costs seconds, and the tests of the window only ask it."""

from __future__ import annotations

import threading

from mlops_desktop.workers.launcher import WorkerLauncher
from mlops_desktop.workers.warm_worker import WarmWorker

_kept: list[WarmWorker] = []
_open: list[WorkerLauncher] = []


class KeepingLauncher(WorkerLauncher):
    """Begins with the kept worker, and keeps its idle one when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        _open.append(self)
        if _kept:
            self._warm = _kept.pop()

    def close(self) -> None:
        with self._lock:
            warm = self._warm
            if warm is not None and warm.was_ready and warm.is_usable and not _kept:
                _kept.append(warm)
                self._warm = None
        super().close()
        if self in _open:
            _open.remove(self)


def is_kept(process_id: int) -> bool:
    return process_id in _numbers()


def serves_kept(thread: threading.Thread) -> bool:
    return any(thread.name.startswith(f"worker {number} ") for number in _numbers())


def _numbers() -> set[int]:
    """Of the idle workers: the kept one, and those of workspaces that are open for more than one test."""
    idle = [*_kept, *(launcher._warm for launcher in _open)]
    return {worker.process.pid for worker in idle if worker is not None}


def end() -> None:
    while _kept:
        _kept.pop().dismiss()
