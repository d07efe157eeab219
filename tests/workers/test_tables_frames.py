"""Tables become pandas frames without a spoilt value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.errors import DamagedArtifactError, NotFoundError
from mlops_desktop.workers.tables import frames

BIG = 2**53 + 1


def table() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "whole": [1, 2, BIG],
            "holes": [1, None, BIG],
            "share": [0.5, None, 2.0],
            "word": ["a", None, ""],
            "flag": [True, False, True],
            "maybe": [True, None, False],
            "day": [date(2013, 1, 1), None, date(1969, 12, 31)],
            "moment": [datetime(2013, 1, 1, 10, tzinfo=UTC), None, datetime(2262, 5, 1, tzinfo=UTC)],
            "naive": [datetime(2013, 1, 1, 10), None, None],
        },
        schema_overrides={"moment": pl.Datetime("us", "UTC"), "naive": pl.Datetime("us")},
    )


def test_integers_beside_missing_values_keep_every_digit() -> None:
    frame = frames.to_pandas(table())
    assert frame["whole"].dtype == np.int64
    assert str(frame["holes"].dtype) == "Int64"
    assert frame["holes"][2] == BIG
    assert frame["holes"][1] is pd.NA
    assert frame["flag"].dtype == np.bool_
    assert str(frame["maybe"].dtype) == "boolean"
    assert frame["maybe"].isna().tolist() == [False, True, False]


def test_text_is_what_scikit_learn_takes() -> None:
    frame = frames.features_frame(table(), ["word"])
    assert frame["word"].dtype == object
    assert isinstance(frame["word"][1], float)
    filled = SimpleImputer(strategy="constant", fill_value="missing").fit_transform(frame)
    assert filled.ravel().tolist() == ["a", "missing", ""]
    assert OneHotEncoder(handle_unknown="ignore").fit(frame).transform(frame).shape == (3, 3)


def test_dates_and_times_are_utc_times() -> None:
    frame = frames.to_pandas(table())
    for name in ("day", "moment", "naive"):
        assert str(frame[name].dtype) == "datetime64[us, UTC]"
        assert frame[name][1] is pd.NaT
    assert frame["moment"][2].year == 2262
    assert frame["naive"][0] == frame["moment"][0]


def test_features_are_floats_with_nan() -> None:
    frame = frames.features_frame(table(), ["holes", "maybe", "share"])
    assert [str(kind) for kind in frame.dtypes] == ["float64"] * 3
    assert frame["maybe"].tolist()[::2] == [1.0, 0.0]
    assert frame["holes"].isna().tolist() == [False, True, False]
    assert list(frame.columns) == ["holes", "maybe", "share"]


def test_columns_come_in_the_order_asked_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    table().write_parquet(path)
    assert frames.read_table(path, ["word", "whole"]).columns == ["word", "whole"]
    assert frames.read_table(path).height == 3
    with pytest.raises(NotFoundError, match="'nothing'"):
        frames.read_table(path, ["nothing"])
    with pytest.raises(NotFoundError, match="'nothing'"):
        frames.features_frame(table(), ["nothing"])


def test_a_missing_or_damaged_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not there"):
        frames.read_table(tmp_path / "none.parquet")
    path = tmp_path / "bad.parquet"
    path.write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(DamagedArtifactError):
        frames.read_table(path)


def test_types_are_told_in_our_words() -> None:
    kinds = {column.name: column.type for column in frames.columns_of(table())}
    assert kinds["whole"] is ColumnType.INTEGER
    assert kinds["share"] is ColumnType.FLOAT
    assert kinds["word"] is ColumnType.TEXT
    assert kinds["flag"] is ColumnType.BOOLEAN
    assert kinds["day"] is ColumnType.DATE
    assert kinds["moment"] is kinds["naive"] is ColumnType.DATETIME


def test_an_empty_table_keeps_its_columns() -> None:
    frame = frames.to_pandas(table().clear())
    assert frame.shape == (0, 9)
    assert frames.features_frame(table().clear(), ["word", "day"]).shape == (0, 2)


def test_plain_cells_are_json_values() -> None:
    assert frames.plain_value(datetime(2013, 1, 1, 10, tzinfo=UTC)) == "2013-01-01T10:00:00Z"
    assert frames.plain_value(datetime(2013, 1, 1, 10)) == "2013-01-01T10:00:00"
    assert frames.plain_value(date(2013, 1, 1)) == "2013-01-01"
    assert frames.plain_value(None) is None
    assert frames.plain_value(1.5) == 1.5
