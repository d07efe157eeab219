"""What changed between two versions is counted exactly (D-18)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_desktop.domain.datasets import ColumnDifference, VersionDifference
from mlops_desktop.workers.tables import frames, hashing
from mlops_desktop.workers.tables.differences import difference


def compared(folder: Path, before: pl.DataFrame, after: pl.DataFrame) -> VersionDifference:
    before.write_parquet(folder / "before")
    after.write_parquet(folder / "after")
    return difference(folder / "before", 3, frames.columns_of(before), folder / "after", frames.columns_of(after))


def test_the_same_content_in_another_order_is_no_change(tmp_path: Path) -> None:
    before = pl.DataFrame({"a": [1, 2, 2, None], "b": ["x", "y", "y", None]})
    after = before.reverse().select("b", "a")
    assert compared(tmp_path, before, after) == VersionDifference(3, 4, 4, 4)


def test_d_18_columns_added_removed_retyped_and_changed_are_told(tmp_path: Path) -> None:
    before = pl.DataFrame(
        {"gone": [1, 2], "typed": [1, 2], "same": ["x", "y"], "text": ["a", "b"], "day": [date(2013, 1, 1)] * 2}
    )
    after = pl.DataFrame(
        {"typed": ["1", "2"], "same": ["x", "y"], "new": [1.5, 2.5], "text": ["a", None], "day": [date(2014, 1, 1)] * 2}
    )
    found = compared(tmp_path, before, after)
    assert found.columns == (
        ColumnDifference("new", "added", after="float"),
        ColumnDifference("gone", "removed", before="integer"),
        ColumnDifference("typed", "retyped", "integer", "text"),
        ColumnDifference("text", "content", "2 values", "1 values, 1 missing"),
        ColumnDifference("day", "content", "2013-01-01 to 2013-01-01", "2014-01-01 to 2014-01-01"),
    )
    assert found.rows_in_both == 0


def test_numbers_that_changed_are_summed_up(tmp_path: Path) -> None:
    before, after = pl.DataFrame({"n": [1, 2, 3]}), pl.DataFrame({"n": [1, 2, 9, None]})
    found = compared(tmp_path, before, after)
    assert found.columns == (ColumnDifference("n", "content", "mean 2, 1 to 3", "mean 4, 1 to 9, 1 missing"),)
    assert (found.rows_before, found.rows_after, found.rows_in_both) == (3, 4, 2)


def test_versions_without_a_common_column_share_no_row(tmp_path: Path) -> None:
    assert compared(tmp_path, pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})).rows_in_both == 0


_ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.one_of(st.none(), st.sampled_from("xyz"))), max_size=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ROWS, _ROWS)
def test_rows_in_both_are_counted_as_often_as_both_have_them(
    tmp_path: Path, before: list[tuple[int | None, str | None]], after: list[tuple[int | None, str | None]]
) -> None:
    schema = {"a": pl.Int64, "b": pl.String}
    tables = [pl.DataFrame(rows, schema=schema, orient="row") for rows in (before, after)]
    found = compared(tmp_path, *tables)
    assert found.rows_in_both == sum((Counter(before) & Counter(after)).values())
    assert bool(found.columns) == any(
        Counter(row[place] for row in before) != Counter(row[place] for row in after) for place in (0, 1)
    )


def test_swapped_values_are_other_rows(tmp_path: Path) -> None:
    path = tmp_path / "t"
    pl.DataFrame({"a": [1, 2], "b": [2, 1]}).write_parquet(path)
    assert hashing.row_hashes(path).n_unique() == 2
    pl.DataFrame({"a": list(range(50_000)), "b": list(range(50_000, 0, -1))}).write_parquet(path)
    assert hashing.row_hashes(path).n_unique() == 50_000
    assert hashing.row_hashes(path, ["b"]).get_column("0").n_unique() == 50_000
