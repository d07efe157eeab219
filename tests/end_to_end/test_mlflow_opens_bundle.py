"""Real MLflow, in an environment of its own, opens bundles and predicts the same."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import filelock
import platformdirs
import pytest
from tests.workers.training_runs import mixed_table, run_spec, train_run

from mlops_desktop.domain.experiments import Task

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MLFLOW = "mlflow-skinny==3.17.2"
OLD_PANDAS = "pandas==2.3.3"
CACHE = Path(os.environ.get("MLOPS_TEST_CACHE") or platformdirs.user_cache_path("mlops-desktop-tests", "mlops-desktop"))
"""Taken before any test redirects the cache folder: environments are made once for a machine."""

ASK = """
import json, sys
import mlflow.pyfunc, numpy, pandas
folder, table = sys.argv[1:]
frame = pandas.read_csv(table)
model = mlflow.pyfunc.load_model(folder)
for column in model.metadata.get_input_schema().inputs:
    if str(column.type) == "DataType.datetime":
        frame[column.name] = pandas.to_datetime(frame[column.name])
    elif str(column.type) == "DataType.boolean":
        frame[column.name] = frame[column.name].astype(object)
answers = model.predict(frame)
example = model.predict(mlflow.models.Model.load(folder).load_input_example(folder)) if "plain" in table else None
print(json.dumps({
    "answers": answers.to_dict(orient="list"),
    "example": None if example is None else example.to_dict(orient="list"),
    "mlflow": mlflow.__version__,
    "pandas": pandas.__version__,
    "outputs": model.metadata.get_output_schema().input_names(),
    "run": model.metadata.run_id,
}))
"""


def environment(*packages: str) -> Path:
    """The interpreter of a virtual environment that has these packages; made once, then kept."""
    name = hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()[:16]
    folder = CACHE / f"mlflow-{name}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    CACHE.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(CACHE / f"mlflow-{name}.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True, symlinks=os.name != "nt")
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, timeout=800)
            (folder / "complete").touch()
    return python


def ask(python: Path, bundle: Path, table: Path) -> dict[str, Any]:
    copy = table.parent / f"{table.stem}-bundle"  # MLflow leaves compiled files beside the code it imports
    shutil.copytree(bundle, copy)
    run = subprocess.run(
        [python, "-I", "-c", ASK, str(copy), str(table)], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("pandas", ["as in the bundle", OLD_PANDAS])
@pytest.mark.parametrize(
    ("task", "estimator"),
    [(Task.BINARY, "HistGradientBoosting"), (Task.MULTICLASS, "LogisticRegression"), (Task.REGRESSION, "RandomForest")],
)
def test_mlflow_predicts_the_same(task: Task, estimator: str, pandas: str, tmp_path: Path) -> None:
    table = mixed_table(200)
    trained = train_run(tmp_path / "run", table, run_spec(task, estimator))
    pins = (trained.bundle / "requirements.txt").read_text().split()
    wanted = [pin for pin in pins if not pin.startswith(("uvicorn", "pandas=="))]
    wanted.append(next(pin for pin in pins if pin.startswith("pandas==")) if pandas != OLD_PANDAS else OLD_PANDAS)
    python = environment(MLFLOW, *wanted)
    model = trained.model()
    names = [column.name for column in model.input_columns]
    plain = table.select(names)
    path = tmp_path / "plain.csv"
    plain.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S")
    told = ask(python, trained.bundle, path)
    assert told["run"] == "0123456789abcdef0123456789abcdef"
    assert told["outputs"] == ["prediction", *(f"probability_{label}" for label in model.classes)]
    rows = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in plain.iter_rows(named=True)
    ]
    ours = model.predict_rows(rows)
    same(told["answers"], ours)
    same(told["example"], model.example.expected)


def same(frame: dict[str, list[Any]], answers: Any) -> None:
    if "probabilities" not in answers[0]:
        assert frame["prediction"] == pytest.approx([answer["prediction"] for answer in answers], abs=1e-12)
        return
    assert frame["prediction"] == [answer["prediction"] for answer in answers]
    for label in answers[0]["probabilities"]:
        wanted = [answer["probabilities"][label] for answer in answers]
        assert frame[f"probability_{label}"] == pytest.approx(wanted, abs=1e-12)
