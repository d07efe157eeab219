"""A column's profile says what numpy says about it; findings name what is odd in plain words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.datasets import ColumnType, Finding, Histogram, ValueCount
from mlops_desktop.workers.tables import codes, findings, profiling
from mlops_desktop.workers.tables.profiling import profile_column


def test_numbers_are_described_exactly() -> None:
    numbers = np.random.default_rng(3).normal(10, 3, 5000)
    profile = profile_column(pl.Series("x", [*numbers.tolist(), None]))
    assert (profile.rows, profile.missing, profile.distinct) == (5001, 1, 5000)
    assert profile.minimum == numbers.min()
    assert profile.maximum == numbers.max()
    assert profile.mean == pytest.approx(numbers.mean(), rel=1e-12)
    assert profile.std == pytest.approx(numbers.std(ddof=1), rel=1e-12)
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert profile.quantiles[str(share)] == pytest.approx(np.quantile(numbers, share), rel=1e-12)
    counts, edges = np.histogram(numbers, bins=20)
    assert profile.histogram is not None
    assert list(profile.histogram.counts) == counts.tolist()
    assert np.allclose(profile.histogram.edges, edges)
    assert profile.first is None


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=40))
def test_any_numbers_are_described_and_all_are_in_the_histogram(numbers: list[float | None]) -> None:
    profile = profile_column(pl.Series("x", numbers, dtype=pl.Float64))
    filled = [number for number in numbers if number is not None]
    assert profile.missing == len(numbers) - len(filled)
    assert profile.distinct == len(set(filled))
    if profile.histogram is not None:
        assert sum(profile.histogram.counts) == len(filled)
        assert len(profile.histogram.edges) == len(profile.histogram.counts) + 1
        assert profile.histogram.edges[0] <= min(filled)
        assert profile.histogram.edges[-1] >= max(filled)
    if filled:
        assert (profile.minimum, profile.maximum) == (min(filled), max(filled))


def test_one_value_has_one_bin_and_too_wide_a_span_none() -> None:
    assert profiling.histogram(np.array([3.0, 3.0])) == Histogram((2.5, 3.5), (2,))
    big = profiling.histogram(np.array([float(2**60)]))
    assert big is not None
    assert big.edges[0] < 2**60 < big.edges[1]
    assert profiling.histogram(np.array([-1.7e308, 1.7e308])) is None
    assert profiling.histogram(np.array([])) is None


def test_whole_numbers_keep_every_digit_in_their_top_values() -> None:
    profile = profile_column(pl.Series("x", [2**53 + 1, 2**53 + 1, 5, None]))
    assert profile.top_values == (ValueCount(str(2**53 + 1), 2), ValueCount("5", 1))
    assert profile.type is ColumnType.INTEGER


def test_dates_are_described_in_epoch_seconds_and_iso_text() -> None:
    days = profile_column(pl.Series("d", [date(1970, 1, 2), date(1970, 1, 4), None]))
    assert (days.minimum, days.maximum) == (86_400.0, 3 * 86_400.0)
    assert (days.first, days.last) == ("1970-01-02", "1970-01-04")
    assert days.quantiles["0.5"] == 2 * 86_400.0
    assert days.mean is None
    moments = pl.Series("m", [datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)], dtype=pl.Datetime("us", "UTC"))
    profile = profile_column(moments)
    assert profile.minimum == 1.0
    assert profile.first == "1970-01-01T00:00:01Z"
    assert profile.histogram == Histogram((0.5, 1.5), (1,))
    assert profile.top_values == (ValueCount("1970-01-01T00:00:01Z", 1),)


def test_text_and_yes_no_have_top_values_in_a_fixed_order() -> None:
    words = profile_column(pl.Series("w", ["b", "a", "b", "a", "c", None, "x" * 500]))
    assert [value.value for value in words.top_values[:3]] == ["a", "b", "c"]
    assert len(words.top_values[3].value) == profiling.LONGEST_VALUE
    assert words.distinct == 4
    assert words.minimum is None
    flags = profile_column(pl.Series("f", [True, False, True]))
    assert flags.top_values == (ValueCount("true", 2), ValueCount("false", 1))
    many = profile_column(pl.Series("w", [str(number) for number in range(100)]))
    assert len(many.top_values) == 20


def test_an_empty_column_has_a_profile_too() -> None:
    profile = profile_column(pl.Series("x", [None, None], dtype=pl.Float64))
    assert (profile.missing, profile.distinct, profile.histogram, profile.top_values) == (2, 0, None, ())


def test_profiles_of_very_wide_tables_are_short() -> None:
    assert profiling.is_wide(10_000)
    assert not profiling.is_wide(100)
    profile = profile_column(pl.Series("x", range(100)), wide=True)
    assert len(profile.top_values) == 3
    assert profile.histogram is not None
    assert len(profile.histogram.counts) == 5


def test_columns_come_in_groups_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({name: [1, 2] for name in "abcde"}).write_parquet(path)
    monkeypatch.setattr(profiling, "_GROUP_BYTES", 2 * 2 * 24)
    assert [[column.name for column in group] for group in profiling.columns_in_groups(path)] == [
        ["a", "b"], ["c", "d"], ["e"],
    ]  # fmt: skip


def found(values: pl.Series) -> dict[str, Finding]:
    return {item.code: item for item in findings.column_findings(values, profile_column(values))}


def test_every_oddity_of_a_column_is_found() -> None:
    assert set(found(pl.Series("x", [None, None], dtype=pl.String))) == {"empty_column"}
    assert set(found(pl.Series("x", [1, 1, None]))) == {"constant_column"}
    assert set(found(pl.Series("x", [1, 2, None, None, None]))) == {"many_missing"}
    assert set(found(pl.Series("x", [f"n{number}" for number in range(30)]))) == {"likely_identifier"}
    assert set(found(pl.Series("x", range(100, 130)))) == {"likely_identifier"}
    assert set(found(pl.Series("user_id", [number**2 for number in range(30)]))) == {"likely_identifier"}
    assert set(found(pl.Series("area", [number**2 for number in range(30)]))) == set()
    assert set(found(pl.Series("x", [f"n{number % 150}" for number in range(300)]))) == {"many_categories"}
    assert set(found(pl.Series("x", [" a", "b", "b "]))) == {"surrounding_blanks", "twin_spellings"}
    assert set(found(pl.Series("x", ["Male", "male", "female"]))) == {"twin_spellings"}
    assert set(found(pl.Series("x", ["5 kg", "3 kg", "10lb"]))) == {"mixed_units"}
    assert set(found(pl.Series("x", ["5 kg", "3 kg", "3 kg"]))) == set()
    assert set(found(pl.Series("x", ["=1+1", "a", "a"]))) == {"formula_like"}
    assert set(found(pl.Series("x", [True, False]))) == set()


def test_a_finding_says_how_many_and_where() -> None:
    outlier = found(pl.Series("x", [*([1.0, 2.0, 3.0, 4.0] * 100), 9999.0]))["outliers"]
    assert (outlier.count, outlier.first_row) == (1, 401)
    assert outlier.sentence == "1 value is very far from the others in 'x', such as 9999.0 in row 401."
    assert not found(pl.Series("x", [1.0] * 50 + [2.0] * 50 + [9999.0] * 40))
    blanks = found(pl.Series("x", ["a", " b", "c "]))["surrounding_blanks"]
    assert (blanks.count, blanks.first_row) == (2, 2)
    assert found(pl.Series("x", [1, None, None]))["many_missing"].sentence == "67% of 'x' is missing (2 of 3 rows)."
    assert "'Male' and 'male'" in found(pl.Series("x", ["Male", "male"]))["twin_spellings"].sentence


def test_every_finding_has_a_known_code() -> None:
    series = [pl.Series("x", ["5 kg", " 3 lb", "=1"]), pl.Series("x", [1, 1, None, None, None])]
    for values in series:
        assert set(found(values)) <= set(codes.CODES)


def test_rows_that_are_there_twice_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": [1, 2, 1, 1, None], "b": ["x", "x", "x", "x", None]}).write_parquet(path)
    (finding,) = findings.duplicate_findings(path)
    assert (finding.count, finding.first_row) == (2, 3)
    assert finding.sentence == "2 rows are exact copies of other rows, first row 3."
    pl.DataFrame({"a": [1, 2, 1], "b": ["x", "x", "y"]}).write_parquet(path)
    assert findings.duplicate_findings(path) == []
    pl.DataFrame({"a": [1, 1, 1]}).write_parquet(path)
    assert findings.duplicate_findings(path) == []
