"""An endpoint's answers are scikit-learn's, and switching what answers fails no request of a client outside."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import CommandLine
from tests.end_to_end.plain_names import CATEGORIES, NUMBERS
from tests.end_to_end.test_whole_path import ask, some_flights

SCRIPT = Path(__file__).with_name("plain_flights.py")
CLIENT = Path(__file__).with_name("steady_client.py")


@pytest.fixture
def flights(mlops: CommandLine, tmp_path: Path) -> Path:
    path = some_flights(tmp_path, 20_000)
    mlops("datasets", "import", path, "--name", "flights", "--derive", "late = arr_delay > 15")
    return path


def train(mlops: CommandLine, *more: object) -> str:
    features = [word for name in (*NUMBERS, *CATEGORIES) for word in ("--feature", name)]
    (run,) = mlops.json("experiments", "run", "flights", "late", "--validation", "holdout", *features, *more)
    return str(run["name"])


def test_a_thousand_predictions_are_those_of_scikit_learn(mlops: CommandLine, flights: Path) -> None:
    name = train(mlops, "-e", "HistGradientBoosting", "-p", "max_iter=20")
    mlops("models", "register", name, "late")
    deployed = mlops.json("deployments", "deploy", "late")
    script = [sys.executable, str(SCRIPT), str(flights), "predictions"]
    plain = json.loads(subprocess.run(script, capture_output=True, check=True).stdout)
    status, answer = ask(deployed["url"], deployed["token"], {"rows": plain["rows"]})
    assert status == 200
    chances = [item["probabilities"]["true"] for item in answer["predictions"]]
    assert len(chances) == 1000
    assert chances == pytest.approx(plain["chances"], rel=0, abs=1e-12)
    assert [item["prediction"] for item in answer["predictions"]] == [
        "true" if chance >= 0.5 else "false" for chance in plain["chances"]
    ]


@pytest.fixture
def client(mlops: CommandLine, flights: Path) -> Iterator[Any]:
    """Another program that asks 50 times a second, over kept and over new connections, until it is told to stop."""
    for estimator in ("LogisticRegression", "DecisionTree"):
        mlops("models", "register", train(mlops, "-e", estimator), "late")
    deployed = mlops.json("deployments", "deploy", "late@v1")
    row = json.dumps({name: 1 for name in NUMBERS} | dict.fromkeys(CATEGORIES))
    command = [sys.executable, str(CLIENT), deployed["url"], row]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(deployed["token"] + "\n")
        process.stdin.flush()
        yield process


@pytest.mark.parametrize("switches", [3, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
def test_switches_fail_no_request(mlops: CommandLine, client: subprocess.Popen[str], switches: int) -> None:
    began = time.monotonic()
    for number in range(switches):
        mlops("deployments", "deploy", f"late@v{2 - number % 2}")
    mlops("deployments", "rollback", "late")
    seconds = time.monotonic() - began
    told, _ = client.communicate("stop\n", timeout=60)
    counts = json.loads(told)
    assert counts["failed"] == []
    assert counts["answers"] > 10 * seconds
    assert set(counts["models"]) == {"late@v1", "late@v2"}
