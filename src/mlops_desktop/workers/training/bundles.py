"""Writes a fitted run as a bundle: MLflow's layout, our recipe and example, the baseline, and the code that serves."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import mlops_desktop
from mlops_desktop.domain.errors import BugError, InvalidInputError
from mlops_desktop.serving import bundle, model, recipe
from mlops_desktop.serving.recipe import InputColumn, Recipe
from mlops_desktop.workers.training.baseline import make_baseline
from mlops_desktop.workers.training.environment import package_versions
from mlops_desktop.workers.training.fitting import Outcome
from mlops_desktop.workers.training.material import Material

if TYPE_CHECKING:
    import pandas as pd

SERVING_PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "uvicorn")
EXAMPLE_ROWS = 5
TOLERANCE = 1e-9

_MLFLOW_TYPES = {
    "boolean": "boolean",
    "integer": "long",
    "float": "double",
    "text": "string",
    "date": "datetime",
    "datetime": "datetime",
}


@dataclass(frozen=True)
class Origin:
    """Which run the bundle is from."""

    run_id: str
    run_name: str
    experiment: str
    dataset_reference: str
    dataset_hash: str
    created_at: datetime


def write_bundle(folder: Path, material: Material, outcome: Outcome, origin: Origin) -> str:
    """Writes the bundle into the new `folder`, lets it answer its own example and returns its manifest's hash."""
    folder.mkdir(parents=True)
    declared = material.recipe(outcome.threshold)
    rows = example_rows(material.raw.iloc[material.plan.rest], material.inputs)
    _dump_model(folder / model.MODEL_FILE, outcome.model)
    facts = {"run_name": origin.run_name, "dataset_reference": origin.dataset_reference}
    _write_json(folder / model.RECIPE_FILE, recipe.to_plain(declared) | facts)
    expected = model.Model(declared, outcome.model, model.Example((), (), TOLERANCE), "").predict_rows(rows)
    _write_json(folder / model.EXAMPLE_FILE, {"rows": rows, "expected": expected, "tolerance": TOLERANCE})
    _write_json(folder / "input_example.json", _split(rows, declared.inputs))
    _write_json(folder / "baseline.json", make_baseline(material, outcome))
    _write_environment(folder)
    _copy_code(folder / "code")
    _write_json(folder / "MLmodel", _mlmodel(declared, origin, _signature(declared, material.raw)))
    manifest_hash = bundle.write_manifest(folder)
    _prove(folder, manifest_hash)
    return manifest_hash


def example_rows(frame: pd.DataFrame, inputs: Sequence[InputColumn]) -> list[dict[str, Any]]:
    """Some rows as a client would send them, one with something missing among them where there is one."""
    import numpy as np

    places = np.unique(np.linspace(0, len(frame) - 1, min(EXAMPLE_ROWS, len(frame))).astype(int)).tolist()
    gaps = np.flatnonzero(frame.isna().to_numpy().any(axis=1))
    if len(gaps) and not set(gaps.tolist()) & set(places):
        places[-1] = int(gaps[0])
    chosen = frame.iloc[places]
    return [
        {column.name: plain_cell(chosen[column.name].iloc[row], column) for column in inputs}
        for row in range(len(chosen))
    ]


def plain_cell(value: Any, column: InputColumn) -> Any:
    """A stored value as JSON carries it."""
    if recipe.is_missing(value):
        return None
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, datetime):
        return plain.date().isoformat() if column.type == "date" else plain.astimezone(UTC).isoformat()
    if isinstance(plain, date):
        return plain.isoformat()
    if isinstance(plain, float):
        if not math.isfinite(plain):
            return None
        return int(plain) if column.type == "integer" and plain.is_integer() else plain
    return plain


