"""The last boundary: an error nobody expected goes to the log, and a person is told in words."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.log_records import JsonRecords, trace_of
from mlops_desktop.gui.dialogs.sheet import Growing
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

_LOG = logging.getLogger("mlops_desktop.gui")
MOST_LOG, KEPT_LOGS = 1_000_000, 2
MOST_ALIKE = 5
"""The same fault is logged in full so often; then each tenfold of that is."""
QUIET_SECONDS = 10.0
"""So long the same fault brings no second box: what fails as it is painted would bring one after the other."""


class CrashReporter(QObject):
    """Logs, and shows one dialog at a time. Errors of other threads arrive here too.

    `met` carries an error once its box is due.
    """

    met = Signal(object)
    _met = Signal(object)

    def __init__(self, theme: Theme, log_file: Path) -> None:
        super().__init__()
        self._theme, self._log_file = theme, log_file
        self.dialog: CrashDialog | None = None
        self._counts: dict[str, int] = {}
        self._shown_at: dict[str, float] = {}
        self._met.connect(self._on_met, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Takes over what Python calls for uncaught errors."""
        sys.excepthook = self._on_uncaught
        threading.excepthook = lambda given: self.report(given.exc_value) if given.exc_value else None

    def report(self, error: BaseException) -> None:
        """May be called in any thread."""
        fault = _fault(error)
        count = self._counts[fault] = self._counts.get(fault, 0) + 1
        if count <= MOST_ALIKE or str(count).strip("0") == "1":
            _LOG.critical("unexpected error, %d times now", count, exc_info=error)
        self._met.emit(error)

    def _on_uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QGuiApplication.quit()
        else:
            self.report(error.with_traceback(trace))

    def _on_met(self, error: BaseException) -> None:
        fault, now = _fault(error), time.monotonic()
        if self.dialog is not None and self.dialog.isVisible():
            self._shown_at[fault] = now
        elif now - self._shown_at.get(fault, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._shown_at[fault] = now
            self.dialog = CrashDialog(self._theme, error, self._log_file)
            self.dialog.show()
            self.met.emit(error)


class CrashDialog(Growing):
    """Says that it was our fault, that data is safe, and gives what a report needs."""

    def __init__(self, theme: Theme, error: BaseException, log_file: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = trace_of(error)
        self.setWindowTitle("MLOps Desktop")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(Icon(theme, "circle-x", "error", 20))
        head.addWidget(Text(theme, "Something went wrong in the program", "section"), 1)
        column.addLayout(head)
        words = (
            "This is a fault of ours. What was stored before is not touched, and runs and deployments go on by "
            f"themselves. Go on; if it comes again, copy the details into a report. They are in {log_file}."
        )
        sentence = Text(theme, words, "body", "muted", wrap=True)
        sentence.setMinimumWidth(440)
        column.addWidget(sentence)
        column.addWidget(Text(theme, "MD-BUG-001", "mono", "muted"))
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.copy = Button(theme, "Copy details")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        self.go_on = Button(theme, "Go on", kind="primary")
        self.go_on.clicked.connect(self.accept)
        foot.addWidget(self.copy)
        foot.addWidget(self.go_on)
        column.addLayout(foot)
        theme.dress(self)


def _fault(error: BaseException) -> str:
    """What kind of error it is, and by which way it came about."""
    way = (f"{frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_tb(error.__traceback__))
    return " ".join([type(error).__name__, *way])


def write_log(log_file: Path) -> logging.Handler:
    """From now on warnings and errors go to the file, a record a line; the handler is given back for closing."""
    log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = RotatingFileHandler(log_file, maxBytes=MOST_LOG, backupCount=KEPT_LOGS, encoding="ascii", delay=True)
    handler.setFormatter(JsonRecords())
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    return handler
