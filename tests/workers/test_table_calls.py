"""The calls that show a file before it is imported, and a page of a table after."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_desktop.domain.errors import (
    DamagedArtifactError,
    ExpressionError,
    InvalidInputError,
    NotFoundError,
    UnreadableTableError,
)
from mlops_desktop.workers import protocol
from mlops_desktop.workers.calls import page, preview
from mlops_desktop.workers.tables import looking


def cells(found: dict[str, Any]) -> list[list[str | None]]:
    return [list(row["cells"]) for row in found["rows"]]


SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "flights.csv.zip"


def test_a_preview_shows_cells_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b;c\n1,50;007;NA\n2;;2013-01-01\n")
    found = preview.answer({"path": str(path), "answers": None, "derived": [{"name": "double", "expression": "a * 2"}]})
    assert cells(found) == [["1,50", "007", None, "3.0"], ["2", None, "2013-01-01", "4.0"]]
    assert [column["type"] for column in found["columns"]] == ["float", "text", "date", "float"]
    assert found["row_count"] == 2
    assert found["complete"] is True
    assert found["answers"] == {
        "delimiter": ";", "encoding": "utf-8", "decimal": ",", "header": True, "quote": '"', "empty_values": [""],
        "column_types": {}, "misfits": {}, "columns_left_out": [], "ragged_left_out": False, "lines_left_out": [],
    }  # fmt: skip
    assert set(found["evidence"]) == {"delimiter", "encoding", "decimal", "header", "quote", "empty_values", "rows"}
    assert "leading_zeros" in {item["finding"]["code"] for item in found["findings"]}
    json.dumps(found, allow_nan=False)


def test_a_preview_follows_the_answers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2\n3,4\n")
    found = preview.answer(
        {"path": str(path), "answers": {"header": True, "column_types": {"2": "text"}}, "derived": []}
    )
    assert [(column["name"], column["type"]) for column in found["columns"]] == [("1", "integer"), ("2", "text")]
    assert cells(found) == [["3", "4"]]


def test_a_preview_of_a_large_file_reads_only_its_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "HEAD_BYTES", 1 << 20)
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + '1,"x\ny"\n' * 2_000_000)
    found = preview.answer({"path": str(path)})
    assert found["complete"] is False
    assert 0 < found["row_count"] < 2_000_000
    assert len(found["rows"]) == 100
    assert "Only the first" in found["evidence"]["rows"]


def test_long_cells_are_shown_in_part(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b\n{'x' * 50_000},1\n")
    shown = cells(preview.answer({"path": str(path)}))[0][0]
    assert shown is not None
    assert len(shown) == looking.LONGEST_CELL
    assert shown.endswith("...")


def test_a_preview_leaves_nothing_behind_and_refuses_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1\n")
    with pytest.raises(UnreadableTableError, match="Line 2"):
        preview.answer({"path": str(path)})
    path.write_text("a,b\n1,2\n")
    preview.answer({"path": str(path)})
    assert list(folder.iterdir()) == []


def test_d_05_of_ten_thousand_columns_some_rows_are_shown_and_every_type_may_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = ",".join(f"c{number}" for number in range(10_000))
    path.write_text(f"{names}\n" + f"{'1,' * 9_999}x\n" * 150)
    found = preview.answer({"path": str(path)})
    assert (len(found["columns"]), found["row_count"], found["complete"]) == (10_000, 100, False)
    assert [column["type"] for column in found["columns"][-2:]] == ["integer", "text"]
    assert len(found["rows"]) == len(found["spread_rows"]) == 5
    assert not any(column["choices"] for column in found["columns"])
    assert len(protocol.encode(found)) < 4 << 20


def test_d_05_long_cells_are_shortened_until_they_fit_into_a_message(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    cells = ",".join("\N{GRINNING FACE}" * 999 for _ in range(50))
    path.write_text("x,".join("abcdefghijklmnopqrstuvwxy"[n // 2] + str(n) for n in range(50)) + f"\n{cells}\n" * 100)
    found = preview.answer({"path": str(path), "answers": {"header": False}})
    assert len(protocol.encode(found)) < protocol.MAX_LINE
    shown = found["rows"][50]["cells"][0]
    assert 20 <= len(shown) < 999
    assert shown.endswith("...")


@pytest.mark.parametrize("content", ['a,b\n"{}",1\n2,3\n', '"{}",b\n1,2\n', "x{}"], ids=["row", "header", "line"])
def test_d_05_a_line_that_does_not_end_is_named_and_nobody_waits_for_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content.format("xy" * 33_600_000))
    with pytest.raises(UnreadableTableError, match="of t.csv does not end within 48 MiB") as caught:
        preview.answer({"path": str(path)})
    assert len(caught.value.message) < 200


def test_d_05_the_preview_of_the_flights_takes_seconds() -> None:
    started = time.process_time()
    found = preview.answer({"path": str(SAMPLE)})
    assert time.process_time() - started < 12
    assert found["row_count"] == 336_776
    assert cells(found)[0][:4] == ["2013", "1", "1", "517"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    pl.DataFrame(
        {
            "n": range(5000),
            "word": [f"w{number}" for number in range(4999)] + ["x" * 20_000],
            "day": [date(2013, 1, 1)] * 5000,
            "moment": [datetime(2013, 1, 1, 10, tzinfo=UTC)] * 5000,
            "share": [None] * 4999 + [0.5],
        },
        schema_overrides={"moment": pl.Datetime("us", "UTC"), "share": pl.Float64},
    ).write_parquet(path, row_group_size=1000)
    return path


def test_a_page_is_a_slice_of_plain_values(table: Path) -> None:
    found = page.answer({"table": str(table), "offset": 2500, "limit": 2})
    assert found["rows"] == [
        [2500, "w2500", "2013-01-01", "2013-01-01T10:00:00Z", None],
        [2501, "w2501", "2013-01-01", "2013-01-01T10:00:00Z", None],
    ]
    assert found["total"] == 5000
    assert [column["type"] for column in found["columns"]] == ["integer", "text", "date", "datetime", "float"]
    json.dumps(found, allow_nan=False)


def test_a_page_may_hold_some_columns_and_ends_with_the_table(table: Path) -> None:
    found = page.answer({"table": str(table), "offset": 4998, "limit": 100, "columns": ["share", "word"]})
    assert found["rows"][0] == [None, "w4998"]
    assert found["rows"][1][0] == 0.5
    assert len(found["rows"][1][1]) == page.LONGEST_CELL
    assert page.answer({"table": str(table), "offset": 9999, "limit": 100})["rows"] == []


def test_a_page_of_rows_for_which_a_condition_holds_says_which_they_are(table: Path) -> None:
    request = {"table": str(table), "where": "n >= 4000 and (n % 500 == 0 or share is not missing)"}
    found = page.answer({**request, "offset": 1, "limit": 2, "columns": ["n", "share"]})
    assert found["rows"] == [[4500, None], [4999, 0.5]]
    assert found["row_numbers"] == [4501, 5000]
    assert found["total"] == 3
    assert page.answer({**request, "offset": 3, "limit": 2})["rows"] == []
    assert page.answer({"table": str(table), "where": "day < '2012-01-01'"})["total"] == 0
    for wrong in ("n + 1", "nothing > 3", "n >"):
        with pytest.raises(ExpressionError):
            page.answer({"table": str(table), "where": wrong})


def test_a_page_is_never_too_much(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_CELLS", 50)
    assert len(page.answer({"table": str(table), "offset": 0, "limit": 1000})["rows"]) == 10
    for offset, limit in ((-1, 10), (0, 0), (0, 100_000)):
        with pytest.raises(InvalidInputError):
            page.answer({"table": str(table), "offset": offset, "limit": limit})


def test_a_page_of_what_is_not_there_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="'nothing'"):
        page.answer({"table": str(table), "columns": ["nothing"]})
    with pytest.raises(NotFoundError):
        page.answer({"table": str(tmp_path / "none")})
    table.write_bytes(table.read_bytes()[:-100])
    with pytest.raises(DamagedArtifactError):
        page.answer({"table": str(table)})
