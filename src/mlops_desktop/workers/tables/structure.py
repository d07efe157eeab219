"""The shape of a delimited text: records, cells per record, quotes; checked over every byte before anything is read.

The table reader loses rows without a word where a quote stands in the middle of a cell or a line is too short. So this
module looks first: a text in perfect shape passes as it is, a harmless irregularity (blank lines, a quote inside an
unquoted cell, mixed line ends) is written anew, the rest is refused with its lines.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mlops_desktop.domain.errors import UnreadableTableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

MOST_COLUMNS = 20_000
_LARGEST_CELL = 64 * 1024**2
_BLOCK = 4 * 1024**2
_NAMED_LINES = 5
_LF, _CR = 10, 13


@dataclass(frozen=True)
class Structure:
    """A text in perfect shape. `records` counts the header too; `quote` is the sign it is now written with."""

    records: int
    fields: int
    quote: str | None
    blank_lines: int = 0
    stray_quotes: bool = False
    mixed_line_ends: bool = False
    left_out: int = 0


@dataclass
class _Ragged:
    """Records with another number of cells than the first."""

    fields: int = 0
    total: int = 0
    lines: list[tuple[int, int]] = field(default_factory=list)

    def add(self, line: int, fields: int) -> None:
        self.total += 1
        if len(self.lines) < _NAMED_LINES:
            self.lines.append((line, fields))


@dataclass
class _Scan:
    """What is known of the text up to here."""

    delimiter: int
    quote: int | None
    records: int = 0
    lines: int = 0
    quotes: int = 0
    inner_blanks: int = 0
    waiting_blanks: int = 0
    cells: int = 0
    length: int = 0
    position: int = 0
    end: int = 0
    last: int = _LF
    record_line: int = 1
    stray: bool = False
    lone_cr: bool = False
    close_at_end: bool = False
    ragged: _Ragged = field(default_factory=_Ragged)


def check_structure(
    path: Path, delimiter: str, quote: str, name: str, *, complete: bool = True, leave_ragged_out: bool = False
) -> Structure:
    """See that every record has as many cells as the first; mend harmless irregularities in place.

    Raises UnreadableTableError naming the first lines that do not fit (unless they are to be left out), or the line of
    a quote that is never closed. Without `complete` (only the head of a text) a last record cut in two is dropped.
    """
    scan = _Scan(ord(delimiter), ord(quote) if quote else None)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            _scan_block(scan, block)
    _finish(scan)
    unclosed = bool(scan.quotes & 1)
    left_out = leave_ragged_out and scan.ragged.total > 0
    if scan.stray or scan.lone_cr or scan.inner_blanks or unclosed or left_out:
        rewriting = _Rewriting(name, leaves_ragged_out=leave_ragged_out)
        return _rewrite(path, delimiter, quote, rewriting, mixed=scan.lone_cr, complete=complete)
    _check_ragged(scan.ragged, name)
    _check_width(scan.ragged.fields, name)
    os.truncate(path, scan.end)
    return Structure(scan.records, scan.ragged.fields, quote or None, scan.waiting_blanks)


def _scan_block(scan: _Scan, block: bytes) -> None:
    import numpy as np

    buffer = np.frombuffer(block, dtype=np.uint8)
    quotes = np.flatnonzero(buffer == scan.quote) if scan.quote is not None else np.empty(0, dtype=np.int64)
    if scan.quote is not None:
        _check_quotes(scan, buffer, quotes)
    lines = np.flatnonzero(buffer == _LF)
    ends = _outside(lines, quotes, scan.quotes)
    cells = _outside(np.flatnonzero(buffer == scan.delimiter), quotes, scan.quotes)
    if not scan.lone_cr and (b"\r" in block or scan.last == _CR):
        _check_returns(scan, buffer, quotes)
    _count_records(scan, buffer, lines, ends, cells)
    scan.quotes += len(quotes)
    scan.lines += len(lines)
    scan.position += len(block)
    scan.last = int(buffer[-1])


def _outside(places: Positions, quotes: Positions, before: int) -> Positions:
    """The places that are outside of quotes."""
    import numpy as np

    if not len(quotes):
        return places[:0] if before & 1 else places
    parity: Positions = (np.searchsorted(quotes, places) + before) & 1
    outside: Positions = places[parity == 0]
    return outside


def _check_quotes(scan: _Scan, buffer: NDArray[np.uint8], quotes: Positions) -> None:
    """A quote opens after a delimiter or a line end and closes before one; anything else is stray."""
    import numpy as np

    around = np.array([scan.delimiter, _LF, scan.quote or 0], dtype=np.uint8)
    after = np.append(around, np.uint8(_CR))
    if scan.close_at_end and buffer[0] not in after:
        scan.stray = True
    scan.close_at_end = False
    if not len(quotes):
        return
    opening = (np.arange(len(quotes)) + scan.quotes) % 2 == 0
    first = quotes[opening]
    previous = buffer[np.maximum(first - 1, 0)]
    if len(first) and first[0] == 0:
        previous[0] = scan.last
    closing = quotes[~opening]
    if len(closing) and closing[-1] == len(buffer) - 1:
        scan.close_at_end = True
        closing = closing[:-1]
    if not (np.isin(previous, np.append(around, np.uint8(_CR))).all() and np.isin(buffer[closing + 1], after).all()):
        scan.stray = True


def _check_returns(scan: _Scan, buffer: NDArray[np.uint8], quotes: Positions) -> None:
    """A CR outside of quotes that is not followed by LF ends a line for some programs: a mixture of line ends."""
    import numpy as np

    if scan.last == _CR and not scan.quotes & 1 and buffer[0] != _LF:
        scan.lone_cr = True
    returns = _outside(np.flatnonzero(buffer == _CR), quotes, scan.quotes)
    if len(returns) and returns[-1] == len(buffer) - 1:
        returns = returns[:-1]
    if len(returns) and (buffer[returns + 1] != _LF).any():
        scan.lone_cr = True


def _count_records(scan: _Scan, buffer: NDArray[np.uint8], lines: Positions, ends: Positions, cells: Positions) -> None:
    import numpy as np

    if not len(ends):
        scan.cells += len(cells)
        scan.length += len(buffer)
        return
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    lengths[0] += scan.length
    before = np.searchsorted(cells, ends)
    counts = np.diff(before, prepend=0) + 1
    counts[0] += scan.cells
    previous = buffer[np.maximum(ends - 1, 0)]
    if ends[0] == 0:
        previous[0] = scan.last
    blank = (lengths == 0) | ((lengths == 1) & (previous == _CR))
    line_numbers = scan.lines + np.searchsorted(lines, starts) + 1
    line_numbers[0] = scan.record_line
    _note_records(scan, blank, counts, line_numbers)
    full = np.flatnonzero(~blank)
    if len(full):
        scan.end = scan.position + int(ends[full[-1]]) + 1
    scan.cells = len(cells) - int(before[-1])
    scan.length = len(buffer) - int(ends[-1]) - 1
    scan.record_line = scan.lines + int(np.searchsorted(lines, ends[-1])) + 2


def _note_records(scan: _Scan, blank: NDArray[np.bool_], counts: Positions, lines: Positions) -> None:
    import numpy as np

    full = np.flatnonzero(~blank)
    if not len(full):
        scan.waiting_blanks += len(blank)
        return
    scan.inner_blanks += scan.waiting_blanks + int(blank[: full[-1]].sum())
    scan.waiting_blanks = len(blank) - int(full[-1]) - 1
    if not scan.records:
        scan.ragged.fields = int(counts[full[0]])
    scan.records += len(full)
    for place in full[counts[full] != scan.ragged.fields]:
        scan.ragged.add(int(lines[place]), int(counts[place]))


def _finish(scan: _Scan) -> None:
    """The last record may have no line end."""
    if not scan.length or (scan.length == 1 and scan.last == _CR):
        return
    scan.inner_blanks += scan.waiting_blanks
    scan.waiting_blanks = 0
    scan.records += 1
    scan.end = scan.position
    if scan.records == 1:
        scan.ragged.fields = scan.cells + 1
    elif scan.cells + 1 != scan.ragged.fields:
        scan.ragged.add(scan.record_line, scan.cells + 1)


def _rewrite(
    path: Path, delimiter: str, quote: str, rewriting: _Rewriting, *, mixed: bool, complete: bool
) -> Structure:
    """Write the text anew, record by record, as a strict reader understands it."""
    mended = path.with_name(path.name + ".mended")
    with path.open(encoding="utf-8", newline="") as text, mended.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
        with _large_cells():
            for record in rewriting.records(text, delimiter, quote, complete=complete):
                writer.writerow(record)
    mended.replace(path)
    if not rewriting.leaves_ragged_out:
        _check_ragged(rewriting.ragged, rewriting.name)
    return Structure(
        rewriting.count,
        rewriting.ragged.fields,
        '"',
        rewriting.blanks,
        rewriting.stray,
        mixed_line_ends=mixed,
        left_out=rewriting.ragged.total,
    )


class _Rewriting:
    """One strict pass over the records, counting what is odd."""

    def __init__(self, name: str, *, leaves_ragged_out: bool) -> None:
        self.name, self.leaves_ragged_out = name, leaves_ragged_out
        self.ragged = _Ragged()
        self.count = 0
        self.blanks = 0
        self.stray = False

    def records(self, text: TextIO, delimiter: str, quote: str, *, complete: bool) -> Iterator[list[str]]:
        reader = csv.reader(text, strict=True, **dialect(delimiter, quote))
        line = 1
        while True:
            try:
                record = next(reader, None)
            except csv.Error as error:
                if not complete and "unexpected end" in str(error):
                    return
                raise self._refused(line, error) from error
            if record is None:
                return
            is_kept = self._note(record, line, quote)
            line = reader.line_num + 1
            if is_kept:
                yield record

    def _note(self, record: list[str], line: int, quote: str) -> bool:
        """Counts the record; says whether it is kept."""
        if not record:
            self.blanks += 1
            return False
        if not self.count:
            self.ragged.fields = len(record)
            _check_width(len(record), self.name)
        elif len(record) != self.ragged.fields:
            self.ragged.add(line, len(record))
            if self.leaves_ragged_out:
                return False
        self.count += 1
        self.stray = self.stray or (bool(quote) and any(quote in cell for cell in record))
        return True

    def _refused(self, line: int, error: csv.Error) -> UnreadableTableError:
        if "field larger" in str(error):
            said = f"A cell that begins in line {line} of {self.name} is larger than {_LARGEST_CELL >> 20} MiB."
        elif "expected after" in str(error):
            said = f"A quoted cell that begins in line {line} of {self.name} ends in the middle of a cell."
        else:
            said = f"A quote that opens in line {line} of {self.name} is never closed."
        return UnreadableTableError(
            said,
            hint="Correct the line, or choose to read without quotes if quotes are ordinary letters in this file.",
            details=str(error),
            facts={"kind": "quote", "line": line},
        )


def dialect(delimiter: str, quote: str) -> dict[str, Any]:
    if not quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": delimiter, "quotechar": quote, "doublequote": True}


@contextmanager
def _large_cells() -> Iterator[None]:
    before = csv.field_size_limit(_LARGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _check_ragged(ragged: _Ragged, name: str) -> None:
    if not ragged.total:
        return
    (line, cells), *others = ragged.lines
    more = ""
    if others:
        shown = ", ".join(str(number) for number, _ in others)
        rest = ", ..." if ragged.total > len(ragged.lines) else ""
        more = f" {ragged.total - 1} more lines do not fit either: {shown}{rest}."
        more = more.replace("1 more lines do", "1 more line does") if ragged.total == 2 else more
    raise UnreadableTableError(
        f"Line {line} of {name} has {cells} cells, the first line has {ragged.fields}.{more}",
        hint="Correct these lines, or choose another delimiter or quote sign.",
        details=f"{ragged.total} lines of {ragged.fields} expected cells do not fit; first: {ragged.lines}",
        facts={"kind": "cells", "line": line, "cells": cells, "fields": ragged.fields, "count": ragged.total},
    )


def _check_width(fields: int, name: str) -> None:
    if fields > MOST_COLUMNS:
        raise UnreadableTableError(
            f"{name} has {fields} columns; at most {MOST_COLUMNS} can be read.",
            hint="Choose another delimiter, or keep only the columns you need.",
        )
