"""Tables at rest (one Parquet file) as polars frames, and polars frames as pandas frames without pyarrow.

What a column becomes:

| column    | Parquet / polars           | `to_pandas` (scripts)            | `features_frame` (models)    |
|-----------|----------------------------|----------------------------------|------------------------------|
| boolean   | Boolean                    | bool; `boolean` where missing    | float64 0.0/1.0, NaN missing |
| integer   | Int64                      | int64; `Int64` where missing     | float64, NaN missing         |
| float     | Float64                    | float64, NaN missing             | float64, NaN missing         |
| text      | String                     | object of str, NaN missing       | object of str, NaN missing   |
| date      | Date                       | datetime64[us, UTC], NaT missing | the same                     |
| datetime  | Datetime us, UTC or naive  | datetime64[us, UTC], NaT missing | the same                     |

Text is `object` with NaN, because that is the one form every scikit-learn imputer and encoder takes. A time without
an offset is taken as UTC. 64-bit integers keep every digit in `to_pandas`; a model computes in float64 anyway.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.errors import DamagedArtifactError, NotFoundError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def read_table(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A stored table, or some of its columns in the order asked.

    Raises NotFoundError where the file or a column is not there, DamagedArtifactError where it is no table.
    """
    import polars as pl

    with _stored_table(path):
        if columns is not None:
            _check_names(columns, pl.read_parquet_schema(path))
        return pl.read_parquet(path, columns=None if columns is None else list(columns), glob=False)


def scan_table(path: Path, columns: Sequence[str] | None = None) -> tuple[pl.LazyFrame, int]:
    """A stored table not yet read, and how many rows it has. Raises as `read_table` does."""
    import polars as pl

    with _stored_table(path):
        table = pl.scan_parquet(path, glob=False)
        total = int(table.select(pl.len()).collect().item())
        if columns is None:
            return table, total
        _check_names(columns, table.collect_schema())
        return table.select(list(columns)), total


@contextmanager
def _stored_table(path: Path) -> Iterator[None]:
    import polars as pl

    if not path.is_file():
        raise NotFoundError(f"The table {path.name} is not there.", hint="Run `mlops verify` to see what is missing.")
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DamagedArtifactError(
            f"The table {path.name} cannot be read: it is damaged.",
            hint="Run `mlops verify`, then import the file again.",
            details=str(error),
        ) from error


def columns_of(table: pl.DataFrame) -> tuple[Column, ...]:
    """The names and types of a table's columns in our words."""
    return tuple(Column(name, type_of(kind)) for name, kind in table.schema.items())


def type_of(kind: pl.DataType) -> ColumnType:
    """Our word for a polars type."""
    import polars as pl

    if kind == pl.Boolean:
        return ColumnType.BOOLEAN
    if kind.is_integer():
        return ColumnType.INTEGER
    if kind.is_float():
        return ColumnType.FLOAT
    if kind == pl.Date:
        return ColumnType.DATE
    if isinstance(kind, pl.Datetime):
        return ColumnType.DATETIME
    return ColumnType.TEXT


def to_pandas(table: pl.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A pandas frame in which no value is spoilt: 64-bit integers keep every digit even beside missing values."""
    return _frame(table, list(table.columns if columns is None else columns), exact=True)


def features_frame(source: Path | pl.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """A pandas frame as scikit-learn takes it: numbers and yes/no as float64, text as object, dates in UTC."""
    table = read_table(source, columns) if isinstance(source, Path) else source
    return _frame(table, list(columns), exact=False)


def plain_value(value: Any) -> Any:
    """A cell as a JSON value; dates as ISO text, a UTC time with a Z."""
    if isinstance(value, datetime):
        text = value.isoformat()
        return text.replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _check_names(wanted: Iterable[str], known: Iterable[str]) -> None:
    names = list(known)
    missing = [name for name in wanted if name not in names]
    if missing:
        raise NotFoundError(
            f"The table has no column {missing[0]!r}.", hint=f"Its columns are: {', '.join(names[:20])}."
        )


def _frame(table: pl.DataFrame, columns: list[str], *, exact: bool) -> pd.DataFrame:
    import pandas as pd

    _check_names(columns, table.columns)
    index = pd.RangeIndex(table.height)
    series = {name: _series(table.get_column(name), index, exact=exact) for name in columns}
    frame = pd.DataFrame(series, index=index)
    frame.columns = pd.Index(columns, dtype=object)
    return frame


def _series(values: pl.Series, index: pd.RangeIndex, *, exact: bool) -> pd.Series[Any]:
    import pandas as pd
    import polars as pl

    kind = type_of(values.dtype)
    if kind is ColumnType.TEXT:
        return _text_series(values.cast(pl.String), index)
    if kind.is_temporal:
        naive = values.cast(pl.Datetime("us")) if kind is ColumnType.DATE else _without_zone(values)
        return pd.Series(naive.to_numpy(), index=index).dt.tz_localize("UTC")
    if kind is ColumnType.FLOAT or not exact:
        return pd.Series(values.cast(pl.Float64).to_numpy(), index=index, copy=True)
    return _exact_series(values, index, kind)


def _text_series(values: pl.Series, index: pd.RangeIndex) -> pd.Series[Any]:
    import numpy as np
    import pandas as pd

    cells = values.to_numpy().astype(object)
    if values.null_count():
        cells[values.is_null().to_numpy()] = np.nan
    return pd.Series(cells, index=index, dtype=object)


def _exact_series(values: pl.Series, index: pd.RangeIndex, kind: ColumnType) -> pd.Series[Any]:
    """Integers and yes/no: plain where complete, pandas' nullable form where something is missing."""
    import numpy as np
    import pandas as pd

    if not values.null_count():
        return pd.Series(values.to_numpy(), index=index, copy=True)
    missing = values.is_null().to_numpy().copy()
    if kind is ColumnType.BOOLEAN:
        cells = values.fill_null(value=False).to_numpy()
        return pd.Series(pd.arrays.BooleanArray(cells.astype(np.bool_), missing), index=index)
    cells = values.fill_null(0).to_numpy()
    return pd.Series(pd.arrays.IntegerArray(cells.astype(np.int64), missing), index=index)


def _without_zone(values: pl.Series) -> pl.Series:
    import polars as pl

    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone:
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return values.cast(pl.Datetime("us"))
