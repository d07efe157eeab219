"""A file read for a preview: kept in memory, so that a derived column or a row is shown without reading it again."""

from __future__ import annotations

import functools
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import Column, ColumnType, Derived, ReadAnswers
from mlops_desktop.domain.plain import from_plain, to_json
from mlops_desktop.domain.previews import PreviewColumn, PreviewRow
from mlops_desktop.workers.tables import column_types
from mlops_desktop.workers.tables.choices import type_choices
from mlops_desktop.workers.tables.column_types import ROWS, Decision
from mlops_desktop.workers.tables.derivation import derive, derived_columns
from mlops_desktop.workers.tables.frames import plain_value
from mlops_desktop.workers.tables.reading import TypedTable, read_text, reader_errors, type_table

if TYPE_CHECKING:
    import polars as pl

HEAD_BYTES = 48 * 1024**2
MOST_CELLS = 10_000_000
WIDE = 1_000
"""Columns. Of a wider table fewer rows are read and shown, and it is not counted which types would fit."""
MOST_CELLS_OF_WIDE = 1_000_000
ROWS_SHOWN = 100
LONGEST_CELL = 1000
_CELLS_SHOWN = 50_000
_BYTES_SHOWN = 3 * 1024**2
"""Of some rows, as they go into a message."""
_SHORTEST_CELL = 20
_LEFT_OUT = "\x00left out"


@dataclass(frozen=True)
class Look:
    """What was read. `values` has a row for every row of the text, also for those that are left out."""

    table: TypedTable
    values: pl.DataFrame
    left_out: pl.Series
    odd: pl.DataFrame
    columns: tuple[PreviewColumn, ...]
    file_size: int
    seconds: float


