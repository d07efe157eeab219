"""The journal of a job: one message per line, written by its worker, read by whoever keeps the registry."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from mlops_desktop.domain.jobs import JournalPart, Message, MessageKind
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.protocol import MAX_LINE, ProtocolError, decode

JOURNAL = "journal.jsonl"
MAX_JOURNAL = 256 * 1024 * 1024
"""A journal longer than this takes only its ending any more: a million metric points fit."""
MAX_LOGGED = 16 * 1024 * 1024
"""Of that, what a job may say in words: who looks at its log reads all of them."""

_MAX_PART = 2 * 1024 * 1024
"""What is read at once is stored in one transaction, which nobody else should wait for."""
_BLOCK = 1024 * 1024
_SPECIAL_NUMBERS = ("NaN", "Infinity", "-Infinity")
_ENDINGS = (MessageKind.RESULT, MessageKind.FAILURE)
_LAST_WORD = "The journal is full; what happened from here on is not in it, except how it ended."
_LAST_LOG = f"The log is full: there was more than {MAX_LOGGED >> 20} MiB of it. What was logged from here on is lost."


class JournalWriter:
    """Appends messages; safe in any thread. A job's journal is made once: a second worker is refused.

    Raises FileExistsError where the folder has a journal, and OSError as files do.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._descriptor = os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._size = 0
        self._is_full = False
        self._logged = 0
        self._is_torn = False
        self._is_ended = False

    def write(self, kind: MessageKind, body: Mapping[str, object]) -> None:
        """After an ending nothing is added. Raises ProtocolError where the body is not plain or too long for a line."""
        line = _encode(Message(kind, datetime.now(UTC), body))
        with self._lock:
            if self._is_ended:
                return
            if kind in _ENDINGS:
                self._append(line)
                os.fsync(self._descriptor)
                _sync_folder(self._folder)
                self._is_ended = True
            elif kind is MessageKind.LOG and self._logged > MAX_LOGGED:
                return
            elif self._size + len(line) <= MAX_JOURNAL:
                self._append(line)
                self._count_log(kind, line)
            elif not self._is_full:
                self._is_full = True
                self._append(_last_word(_LAST_WORD))

    def _count_log(self, kind: MessageKind, line: bytes) -> None:
        if kind is MessageKind.LOG:
            self._logged += len(line)
            if self._logged > MAX_LOGGED:
                self._append(_last_word(_LAST_LOG))

    def close(self) -> None:
        with self._lock:
            self._is_ended = True
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, line: bytes) -> None:
        rest = memoryview(b"\n" + line if self._is_torn else line)
        self._is_torn = True
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._is_torn = False
        self._size += len(line)


def append_failure(folder: Path, body: Mapping[str, object]) -> None:
    """Says how a dead worker ended, unless its journal has an ending. Only for who saw the worker end."""
    if _has_ending(folder):
        return
    with (folder / JOURNAL).open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        torn = size > 0 and file.read(1) != b"\n"
        file.seek(size)
        file.write((b"\n" if torn else b"") + _encode(Message(MessageKind.FAILURE, datetime.now(UTC), body)))
        file.flush()
        os.fsync(file.fileno())


def read_journal(folder: Path, offset: int) -> JournalPart:
    """What follows `offset`, a line or about 2 MiB of it. Never raises because of what is written there.

    A torn last line is left for the next time. Damaged lines are passed over; one log message stands for them.
    """
    try:
        file = (folder / JOURNAL).open("rb")
    except FileNotFoundError:
        return JournalPart((), offset)
    with file:
        reader = _Reader(file, max(offset, 0))
        return JournalPart(tuple(reader.messages()), max(reader.offset, offset))


class _Reader:
    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._start = offset
        self._lines = 0
        self._damaged: list[int] = []
        self.offset = offset

    def messages(self) -> Iterator[Message]:
        for line in self._whole_lines():
            self._lines += 1
            message = _parse(line)
            if message is None:
                self._damaged.append(self._lines)
                continue
            yield from self._damage()
            yield message
        yield from self._damage()

    def _whole_lines(self) -> Iterator[bytes | None]:
        """Each line that is complete; None in place of one that is too long."""
        while self.offset - self._start < _MAX_PART:
            self._file.seek(self.offset)
            line = self._file.readline(MAX_LINE)
            if line.endswith(b"\n"):
                self.offset += len(line)
                yield line
                continue
            after = self._end_of_long_line() if len(line) >= MAX_LINE else None
            if after is None:
                return
            self.offset = after
            yield None

    def _end_of_long_line(self) -> int | None:
        while block := self._file.read(_BLOCK):
            found = block.find(b"\n")
            if found >= 0:
                return self._file.tell() - len(block) + found + 1
        return None

    def _damage(self) -> Iterator[Message]:
        if not self._damaged:
            return
        before = self._lines_before()
        first, last = before + self._damaged[0], before + self._damaged[-1]
        named = f"line {first}" if first == last else f"lines {first} to {last}"
        self._damaged.clear()
        body = {"level": "warning", "text": f"The journal is damaged at {named}; this part of it is lost."}
        yield Message(MessageKind.LOG, datetime.now(UTC), body)

    def _lines_before(self) -> int:
        """How many lines lie before the part, counted only when a number must be told."""
        self._file.seek(0)
        blocks = iter(lambda: self._file.read(min(_BLOCK, self._start - self._file.tell())), b"")
        return sum(block.count(b"\n") for block in blocks)


def _last_word(text: str) -> bytes:
    return _encode(Message(MessageKind.LOG, datetime.now(UTC), {"level": "warning", "text": text}))


def _encode(message: Message) -> bytes:
    try:
        text = json.dumps(to_plain(message), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The message is not made of plain values: {error}") from error
    line = text.encode("utf-8", "replace") + b"\n"
    if len(line) > MAX_LINE:
        raise ProtocolError(f"The message has {len(line):,} bytes, more than the {MAX_LINE:,} allowed")
    return line


def _parse(line: bytes | None) -> Message | None:
    if line is None:
        return None
    try:
        plain = decode(line)
        if b"\\ud" in line.lower():
            json.dumps(plain, ensure_ascii=False).encode()  # half a surrogate pair is no text, though JSON can say it
        message = from_plain(Message, plain)
    except (ProtocolError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return message if _is_well_formed(message) else None


def _is_well_formed(message: Message) -> bool:
    body = message.body
    match message.kind:
        case MessageKind.STARTED:
            return _are(int, body.get("pid"))
        case MessageKind.LOG:
            return _are(str, body.get("level"), body.get("text"))
        case MessageKind.PROGRESS:
            return _is_number(body.get("share")) and _are(str, body.get("note"))
        case MessageKind.METRIC:
            return _are(str, body.get("key")) and _are(int, body.get("step")) and _is_number(body.get("value"))
        case MessageKind.FAILURE:
            return _are(str, *(body.get(key) for key in ("code", "message", "hint", "details")))
        case _:
            return True


def _are(kind: type, *values: object) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)


def _is_number(value: Any) -> bool:
    return _are(float, value) or _are(int, value) or value in _SPECIAL_NUMBERS


def _has_ending(folder: Path) -> bool:
    offset = 0
    while True:
        part = read_journal(folder, offset)
        if any(message.kind in _ENDINGS for message in part.messages):
            return True
        if part.offset == offset:
            return False
        offset = part.offset


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
