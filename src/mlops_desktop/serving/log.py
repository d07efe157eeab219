"""The server's log: one JSON record per event, bounded and without secrets; capped in size. A disk that is full never
stops an answer."""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from mlops_desktop.serving.redaction import redact

_LONGEST_TEXT = 4000
_LOOKED_AT = 64_000
"""Of a long text so much is searched for secrets: more than is kept of it, so that none is cut in two."""
_MODE = 0o600


class ServingLog:
    """Appends records to `path`; at `largest` bytes the file becomes `.1`, and at most `kept` old ones stay.

    Records that could not be written are counted in `lost` and said as soon as writing works again. What was written
    of one before the disk was full, or before a kill, never runs into the next.
    """

    def __init__(self, path: Path, *, largest: int = 1024 * 1024, kept: int = 2) -> None:
        self._path = path
        self._largest = largest
        self._kept = kept
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._size = 0
        self._torn = False
        self._unsaid = 0
        self.lost = 0

    def write(self, event: str, *, level: str = "info", **details: object) -> None:
        record: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
        }
        record.update({key: _told(value) for key, value in details.items()})
        with self._lock:
            try:
                if self._unsaid:
                    self._append({**record, "level": "warning", "event": "records_lost", "count": self._unsaid})
                    self._unsaid = 0
                self._append(record)
            except OSError:
                self.lost += 1
                self._unsaid += 1
                self._close()

    def close(self) -> None:
        with self._lock:
            self._close()

    def _append(self, record: dict[str, object]) -> None:
        line = json.dumps(record, default=str).encode("ascii") + b"\n"
        if self._descriptor is not None and self._size + len(line) > self._largest:
            self._close()
            self._rotate()
        if self._descriptor is None:
            self._open()
        descriptor = self._descriptor
        assert descriptor is not None
        if self._torn:
            line = b"\n" + line
        written = os.write(descriptor, line)
        if written < len(line):
            self._take_back(descriptor)
            raise OSError(f"only {written} of {len(line)} bytes were written")
        self._torn = False
        self._size += written

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
        self._size = os.fstat(self._descriptor).st_size
        self._torn = self._size > 0 and os.pread(self._descriptor, 1, self._size - 1) != b"\n"

    def _take_back(self, descriptor: int) -> None:
        """The beginning of a record that found no room; where it stays (in a pipe), the next one begins a new line."""
        try:
            os.ftruncate(descriptor, self._size)
        except OSError:
            self._torn = True

    def _rotate(self) -> None:
        for number in range(self._kept, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class StreamLog(ServingLog):
    """Writes records to the standard output, which an engine keeps and caps in size. One that is frozen and reads no
    more costs records, not answers."""

    def __init__(self) -> None:
        super().__init__(Path("-"), largest=sys.maxsize)
        self._open()

    def _open(self) -> None:
        self._descriptor = os.dup(1)
        if stat.S_ISFIFO(os.fstat(self._descriptor).st_mode):
            os.set_blocking(self._descriptor, False)

    def _take_back(self, descriptor: int) -> None:
        self._torn = True


class LogHandler(logging.Handler):
    """Brings what libraries log (and Python's warnings) into the server's log, as records like all others."""

    def __init__(self, log: ServingLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        details = {"logger": record.name, "message": _message_of(record)}
        if record.exc_info is not None:
            details["details"] = logging.Formatter().formatException(record.exc_info)
        self._log.write("library", level=record.levelname.lower(), **details)


def _message_of(record: logging.LogRecord) -> str:
    """Also where a library's arguments do not go into its own words: that must not fail what it was doing."""
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - words and values are a stranger's
        words = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        return f"{words} (its values could not be put in: {type(error).__name__})"


def _told(value: object) -> object:
    """A value as a record holds it: bounded, and without what looks like a secret."""
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = redact(text[:_LOOKED_AT])
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
