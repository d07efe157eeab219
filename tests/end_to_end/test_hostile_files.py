"""R-08: no code of a file is run, whatever it is called and whatever is done with it. A canary file would show it."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from tests.kept_worker import KeepingLauncher
from tests.serving.small_bundle import make_bundle

from mlops_desktop import bootstrap
from mlops_desktop.domain.errors import UserError
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.serving.bundle import pack, write_manifest
from mlops_desktop.workers import launcher


class Bomb:
    """Touches the canary where it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.canary,)


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "code of a hostile file was run"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.2")
    with (
        patch.object(launcher, "WorkerLauncher", KeepingLauncher),
        bootstrap.create_workspace(tmp_path / "nyc", "nyc") as made,
    ):
        yield made


def zipped(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def hostile(canary: Path) -> dict[str, bytes]:
    """By their usual names; each runs code in the program that it is made for."""
    import joblib

    bomb = pickle.dumps(Bomb(canary))
    array = io.BytesIO()
    np.save(array, np.array([Bomb(canary)], dtype=object), allow_pickle=True)
    dumped = io.BytesIO()
    joblib.dump(Bomb(canary), dumped)
    hook = f"import pathlib; pathlib.Path({str(canary)!r}).touch()\n".encode()
    node = {"__class__": "touch", "__module__": "pathlib.Path", "__loader__": "MethodNode", "content": str(canary)}
    bundle = {
        "MLmodel": f"!!python/object/apply:os.system [touch {canary}]".encode(),
        "model.pkl": bomb,
        "code/mlops_desktop/__init__.py": hook,
    }
    return {
        "model.pkl": bomb,
        "model.joblib": dumped.getvalue(),
        "weights.npy": array.getvalue(),
        "weights.npz": zipped({"a.npy": array.getvalue()}),
        "model.pt": zipped({"archive/data.pkl": bomb, "archive/version": b"3\n"}),
        "model.h5": b"\x89HDF\r\n\x1a\n" + bytes(64) + bomb,
        "model.onnx": b"\x08\x07\x12\x04evil:\x0c../../canary" + bomb,
        "model.skops": zipped({"schema.json": json.dumps(node).encode(), "a.npy": array.getvalue()}),
        "table.csv": bomb,
        "table.csv.zip": zipped({"table.csv": bomb, "sitecustomize.py": hook}),
        "sitecustomize.py": hook,
        "flights@v1.zip": zipped(bundle),
    }


def test_the_bombs_are_live(tmp_path: Path) -> None:
    """Else the others would show nothing."""
    import joblib

    def load_array(file: io.BytesIO) -> object:
        return np.load(file, allow_pickle=True)

    for name, load in {"model.pkl": pickle.load, "model.joblib": joblib.load, "weights.npy": load_array}.items():
        armed = tmp_path / f"armed-{name}"
        load(io.BytesIO(hostile(armed)[name]))
        assert armed.exists(), name


def test_r_08_at_preview_import_and_register_no_code_of_a_file_is_run(
    workspace: Workspace, canary: Path, tmp_path: Path
) -> None:
    for name, content in hostile(canary).items():
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with pytest.raises(UserError) as refused:
            workspace.models.import_file(path)
        assert refused.value.message
        if name == "sitecustomize.py":
            continue  # a text of one line is a table of one column
        with pytest.raises(UserError) as refused:
            workspace.datasets.preview(path)
        assert refused.value.message
    job = workspace.datasets.import_file(tmp_path / "files" / "table.csv", "flights")
    with pytest.raises(UserError):
        workspace.jobs.wait(job.id)
    assert workspace.models.list() == []
    assert [dataset.latest_number for dataset in workspace.datasets.list()] == [0]


def test_r_08_the_code_of_a_bundle_is_not_run_by_who_takes_it_in_and_looks_at_it(
    workspace: Workspace, canary: Path, tmp_path: Path
) -> None:
    """It is there for MLflow; all of it is sealed by a right manifest, and the model is a good one."""
    hook = f"import pathlib; pathlib.Path({str(canary)!r}).touch()\n"
    folder = make_bundle(tmp_path / "bundle").folder
    for name in (
        "sitecustomize.py",
        "code/mlops_desktop/__init__.py",
        "code/mlops_desktop/serving/model.py",
        "numpy.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(hook)
    (folder / "MLmodel").write_text("flavors: {python_function: {loader_module: mlops_desktop.serving.pyfunc}}\n")
    write_manifest(folder)
    pack(folder, tmp_path / "iris@v1.zip")
    version = workspace.models.import_file(tmp_path / "iris@v1.zip")
    assert workspace.models.contents(version.reference).inputs
    assert workspace.models.example_rows(version.reference)
    workspace.models.export(version.reference, tmp_path / "again.zip")
    assert workspace.verify().is_clean


def test_r_08_a_model_that_hides_code_is_refused_when_it_is_taken_in(
    workspace: Workspace, canary: Path, tmp_path: Path
) -> None:
    for number, content in enumerate((hostile(canary)["model.pkl"], hostile(canary)["model.skops"])):
        folder = make_bundle(tmp_path / f"bundle-{number}").folder
        (folder / "model.skops").write_bytes(content)
        write_manifest(folder)
        pack(folder, tmp_path / f"iris-{number}.zip")
        with pytest.raises(UserError):
            workspace.models.import_file(tmp_path / f"iris-{number}.zip")
        shutil.rmtree(folder)
    assert workspace.models.list() == []
