"""What changed between two stored versions of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import Column, ColumnDifference, ColumnProfile, VersionDifference
from mlops_desktop.workers.tables.hashing import column_sums, row_hashes
from mlops_desktop.workers.tables.profiling import columns_in_groups, profile_column

if TYPE_CHECKING:
    import polars as pl


def difference(
    before: Path, number: int, before_columns: Sequence[Column], after: Path, after_columns: Sequence[Column]
) -> VersionDifference:
    """Columns added, removed, retyped and changed; rows in both are counted over the columns both have alike."""
    old = {column.name: column.type for column in before_columns}
    new = {column.name: column.type for column in after_columns}
    common = [name for name in new if old.get(name) is new[name]]
    changes = [ColumnDifference(name, "added", after=str(kind)) for name, kind in new.items() if name not in old]
    changes += [ColumnDifference(name, "removed", before=str(kind)) for name, kind in old.items() if name not in new]
    changes += [
        ColumnDifference(name, "retyped", str(old[name]), str(kind))
        for name, kind in new.items()
        if name in old and old[name] is not kind
    ]
    changes += _content_changes(before, after, common)
    rows_before, rows_after = _rows(before), _rows(after)
    both = _rows_in_both(before, after, common) if common else 0
    return VersionDifference(number, rows_before, rows_after, both, tuple(changes))


def _rows(path: Path) -> int:
    import polars as pl

    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _rows_in_both(before: Path, after: Path, columns: Sequence[str]) -> int:
    """Rows counted as often as both versions have them."""
    import polars as pl

    counted = [_counted(path, columns) for path in (before, after)]
    joined = counted[0].join(counted[1], on=["0", "1"], how="inner")
    return int(joined.select(pl.min_horizontal("len", "len_right").sum()).item() or 0)


def _counted(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    return row_hashes(path, columns).group_by("0", "1").len()


def _content_changes(before: Path, after: Path, common: Sequence[str]) -> list[ColumnDifference]:
    old, new = _sums(before, common), _sums(after, common)
    changed = [name for name in common if old[name] != new[name]]
    if not changed:
        return []
    was, now = _profiles(before, changed), _profiles(after, changed)
    return [ColumnDifference(name, "content", _summary(was[name]), _summary(now[name])) for name in changed]


def _sums(path: Path, columns: Sequence[str]) -> dict[str, tuple[int, ...]]:
    wanted = set(columns)
    found: dict[str, tuple[int, ...]] = {}
    for group in columns_in_groups(path):
        for values in group:
            if values.name in wanted:
                found[values.name] = (len(values), values.null_count(), *column_sums(values))
    return found


def _profiles(path: Path, columns: Sequence[str]) -> dict[str, ColumnProfile]:
    wanted = set(columns)
    return {
        values.name: profile_column(values, wide=True)
        for group in columns_in_groups(path)
        for values in group
        if values.name in wanted
    }


def _summary(profile: ColumnProfile) -> str:
    missing = f", {profile.missing:,} missing" if profile.missing else ""
    if profile.mean is not None and profile.minimum is not None and profile.maximum is not None:
        return f"mean {profile.mean:.4g}, {profile.minimum:.6g} to {profile.maximum:.6g}{missing}"
    if profile.first is not None:
        return f"{profile.first} to {profile.last}{missing}"
    return f"{profile.distinct:,} values{missing}"
