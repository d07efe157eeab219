"""A question to the workspace that a page asks again whenever something changed, without asking twice at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.lanes import Failed, Lanes

T = TypeVar("T")
PAUSE_SECONDS = 0.4


class Query(QObject, Generic[T]):
    """Reads in the serial lane and shows on the GUI thread; changes during a reading lead to one more.

    With `beside` it reads beside other work, for what asks a worker and may take longer. Where the parent is a widget
    that is not shown, `ask_soon` waits until it is; not so with `unseen`.
    """

    def __init__(
        self,
        lanes: Lanes,
        read: Callable[[], T],
        show: Callable[[T], None],
        failed: Failed,
        parent: QObject,
        *,
        beside: bool = False,
        unseen: bool = False,
    ) -> None:
        super().__init__(parent)
        self._run = lanes.call if beside else lanes.run
        self._lanes, self._read, self._show, self._failed = lanes, read, show, failed
        self._busy = self._again = self._waits = False
        self._place = parent if isinstance(parent, QWidget) and not unseen else None
        if self._place is not None:
            self._place.installEventFilter(self)
        self._pause = QTimer(self, singleShot=True, interval=round(PAUSE_SECONDS * 1000))
        self._pause.timeout.connect(self.ask)

    @property
    def is_busy(self) -> bool:
        return self._busy

    def ask(self) -> None:
        """Reads now, or once more after the reading that is under way."""
        if self._busy:
            self._again = True
            return
        self._pause.stop()
        self._waits = False
        self._busy = True
        self._run(self._read, self._on_read, self._on_failed, owner=self)

    def ask_soon(self) -> None:
        """Reads after a short pause, so that a burst of changes costs one reading."""
        if self._place is not None and not self._place.isVisible():
            self._waits = True
        elif self._lanes.is_inline:
            self.ask()
        elif self._busy:
            self._again = True
        elif not self._pause.isActive():
            self._pause.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._waits:
            self.ask()
        return False

    def _on_read(self, result: T) -> None:
        self._busy = False
        self._show(result)
        self._go_on()

    def _on_failed(self, error: BaseException) -> None:
        self._busy = False
        self._failed(error)
        self._go_on()

    def _go_on(self) -> None:
        if self._again:
            self._again = False
            self.ask_soon()
