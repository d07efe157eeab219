"""Two lanes off the GUI thread and one way back: serial for the registry, parallel for short calls."""

from __future__ import annotations

import collections
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from mlops_desktop.gui.garbage import Garbage

T = TypeVar("T")
Failed = Callable[[BaseException], None]
_Delivery = tuple[QObject | None, Callable[[], None], bool]
"""For whom, what is done on the GUI thread, and whether a work ends with it."""
_LAST_SECONDS = 1.0
"""How long closing waits for what asks other machines: one that does not answer keeps nobody here."""
SWITCH_SECONDS = 0.0005
"""How long a lane may keep the interpreter from the GUI thread. With Python's own 5 ms a painting, which gives it up
at every call into Qt, waits a tenth of a second for a lane that reads many rows."""


class _Lane:
    """Threads that take work from one queue; the first work starts them."""

    def __init__(self, name: str, width: int) -> None:
        self._name = name
        self._width = width
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def put(self, work: Callable[[], None]) -> None:
        if len(self._threads) < self._width:
            thread = threading.Thread(target=self._work, name=f"lane-{self._name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._queue.put(work)

    def close(self, until: float) -> bool:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            work()


class Lanes(QObject):
    """Runs work away from the GUI thread; results and errors arrive on it.

    `failed` carries an error that no handler took. Inline mode does everything at once, for tests.
    """

    failed = Signal(object)
    _arrived = Signal(object)

    def __init__(self, *, inline: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inline = inline
        self._garbage: Garbage | None = None
        if not inline:
            sys.setswitchinterval(SWITCH_SECONDS)
            self._garbage = Garbage(self)
        self._serial = _Lane("serial", 1)
        self._parallel = _Lane("parallel", 3)
        self._apart: dict[str, _Lane] = {}
        self._unfinished: dict[threading.Event, str] = {}
        self._watches: list[threading.Thread] = []
        self._stop = threading.Event()
        self._open = 0
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._deliveries: collections.deque[_Delivery] = collections.deque()
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._on_turn)

    @property
    def is_idle(self) -> bool:
        """Whether everything asked for has arrived."""
        return self._open == 0

    @property
    def is_inline(self) -> bool:
        return self._inline

    @property
    def unfinished(self) -> tuple[str, ...]:
        """What was begun here and is finished before the lanes close."""
        return tuple(words for ended, words in self._unfinished.items() if not ended.is_set())

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
        *,
        finishes: str = "",
    ) -> None:
        """Does registry work, one after the other. What arrives for a deleted `owner` is dropped.

        Work that `finishes` something, named in words, is waited for when the lanes close.
        """
        work = self._finished(work, finishes) if finishes else work
        self._start(self._serial, work, then, failed, owner)

    def call(
        self,
        work: Callable[[], T],
        then: Callable[[T], None] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
        *,
        apart: str = "",
        finishes: str = "",
    ) -> None:
        """Does short work beside other work; with `apart` only beside that of another name.

        What asks other machines goes apart by the name of the host, so that a frozen one holds up itself alone. Work
        that `finishes` something, named in words, is waited for when the lanes close.
        """
        lane = self._apart.setdefault(apart, _Lane(f"apart-{apart}", 2)) if apart else self._parallel
        work = self._finished(work, finishes) if finishes else work
        self._start(lane, work, then, failed, owner, is_finished=bool(finishes))

    def _finished(self, work: Callable[[], T], words: str) -> Callable[[], T]:
        """The work, noted as unfinished from now until it has ended."""
        ended = threading.Event()
        self._unfinished = {other: said for other, said in self._unfinished.items() if not other.is_set()}
        self._unfinished[ended] = words

        def noted() -> T:
            try:
                return work()
            finally:
                ended.set()

        return noted

    def tell(self, deliver: Callable[[], None], owner: QObject | None = None) -> None:
        """From a work under way: has `deliver` done on the GUI thread, unless `owner` is gone by then."""
        delivery = (owner, deliver, False)
        if self._inline:
            self._deliver(delivery)
        else:
            self._send(delivery)

    def watch(self, loop: Callable[[threading.Event], None]) -> None:
        """Gives `loop` a thread of its own until `close`; it ends when the event is set. Not in inline mode."""
        if self._inline:
            return
        thread = threading.Thread(target=loop, args=(self._stop,), name="lane-watch", daemon=True)
        self._watches.append(thread)
        thread.start()

    def keep_objects(self) -> None:
        """What was made until now stays; looking for garbage passes it over."""
        if self._garbage is not None:
            self._garbage.keep()

    def close(self, last: Callable[[], None] | None = None, *, seconds: float = 5.0) -> bool:
        """Ends all lanes, after `last` was done in the serial one; nothing arrives any more.

        What has to be finished is waited for, however long it takes; False where something else still runs after
        `seconds`.
        """
        self._stop.set()
        for unfinished in self._unfinished:
            unfinished.wait()
        if self._garbage is not None:
            self._garbage.end()
        until = time.monotonic() + seconds
        for thread in self._watches:
            thread.join(max(0.0, until - time.monotonic()))
        if last is not None:
            if self._inline:
                last()
            else:
                self._serial.put(last)
        ended = [self._serial.close(until), self._parallel.close(until)]
        soon = min(until, time.monotonic() + _LAST_SECONDS)
        for lane in self._apart.values():
            lane.close(soon)
        return all(ended) and not any(thread.is_alive() for thread in self._watches)

    def _start(
        self,
        lane: _Lane,
        work: Callable[[], T],
        then: Callable[[T], None] | None,
        failed: Failed | None,
        owner: QObject | None,
        *,
        is_finished: bool = False,
    ) -> None:
        self._open += 1

        def attempt() -> None:
            if self._stop.is_set() and lane is not self._serial and not is_finished:
                return
            deliver = _attempt(work, then, failed or self.failed.emit)
            self._send((owner, deliver, True))

        if self._inline:
            self._deliver((owner, _attempt(work, then, failed or self.failed.emit), True))
        else:
            lane.put(attempt)

    def _send(self, delivery: _Delivery) -> None:
        if not self._stop.is_set():
            self._arrived.emit(delivery)

    @Slot(object)
    def _on_arrived(self, delivery: _Delivery) -> None:
        self._deliveries.append(delivery)
        if not self._turn.isActive():
            self._turn.start()

    def _on_turn(self) -> None:
        """One delivery in each turn of the loop, so that several do not hold up what the person does."""
        delivery = self._deliveries.popleft()
        if self._deliveries:
            self._turn.start()
        self._deliver(delivery)

    def _deliver(self, delivery: _Delivery) -> None:
        owner, deliver, is_end = delivery
        self._open -= is_end
        if not self._stop.is_set() and (owner is None or shiboken6.isValid(owner)):
            deliver()


def _attempt(work: Callable[[], Any], then: Callable[[Any], None] | None, failed: Failed) -> Callable[[], None]:
    """Does the work now and answers with what is left to do on the GUI thread."""
    try:
        result = work()
    except Exception as error:  # noqa: BLE001 - a lane is a boundary: every error goes to its handler
        caught = error
        return lambda: failed(caught)
    if then is None:
        return lambda: None
    take = then
    return lambda: take(result)
