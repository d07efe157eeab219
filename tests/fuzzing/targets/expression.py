"""The expression of a derived column: read, checked against columns, and computed on a small table."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.expressions import names, parse, parse_derived, split_derived
from mlops_desktop.workers.tables.derivation import derive, derived_columns

if TYPE_CHECKING:
    import polars as pl

WORDS = tuple(
    word.encode()
    for word in (
        "late = ", "`a b` = ", " and ", " or ", "not ", " is not missing", "(((", ")))", "==", "!=", "<=", "- - -",
        "n", "x", "`odd name`", "label", "flag", "day", "at", "if(flag, n, x)", "min(n, x)", "round(x, 15)", "abs(n)",
        "contains(label, 'a')", "length(label)", "weekday(at)", "hour(at)", "year(day)", "'2024-02-30'", "'2024-05-31'",
        "9223372036854775807", "9223372036854775808", "1e308", "1e-400", "0", "/0", "%0", "''", '""', "true", "missing",
        "é", "e\u0301", "ſ", "٣", "\u2028", "\x00",
    )
)  # fmt: skip
_COLUMNS = (
    Column("n", ColumnType.INTEGER),
    Column("x", ColumnType.FLOAT),
    Column("odd name", ColumnType.FLOAT),
    Column("label", ColumnType.TEXT),
    Column("flag", ColumnType.BOOLEAN),
    Column("day", ColumnType.DATE),
    Column("at", ColumnType.DATETIME),
)


@functools.cache
def _table() -> pl.LazyFrame:
    import polars as pl

    return pl.DataFrame(
        {
            "n": [1, -(2**63), 2**63 - 1, 0, None],
            "x": [0.5, -1e308, 5e-324, float("nan"), None],
            "odd name": [0.0, 1.0, -0.0, 2.5, None],
            "label": ["a", "", "ß", "🦊" * 9, None],
            "flag": [True, False, True, False, None],
            "day": [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), None],
            "at": [datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)] * 4 + [None],
        }
    ).lazy()


def try_one(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if split_derived(text) is None:
        names(parse(text))
        text = f"new = {text}"
    derived = parse_derived(text)
    (new,) = derived_columns(_COLUMNS, [derived])[len(_COLUMNS) :]
    table = derive(_table(), _COLUMNS, [derived]).collect()
    assert table.columns[-1] == new.name
    assert table.height == 5
