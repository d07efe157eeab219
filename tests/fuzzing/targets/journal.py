"""A worker's journal: read in parts from any place, told again to a registry's words, and closed by who saw it end."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from mlops_desktop.domain.jobs import Message, MessageKind
from mlops_desktop.services.keeping.messages import metric_point, progress_of, started_process
from mlops_desktop.workers.journal import JOURNAL, append_failure, read_journal

WORDS = (
    b'{"kind":"log","at":"2030-01-02T03:04:05+00:00","body":{"level":"info","text":"',
    b'"kind":"metric"',
    b'"kind":"progress"',
    b'"kind":"started"',
    b'"kind":"result"',
    b'"kind":"failure"',
    b'"body":{}',
    b'"value":"NaN"',
    b'"share":0.5',
    b'"step":',
    b'"process":',
    b"+23:59",
    b"0001-01-01T00:00:00",
    b'"\\ud800"',
    b"[" * 100,
)
_ENDED = {"code": "MD-JOB-003", "message": "gone", "hint": "", "details": ""}
_CLOSED = 0


def try_one(data: bytes) -> None:
    offset, content = (data[0], data[1:]) if data[:1] < b"\x20" and data else (0, data)
    folder = Path("job")
    folder.mkdir(exist_ok=True)
    (folder / JOURNAL).write_bytes(content)
    messages = _read(folder, offset)
    for message in messages:
        message.body.get("text")
        if message.kind is MessageKind.PROGRESS:
            share, _ = progress_of(message)
            assert share is None or 0 <= share <= 1
        metric_point(message)
    started_process(read_journal(folder, offset))
    append_failure(folder, _ENDED)
    endings = [m.kind for m in _read(folder, 0) if m.kind in (MessageKind.RESULT, MessageKind.FAILURE)]
    assert endings, "who reads it to its end knows how it ended"
    shutil.rmtree(folder)


def _read(folder: Path, offset: int) -> list[Message]:
    """All of it; an offset never goes back, and there is nothing new where it stays."""
    found: list[Message] = []
    for _ in itertools.count():
        part = read_journal(folder, offset)
        assert part.offset >= offset
        if part.offset == offset:
            assert not part.messages
            return found
        found += part.messages
        offset = part.offset
    raise AssertionError
