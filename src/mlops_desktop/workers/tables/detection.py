"""How a delimited text was written, guessed from its head, each guess with a sentence of evidence."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError

HEAD = 512 * 1024
_MOST_RECORDS = 200
_MOST_CELLS = 100_000
_USUAL = (",", ";", "\t", "|")
_RARE = ("^", "~", "\x1f", "\x01", "\x1e", " ")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", " ": "space", "\x1f": "unit separator"}
_CONSISTENT = 0.9

_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")
_POINT = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*")
_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
_DATE = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")
_YEAR = re.compile(r"(1[89]|20|21)\d\d")
_TRUTH = frozenset({"true", "false", "yes", "no"})
EMPTY_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None", "?", "-", "--", ".")

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Detected:
    """Every answer filled in, and why."""

    answers: ReadAnswers
    evidence: dict[str, str]


def detect(path: Path, asked: ReadAnswers, *, name: str, encoding: str, encoding_evidence: str) -> Detected:
    """Fill in the answers that were not given. Raises InvalidInputError for an answer that cannot be used."""
    check_answers(asked)
    text = _head(path, name)
    quote, quote_why = (asked.quote, _CHOSEN) if asked.quote is not None else detect_quote(text)
    delimiter, delimiter_why = (asked.delimiter, _CHOSEN) if asked.delimiter else detect_delimiter(text, quote)
    rows = split_head(text, delimiter, quote)
    decimal, decimal_why = (asked.decimal, _CHOSEN) if asked.decimal else detect_decimal(rows, delimiter)
    header, header_why = (asked.header, _CHOSEN) if asked.header is not None else detect_header(rows)
    empty = asked.empty_values if asked.empty_values is not None else ("",)
    answers = replace(
        asked,
        delimiter=delimiter,
        encoding=encoding,
        decimal=decimal,
        header=header,
        quote=quote,
        empty_values=empty,
    )
    evidence = {
        "delimiter": delimiter_why,
        "encoding": encoding_evidence,
        "decimal": decimal_why,
        "header": header_why,
        "quote": quote_why,
        "empty_values": _CHOSEN if asked.empty_values is not None else _EMPTY_WHY,
    }
    return Detected(answers, evidence)


_CHOSEN = "As you chose."
_EMPTY_WHY = (
    "An empty cell is a missing value. NA, N/A, NaN, null, None, ?, - and . count as missing only in columns "
    "where every other value is a number, a date or yes/no."
)


def check_answers(answers: ReadAnswers) -> None:
    """Raises InvalidInputError for an answer that cannot be used."""
    delimiter = answers.delimiter
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in "\r\n\x00\"'"):
        raise InvalidInputError(
            f"{delimiter!r} cannot divide cells.", hint="A delimiter is one sign, such as a comma, ; | or a tab."
        )
    if answers.decimal not in (None, ".", ","):
        raise InvalidInputError(f"{answers.decimal!r} is no decimal sign.", hint="Choose . or ,")
    if answers.quote not in (None, "", '"', "'"):
        raise InvalidInputError(f"{answers.quote!r} is no quote sign.", hint="Choose \" or ' or nothing.")


def split_head(text: str, delimiter: str, quote: str, most: int = _MOST_RECORDS) -> list[list[str]]:
    """The first records, as far as they can be divided."""
    rows: list[list[str]] = []
    lines = io.StringIO(text, newline="")
    reader = (
        csv.reader(lines, delimiter=delimiter, quotechar=quote)
        if quote
        else csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    )
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= most:
                break
    except csv.Error:
        pass
    return rows


def detect_quote(text: str) -> tuple[str, str]:
    """Double quotes unless only single ones embrace cells."""
    if '"' in text:
        return '"', 'Double quotes (") embrace cells.'
    embraced = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", text, re.MULTILINE))
    if embraced >= 2 and embraced * 2 >= text.count("'") * 0.9:
        return "'", f"{embraced} cells stand in single quotes (')."
    return '"', 'No cell is quoted; double quotes (") are the usual sign.'


def detect_delimiter(text: str, quote: str) -> tuple[str, str]:
    """The sign that divides most lines into the same number of cells."""
    scores = {sign: _score(split_head(text, sign, quote)) for sign in _USUAL}
    best = max(_USUAL, key=lambda sign: scores[sign])
    if scores[best][0] >= _CONSISTENT:
        return best, _delimiter_evidence(best, scores[best])
    rare = {sign: _score(split_head(text, sign, quote)) for sign in _RARE if sign in text}
    for sign, score in rare.items():
        if score[0] == 1.0:
            return sign, _delimiter_evidence(sign, score)
    if scores[best][0] > 0:
        return best, _delimiter_evidence(best, scores[best])
    return ",", "No sign divides the lines, so this is a table with one column."


def _delimiter_evidence(sign: str, score: tuple[float, float, int]) -> str:
    name = _NAMES.get(sign, repr(sign))
    return f"A {name} divides {score[0]:.0%} of the first lines into {score[2]} cells."


def _score(rows: Rows) -> tuple[float, float, int]:
    """How many records have the usual number of cells, how clean these cells are, how many there are."""
    if not rows:
        return 0.0, 0.0, 0
    (cells, count), *_ = Counter(len(row) for row in rows).most_common(1)
    if cells < 2:
        return 0.0, 0.0, 1
    share = count / len(rows)
    values = [cell for row in rows[:50] if len(row) == cells for cell in row]
    clean = sum(not any(sign in cell for sign in _USUAL) or bool(_NUMBER.fullmatch(cell)) for cell in values)
    rounded = 1.0 if len(rows[0]) == cells and share >= _CONSISTENT else round(share * 0.8, 3)
    return rounded, round(clean / max(len(values), 1), 3), cells


def detect_decimal(rows: Rows, delimiter: str) -> tuple[str, str]:
    """A comma where numbers are written with it and not with a point."""
    cells = list(itertools.islice(itertools.chain.from_iterable(rows), _MOST_CELLS))
    points = sum(bool(_POINT.fullmatch(cell)) for cell in cells)
    commas = sum(bool(_COMMA.fullmatch(cell)) for cell in cells)
    if commas > points:
        return ",", f"{commas} numbers are written with a comma, {points} with a point."
    if points:
        return ".", f"{points} numbers are written with a point, {commas} with a comma."
    return ".", "No number has a decimal sign; a point is the usual one."


def detect_header(rows: Rows) -> tuple[bool, str]:
    """The first line names the columns unless it holds values like the lines below."""
    if not rows:
        return True, "There is nothing to judge by; a header is usual."
    first, body = rows[0], rows[1:]
    if all(_is_value(cell) and cell.strip() for cell in first):
        return False, "The first line holds only numbers or dates, so it is no header."
    for name, column in zip(first, zip(*(row for row in body if len(row) == len(first)), strict=True), strict=False):
        filled = [cell for cell in column if cell not in EMPTY_WORDS]
        if filled and not _is_value(name) and name.strip() and all(_is_value(cell) for cell in filled):
            return True, f"The first line has the word {name[:40]!r} above a column of numbers, dates or yes/no."
    values = [cell for cell in first if _is_value(cell) and not _YEAR.fullmatch(cell)]
    if values:
        return False, f"The first line holds the value {values[0][:40]!r}, so it is no header."
    if body and len(set(first)) == len(first) and all(cell.strip() for cell in first):
        return True, "The first line holds words that are all different, as names of columns are."
    return True, "The first line holds no number or date; a header is usual."


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _DATE.fullmatch(cell)) or cell.strip().lower() in _TRUTH


def _head(path: Path, name: str) -> str:
    with path.open("rb") as stream:
        raw = stream.read(HEAD)
        more = len(raw) == HEAD
    if more:
        raw = raw[: raw.rfind(b"\n") + 1] or raw
    text = raw.decode("utf-8", "ignore")
    if not text.strip():
        raise UnreadableTableError(f"{name} holds nothing but blank lines.", hint="Export it again from its program.")
    return text
