"""The call that shows how a file would be read, before it is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import Derived, ReadAnswers
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.previews import Preview
from mlops_desktop.workers.tables.choices import finding_choices, words_kept
from mlops_desktop.workers.tables.codes import shortened
from mlops_desktop.workers.tables.looking import Look, evidence, look, odd_places, rows_at, rows_shown, with_derived


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The detected answers with their evidence, the columns, some rows as they are written and what is odd.

    Of a large file only the head is read: then `complete` is false, `row_count` counts the rows that were read, and the
    evidence on `rows` says so.
    """
    answers = from_plain(ReadAnswers, request.get("answers") or {})
    derived = from_plain(tuple[Derived, ...], request.get("derived") or ())
    seen = look(Path(request["path"]), answers)
    values, columns = with_derived(seen, derived)
    table, text = seen.table, seen.table.text
    odd = odd_places(seen)
    most = rows_shown(seen)
    step = max(1, text.rows // most)
    found = shortened(table.findings)
    preview = Preview(
        answers=text.answers,
        evidence=evidence(seen),
        columns=columns,
        rows=rows_at(seen, values, derived, range(min(most, text.rows))),
        row_count=text.rows,
        findings=finding_choices(found, table.decisions, _words(seen), text.answers),
        complete=text.staged.complete,
        odd_rows=rows_at(seen, values, derived, odd[:most]),
        odd_count=len(odd),
        spread_rows=rows_at(seen, values, derived, range(0, text.rows, step)[:most]),
        left_out=text.rows - table.rows,
        file_size=seen.file_size,
        seconds=seen.seconds,
    )
    return dict(to_plain(preview))


def _words(seen: Look) -> list[str]:
    names = [item.columns[0] for item in seen.table.findings if item.code == "missing_words_kept"]
    frame = seen.table.text.frame
    return (
        words_kept([frame.select(name).unique() for name in names], seen.table.text.answers)
        if frame is not None
        else []
    )
