"""Log lines as values: time, level and text, taken apart away from the GUI thread."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
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


def row_starts(text: str, wide: int) -> list[int]:
    """Where the rows of a line begin that is broken after at most `wide` signs: between words, within one only where
    it is longer than a row. Blanks at a break stay with the row before it."""
    starts = [0]
    at = 0
    while len(text) - at > wide:
        cut = text.rfind(" ", at, at + wide + 1)
        if cut < 0 or text[at:cut].isspace() or cut == at:
            at += wide
        else:
            at = cut + 1
            while at < len(text) and text[at] == " ":
                at += 1
        if at < len(text):
            starts.append(at)
    return starts


def found_places(text: str, needle: str, starts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Row, column and number of signs of every place where the needle stands; one that is broken has several."""
    low, needle, ends = text.lower(), needle.lower(), [*starts[1:], len(text)]
    at = low.find(needle) if needle else -1
    while at >= 0:
        end = at + len(needle)
        row = bisect_right(starts, at) - 1
        while at < end:
            piece = min(end, ends[row]) - at
            yield row, at - starts[row], piece
            at, row = at + piece, row + 1
        at = low.find(needle, end)
