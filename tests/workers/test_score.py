"""Scoring: every row of a version or of a file is answered as the model answers it, and files are safe to open."""

from __future__ import annotations

import csv
import shutil
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.workers.training_runs import Trained, mixed_table, run_spec, train_run

from mlops_desktop.domain.errors import (
    DamagedBundleError,
    InvalidInputError,
    JobCancelledError,
    UnreadableTableError,
    UntrustedBundleError,
)
from mlops_desktop.domain.experiments import Task
from mlops_desktop.serving.bundle import write_manifest
from mlops_desktop.workers.jobs import score
from mlops_desktop.workers.report import Report


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_run(tmp_path_factory.mktemp("run"), mixed_table(), run_spec(Task.BINARY, "LogisticRegression"))


def order(trained: Trained, **changes: Any) -> dict[str, Any]:
    return {
        "bundle": str(trained.bundle),
        "manifest_hash": trained.result["manifest_hash"],
        "table": str(trained.folder / "table.parquet"),
        "file": None,
        "answers": None,
        "format": "parquet",
        **changes,
    }


def run(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    (folder / "journal.jsonl").unlink(missing_ok=True)
    with Report(folder) as report:
        return score.run(spec, folder, report)


def expected(trained: Trained, table: pl.DataFrame) -> list[float]:
    model = trained.model()
    rows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in table.select([column.name for column in model.input_columns]).iter_rows(named=True)
    ]
    return [answer["probabilities"]["true"] for answer in model.predict_rows(rows)]


def test_version_is_scored_row_by_row(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score, "BATCH", 50)
    result = run(order(trained), tmp_path)
    table = mixed_table()
    scored = pl.read_parquet(tmp_path / result["file"])
    assert result["rows"] == scored.height == table.height
    assert result["columns"] == [*table.columns, "prediction", "probability_false", "probability_true"]
    assert scored["probability_true"].to_list() == pytest.approx(expected(trained, table), abs=1e-12)
    assert scored.select(table.columns).equals(table)


def test_file_is_read_with_the_types_that_the_model_knows(trained: Trained, tmp_path: Path) -> None:
    table = mixed_table()
    columns = [column.name for column in trained.model().input_columns]
    table.select(columns).head(30).write_csv(tmp_path / "new.csv")
    result = run(order(trained, table=None, file=str(tmp_path / "new.csv"), answers={}, format="csv"), tmp_path / "job")
    scored = pl.read_csv(tmp_path / "job" / result["file"])
    assert scored["probability_true"].to_list() == pytest.approx(expected(trained, table.head(30)), abs=1e-12)
    assert scored["prediction"].dtype == pl.Boolean  # as polars reads it back: true and false


def test_texts_that_look_like_formulas_are_neutralised_in_csv_only(trained: Trained, tmp_path: Path) -> None:
    hostile = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "a=1", "'=1"]
    table = mixed_table().head(8).with_columns(pl.Series("kind", hostile), pl.Series("=note", hostile))
    table.write_parquet(tmp_path / "table.parquet")
    spec = order(trained, table=str(tmp_path / "table.parquet"))
    run({**spec, "format": "csv"}, tmp_path / "a")
    with (tmp_path / "a" / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = [*(f"'{text}" for text in hostile[:6]), "a=1", "'=1"]
    assert [row["kind"] for row in rows] == [row["'=note"] for row in rows] == wanted
    assert all(float(row["heat"]) < 0 for row, heat in zip(rows, table["heat"], strict=True) if heat and heat < 0)
    run(spec, tmp_path / "b")
    assert pl.read_parquet(tmp_path / "b" / "scores.parquet")["kind"].to_list() == hostile


def test_own_columns_keep_their_names(trained: Trained, tmp_path: Path) -> None:
    table = mixed_table().head(5).with_columns(prediction=pl.lit("mine"), prediction_2=pl.lit(2))
    table.write_parquet(tmp_path / "table.parquet")
    result = run(order(trained, table=str(tmp_path / "table.parquet")), tmp_path)
    assert "prediction_3" in result["columns"]
    assert pl.read_parquet(tmp_path / "scores.parquet")["prediction"].to_list() == ["mine"] * 5


def test_empty_table_gives_an_empty_result(trained: Trained, tmp_path: Path) -> None:
    mixed_table().clear().write_parquet(tmp_path / "table.parquet")
    result = run(order(trained, table=str(tmp_path / "table.parquet")), tmp_path)
    assert result["rows"] == 0
    assert result["columns"][-1] == "probability_true"


def test_missing_or_wrong_columns_are_named(trained: Trained, tmp_path: Path) -> None:
    mixed_table().drop("heat").write_parquet(tmp_path / "less.parquet")
    with pytest.raises(InvalidInputError, match="no column 'heat'"):
        run(order(trained, table=str(tmp_path / "less.parquet")), tmp_path)
    mixed_table().with_columns(heat=pl.lit("warm")).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(InvalidInputError, match="'heat' holds 'warm'"):
        run(order(trained, table=str(tmp_path / "other.parquet")), tmp_path)
    (tmp_path / "other.csv").write_text("size,heat,count,fresh,kind,day,at\n1,warm,1,true,oak,2020-01-01,2020-01-01\n")
    with pytest.raises(UnreadableTableError):
        run(order(trained, table=None, file=str(tmp_path / "other.csv")), tmp_path)
    with pytest.raises(InvalidInputError, match="cannot be written as 'xlsx'"):
        run(order(trained, format="xlsx"), tmp_path)


def test_damaged_and_untrusted_bundles_are_refused(trained: Trained, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained.bundle, tmp_path / "copy"))
    (copy / "recipe.json").write_text("{}")
    with pytest.raises(DamagedBundleError, match=r"changed: recipe\.json"):
        run(order(trained, bundle=str(copy)), tmp_path)
    import skops.io
    from sklearn.feature_selection import SelectKBest
    from sklearn.pipeline import Pipeline

    shutil.copyfile(trained.bundle / "recipe.json", copy / "recipe.json")
    skops.io.dump(Pipeline([("a", SelectKBest())]), copy / "model.skops")
    with pytest.raises(UntrustedBundleError):
        run(order(trained, bundle=str(copy), manifest_hash=write_manifest(copy)), tmp_path)


def test_cancelled_scoring_leaves_no_file(trained: Trained, tmp_path: Path) -> None:
    asked = threading.Event()
    asked.set()
    with Report(tmp_path, asked) as report, pytest.raises(JobCancelledError):
        score.run(order(trained), tmp_path, report)
    assert not list(tmp_path.glob("scores*"))
