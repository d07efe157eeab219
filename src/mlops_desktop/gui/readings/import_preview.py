"""What a preview says in words: the header, evidence, heads of columns, types to choose, and where it goes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_desktop.domain.datasets import ColumnType, DatasetVersion, Misfits, ReadAnswers
from mlops_desktop.domain.names import name_of_file
from mlops_desktop.domain.previews import Preview, PreviewColumn, TypeChoice
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.dataset_columns import TAGS

LEFT_OUT = "—"
DELIMITERS = ((",", "Comma  ,"), (";", "Semicolon  ;"), ("\t", "Tab"), ("|", "Vertical bar  |"), (" ", "Space"))
DECIMALS = ((".", "Point  1.5"), (",", "Comma  1,5"))
HEADERS = ((True, "In row 1"), (False, "None"))
QUOTES = (('"', 'Double  "'), ("'", "Single  '"), ("", "None"))
ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
    ("latin-1", "Latin-1"),
    ("utf-16", "UTF-16"),
    ("utf-16-le", "UTF-16 LE"),
    ("utf-16-be", "UTF-16 BE"),
    ("utf-32", "UTF-32"),
    ("ascii", "ASCII"),
    ("iso8859-2", "ISO 8859-2"),
    ("iso8859-15", "ISO 8859-15"),
    ("cp1250", "Windows-1250"),
    ("cp1251", "Windows-1251"),
    ("cp1253", "Windows-1253"),
    ("cp1254", "Windows-1254"),
    ("cp437", "CP 437"),
    ("cp850", "CP 850"),
    ("koi8-r", "KOI8-R"),
    ("mac-roman", "Mac Roman"),
    ("shift_jis", "Shift JIS"),
    ("euc_jp", "EUC-JP"),
    ("euc_kr", "EUC-KR"),
    ("gb18030", "GB 18030"),
    ("big5", "Big5"),
)
_KINDS = (
    (ColumnType.INTEGER, "Whole number"),
    (ColumnType.FLOAT, "Number"),
    (ColumnType.TEXT, "Category, text"),
    (ColumnType.BOOLEAN, "Yes or no"),
    (ColumnType.DATE, "Date"),
    (ColumnType.DATETIME, "Date and time"),
)


@dataclass(frozen=True)
class TypeEntry:
    """One entry of a column's type menu; `type` None leaves the column out."""

    type: ColumnType | None
    tag: str
    words: str
    note: str = ""
    is_possible: bool = True
    is_chosen: bool = False


@dataclass(frozen=True)
class Differences:
    """What a new version would lose, get and read otherwise, against the last one."""

    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    retyped: tuple[tuple[str, ColumnType, ColumnType], ...] = ()
    rows_before: int = 0
    rows_after: int = 0

    @property
    def is_none(self) -> bool:
        return not (self.lost or self.added or self.retyped)


def header_sentence(preview: Preview) -> str:
    """Only what is so: that every row was read is said only where it was."""
    columns = [column for column in preview.kept if not column.is_derived]
    derived = len(preview.kept) - len(columns)
    taken = f"{preview.seconds:.1f} s"
    read = f"every row was read in {taken}" if preview.complete else f"the first rows were read in {taken}, not yet all"
    rows = formats.plural(preview.row_count, "row")
    if not preview.complete:
        rows = f"more than {rows}"
    parts = [
        formats.size(preview.file_size),
        rows,
        formats.plural(len(columns), "column") + (f", {derived} derived" if derived else ""),
        f"{read}, nothing is stored yet",
    ]
    if preview.left_out:
        parts.insert(3, f"{formats.plural(preview.left_out, 'row')} left out")
    return " · ".join(parts)


def evidence(preview: Preview, answer: str) -> str:
    """What stands below an answer."""
    if answer == "delimiter":
        parts = sum(not column.is_derived for column in preview.columns)
        return f"{formats.plural(parts, 'part')} a row"
    if answer == "header":
        return "names, not values" if preview.answers.header else "all rows hold values"
    if answer == "empty_values" and preview.answers.empty_values == ("",):
        return "NA too, among numbers"
    said = preview.evidence.get(answer, "").rstrip(".")
    written = re.match(r"(\d+) numbers are written", said)
    if answer == "decimal" and written:
        return f"so in {formats.plural(int(written[1]), 'number')}"
    if answer == "decimal" and said.startswith("No number"):
        return "no number has one"
    if answer == "encoding" and said.startswith("Every byte fits"):
        return "every byte fits"
    brief = said if said.startswith("As ") else said.partition(";")[0].partition(". ")[0]
    return f"{brief[:1].lower()}{brief[1:]}" if brief[1:2].islower() else brief


def tag_of(column: PreviewColumn) -> str:
    return LEFT_OUT if column.is_left_out else TAGS[column.type]


def column_note(column: PreviewColumn) -> tuple[str, str]:
    """What stands below a column's name, and the token of its colour."""
    if column.is_left_out:
        return "left out", "muted"
    if column.misfits:
        return f"{formats.count(column.misfits)} do not fit", "warn"
    if zeros_of(column):
        return "leading 0", "warn"
    if column.type is ColumnType.BOOLEAN:
        filled = true_share(column)
        return (f"{filled} yes" if filled else "empty"), "muted"
    if column.type is ColumnType.TEXT or not column.low:
        return formats.plural(column.distinct, "value") if column.distinct else "empty", "muted"
    kind = column.type
    if kind is ColumnType.DATETIME and column.high and column.low[:10] != column.high[:10]:
        kind = ColumnType.DATE  # the days are enough to tell how far it goes
    low, high = (cell_text(text, kind) for text in (column.low, column.high))
    return (f"{low} – {high}" if low != high else f"always {low}"), "muted"


