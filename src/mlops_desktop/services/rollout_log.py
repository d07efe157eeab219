"""What a rollout said while it worked, as its keeper wrote it: read whole, or followed while it goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_LONGEST_READ = 1024 * 1024


@dataclass(frozen=True)
class RolloutNote:
    """What is being done, and how many bytes of how many (both 0 where nobody knows)."""

    at: datetime
    message: str
    done: int = 0
    total: int = 0


def newest_lines(path: Path, limit: int) -> Sequence[str]:
    """Oldest first; none where nothing was written yet."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            begin = max(0, file.tell() - _LONGEST_READ)
            file.seek(begin)
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    whole = lines[1:] if begin else lines
    return whole[-limit:] if limit > 0 else []


class RolloutFollower:
    """Gives what is new since it was asked last; what was written before `since` belongs to an earlier rollout."""

    def __init__(self, path: Path, since: datetime) -> None:
        self._path = path
        self._since = since
        self._offset = 0

    def new(self) -> Sequence[RolloutNote]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                read = file.read(_LONGEST_READ)
        except OSError:
            return []
        whole, end, _torn = read.rpartition(b"\n")
        self._offset += len(whole) + len(end)
        notes = (_note(line) for line in whole.splitlines())
        return [note for note in notes if note is not None and note.at >= self._since]


def _note(line: bytes) -> RolloutNote | None:
    """None for a line that is not ours."""
    try:
        record = json.loads(line)
        at = datetime.fromisoformat(record["time"])
        return RolloutNote(at, str(record["message"]), int(record["done"]), int(record["total"])) if at.tzinfo else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
