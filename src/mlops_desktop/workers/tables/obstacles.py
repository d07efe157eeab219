"""Why a file cannot be read: the raw lines around the place, and the answers with which it could be read after all."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlops_desktop.domain.datasets import ColumnType, Misfits, ReadAnswers
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.previews import Obstacle, RawLine, WayOut
from mlops_desktop.workers.tables.looking import HEAD_BYTES, look
from mlops_desktop.workers.tables.reading import read_text
from mlops_desktop.workers.tables.sources import open_source

AROUND = 4
WIDTH = 160
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-16": "UTF-16"}
_ENDLESS = 64 * 1024


@dataclass(frozen=True)
class _Attempt:
    """Answers that might do; `{rows}`, `{columns}` and `{encoding}` in the sentence become what they give."""

    caption: str
    sentence: str
    answers: ReadAnswers


def obstacle(path: Path, answers: ReadAnswers) -> Obstacle | None:
    """What stands in the way of reading the file so; None where nothing does."""
    try:
        look(path, answers)
    except UserError as error:
        return _described(path, answers, error)
    return None


def _described(path: Path, answers: ReadAnswers, error: UserError) -> Obstacle:
    facts = error.facts
    line = int(str(facts.get("line") or 0))
    encoding = str(facts.get("encoding") or answers.encoding or "utf-8")
    ways: list[WayOut] = []
    for attempt in _attempts(answers, facts):
        way = _tried(path, attempt)
        if way is not None and all(way.answers != other.answers for other in ways):
            ways.append(way)
    lines: tuple[RawLine, ...] = ()
    value = str(facts.get("value", ""))
    if facts.get("kind") == "type":
        line = int(str(facts.get("row"))) + (answers.header is not False)
    if line:
        try:
            lines = _around(path, line, encoding, _Wrong(str(facts.get("kind")), value))
        except (UserError, OSError):
            lines = ()
    if value and not any(found.is_wrong and found.mark for found in lines):
        lines = ()  # rows are no lines where cells go over several
    return Obstacle(
        title=error.message,
        sentence=error.hint,
        code=error.code,
        lines=lines,
        around=f"Around line {line:,}" if lines else "",
        ways=tuple(ways),
        hint=error.hint,
        details=error.details,
        facts=facts,
    )


def _attempts(answers: ReadAnswers, facts: dict[str, object]) -> Iterator[_Attempt]:
    line = int(str(facts.get("line") or 0))
    match facts.get("kind"):
        case "quote":
            yield from _without_quotes(answers)
            yield from _without_line(answers, line)
        case "cells":
            yield from _for_cells(answers, int(str(facts.get("count"))), line)
        case "encoding":
            yield from _other_encodings(answers)
        case "header":
            yield _Attempt(
                "Read line 1 as a row", "{rows} and {columns}, without names.", replace(answers, header=False)
            )
        case "type":
            yield from _for_misfits(answers, facts)
        case "column":
            yield from _without_column(answers, str(facts.get("column")))
    if answers != ReadAnswers():
        yield _Attempt("Detect everything afresh", "{rows} and {columns}; your answers are dropped.", ReadAnswers())


def _without_quotes(answers: ReadAnswers) -> Iterator[_Attempt]:
    if answers.quote != "":
        said = "{rows} and {columns}. Right when no cell contains the delimiter."
        yield _Attempt("Quotes mean nothing in this file", said, replace(answers, quote=""))


def _without_line(answers: ReadAnswers, line: int) -> Iterator[_Attempt]:
    if line:
        lines = (*answers.lines_left_out, line)
        yield _Attempt(f"Leave line {line:,} out", "{rows} are read.", replace(answers, lines_left_out=lines))


def _for_cells(answers: ReadAnswers, count: int, line: int) -> Iterator[_Attempt]:
    which = f"Leave line {line:,} out" if count == 1 else f"Leave these {count:,} lines out"
    yield _Attempt(
        which, "{rows} are read; the finding counts what is missing.", replace(answers, ragged_left_out=True)
    )
    if count > 1:
        said = "{rows} and {columns}. Right when line 1 is a title above the table."
        yield _Attempt("Leave line 1 out", said, replace(answers, lines_left_out=(*answers.lines_left_out, 1)))
    for sign, name in DELIMITERS.items():
        if sign != answers.delimiter:
            yield _Attempt(f"Divide cells by {name}", "{rows} and {columns}.", replace(answers, delimiter=sign))
    yield from _without_quotes(answers)


def _other_encodings(answers: ReadAnswers) -> Iterator[_Attempt]:
    if answers.encoding is not None:
        yield _Attempt(
            "Detect the encoding", "Read as {encoding}: {rows} and {columns}.", replace(answers, encoding=None)
        )
    for name, words in ENCODINGS.items():
        if name != answers.encoding:
            yield _Attempt(f"Read as {words}", "{rows} and {columns}.", replace(answers, encoding=name))


def _for_misfits(answers: ReadAnswers, facts: dict[str, object]) -> Iterator[_Attempt]:
    name, count = str(facts.get("column")), int(str(facts.get("count")))
    many = "1 value" if count == 1 else f"{count:,} values"
    types = {**answers.column_types, name: ColumnType(str(facts.get("type")))}
    for what, caption, said in (
        (Misfits.EMPTY, "Read them as empty", f"{many} of {name} become empty; {{rows}} are read."),
        (Misfits.LEAVE_OUT, "Leave these rows out", "{rows} are read."),
    ):
        yield _Attempt(caption, said, replace(answers, column_types=types, misfits={**answers.misfits, name: what}))
    as_text = {**answers.column_types, name: ColumnType.TEXT}
    yield _Attempt(f"Read {name} as text", "{rows}; every value is kept.", replace(answers, column_types=as_text))


def _without_column(answers: ReadAnswers, name: str) -> Iterator[_Attempt]:
    types = {other: kind for other, kind in answers.column_types.items() if other != name}
    misfits = {other: what for other, what in answers.misfits.items() if other != name}
    said = "{rows} and {columns}."
    yield _Attempt(f"Go on without {name}", said, replace(answers, column_types=types, misfits=misfits))


def _tried(path: Path, attempt: _Attempt) -> WayOut | None:
    """The way, where it leads to a table of more than one column."""
    try:
        if attempt.answers.column_types:
            seen = look(path, attempt.answers)
            text, rows = seen.table.text, seen.table.rows
        else:
            with tempfile.TemporaryDirectory(prefix="mlops-preview-") as folder:
                text = read_text(path, attempt.answers, Path(folder), head=HEAD_BYTES)
            rows = text.rows
    except UserError:
        return None
    columns = len(text.names)
    if columns < 2:
        return None
    encoding = ENCODINGS.get(text.staged.encoding, text.staged.encoding)
    said = attempt.sentence.format(
        rows=f"{rows:,} {'row' if rows == 1 else 'rows'}", columns=f"{columns:,} columns", encoding=encoding
    )
    return WayOut(attempt.caption, said, attempt.answers, rows, columns)


@dataclass(frozen=True)
class _Wrong:
    """What is wrong in a line, and the value that shows it."""

    kind: str
    value: str


def _around(path: Path, line: int, encoding: str, wrong: _Wrong) -> tuple[RawLine, ...]:
    found: list[RawLine] = []
    for number, text in _raw_lines(path, encoding):
        if number > line + AROUND:
            break
        if number >= line - AROUND:
            found.append(_raw_line(number, text, wrong if number == line else None))
    return tuple(found)


def _raw_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, as far as they can be read; a line without an end is cut."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    number, rest = 1, ""
    with open_source(path) as source:
        for chunk in source.chunks():
            lines = (rest + decoder.decode(chunk)).split("\n")
            rest = lines.pop()[:_ENDLESS]
            for text in lines:
                yield number, text.removesuffix("\r")
                number += 1
    if rest:
        yield number, rest


def _raw_line(number: int, text: str, wrong: _Wrong | None) -> RawLine:
    mark = _mark(text, wrong) if wrong else None
    start = max(0, mark[0] - WIDTH // 2) if mark else 0
    shown = "".join(sign if sign.isprintable() else "\ufffd" for sign in text[start : start + WIDTH])
    before, after = "…" if start else "", "…" if len(text) > start + WIDTH else ""
    if mark:
        mark = (mark[0] - start + len(before), mark[1] - start + len(before))
    return RawLine(number, f"{before}{shown}{after}", wrong is not None, mark)


def _mark(text: str, wrong: _Wrong) -> tuple[int, int] | None:
    if wrong.kind == "type":
        place = text.find(wrong.value)
        return (place, place + len(wrong.value)) if place >= 0 and wrong.value else None
    place = {"quote": text.rfind('"'), "encoding": text.find("\ufffd"), "nul": text.find("\0")}.get(wrong.kind, -1)
    return (place, place + 1) if place >= 0 else None
