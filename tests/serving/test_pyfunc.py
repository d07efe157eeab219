"""What MLflow loads, without MLflow: the code folder of a bundle stands alone in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests.serving.small_bundle import SmallBundle
from tests.workers.training_runs import mixed_table, run_spec, train_run

from mlops_desktop.domain.experiments import Task
from mlops_desktop.serving import pyfunc
from mlops_desktop.serving.bundle import BundleError

ALONE = """
import importlib, json, sys
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder / "code"))
import pandas
flavor = json.loads((folder / "MLmodel").read_text())["flavors"]["python_function"]
module = importlib.import_module(flavor["loader_module"])
example = json.loads((folder / "input_example.json").read_text())
frame = pandas.DataFrame(example["data"], columns=example["columns"])
answers = module._load_pyfunc(str(folder)).predict(frame)
print(json.dumps({
    "answers": answers.to_dict(orient="list"),
    "file": module.__file__,
    "ours": sorted(name for name in sys.modules if name.startswith("mlops_desktop")),
}))
"""


def test_frames_rows_and_columns_are_answered(small_bundle: SmallBundle) -> None:
    model = pyfunc._load_pyfunc(str(small_bundle.folder))
    wanted = [answer["prediction"] for answer in small_bundle.answers]
    frame = pd.DataFrame(small_bundle.rows)
    for given in (frame, small_bundle.rows, frame.to_dict(orient="list")):
        assert model.predict(given)["prediction"].tolist() == wanted
    assert model.predict(frame, params={})["prediction"].tolist() == wanted


def test_damaged_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        pyfunc._load_pyfunc(str(tmp_path))


def test_code_of_a_bundle_stands_alone_and_answers_the_same(tmp_path: Path) -> None:
    trained = train_run(tmp_path / "run", mixed_table(), run_spec(Task.BINARY, "HistGradientBoosting"))
    expected = trained.model().example.expected
    run = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(trained.bundle)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert Path(told["file"]).is_relative_to(trained.bundle)
    assert all(name in ("mlops_desktop",) or name.startswith("mlops_desktop.serving") for name in told["ours"])
    assert told["answers"]["prediction"] == [answer["prediction"] for answer in expected]
    assert told["answers"]["probability_true"] == pytest.approx(
        [answer["probabilities"]["true"] for answer in expected], abs=1e-12
    )
    with pytest.raises(BundleError, match=r"__pycache__"):
        trained.model()  # nobody else takes the compiled files that running its code left


def test_bundle_has_mlflows_files(tmp_path: Path) -> None:
    trained = train_run(tmp_path, mixed_table(), run_spec(Task.BINARY, "LogisticRegression"))
    names = {path.name for path in trained.bundle.iterdir()}
    assert names == {
        "MLmodel",
        "model.skops",
        "recipe.json",
        "example.json",
        "input_example.json",
        "requirements.txt",
        "python_env.yaml",
        "conda.yaml",
        "baseline.json",
        "code",
        "manifest.json",
    }
    described = json.loads((trained.bundle / "MLmodel").read_text())
    inputs = {item["name"]: item["type"] for item in json.loads(described["signature"]["inputs"])}
    assert inputs == {
        "size": "double",
        "heat": "double",
        "count": "double",
        "fresh": "boolean",
        "kind": "string",
        "day": "datetime",
        "at": "datetime",
    }
    pins = (trained.bundle / "requirements.txt").read_text().split()
    assert all("==" in pin and "/" not in pin for pin in pins)
    assert {pin.partition("==")[0] for pin in pins} >= {"scikit-learn", "skops", "pandas", "numpy"}


def test_baseline_describes_inputs_and_answers(tmp_path: Path) -> None:
    trained = train_run(tmp_path, mixed_table(), run_spec(Task.BINARY, "LogisticRegression"))
    baseline = json.loads((trained.bundle / "baseline.json").read_text())
    features = {feature["name"]: feature for feature in baseline["features"]}
    table = mixed_table()
    assert baseline["rows"] == 120
    for name, feature in features.items():
        assert feature["missing"] == table[name].null_count()
    assert sum(features["size"]["histogram"]["counts"]) == 120 - table["size"].null_count()
    assert features["size"]["mean"] == pytest.approx(table["size"].mean())
    assert {item["value"] for item in features["kind"]["top_values"]} == {"oak", "elm", "ash"}
    first = table["at"].min()
    assert features["at"]["minimum"] == first.timestamp()  # type: ignore[union-attr]
    assert sum(item["count"] for item in baseline["prediction"]["classes"]) == trained.evaluation["rows"]["out_of_fold"]
    assert baseline["prediction"]["probabilities"][0]["label"] == "true"
