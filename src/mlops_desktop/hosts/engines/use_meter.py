"""How much of memory and processors a container uses, asked at most every few seconds."""

from __future__ import annotations

import threading
import time

from mlops_desktop.hosts.engines.containers import Containers

_FRESH_SECONDS = 5.0


class UseMeter:
    """Processors are those used between two looks: the first look knows none."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._lock = threading.Lock()
        self._looked: dict[str, float] = {}
        self._last: dict[str, tuple[int, int, float]] = {}
        self._processors: dict[str, float] = {}

    def of(self, identity: str) -> tuple[int, float | None]:
        """Memory in bytes, and processors in use."""
        with self._lock:
            due = time.monotonic() - self._looked.get(identity, -_FRESH_SECONDS) >= _FRESH_SECONDS
            if due:
                self._looked[identity] = time.monotonic()
        if due:
            self._look(identity)
        with self._lock:
            last = self._last.get(identity)
            return (last[0] if last else 0), self._processors.get(identity)

    def _look(self, identity: str) -> None:
        now = self._containers.use(identity)
        if now is None:
            return
        with self._lock:
            before = self._last.get(identity)
            if before is not None and now[2] > before[2]:
                self._processors[identity] = max((now[1] - before[1]) / 1e9 / (now[2] - before[2]), 0.0)
            self._last[identity] = now
