"""What the program measures is what a plain scikit-learn script measures, and a re-run measures it again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import CommandLine
from tests.end_to_end.test_whole_path import some_flights

from mlops_desktop.resources import resource

SCRIPT = Path(__file__).with_name("plain_flights.py")


@pytest.fixture(params=[20_000, pytest.param(None, marks=pytest.mark.long)], ids=["some", "all"])
def flights(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param is None:
        return resource("samples", "flights.csv.zip")
    return some_flights(tmp_path, request.param)


def test_holdout_and_time_order_differ_and_both_equal_the_script(mlops: CommandLine, flights: Path) -> None:
    mlops("datasets", "import", flights, "--name", "flights", "--derive", "late = arr_delay > 15")
    found = {}
    for validation in ("holdout", "time_ordered"):
        plain = json.loads(
            subprocess.run([sys.executable, SCRIPT, flights, validation], capture_output=True, check=True).stdout
        )
        features = [word for name in (*plain["numbers"], *plain["categories"]) for word in ("--feature", name)]
        by = ["--by", "time_hour", "--folds", 3] if validation == "time_ordered" else []
        (run,) = mlops.json(
            "experiments", "run", "flights", "late", "-e", "HistGradientBoosting", "-p", "max_iter=20",
            "--validation", validation, *by, *features,
        )  # fmt: skip
        ours = {metric["key"]: metric["folds"] for metric in run["metrics"]}
        for key, values in plain["figures"].items():
            assert ours[key] == pytest.approx(values, rel=0, abs=1e-12), (validation, key)
        found[validation] = means(run)
        again = mlops.json("experiments", "rerun", run["name"])[0]
        assert again["metrics"] == run["metrics"]
    assert abs(found["holdout"]["roc_auc"] - found["time_ordered"]["roc_auc"]) > 0.01


def means(run: dict[str, Any]) -> dict[str, float]:
    return {metric["key"]: metric["mean"] for metric in run["metrics"]}
