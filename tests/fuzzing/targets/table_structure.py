"""The shape of a text, as a strict reader of the standard library sees it: the same table, or none for both.

The first byte chooses the quote sign and how much is looked at in one go.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl

from mlops_desktop.domain.errors import UnreadableTableError
from mlops_desktop.workers.tables import staging, structure

BLOCKS = (1, 2, 3, 5, 64, 4 * 1024**2)
QUOTES = ('"', "'", "")
WORDS = (b'"x"', b'"a,\nb"', b'"a""b"', b'""', b"\r\n", b"\r", b",,", b"\n\n", "é".encode())


MOST_SIGNS = 2_000
"""In a file: very many columns are refused, and thousands of them show nothing that some do not."""


def try_one(data: bytes) -> None:
    if not data or data.count(b",") > MOST_SIGNS:
        return
    try:
        text = data[1:].decode()
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return  # refused before, with its line
    agree(Path("t.csv"), text, QUOTES[data[0] % 3], BLOCKS[data[0] // 3 % len(BLOCKS)])


def agree(path: Path, text: str, quote: str, block: int) -> None:
    path.write_bytes(text.encode())
    wanted = _rows(text, quote)
    before, structure._BLOCK = structure._BLOCK, block
    try:
        found = structure.check_structure(path, ",", quote, "t.csv")
    except UnreadableTableError:
        assert wanted is None, "refused, but a strict reader reads it"
        raise
    finally:
        structure._BLOCK = before
    assert wanted is not None, "read, but a strict reader does not"
    assert found.records == len(wanted)
    written = io.StringIO(path.read_bytes().decode(), newline="")
    assert list(csv.reader(written, strict=True, **structure.dialect(",", found.quote or ""))) == wanted
    if wanted:
        _read_by_polars(path, found, wanted)


def _rows(text: str, quote: str) -> list[list[str]] | None:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, **structure.dialect(",", quote))
        rows = [row for row in reader if row]
    except csv.Error:
        return None
    return rows if all(len(row) == len(rows[0]) for row in rows) else None


def _read_by_polars(path: Path, found: structure.Structure, wanted: list[list[str]]) -> None:
    staging.mark_as_text(path)
    table = pl.read_csv(
        path,
        has_header=False,
        schema={str(position): pl.String for position in range(found.fields)},
        quote_char=found.quote,
        empty_string_is_null=False,
        raise_if_empty=False,
    )
    assert [list(row) for row in table.rows()] == wanted
