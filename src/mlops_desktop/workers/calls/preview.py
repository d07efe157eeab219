"""The call that shows how a file would be read, before it is imported."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import Derived, ReadAnswers
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.tables.codes import shortened
from mlops_desktop.workers.tables.derivation import derive, derived_columns
from mlops_desktop.workers.tables.frames import plain_value
from mlops_desktop.workers.tables.reading import TextTable, TypedTable, read_text, reader_errors, type_table

HEAD_BYTES = 48 * 1024**2
ROWS = 100
LONGEST_CELL = 1000


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The detected answers with their evidence, the types, the first rows as they are written and what is odd.

    Of a large file only the head is read: then `complete` is false, `row_count` counts the rows that were read, and the
    evidence on `rows` says so.
    """
    answers = from_plain(ReadAnswers, request.get("answers") or {})
    derived = from_plain(tuple[Derived, ...], request.get("derived") or ())
    with tempfile.TemporaryDirectory(prefix="mlops-preview-") as folder:
        text = read_text(Path(request["path"]), answers, Path(folder), head=HEAD_BYTES)
        table = type_table(text)
        columns = derived_columns(table.columns, derived)
        rows = _rows(table, derived)
    evidence = {**text.evidence, "rows": _row_evidence(text)}
    return {
        "answers": to_plain(text.answers),
        "evidence": evidence,
        "columns": to_plain(columns),
        "rows": rows,
        "row_count": text.rows,
        "complete": text.staged.complete,
        "findings": to_plain(shortened(table.findings)),
    }


def _rows(table: TypedTable, derived: tuple[Derived, ...]) -> list[list[str | None]]:
    """Cells as they are written in the file, derived ones as they would be computed; empty values are None."""
    with reader_errors("The file"):
        values = derive(table.scan().head(ROWS), table.columns, derived).collect()
        texts = table.text.scan().head(ROWS).collect()
    written = len(table.columns)
    shown: list[list[str | None]] = []
    for cells, kept in zip(texts.rows(), values.rows(), strict=True):
        own = [None if value is None else _short(cell) for cell, value in zip(cells, kept[:written], strict=True)]
        shown.append([*own, *(None if value is None else _short(str(plain_value(value))) for value in kept[written:])])
    return shown


def _short(cell: str) -> str:
    return cell if len(cell) <= LONGEST_CELL else cell[: LONGEST_CELL - 3] + "..."


def _row_evidence(text: TextTable) -> str:
    if text.staged.complete:
        return f"All {text.rows} rows were read."
    return f"Only the first {text.rows} rows were read; types are decided over all rows at import."
