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

    `changed` carries the new changes as a tuple; `broken` the error when the feed cannot be read, `mended` when it can
    be read again.
    """

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
        while not stop.wait(RETRY_SECONDS if trouble else POLL_SECONDS):
            try:
                if feed is None:
                    feed = open_feed()
                changes = tuple(feed.poll())
            except UserError as error:
                if not trouble:
                    self.broken.emit(error)
                trouble = True
                continue
            if trouble:
                trouble = False
                self.mended.emit()
            if changes and not stop.is_set():
                self.changed.emit(changes)
        if feed is not None:
            feed.close()
