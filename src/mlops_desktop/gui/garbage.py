"""Python's collector of reference cycles, kept to the GUI thread.

Left alone it starts in whatever thread makes the next object. In a lane it would take apart things of Qt that belong to
the GUI thread, which ends the program now and then; and in the midst of a painting it holds the window for as long as
all of its objects take to look through.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

LOOK_SECONDS = 1.0


class Garbage(QObject):
    """While one of these lives, cycles are collected by its clock only, in the thread that it was made in.

    The clock runs from `keep` on: until then nearly all that is made is there to stay.
    """

    _keepers = 0

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended = False
        Garbage._keepers += 1
        gc.disable()
        self._clock = QTimer(self, interval=round(LOOK_SECONDS * 1000))
        self._clock.timeout.connect(self.look)

    def look(self) -> None:
        """Collects the oldest generation that is due by Python's own thresholds, and those below it.

        Not while thousands of values are being read: all of them would be young, and looked through.
        """
        if _Reading.under_way:
            return
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation in (2, 1, 0):
            if all(due[: generation + 1]):
                gc.collect(generation)
                return

    def keep(self) -> None:
        """What is there now stays until the end and is not looked through again."""
        gc.freeze()
        if not self._ended:
            self._clock.start()

    def end(self) -> None:
        """The last one to end leaves the collector as Python has it."""
        if self._ended:
            return
        self._ended = True
        self._clock.stop()
        Garbage._keepers -= 1
        if Garbage._keepers == 0:
            gc.unfreeze()
            gc.enable()


class _Reading:
    """How many readings of thousands of values are under way, in any thread."""

    under_way = 0
    lock = threading.Lock()


@contextmanager
def reading_many() -> Iterator[None]:
    """Inside, nothing is collected; what is there afterwards is not looked through again.

    Every full collection looks at all values there are, which takes a tenth of a second where ten thousand runs were
    read, and holds up every thread. Such values hold no circles: they go when nobody has them any more, as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    with _Reading.lock:
        _Reading.under_way += 1
    try:
        yield
    finally:
        gc.freeze()
        with _Reading.lock:
            _Reading.under_way -= 1
        if was_on:
            gc.enable()
