"""Log lines as values: time, level and text, taken apart away from the GUI thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

WARNINGS = frozenset({"warn", "warning"})
ERRORS = frozenset({"error", "critical", "fatal"})


class LogLine(NamedTuple):
    """`level` is info, warning or error, or what else a program wrote; "" where a line has none."""

    time: str
    level: str
    text: str
    source: str = ""

    @property
    def whole(self) -> str:
        return " ".join(part for part in (self.time, self.level.upper(), self.source, self.text) if part)

    @property
    def is_warning(self) -> bool:
        return self.level in WARNINGS

    @property
    def is_error(self) -> bool:
        return self.level in ERRORS


def parse_log(lines: Iterable[str]) -> tuple[LogLine, ...]:
    """From `16:02:09 info: fold 1 of 5`; a line that is written in another way is all text."""
    return tuple(map(_parse, lines))


def _parse(line: str) -> LogLine:
    head, colon, text = line.partition(": ")
    time, space, level = head.partition(" ")
    if colon and space and time[:1].isdigit() and ":" in time and level.isalpha():
        return LogLine(time, level.lower(), text)
    return LogLine("", "", line)
