"""Fills the registry of a real workspace with as many runs as wanted, each a row as the program writes it."""

from __future__ import annotations

import json
import random
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EXPERIMENT = "late-at-arrival"
ESTIMATORS: dict[str, dict[str, tuple[float, float]]] = {
    "HistGradientBoosting": {"learning_rate": (0.02, 0.3), "max_iter": (50, 400)},
    "RandomForest": {"n_estimators": (50, 500), "max_depth": (2, 20)},
    "ExtraTrees": {"n_estimators": (50, 500), "max_depth": (2, 20)},
    "LogisticRegression": {"C": (0.01, 10.0)},
    "DecisionTree": {"max_depth": (2, 20), "min_samples_leaf": (1, 50)},
    "KNeighbors": {"n_neighbors": (1, 60)},
}
STATUSES = ("finished",) * 17 + ("failed", "cancelled", "lost")
FIRST, SECOND = ("amber", "brisk", "calm", "deep", "early", "fair", "grey"), ("crane", "egret", "heron", "kite", "owl")


def fill_registry(folder: Path, count: int, *, seed: int = 7) -> list[str]:
    """Adds `count` ended runs to the experiment of the real workspace in `folder`, oldest first; gives their names.

    Each is a copy of a finished run with its own name, estimator, params, metrics, times and tags.
    """
    chance = random.Random(seed)
    with closing(sqlite3.connect(folder / "registry.db")) as connection, connection:
        connection.row_factory = sqlite3.Row
        template = dict(
            connection.execute(
                "select runs.* from runs join experiments on experiments.id = experiment_id "
                "where experiments.name = ? and status = 'finished' order by runs.seq limit 1",
                (EXPERIMENT,),
            ).fetchone()
        )
        del template["seq"]
        begin = datetime.now(UTC) - timedelta(days=60)
        rows = [_row(template, place, count, begin, chance) for place in range(count)]
        names = ", ".join(template)
        values = ", ".join(f":{name}" for name in template)
        connection.executemany(f"insert into runs ({names}) values ({values})", rows)
    return [str(row["name"]) for row in rows]


def _row(template: dict[str, Any], place: int, count: int, begin: datetime, chance: random.Random) -> dict[str, Any]:
    estimator = chance.choice(list(ESTIMATORS))
    status = chance.choice(STATUSES)
    spec = json.loads(template["spec"])
    spec["estimator"] = estimator
    spec["params"] = {
        name: chance.randint(low, high)
        if isinstance(low, int) and isinstance(high, int)
        else round(chance.uniform(low, high), 4)
        for name, (low, high) in ESTIMATORS[estimator].items()
    }
    created = begin + timedelta(days=59) * (place / count)
    started = created + timedelta(seconds=1)
    failure = {"code": "MD-JOB-001", "message": "n_neighbors is larger than the rows.", "hint": "", "details": ""}
    return template | {
        "id": uuid.UUID(int=chance.getrandbits(128)).hex,
        "name": f"{chance.choice(FIRST)}-{chance.choice(SECOND)}-{1000 + place}",
        "status": status,
        "spec": _json(spec),
        "created_at": _moment(created),
        "started_at": _moment(started),
        "finished_at": _moment(started + timedelta(seconds=chance.uniform(2, 900))),
        "metrics": _json(_metrics(json.loads(template["metrics"]), chance) if status == "finished" else []),
        "tags": _json(["baseline"] if place % 50 == 0 else ["night", "weather"] if place % 7 == 0 else []),
        "notes": "",
        "failure": _json(failure) if status == "failed" else None,
    }


def _metrics(made: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    shift = chance.gauss(0, 0.03)
    for metric in made:
        way = -1 if metric["key"] in ("log_loss", "brier") else 1
        metric["folds"] = [value + way * shift + chance.gauss(0, 0.01) for value in metric["folds"]]
        metric["mean"] = sum(metric["folds"]) / len(metric["folds"])
    return made


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
