"""Datasets, their immutable versions, what each column holds, and what is odd about it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class ColumnType(enum.StrEnum):
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"

    @property
    def is_numeric(self) -> bool:
        return self in (ColumnType.INTEGER, ColumnType.FLOAT)

    @property
    def is_temporal(self) -> bool:
        return self in (ColumnType.DATE, ColumnType.DATETIME)


@dataclass(frozen=True)
class Column:
    name: str
    type: ColumnType


class Misfits(enum.StrEnum):
    """What becomes of values that do not fit the type chosen for their column."""

    EMPTY = "empty"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True)
class ReadAnswers:
    """How a delimited text file is read. None means: detect it.

    `misfits` says for a column with a chosen type what becomes of values that do not fit it: they are read as empty, or
    their rows are left out; without it they are refused. `ragged_left_out` leaves lines out that have another number of
    cells than the first; `lines_left_out` are lines of the text, counted from 1.
    """

    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    header: bool | None = None
    quote: str | None = None
    empty_values: tuple[str, ...] | None = None
    column_types: Mapping[str, ColumnType] = field(default_factory=dict)
    misfits: Mapping[str, Misfits] = field(default_factory=dict)
    columns_left_out: tuple[str, ...] = ()
    ragged_left_out: bool = False
    lines_left_out: tuple[int, ...] = ()


@dataclass(frozen=True)
class Derived:
    """A column computed from others by a safe expression: `late = arr_delay > 15`."""

    name: str
    expression: str


@dataclass(frozen=True)
class ValueCount:
    value: str
    count: int


@dataclass(frozen=True)
class Histogram:
    """Equal-width bins: len(edges) == len(counts) + 1; edges in the column's unit (dates: UTC epoch seconds)."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class ColumnProfile:
    """One column's content. Numbers are None where they make no sense for the type.

    `std` is the sample standard deviation (n - 1). `quantiles` maps "0.05", "0.25", "0.5", "0.75", "0.95" to values
    (linear interpolation). Dates give minimum and maximum as ISO text in `first` and `last`.
    """

    name: str
    type: ColumnType
    rows: int
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: Mapping[str, float] = field(default_factory=dict)
    histogram: Histogram | None = None
    top_values: tuple[ValueCount, ...] = ()
    first: str | None = None
    last: str | None = None


class FindingSeverity(enum.StrEnum):
    INFO = "info"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """Something odd, in plain words.

    `code` is stable (documented in the user guide), `columns` names what it is about; for leakage the target too.
    """

    code: str
    severity: FindingSeverity
    sentence: str
    columns: tuple[str, ...] = ()
    count: int | None = None
    first_row: int | None = None


@dataclass(frozen=True)
class ColumnDifference:
    """What changed in one column between two versions; `change` is added, removed, retyped or content."""

    name: str
    change: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class VersionDifference:
    """`rows_in_both` counts rows whose full content is in both versions (as a multiset)."""

    before_number: int
    rows_before: int
    rows_after: int
    rows_in_both: int
    columns: tuple[ColumnDifference, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a version came from: file name only, size in bytes, sha256 of the bytes, and how they were read."""

    file_name: str
    size: int
    sha256: str
    answers: ReadAnswers
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True)
class Dataset:
    id: str
    name: str
    description: str
    created_at: datetime
    latest_number: int
    trashed_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class DatasetVersion:
    """One immutable content. `content_hash` is the sha256 of the Parquet artifact."""

    id: str
    dataset_id: str
    dataset_name: str
    number: int
    content_hash: str
    rows: int
    size: int
    columns: tuple[Column, ...]
    profiles: tuple[ColumnProfile, ...]
    findings: tuple[Finding, ...]
    source: Source
    difference: VersionDifference | None
    created_at: datetime
    created_by: str

    @property
    def reference(self) -> str:
        return f"{self.dataset_name}@v{self.number}"

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def profile(self, name: str) -> ColumnProfile | None:
        return next((profile for profile in self.profiles if profile.name == name), None)