def zeros_of(column: PreviewColumn) -> tuple[str, str] | None:
    """A number with leading zeros and what a number would make of it."""
    if column.type is not ColumnType.TEXT:
        return None
    return next((choice.example for choice in column.choices if choice.example and not choice.misfits), None)


def true_share(column: PreviewColumn) -> str:
    filled = _filled(column)
    return f"{column.true / filled * 100:.1f} %" if filled else ""


def _filled(column: PreviewColumn) -> int:
    return column.rows - column.missing


def cell_text(cell: str | None, kind: ColumnType) -> str:
    """A cell as people read it: a minus sign, a date without its T and its seconds."""
    if cell is None:
        return "empty"
    if kind.is_numeric:
        return cell.replace("-", "−")
    if kind is ColumnType.DATETIME:
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            return cell
        seconds = f":{moment:%S}" if moment.second else ""
        return f"{moment.day} {moment:%b %Y %H:%M}{seconds}"
    if kind is ColumnType.DATE:
        try:
            day = datetime.fromisoformat(cell)
        except ValueError:
            return cell
        return f"{day.day} {day:%b %Y}"
    return cell


def type_entries(column: PreviewColumn) -> tuple[TypeEntry, ...]:
    """Every type a column could get; what no value fits is off, with the reason."""
    by_type = {choice.type: choice for choice in column.choices}
    entries = []
    for kind, words in _KINDS:
        choice = by_type.get(kind)
        chosen = column.type is kind and not column.is_left_out
        note, possible = _note(kind, choice, column)
        entries.append(TypeEntry(kind, TAGS[kind], words, note, possible or chosen, chosen))
    entries.append(TypeEntry(None, LEFT_OUT, "Leave out", "not imported", True, column.is_left_out))
    return tuple(entries)


def _note(kind: ColumnType, choice: TypeChoice | None, column: PreviewColumn) -> tuple[str, bool]:
    if kind is ColumnType.TEXT:
        example = next((other.example for other in column.choices if other.example), None)
        return (f"keeps {example[0]}" if example else "every value is kept"), True
    if choice is None:
        return "", True
    if choice.problem:
        return choice.problem, False
    if choice.example is not None and not choice.misfits:
        return f"{choice.example[0]} becomes {choice.example[1]}", True
    if choice.misfits and choice.is_counted:
        return f"{formats.count(choice.misfits)} become empty", True
    return "", True


def with_type(asked: ReadAnswers, column: PreviewColumn, kind: ColumnType | None) -> ReadAnswers:
    """The answers with another type of a column; values that do not fit become empty, as the menu said."""
    name = column.name
    out = tuple(other for other in asked.columns_left_out if other != name)
    if kind is None:
        return dataclasses.replace(asked, columns_left_out=(*out, name))
    types = {**asked.column_types, name: kind}
    misfits = {other: what for other, what in asked.misfits.items() if other != name}
    choice = next((one for one in column.choices if one.type is kind), None)
    if kind is not ColumnType.TEXT and (choice is None or choice.misfits or not choice.is_counted):
        misfits[name] = Misfits.EMPTY
    return dataclasses.replace(asked, column_types=types, misfits=misfits, columns_left_out=out)


def changed(asked: ReadAnswers, before: ReadAnswers, after: ReadAnswers) -> ReadAnswers:
    """What was asked, and of what is asked now only that which differs from what was read."""
    names = [field.name for field in dataclasses.fields(ReadAnswers)]
    new = {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
    return dataclasses.replace(asked, **new)


def with_answer(asked: ReadAnswers, name: str, value: Any) -> ReadAnswers:
    """The answers with one of them set; None lets it be detected."""
    return dataclasses.replace(asked, **{name: value})


def differences(preview: Preview, version: DatasetVersion) -> Differences:
    """What the version after this one would be, against it."""
    old = {column.name: column.type for column in version.columns}
    new = {column.name: column.type for column in preview.kept}
    return Differences(
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name not in old),
        tuple((name, old[name], kind) for name, kind in new.items() if name in old and old[name] is not kind),
        version.rows,
        preview.row_count - preview.left_out,
    )


def free_name(file_name: str, taken: Sequence[str]) -> str:
    """A name for a new dataset, from the file's."""
    name = name_of_file(file_name)
    known = {other.casefold() for other in taken}
    number = 2
    made = name
    while made.casefold() in known:
        made = f"{name}-{number}"
        number += 1
    return made


def name_of(file_name: str, names: Sequence[str]) -> str:
    """The dataset that is called as the file is; empty where none is."""
    wanted = name_of_file(file_name).casefold()
    return next((name for name in names if name.casefold() == wanted), "")


def likely_dataset(file_name: str, preview: Preview, versions: Sequence[DatasetVersion]) -> str:
    """The dataset that this is likely the next version of: called so and alike, or with the same columns."""
    name = name_of_file(file_name).casefold()
    own = {column.name for column in preview.columns if not column.is_derived}

    def alike(version: DatasetVersion) -> float:
        made = {item.name for item in version.source.derived}
        other = {column.name for column in version.columns if column.name not in made}
        return len(own & other) / max(1, len(own | other))

    best = max(versions, key=lambda version: (alike(version), version.dataset_name.casefold() == name), default=None)
    same = next((version for version in versions if version.dataset_name.casefold() == name), None)
    if same is not None and alike(same) >= 0.5:
        return same.dataset_name
    return best.dataset_name if best is not None and alike(best) >= 0.9 else ""
