"""A real bundle that is made in a moment: irises by logistic regression."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_desktop.serving.bundle import write_manifest

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
LIBRARIES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "uvicorn")
CLASSES = ("setosa", "versicolor", "virginica")


@dataclass(frozen=True)
class SmallBundle:
    """A bundle with rows and what its model answers to them."""

    folder: Path
    manifest_hash: str
    rows: list[dict[str, Any]]
    answers: list[dict[str, Any]]


def make_bundle(folder: Path, strength: float = 1.0, *, example_from: int = 0) -> SmallBundle:
    """Another `strength` of the regularisation makes another model, with other probabilities.

    The stored answers begin at row `example_from`: at any but 0 the example is wrong.
    """
    import numpy as np
    import skops.io
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    values, target = load_iris(return_X_y=True)
    labels = np.asarray(CLASSES, dtype=object)[target]
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(C=strength))])
    import pandas as pd

    pipeline.fit(pd.DataFrame(values, columns=list(COLUMNS)), labels)
    folder.mkdir(parents=True)
    skops.io.dump(pipeline, folder / "model.skops")
    inputs = [{"name": name, "type": "float", "role": "numeric", "parts": []} for name in COLUMNS]
    recipe = {
        "format": 1,
        "task": "multiclass",
        "target": "species",
        "estimator": "LogisticRegression",
        "inputs": inputs,
        "classes": list(CLASSES),
        "positive_label": None,
        "threshold": None,
    }
    (folder / "recipe.json").write_text(json.dumps(recipe))
    rows = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in values[::10]]
    probabilities = pipeline.predict_proba(pd.DataFrame(rows))
    answers = [
        {"prediction": CLASSES[row.argmax()], "probabilities": dict(zip(CLASSES, map(float, row), strict=True))}
        for row in probabilities
    ]
    example = {"rows": rows[:5], "expected": answers[example_from : example_from + 5], "tolerance": 1e-9}
    (folder / "example.json").write_text(json.dumps(example))
    pins = [f"{name}=={importlib.metadata.version(name)}" for name in LIBRARIES]
    (folder / "requirements.txt").write_text("".join(f"{pin}\n" for pin in pins))
    return SmallBundle(folder, write_manifest(folder), rows, answers)
