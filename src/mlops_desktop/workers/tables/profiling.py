"""What each column of a stored table holds: counts, spread, quantiles, a histogram, the most frequent values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, Histogram, ValueCount
from mlops_desktop.workers.tables.frames import plain_value, type_of

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

BINS = 20
TOP_VALUES = 20
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LONGEST_VALUE = 120
_GROUP_BYTES = 192 * 1024**2
_WIDE = 500


def columns_in_groups(path: Path) -> Iterator[list[pl.Series]]:
    """A stored table's columns, a few at a time so that memory stays bounded."""
    import polars as pl

    schema = pl.read_parquet_schema(path)
    rows = pl.scan_parquet(path).select(pl.len()).collect().item()
    width = max(1, _GROUP_BYTES // max(1, rows * 24))
    names = list(schema)
    for start in range(0, len(names), width):
        yield pl.read_parquet(path, columns=names[start : start + width]).get_columns()


def profile_column(values: pl.Series, *, wide: bool = False) -> ColumnProfile:
    """One column's profile; of a very wide table a shorter one."""
    kind = type_of(values.dtype)
    filled = values.drop_nulls()
    counted = filled.alias("value").value_counts(name="count")
    base = ColumnProfile(
        name=values.name,
        type=kind,
        rows=len(values),
        missing=values.null_count(),
        distinct=counted.height,
        top_values=_top_values(counted, 3 if wide else TOP_VALUES),
    )
    if kind in (ColumnType.TEXT, ColumnType.BOOLEAN) or filled.is_empty():
        return base
    return _with_spread(base, filled, bins=5 if wide else BINS)


def is_wide(columns: int) -> bool:
    """Whether a table has so many columns that their profiles are kept short."""
    return columns > _WIDE


def histogram(numbers: NDArray[np.float64], bins: int = BINS) -> Histogram | None:
    """Equal-width bins from the smallest to the largest number, each without its right edge but the last."""
    import numpy as np

    if not len(numbers):
        return None
    low, high = float(numbers.min()), float(numbers.max())
    if not np.isfinite(high - low):
        return None
    edges = np.linspace(low, high, bins + 1)
    if not (np.diff(edges) > 0).all():
        wide = max(0.5, abs(low) * 1e-9)
        edges = np.array([low - wide, high + wide])
    counts, _ = np.histogram(numbers, bins=edges)
    return Histogram(tuple(float(edge) for edge in edges), tuple(int(count) for count in counts))


def as_numbers(filled: pl.Series) -> NDArray[np.float64]:
    """Numbers as they are, dates and times as UTC epoch seconds."""
    import polars as pl

    kind = type_of(filled.dtype)
    if kind is ColumnType.DATE:
        filled = filled.cast(pl.Datetime("us"))
    numbers = filled.to_physical().cast(pl.Float64) if kind.is_temporal else filled.cast(pl.Float64)
    found: NDArray[np.float64] = (numbers / 1e6 if kind.is_temporal else numbers).to_numpy()
    return found


def _top_values(counted: pl.DataFrame, most: int) -> tuple[ValueCount, ...]:
    """The most frequent values, equal counts in the values' order."""
    import polars as pl

    counts = counted.get_column("count")
    if counted.height > most:
        fewest = counts.top_k(most).min()
        counted = counted.filter(pl.col("count") >= fewest)
        if fewest == 1:
            counted = _most_frequent(counted, most)
    order = counted.sort("count", "value", descending=[True, False]).head(most)
    return tuple(ValueCount(_written(value), count) for value, count in order.rows())


def _most_frequent(counted: pl.DataFrame, most: int) -> pl.DataFrame:
    """Of very many values that are there once only the smallest can be among the first."""
    import polars as pl

    once = counted.filter(pl.col("count") == 1)
    return pl.concat([counted.filter(pl.col("count") > 1), once.bottom_k(most, by="value")])


def _with_spread(base: ColumnProfile, filled: pl.Series, *, bins: int) -> ColumnProfile:
    import dataclasses

    import numpy as np

    numbers = as_numbers(filled)
    quantiles = np.quantile(numbers, QUANTILES)
    temporal = base.type.is_temporal
    mean, std = (None, None) if temporal else (filled.mean(), filled.std(ddof=1))
    return dataclasses.replace(
        base,
        minimum=float(numbers.min()),
        maximum=float(numbers.max()),
        mean=_finite(mean),
        std=_finite(std),
        quantiles={str(share): float(value) for share, value in zip(QUANTILES, quantiles, strict=True)},
        histogram=histogram(numbers, bins),
        first=_written(filled.min()) if temporal else None,
        last=_written(filled.max()) if temporal else None,
    )


def _finite(value: object) -> float | None:
    import math

    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(plain_value(value))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."
