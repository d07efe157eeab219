"""The job that turns a delimited file into one typed Parquet file with its profile and findings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlops_desktop.domain.datasets import (
    Column,
    ColumnProfile,
    Derived,
    Finding,
    ReadAnswers,
    Source,
    VersionDifference,
)
from mlops_desktop.domain.errors import UnreadableTableError
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.tables import findings as oddities
from mlops_desktop.workers.tables import profiling
from mlops_desktop.workers.tables.codes import shortened
from mlops_desktop.workers.tables.derivation import derive, derived_columns
from mlops_desktop.workers.tables.differences import difference
from mlops_desktop.workers.tables.leakage import leakage_findings
from mlops_desktop.workers.tables.reading import TypedTable, read_text, reader_errors, type_table
from mlops_desktop.workers.tables.staging import sha256_of

if TYPE_CHECKING:
    import polars as pl

TABLE = "table.parquet"
ROWS_PER_GROUP = 131_072


class ImportReport(Protocol):
    """What this job needs of a report."""

    def progress(self, share: float, note: str = "") -> None: ...
    def log(self, text: str, level: str = "info") -> None: ...
    def check_cancelled(self) -> None: ...


def run(spec: Mapping[str, Any], folder: Path, report: ImportReport) -> dict[str, Any]:
    """Read, type, derive, write, profile. Raises UnreadableTableError, ExpressionError, JobCancelledError."""
    path = Path(spec["path"])
    derived = from_plain(tuple[Derived, ...], spec.get("derived") or ())
    answers = from_plain(ReadAnswers, spec.get("answers") or {})
    table = _read(path, answers, folder, report)
    columns = derived_columns(table.columns, derived)
    report.progress(0.45, "Writing the table")
    target = write_table(derive(table.scan(), table.columns, derived), folder / TABLE, path.name)
    _check_rows(target, table)
    table.text.staged.path.unlink()
    report.check_cancelled()
    profiles, found = _profile(target, len(columns), report)
    found = [*table.findings, *found, *_leakage(spec, target, columns, derived, report)]
    changed = _difference(spec, target, columns, report)
    report.progress(0.97, "Hashing the table")
    staged = table.text.staged
    source = Source(path.name, staged.source_size, staged.sha256, table.text.answers, derived)
    report.progress(1.0, f"{table.rows} rows, {len(columns)} columns")
    return {
        "table": TABLE,
        "sha256": sha256_of(target),
        "rows": table.rows,
        "size": target.stat().st_size,
        "columns": to_plain(columns),
        "profiles": to_plain(profiles),
        "findings": to_plain(shortened(found)),
        "source": to_plain(source),
        "difference": to_plain(changed),
    }


def write_table(table: pl.LazyFrame, target: Path, name: str) -> Path:
    """Write a table so that the same content always gives the same bytes; whole or not at all."""
    temporary = target.with_name(target.name + ".part")
    with reader_errors(name):
        table.sink_parquet(
            temporary, compression="zstd", compression_level=1, statistics=True, row_group_size=ROWS_PER_GROUP
        )
    return temporary.replace(target)


def _read(path: Path, answers: ReadAnswers, folder: Path, report: ImportReport) -> TypedTable:
    def tick(share: float) -> None:
        report.check_cancelled()
        report.progress(0.25 * share, f"Reading {path.name}")

    report.progress(0.0, f"Reading {path.name}")
    text = read_text(path, answers, folder, tick=tick)
    report.check_cancelled()
    report.log(f"{text.rows} rows of {len(text.names)} columns; {' '.join(text.evidence.values())}")
    report.progress(0.3, "Finding out the columns' types over all rows")
    return type_table(text)


def _check_rows(target: Path, table: TypedTable) -> None:
    """No row may be lost on the way, whatever the reader says."""
    import polars as pl

    found = pl.scan_parquet(target).select(pl.len()).collect().item()
    if found != table.rows:
        raise UnreadableTableError(
            f"{target.name} got {found} of {table.rows} rows: the file is written in a way that cannot be read.",
            hint="Choose the delimiter and quote sign yourself, or have the file written anew.",
        )


def _profile(target: Path, columns: int, report: ImportReport) -> tuple[list[ColumnProfile], list[Finding]]:
    profiles: list[ColumnProfile] = []
    found: list[Finding] = []
    wide = profiling.is_wide(columns)
    for group in profiling.columns_in_groups(target):
        for values in group:
            report.check_cancelled()
            report.progress(0.6 + 0.25 * len(profiles) / columns, f"Describing {values.name[:60]}")
            profile = profiling.profile_column(values, wide=wide)
            profiles.append(profile)
            found += oddities.column_findings(values, profile)
    report.progress(0.85, "Looking for rows that are there twice")
    return profiles, [*found, *oddities.duplicate_findings(target)]


def _leakage(
    spec: Mapping[str, Any], path: Path, columns: tuple[Column, ...], derived: tuple[Derived, ...], report: ImportReport
) -> list[Finding]:
    target = spec.get("target")
    if not target:
        return []
    report.check_cancelled()
    report.progress(0.9, f"Looking for columns that give {target} away")
    return leakage_findings(path, target, columns, derived)


def _difference(
    spec: Mapping[str, Any], target: Path, columns: tuple[Column, ...], report: ImportReport
) -> VersionDifference | None:
    previous = spec.get("previous")
    if not previous:
        return None
    report.check_cancelled()
    report.progress(0.93, "Comparing with the version before")
    before = from_plain(tuple[Column, ...], previous["columns"])
    return difference(Path(previous["path"]), int(previous["number"]), before, target, columns)