def look(path: Path, answers: ReadAnswers) -> Look:
    """The file as it would be read; the last one is kept until another is looked at or the file changes."""
    try:
        found = path.stat()
        print_ = (found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError:
        print_ = (0, 0, 0)  # reading it says what is wrong
    return _look(str(path), print_, to_json(answers))


@functools.lru_cache(maxsize=1)
def _look(path: str, print_: tuple[int, int, int], answers: str) -> Look:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mlops-preview-") as folder:
        read = read_text(Path(path), from_plain(ReadAnswers, json.loads(answers)), Path(folder), head=HEAD_BYTES)
        text = read.loaded(MOST_CELLS_OF_WIDE if len(read.names) > WIDE else MOST_CELLS)
    assert text.frame is not None
    is_wide = len(text.names) > WIDE
    counted = {name: text.frame.get_column(name).value_counts(name=ROWS) for name in text.names if not is_wide}
    table = type_table(text, counted or column_types.Stacked.of(text.frame))
    with reader_errors(Path(path).name):
        values = text.frame.lazy().select(column_types.values(table.decisions, text.answers)).collect()
        odd = _odd(table)
    left_out = _left_out(table)
    columns = tuple(
        _column(table, decision, values.get_column(decision.column.name), counted.get(decision.column.name))
        for decision in table.decisions
    )
    return Look(table, values, left_out, odd, columns, text.staged.source_size, time.monotonic() - started)


def with_derived(seen: Look, derived: Sequence[Derived]) -> tuple[pl.DataFrame, tuple[PreviewColumn, ...]]:
    """The values with the derived columns, and every column. Raises ExpressionError, AlreadyExistsError."""
    kept = seen.table.columns
    known = derived_columns(kept, derived)
    if not derived:
        return seen.values, seen.columns
    base = seen.values.lazy().select(column.name for column in kept)
    with reader_errors("The file"):
        made = derive(base, kept, derived).select(new.name for new in derived).collect()
        shown = made.filter(~seen.left_out)
    new = tuple(_summary(column, shown.get_column(column.name), is_derived=True) for column in known[len(kept) :])
    return seen.values.hstack(made), (*seen.columns, *new)


def rows_at(
    seen: Look, values: pl.DataFrame, derived: Sequence[Derived], numbers: Sequence[int]
) -> tuple[PreviewRow, ...]:
    """Rows by their places: cells as they are written in the file, derived ones as they would be computed."""
    text = seen.table.text.frame
    assert text is not None
    import polars as pl

    places = pl.Series(numbers, dtype=pl.UInt32)
    written, kept = text[places].rows(), values[places].rows()
    odd = seen.odd[places] if seen.odd.width else seen.odd
    names = seen.table.text.names
    flags = {names.index(name): odd.get_column(name).to_list() for name in odd.columns}
    shown: list[PreviewRow] = []
    for place, (number, cells, found) in enumerate(zip(places, written, kept, strict=True)):
        strange = tuple(column for column, marks in flags.items() if marks[place])
        own = [
            None if value is None and column not in strange else _short(cell)
            for column, (cell, value) in enumerate(zip(cells, found[: len(names)], strict=True))
        ]
        new = [None if value is None else _short(written_value(value)) for value in found[len(names) :]]
        shown.append(PreviewRow(number + 1, (*own, *new), strange))
    return _within(shown, _BYTES_SHOWN)


def rows_shown(seen: Look) -> int:
    """How many rows are shown: fewer of a very wide table."""
    return max(3, min(ROWS_SHOWN, _CELLS_SHOWN // len(seen.columns)))


def _within(rows: Sequence[PreviewRow], most: int) -> tuple[PreviewRow, ...]:
    """The rows, their long cells shortened further until all fit into so many bytes."""
    longest = LONGEST_CELL
    while longest > _SHORTEST_CELL and sum(len(json.dumps(row.cells)) for row in rows) > most:
        longest //= 2
        rows = [
            replace(row, cells=tuple(None if cell is None else _short(cell, longest) for cell in row.cells))
            for row in rows
        ]
    return tuple(rows)


def odd_places(seen: Look) -> list[int]:
    """The rows with a cell that does not fit, from the top."""
    import polars as pl

    if not seen.odd.width:
        return []
    return seen.odd.select(pl.any_horizontal(pl.all()).arg_true()).to_series().to_list()


def written_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain_value(value))


def _odd(table: TypedTable) -> pl.DataFrame:
    """Of every column with cells that do not fit: which these are."""
    marked = [item for item in table.kept if item.misfits is not None or item.almost is not None]
    tests = [column_types.misfit(item, table.text.answers).alias(item.column.name) for item in marked]
    return table.text.scan().select(tests).collect()


def _left_out(table: TypedTable) -> pl.Series:
    import polars as pl

    test = column_types.left_out_rows(table.kept, table.text.answers)
    if test is None:
        return pl.repeat(value=False, n=table.text.rows, eager=True)
    return table.text.scan().select(test.alias(_LEFT_OUT)).collect().to_series()


def _column(table: TypedTable, decision: Decision, values: pl.Series, counted: pl.DataFrame | None) -> PreviewColumn:
    answers = table.text.answers
    made = _summary(decision.column, values)
    return replace(
        made,
        is_left_out=decision.column.name in answers.columns_left_out,
        misfits=_misfits(table.findings, decision.column.name),
        choices=() if counted is None else type_choices(counted, answers),
    )


def _misfits(findings: Sequence[object], name: str) -> int:
    from mlops_desktop.domain.datasets import Finding

    codes = ("mixed_types", "misfits_emptied", "rows_left_out")
    found = [item for item in findings if isinstance(item, Finding) and item.code in codes and name in item.columns]
    return found[0].count or 0 if found else 0


def _summary(column: Column, values: pl.Series, *, is_derived: bool = False) -> PreviewColumn:
    filled = values.drop_nulls()
    low = high = ""
    true = 0
    if column.type is ColumnType.BOOLEAN:
        true = int(filled.sum() or 0)
    elif column.type is not ColumnType.TEXT and len(filled):
        low, high = written_value(filled.min()), written_value(filled.max())
    return PreviewColumn(
        name=column.name,
        type=column.type,
        is_derived=is_derived,
        rows=len(values),
        missing=values.null_count(),
        distinct=filled.n_unique(),
        low=low,
        high=high,
        true=true,
    )


def _short(cell: str, longest: int = LONGEST_CELL) -> str:
    return cell if len(cell) <= longest else cell[: longest - 3] + "..."


def evidence(seen: Look) -> Mapping[str, str]:
    """Why each answer was taken, and how much was read."""
    text = seen.table.text
    rows = (
        f"All {text.rows} rows were read."
        if text.staged.complete
        else f"Only the first {text.rows} rows were read; types are decided over all rows at import."
    )
    return {**text.evidence, "rows": rows}
