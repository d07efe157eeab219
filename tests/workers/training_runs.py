"""Small tables and whole training runs on them, in this process, with a real journal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlops_desktop.domain.experiments import Feature, FeatureRole, RunSpec, Task, Validation, ValidationKind
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.serving.model import Model, load
from mlops_desktop.workers.jobs import train
from mlops_desktop.workers.report import Report
from mlops_desktop.workers.tables.frames import columns_of

GRADES = ("low", "middle", "high")
HOLDOUT = Validation(ValidationKind.HOLDOUT, validation_share=0.3)
QUICK: Mapping[str, Mapping[str, object]] = {
    "HistGradientBoosting": {"max_iter": 5},
    "RandomForest": {"n_estimators": 5},
    "ExtraTrees": {"n_estimators": 5},
    "GradientBoosting": {"n_estimators": 5},
    "AdaBoost": {"n_estimators": 3},
    "Bagging": {"n_estimators": 3},
    "MLP": {"hidden_layer_sizes": [4], "max_iter": 5},
}
"""Parameters with which a fit takes no time."""


@dataclass(frozen=True)
class Trained:
    """What a run left behind."""

    result: dict[str, Any]
    folder: Path
    evaluation: dict[str, Any]
    messages: list[dict[str, Any]]

    @property
    def bundle(self) -> Path:
        return self.folder / str(self.result["bundle"])

    def model(self) -> Model:
        return load(self.bundle, self.result["manifest_hash"])

    def metric(self, key: str) -> dict[str, Any]:
        return next(metric for metric in self.result["metrics"] if metric["key"] == key)

    def log(self) -> list[str]:
        return [message["body"]["text"] for message in self.messages if message["kind"] == "log"]


def mixed_table(rows: int = 120, seed: int = 3) -> pl.DataFrame:
    """All column types, gaps in each, and three targets that depend on them."""
    from datetime import UTC, date, datetime, timedelta

    generator = np.random.default_rng(seed)
    size, heat = generator.normal(10, 3, rows), generator.normal(0, 1, rows)
    kind = generator.choice(["oak", "elm", "ash"], rows)
    amount = size * 2 + heat + (kind == "oak") * 5 + generator.normal(0, 0.5, rows)
    gaps = generator.random((6, rows)) < 0.05
    days = generator.integers(0, 700, rows).tolist()
    return pl.DataFrame(
        {
            "size": _with_gaps(size.tolist(), gaps[0]),
            "heat": _with_gaps(heat.tolist(), gaps[1]),
            "count": _with_gaps(generator.integers(0, 9, rows).tolist(), gaps[2]),
            "fresh": _with_gaps((generator.random(rows) < 0.5).tolist(), gaps[3]),
            "kind": _with_gaps(kind.tolist(), gaps[4]),
            "day": _with_gaps([date(2020, 1, 1) + timedelta(days=day) for day in days], gaps[5]),
            "at": [datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=137 * row) for row in range(rows)],
            "group": [f"g{row % 12}" for row in range(rows)],
            "amount": amount.tolist(),
            "big": (amount > np.median(amount)).tolist(),
            "grade": [GRADES[place] for place in np.digitize(amount, np.quantile(amount, [0.3, 0.7]))],
        }
    )


TARGETS = {Task.BINARY: "big", Task.MULTICLASS: "grade", Task.REGRESSION: "amount"}
FEATURES = ("size", "heat", "count", "fresh", "kind", "day", "at")


def run_spec(task: Task, estimator: str, **changes: Any) -> RunSpec:
    """A run on `mixed_table`."""
    return RunSpec(
        **{
            "dataset_version_id": "version",
            "target": TARGETS[task],
            "task": task,
            "features": features(mixed_table(2), FEATURES),
            "estimator": estimator,
            "params": QUICK.get(estimator, {}),
            "validation": HOLDOUT,
            **changes,
        }
    )


def features(table: pl.DataFrame, names: Sequence[str]) -> tuple[Feature, ...]:
    """The columns in the role that fits their type."""
    types = {column.name: column.type for column in columns_of(table)}
    roles = {
        name: FeatureRole.DATE
        if types[name].is_temporal
        else FeatureRole.CATEGORY
        if types[name] == "text"
        else FeatureRole.NUMERIC
        for name in names
    }
    return tuple(Feature(name, role) for name, role in roles.items())


def job_spec(folder: Path, table: pl.DataFrame, spec: RunSpec) -> dict[str, Any]:
    """The train job's own spec, with the table written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "table.parquet"
    table.write_parquet(path)
    return {
        "run_id": "0123456789abcdef0123456789abcdef",
        "run_name": "calm-river",
        "experiment": "trees",
        "spec": to_plain(spec),
        "table": str(path),
        "dataset_hash": "ab" * 32,
        "dataset_reference": "trees@v1",
        "columns": to_plain(columns_of(table)),
        "profiles": [],
        "folder_of_program_git": None,
    }


def train_run(folder: Path, table: pl.DataFrame, spec: RunSpec) -> Trained:
    """A whole run, from the table to the bundle."""
    job = json.loads(json.dumps(job_spec(folder, table, spec)))
    with Report(folder) as report:
        result = train.run(job, folder, report)
    messages = [json.loads(line) for line in (folder / "journal.jsonl").read_text("utf-8").splitlines()]
    result = json.loads(json.dumps(result, allow_nan=False))
    return Trained(result, folder, json.loads((folder / result["evaluation"]).read_text("utf-8")), messages)


def _with_gaps(values: list[Any], gaps: Any) -> list[Any]:
    return [None if gap else value for value, gap in zip(values, gaps, strict=True)]
