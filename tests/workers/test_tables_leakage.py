"""Columns that decide a target, or are known only after it, are told; honest ones are left in peace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops_desktop.domain.datasets import ColumnType, Derived
from mlops_desktop.domain.errors import NotFoundError
from mlops_desktop.workers.calls import leakage as call
from mlops_desktop.workers.tables import frames, leakage

ROWS = 2000


def judged(folder: Path, target: str, table: pl.DataFrame, derived: tuple[Derived, ...] = ()) -> dict[str, list[str]]:
    path = folder / "t.parquet"
    table.write_parquet(path)
    found: dict[str, list[str]] = {}
    for finding in leakage.leakage_findings(path, target, frames.columns_of(table), derived):
        assert finding.columns[1] == target
        found.setdefault(finding.columns[0], []).append(finding.code)
    return found


@pytest.fixture
def table() -> pl.DataFrame:
    """A target that is decided, hinted at, guessed and not known at all; missing where the outcome is not known."""
    chance = np.random.default_rng(5)
    delay = chance.normal(0, 30, ROWS).round()
    unknown = np.arange(ROWS) % 20 == 0
    late = delay > 15
    return pl.DataFrame(
        {
            "late": pl.Series(late).set(pl.Series(unknown), None),
            "delay": pl.Series(delay).set(pl.Series(unknown), None),
            "word": pl.Series(np.where(late, "L", np.where(delay > 0, "o", "e"))),
            "hint": delay + chance.normal(0, 15, ROWS),
            "after": pl.Series(chance.normal(0, 1, ROWS)).set(pl.Series(unknown), None),
            "noise": chance.normal(0, 1, ROWS),
            "ident": [f"n{number}" for number in range(ROWS)],
            "group": [f"g{number}" for number in chance.integers(0, 300, ROWS)],
            "holes": pl.Series(chance.normal(0, 1, ROWS)).set(pl.Series(chance.random(ROWS) < 0.1), None),
            "constant": [1] * ROWS,
            "inside": np.where(late, chance.uniform(10, 20, ROWS), chance.choice([0.0, 30.0], ROWS)),
        }
    )


def test_a_binary_target_is_told_apart_from_what_leaks_it(tmp_path: Path, table: pl.DataFrame) -> None:
    assert judged(tmp_path, "late", table) == {
        "delay": ["decides_target"],
        "word": ["decides_target"],
        "inside": ["decides_target"],
        "hint": ["strongly_related"],
        "after": ["known_after"],
    }


def test_the_same_is_said_of_text_targets_and_dates(tmp_path: Path, table: pl.DataFrame) -> None:
    assert judged(tmp_path, "word", table)["delay"] == ["decides_target"]
    dates = table.select(
        pl.col("late"), when=pl.lit(0).cast(pl.Date) + pl.duration(days=pl.col("delay").fill_null(0).cast(pl.Int64))
    )
    assert judged(tmp_path, "late", dates) == {"when": ["decides_target"]}


def test_a_number_is_told_by_one_that_says_the_same(tmp_path: Path) -> None:
    chance = np.random.default_rng(6)
    price = chance.lognormal(3, 1, ROWS)
    table = pl.DataFrame(
        {
            "price": price,
            "with_tax": price * 1.2,
            "rank": -np.log(price),
            "near": price * chance.lognormal(0, 0.3, ROWS),
            "noise": chance.normal(0, 1, ROWS),
            "bend": (np.log(price) - 3) ** 2,
            "kind": [f"k{int(np.log(value) * 20)}" for value in price],
        }
    )
    assert judged(tmp_path, "price", table) == {
        "with_tax": ["decides_target"],
        "rank": ["decides_target"],
        "near": ["strongly_related"],
        "kind": ["decides_target"],
    }


def test_classes_are_told_by_a_code_of_them(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    kind = chance.integers(0, 4, ROWS)
    table = pl.DataFrame(
        {"kind": kind, "code": [f"c{value}" for value in kind], "twice": kind * 2.0, "noise": chance.normal(0, 1, ROWS)}
    )
    assert judged(tmp_path, "kind", table) == {"code": ["decides_target"], "twice": ["decides_target"]}


def test_what_a_derived_target_is_computed_from_decides_it(tmp_path: Path, table: pl.DataFrame) -> None:
    derived = (Derived("base", "noise + 1"), Derived("late", "base > 15 and hint > 3"))
    found = judged(tmp_path, "late", table, derived)
    assert found["noise"] == ["decides_target"]
    assert found["hint"] == ["decides_target"]


def test_nothing_is_said_where_there_is_nothing_to_judge_by(tmp_path: Path) -> None:
    few = pl.DataFrame({"y": [True, False] * 5, "x": [1, 0] * 5})
    assert judged(tmp_path, "y", few) == {}
    constant = pl.DataFrame({"y": [1] * 100, "x": range(100)})
    assert judged(tmp_path, "y", constant) == {}
    empty = pl.DataFrame({"y": [None] * 100, "x": range(100)}, schema={"y": pl.Float64, "x": pl.Int64})
    assert judged(tmp_path, "y", empty) == {}
    sparse = pl.DataFrame({"y": [True, False] * 50, "x": [1.0, *[None] * 99]})
    assert judged(tmp_path, "y", sparse) == {}
    skewed = pl.DataFrame({"y": [True, False] * 50, "x": [1.0] * 99 + [2.0]})
    assert judged(tmp_path, "y", skewed) == {}
    alone = pl.DataFrame({"y": [True] + [False] * 99, "x": range(100)})
    assert judged(tmp_path, "y", alone) == {}
    halves = pl.DataFrame({"y": [True] * 10 + [False] * 90, "x": range(100)})
    assert judged(tmp_path, "y", halves) == {"x": ["decides_target"]}


def test_a_large_table_is_judged_on_the_same_sample_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leakage, "MOST_ROWS", 500)
    chance = np.random.default_rng(8)
    y = chance.random(5000) < 0.3
    table = pl.DataFrame({"y": y, "x": y + chance.normal(0, 0.5, 5000)})
    path = tmp_path / "t.parquet"
    table.write_parquet(path)
    first, second = (leakage.leakage_findings(path, "y", frames.columns_of(table)) for _ in range(2))
    assert first == second
    assert first[0].code == "strongly_related"


def test_a_target_that_is_not_there_is_named(tmp_path: Path, table: pl.DataFrame) -> None:
    with pytest.raises(NotFoundError, match="'lat'") as caught:
        judged(tmp_path, "lat", table)
    assert caught.value.hint == "Did you mean late?"


def test_the_call_answers_in_plain_values(tmp_path: Path, table: pl.DataFrame) -> None:
    path = tmp_path / "t.parquet"
    table.write_parquet(path)
    columns = [{"name": name, "type": str(ColumnType.FLOAT)} for name in ("late", "delay")]
    answer = call.answer({"table": str(path), "target": "late", "columns": columns})
    (finding,) = answer["findings"]
    assert finding["code"] == "decides_target"
    assert finding["columns"] == ["delay", "late"]
    assert "area under the ROC curve 1.000" in finding["sentence"]
