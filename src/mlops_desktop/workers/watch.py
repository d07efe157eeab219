"""A thread that repeats small duties until it is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Watch:
    """Calls every duty each `seconds` in a thread of its own, from `start` (or `with`) until `close`."""

    def __init__(self, name: str, seconds: float, *duties: Callable[[], None]) -> None:
        self._seconds = seconds
        self._duties = duties
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread is not threading.current_thread() and self._thread.ident is not None:
            self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            for duty in self._duties:
                duty()
            self._closing.wait(self._seconds)
