"""Derived columns are computed as the language promises: missing stays missing, nothing runs over."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import polars as pl
import pytest

from mlops_desktop.domain.datasets import Column, ColumnType, Derived
from mlops_desktop.domain.errors import AlreadyExistsError, ExpressionError
from mlops_desktop.workers.tables import derivation, frames

TABLE = pl.DataFrame(
    {
        "a": [1, None, -7, 2**62],
        "b": [2.5, 0.0, None, 3.0],
        "s": ["Ab", None, "a.c", ""],
        "d": [date(2013, 1, 31), None, date(2020, 2, 29), date(1, 1, 1)],
        "m": [datetime(2013, 1, 1, 10, tzinfo=UTC), None, datetime(2020, 1, 1, tzinfo=UTC), None],
        "n": [datetime(2013, 1, 1, 10), None, None, None],
        "f": [True, None, False, True],
        "two words": [1, 2, 3, 4],
    },
    schema_overrides={"m": pl.Datetime("us", "UTC"), "n": pl.Datetime("us")},
)
COLUMNS = frames.columns_of(TABLE)


def computed(expression: str) -> list[object]:
    derived = [Derived("z", expression)]
    table = derivation.derive(TABLE.lazy(), COLUMNS, derived).collect()
    assert frames.columns_of(table) == derivation.derived_columns(COLUMNS, derived)
    return table["z"].to_list()


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a > 0", [True, None, False, True]),
        ("a * a", [1, None, 49, None]),
        ("a + a", [2, None, -14, None]),
        ("a - 1", [0, None, -8, 2**62 - 1]),
        ("-a", [-1, None, 7, -(2**62)]),
        ("-7 % 3", [2, 2, 2, 2]),
        ("a / 0", [None] * 4),
        ("a % 0", [None] * 4),
        ("1 / b", [0.4, None, None, 1 / 3]),
        ("1e308 * 10 * b", [None, None, None, None]),
        ("1e20 * b", [2.5e20, 0.0, None, 3e20]),
        ("abs(a)", [1, None, 7, 2**62]),
        ("round(b)", [2.0, 0.0, None, 3.0]),
        ("round(b / 3, 2)", [0.83, 0.0, None, 1.0]),
        ("lower(s)", ["ab", None, "a.c", ""]),
        ("upper(s)", ["AB", None, "A.C", ""]),
        ("length(s)", [2, None, 3, 0]),
        ("contains(s, '.')", [False, None, True, False]),
        ("s == 'Ab'", [True, None, False, False]),
        ("year(d)", [2013, None, 2020, 1]),
        ("month(m)", [1, None, 1, None]),
        ("day(d)", [31, None, 29, 1]),
        ("weekday(d)", [4, None, 6, 1]),
        ("hour(n)", [10, None, None, None]),
        ("m > '2013-06-01'", [False, None, True, None]),
        ("m >= '2013-01-01T11:00:00+01:00'", [True, None, True, None]),
        ("'2013-01-31' == d", [True, None, False, False]),
        ("d != '2013-01-31'", [False, None, True, True]),
        ("m == n", [True, None, None, None]),
        ("if(f, m, m) <= n", [True, None, None, None]),
        ("f and a > 0", [True, None, False, True]),
        ("f or a is missing", [True, True, False, True]),
        ("not f", [False, None, True, False]),
        ("a is not missing", [True, False, True, True]),
        ("if(a > 0, 1, 2)", [1, None, 2, 1]),
        ("if(f, 'x', 'y')", ["x", None, "y", "x"]),
        ("min(a, 0)", [0, None, -7, 0]),
        ("max(a, b)", [2.5, None, None, float(2**62)]),
        ("1 + 1", [2] * 4),
        ("a < 2 == true", None),
        ("`two words` + 1", [2, 3, 4, 5]),
        ("true", [True] * 4),
    ],
)
def test_what_is_computed(expression: str, values: list[object] | None) -> None:
    if values is None:
        with pytest.raises(ExpressionError):
            computed(expression)
    else:
        assert computed(expression) == values


def test_a_derived_column_may_use_one_before_it() -> None:
    derived = [Derived("late", "a > 0"), Derived("not late", "not late"), Derived("n2", "if(`not late`, 1, 0)")]
    table = derivation.derive(TABLE.lazy(), COLUMNS, derived).collect()
    assert table["n2"].to_list() == [0, None, 1, 0]
    assert derivation.derived_columns(COLUMNS, derived)[-1] == Column("n2", ColumnType.INTEGER)
    with pytest.raises(ExpressionError, match="'late'"):
        derivation.derived_columns(COLUMNS, derived[1:])


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(AlreadyExistsError, match="'A'"):
        derivation.derived_columns(COLUMNS, [Derived("A", "1")])
    with pytest.raises(AlreadyExistsError):
        derivation.derived_columns(COLUMNS, [Derived("x", "1"), Derived("x", "2")])
    with pytest.raises(ExpressionError):
        derivation.derived_columns(COLUMNS, [Derived("*", "1")])


def test_without_derived_columns_nothing_changes() -> None:
    assert derivation.derived_columns(COLUMNS, ()) == COLUMNS
    assert derivation.derive(TABLE.lazy(), COLUMNS, ()).collect().equals(TABLE)


def test_long_and_deep_expressions_are_computed_at_once() -> None:
    started = time.perf_counter()
    assert computed(" + ".join(["`two words`"] * 60)) == [60, 120, 180, 240]
    assert computed("if(" * 11 + "f" + ", f, not f)" * 11) == [True, None, True, True]
    assert computed("max(1, " * 11 + "a" + ")" * 11) == [1, None, 1, 2**62]
    assert computed("1 / (" * 11 + "b" + ")" * 11)[0] == pytest.approx(0.4)
    assert time.perf_counter() - started < 5
