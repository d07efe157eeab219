"""What a file would become if it were imported: columns, rows, oddities, and what may be decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_desktop.domain.datasets import ColumnType, Finding, ReadAnswers


@dataclass(frozen=True)
class TypeChoice:
    """A type that a column could be given, and how many of its `values` do not fit; `is_counted` says if all were seen.

    `example` is a value of the file as this type would keep it, where that is another text.
    """

    type: ColumnType
    values: int
    misfits: int
    problem: str = ""
    example: tuple[str, str] | None = None
    is_counted: bool = True

    @property
    def is_possible(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class PreviewColumn:
    """A column as it would be kept, and what its values are: empty ones, different ones, least and greatest.

    Of a yes/no column `true` counts what is true. A column that is left out stays here, so that it can come back.
    """

    name: str
    type: ColumnType
    is_derived: bool = False
    is_left_out: bool = False
    rows: int = 0
    missing: int = 0
    distinct: int = 0
    low: str = ""
    high: str = ""
    true: int = 0
    misfits: int = 0
    choices: tuple[TypeChoice, ...] = ()


@dataclass(frozen=True)
class PreviewRow:
    """A row by its number, cells as they are written; `odd` are the places of cells that do not fit their column."""

    number: int
    cells: tuple[str | None, ...]
    odd: tuple[int, ...] = ()


@dataclass(frozen=True)
class FindingChoice:
    """One way to deal with a finding, as the answers that say so."""

    caption: str
    answers: ReadAnswers
    note: str = ""
    is_chosen: bool = False


@dataclass(frozen=True)
class PreviewFinding:
    """A finding of the reading, with the ways to deal with it where there are several."""

    finding: Finding
    choices: tuple[FindingChoice, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A file as it would be read. `evidence` says in a sentence why each answer was taken.

    Of a very large file only the beginning is read; then it is not `complete`, and `row_count` counts what was read.
    `rows` are the first ones, `odd_rows` some of the `odd_count` with cells that do not fit, `spread_rows` come from
    all over the file. `left_out` counts the rows that the answers leave out.
    """

    answers: ReadAnswers
    evidence: Mapping[str, str]
    columns: tuple[PreviewColumn, ...]
    rows: tuple[PreviewRow, ...]
    row_count: int
    findings: tuple[PreviewFinding, ...] = ()
    complete: bool = True
    odd_rows: tuple[PreviewRow, ...] = ()
    odd_count: int = 0
    spread_rows: tuple[PreviewRow, ...] = ()
    left_out: int = 0
    file_size: int = 0
    seconds: float = 0.0

    def column(self, name: str) -> PreviewColumn | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def kept(self) -> tuple[PreviewColumn, ...]:
        """The columns that would be in the dataset."""
        return tuple(column for column in self.columns if not column.is_left_out)


@dataclass(frozen=True)
class RawLine:
    """A line of the file as it stands there, perhaps shortened; `mark` is the place of what is wrong, from and to."""

    number: int
    text: str
    is_wrong: bool = False
    mark: tuple[int, int] | None = None


@dataclass(frozen=True)
class WayOut:
    """Answers with which the file can be read after all, and what they give."""

    caption: str
    sentence: str
    answers: ReadAnswers
    rows: int
    columns: int


@dataclass(frozen=True)
class Obstacle:
    """Why a file cannot be read: the lines around the place, and the ways out that were tried and work."""

    title: str
    sentence: str
    code: str
    lines: tuple[RawLine, ...] = ()
    around: str = ""
    ways: tuple[WayOut, ...] = ()
    hint: str = ""
    details: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """How the next file of a dataset is read: as its last version was, with the same types and derived columns."""

    dataset: str
    reference: str
    answers: ReadAnswers
    derived: tuple[str, ...] = ()
    target: str | None = None
