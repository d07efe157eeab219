"""What a job says while it works: progress, log, metrics; whether it was asked to stop; the heartbeat."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mlops_desktop.domain.errors import DiskFullError, JobCancelledError
from mlops_desktop.domain.jobs import MessageKind
from mlops_desktop.workers import protocol
from mlops_desktop.workers.journal import JournalWriter
from mlops_desktop.workers.outputs import discard, make_durable
from mlops_desktop.workers.watch import Watch

HEARTBEAT = "heartbeat"

_MAX_NOTE = 500
_MAX_LOG = 10_000
_PROGRESS_SECONDS = 0.1


class Report:
    """The journal of one job in its own words; safe in any thread. Makes the journal in `folder`."""

    def __init__(self, folder: Path, cancelled: threading.Event | None = None) -> None:
        self._folder = folder
        self._journal = JournalWriter(folder)
        self._cancelled = cancelled or threading.Event()
        self._progress = (-math.inf, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._journal.close()

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def check_cancelled(self) -> None:
        """Raises JobCancelledError where the job was asked to stop."""
        if self._cancelled.is_set():
            raise JobCancelledError("The job was stopped because somebody asked for it.")

    def progress(self, share: float, note: str = "") -> None:
        """`share` from 0 to 1. Too frequent words are dropped, but never a new note and never the end."""
        said_at, said = self._progress
        now = time.monotonic()
        if not math.isfinite(share) or (now - said_at < _PROGRESS_SECONDS and note == said and share < 1):
            return
        self._progress = (now, note)
        self._journal.write(
            MessageKind.PROGRESS, {"share": min(max(float(share), 0.0), 1.0), "note": _shortened(note, _MAX_NOTE)}
        )

    def log(self, text: str, level: str = "info") -> None:
        self._journal.write(MessageKind.LOG, {"level": level, "text": _shortened(text, _MAX_LOG)})

    def metric(self, key: str, step: int, value: float) -> None:
        self._journal.write(MessageKind.METRIC, {"key": key, "step": int(step), "value": float(value)})

    def started(self, body: Mapping[str, object]) -> None:
        self._journal.write(MessageKind.STARTED, body)

    def result(self, body: Mapping[str, object]) -> None:
        """The ending of a job that did what it promised; what it made is on the disk by then.

        Raises ProtocolError where it is not plain or too long, and OSError where the disk fails.
        """
        make_durable(self._folder)
        self._journal.write(MessageKind.RESULT, body)

    def failure(self, error: BaseException) -> None:
        """The ending of a job that failed; on a full disk what it made gives way for that."""
        body = protocol.error_body(error)
        if body["code"] == DiskFullError.code:
            discard(self._folder)
        try:
            self._journal.write(MessageKind.FAILURE, body)
        except OSError:
            discard(self._folder)
            self._journal.write(MessageKind.FAILURE, body)


def heartbeat(folder: Path) -> Watch:
    """Touches a file each second while the process is able to run at all."""
    path = folder / HEARTBEAT

    def touch() -> None:
        try:
            with path.open("ab"):
                os.utime(path)
        except OSError:
            return  # a full disk or a folder taken away is the job's own trouble to tell

    return Watch("heartbeat", 1.0, touch)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