def _dump_model(path: Path, pipeline: Any) -> None:
    import zipfile

    import skops.io

    try:
        skops.io.dump(pipeline, path, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    except (TypeError, ValueError, OverflowError) as error:
        raise BugError("The model cannot be written.", details=repr(error)) from error


def _prove(folder: Path, manifest_hash: str) -> None:
    try:
        differs = model.load(folder, manifest_hash).check_example()
    except bundle.UntrustedError as error:
        raise InvalidInputError(
            "This model holds parts that no bundle may have.", hint="Change its parameters.", details=str(error)
        ) from error
    except bundle.BundleError as error:
        raise BugError("The bundle cannot be read back.", details=str(error)) from error
    if differs:
        raise BugError("The bundle read back answers otherwise than the model.", details=differs)


def _split(rows: Sequence[Mapping[str, Any]], inputs: Sequence[InputColumn]) -> dict[str, Any]:
    """MLflow's example of an input; its dates have no zone."""
    return {
        "columns": [column.name for column in inputs],
        "data": [
            [_without_zone(row[column.name]) if column.role == "date" else row[column.name] for column in inputs]
            for row in rows
        ],
    }


def _without_zone(text: str | None) -> str | None:
    return None if text is None else text.removesuffix("+00:00")


def _signature(declared: Recipe, raw: pd.DataFrame) -> dict[str, Any]:
    """In MLflow's form. Whole numbers beside missing values are doubles, as pandas reads them from a file."""
    inputs = [
        {
            "type": "double"
            if column.type == "integer" and raw[column.name].isna().any()
            else _MLFLOW_TYPES[column.type],
            "name": column.name,
            "required": True,
        }
        for column in declared.inputs
    ]
    answer = "string" if declared.is_classification else "double"
    outputs = [{"type": answer, "name": "prediction", "required": True}]
    outputs += [{"type": "double", "name": f"probability_{label}", "required": True} for label in declared.classes]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}


def _mlmodel(declared: Recipe, origin: Origin, signature: dict[str, Any]) -> dict[str, Any]:
    moment = origin.created_at.astimezone(UTC).replace(tzinfo=None)
    return {
        "flavors": {
            "python_function": {
                "loader_module": "mlops_desktop.serving.pyfunc",
                "code": "code",
                "data": ".",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "python_version": platform.python_version(),
            }
        },
        "model_uuid": UUID(origin.run_id).hex if _is_uuid(origin.run_id) else origin.run_id,
        "run_id": origin.run_id,
        "utc_time_created": moment.isoformat(sep=" ", timespec="microseconds"),
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
        },
        "signature": signature,
        "metadata": {
            "program": f"mlops-desktop {mlops_desktop.__version__}",
            "run_name": origin.run_name,
            "experiment": origin.experiment,
            "dataset": origin.dataset_reference,
            "dataset_sha256": origin.dataset_hash,
            "task": declared.task,
            "target": declared.target,
            "estimator": declared.estimator,
        },
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _write_environment(folder: Path) -> None:
    pins = [f"{name}=={version}" for name, version in package_versions(SERVING_PACKAGES).items()]
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")
    python, pip = platform.python_version(), _pip_version()
    _write_json(
        folder / "python_env.yaml",
        {"python": python, "build_dependencies": [pip], "dependencies": ["-r requirements.txt"]},
    )
    _write_json(
        folder / "conda.yaml",
        {"name": "model", "channels": ["conda-forge"], "dependencies": [f"python={python}", pip, {"pip": pins}]},
    )


def _pip_version() -> str:
    try:
        return f"pip<={importlib.metadata.version('pip')}"
    except importlib.metadata.PackageNotFoundError:
        return "pip"


def _copy_code(target: Path) -> None:
    """The serving room and the plain package file: all that answering needs of us."""
    source = Path(mlops_desktop.__file__).parent
    (target / "mlops_desktop" / "serving").mkdir(parents=True)
    shutil.copyfile(source / "__init__.py", target / "mlops_desktop" / "__init__.py")
    for path in sorted((source / "serving").glob("*.py")):
        shutil.copyfile(path, target / "mlops_desktop" / "serving" / path.name)


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
