"""Three more real tables out of Python packages, the whole way: wine, diabetes, and penguins as they were typed."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import CommandLine


def wine(folder: Path) -> Path:
    """Multiclass: the cultivar by name."""
    from sklearn.datasets import load_wine

    loaded: Any = load_wine(as_frame=True)
    frame = loaded.frame
    frame["target"] = frame["target"].map(lambda code: str(loaded.target_names[code]))
    path = folder / "wine.csv"
    frame.to_csv(path, index=False)
    return path


def diabetes(folder: Path) -> Path:
    """Regression, written with semicolons and decimal commas."""
    from sklearn.datasets import load_diabetes

    loaded: Any = load_diabetes(as_frame=True, scaled=False)
    path = folder / "diabetes.csv"
    loaded.frame.to_csv(path, index=False, sep=";", decimal=",")
    return path


def penguins(folder: Path) -> Path:
    """Dirty: names with spaces and brackets, NA in numbers and texts (said to be empty), dates, comments."""
    path = folder / "penguins.csv"
    path.write_bytes(importlib.resources.files("palmerpenguins").joinpath("data/penguins-raw.csv").read_bytes())
    return path


@pytest.mark.parametrize(
    ("make", "target", "task", "estimators", "key", "at_least"),
    [
        (wine, "target", "multiclass", ("RandomForest", "LogisticRegression"), "f1_macro", 0.9),
        (diabetes, "target", "regression", ("Ridge", "HistGradientBoosting"), "r2", 0.3),
        (penguins, "Sex", "binary", ("LogisticRegression", "HistGradientBoosting"), "roc_auc", 0.8),
    ],
)
def test_the_whole_way(
    mlops: CommandLine, tmp_path: Path, make: Any, target: str, task: str, estimators: Any, key: str, at_least: float
) -> None:
    version = mlops.json("datasets", "import", make(tmp_path), "--name", "table", "--empty", "NA")["version"]
    assert version["rows"] > 100
    chosen = [word for name in estimators for word in ("-e", name)]
    runs = mlops.json("experiments", "run", "table", target, *chosen)
    assert [run["spec"]["task"] for run in runs] == [task] * len(estimators)
    values = {run["name"]: next(m["mean"] for m in run["metrics"] if m["key"] == key) for run in runs}
    assert max(values.values()) > at_least
    mlops("experiments", "compare", *values, "--charts", tmp_path / "charts")
    best = max(values, key=lambda name: values[name])
    mlops("models", "register", best, "model", "--alias", "champion")
    mlops("deployments", "deploy", "model@champion")
    answer = mlops.json("deployments", "predict", "model")
    assert len(answer["predictions"]) == 1
    mlops("models", "export", "model", tmp_path / "model.zip")
    taken_in = mlops.json("models", "import", tmp_path / "model.zip", "--name", "copy")
    assert (taken_in["task"], taken_in["number"]) == (task, 1)
    mlops("datasets", "score", "copy", "table", "--to", tmp_path / "scored.csv")
    assert (tmp_path / "scored.csv").read_text().count("\n") >= version["rows"]
    assert "clean" in mlops("verify")
