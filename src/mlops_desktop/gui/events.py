"""The only bridge from the workspace's change feed to Qt: what any process committed, as a signal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mlops_desktop.gui.lanes import Lanes

if TYPE_CHECKING:
    from mlops_desktop.services.ports import ChangeFeed

POLL_SECONDS = 0.25
RETRY_SECONDS = 2.0


class Events(QObject):
    """Polls the feed four times a second in one thread of the lanes.

    `opened` says that from now on nothing is missed; `changed` carries the new changes as a tuple. `broken` carries the
    error when the feed cannot be read, `mended` follows when it can be read again.
    """

    opened = Signal()
    changed = Signal(object)
    broken = Signal(object)
    mended = Signal()

    def __init__(self, lanes: Lanes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = lanes

    def follow(self, open_feed: Callable[[], ChangeFeed]) -> None:
        """Opens the feed, polls it and closes it in one thread, which ends when the lanes close."""
        self._lanes.watch(lambda stop: self._poll(open_feed, stop))

    def _poll(self, open_feed: Callable[[], ChangeFeed], stop: threading.Event) -> None:
        from mlops_desktop.domain.errors import UserError

        feed: ChangeFeed | None = None
        trouble = False
        while not stop.is_set():
            try:
                if feed is None:
                    feed = open_feed()
                    self.opened.emit()
                changes = tuple(feed.poll())
            except UserError as error:
                if not trouble:
                    self.broken.emit(error)
                trouble = True
                stop.wait(RETRY_SECONDS)
                continue
            if trouble:
                trouble = False
                self.mended.emit()
            if changes and not stop.is_set():
                self.changed.emit(changes)
            stop.wait(POLL_SECONDS)
        if feed is not None:
            feed.close()
