"""R-08: no code of a file is run, whatever it is called and whatever is done with it. A canary file would show it."""

from __future__ import annotations

import functools
import io
import json
import pickle
import shutil
import tempfile
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
from mlops_desktop.domain.errors import DamagedBundleError, UnreadableTableError, UntrustedBundleError, UserError
from mlops_desktop.domain.jobs import Job
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
    model = zipped({"schema.json": json.dumps(called(canary)).encode(), "a.npy": array.getvalue()})
    return {
        "model.pkl": bomb,
        "model.joblib": dumped.getvalue(),
        "weights.npy": array.getvalue(),
        "weights.npz": zipped({"a.npy": array.getvalue()}),
        "model.pt": zipped({"archive/data.pkl": bomb, "archive/version": b"3\n"}),
        "model.h5": b"\x89HDF\r\n\x1a\n" + bytes(64) + bomb,
        "model.onnx": b"\x08\x07\x12\x04evil:\x0c../../canary" + bomb,
        "model.skops": model,
        "table.csv": bomb,
        "table.csv.zip": zipped({"table.csv": bomb, "sitecustomize.py": hook}),
        "sitecustomize.py": hook,
        "flights@v1.zip": hostile_bundle(canary, model, bomb, hook),
    }


def called(canary: Path) -> dict[str, object]:
    """What skops takes for a call of `os.mkdir` with the canary."""
    function = {"__class__": "mkdir", "__module__": "os", "__loader__": "FunctionNode", "__id__": 2}
    path = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "__id__": 3}
    given = {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "__id__": 4}
    node = {"__class__": "call", "__module__": "operator", "__loader__": "OperatorFuncNode", "__id__": 1}
    content = [function, {**path, "content": json.dumps(str(canary))}]
    return {**node, "attrs": {**given, "content": content}, "protocol": 2, "_skops_version": "0.16.0"}


def hostile_bundle(canary: Path, model: bytes, bomb: bytes, hook: bytes) -> bytes:
    """With all that a bundle has and a right manifest, so that only what is in its model speaks against it."""
    with tempfile.TemporaryDirectory(dir=canary.parent) as place:
        folder, packed = Path(place) / "bundle", Path(place) / "bundle.zip"
        make_bundle(folder)
        (folder / "model.skops").write_bytes(model)
        (folder / "model.pkl").write_bytes(bomb)
        (folder / "MLmodel").write_text(f"!!python/object/apply:os.system [touch {canary}]")
        (folder / "code" / "mlops_desktop").mkdir(parents=True)
        (folder / "code" / "mlops_desktop" / "__init__.py").write_bytes(hook)
        write_manifest(folder)
        pack(folder, packed)
        return packed.read_bytes()


def load_array(content: bytes) -> object:
    return np.load(io.BytesIO(content), allow_pickle=True)


def load_member(name: str, load: Callable[[bytes], object], content: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return load(archive.read(name))


def load_skops(content: bytes) -> object:
    import skops.io

    return skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))


def load_joblib(content: bytes) -> object:
    import joblib

    return joblib.load(io.BytesIO(content))


LOADERS: dict[str, Callable[[bytes], object]] = {
    "model.pkl": pickle.loads,
    "model.joblib": load_joblib,
    "weights.npy": load_array,
    "weights.npz": lambda content: np.load(io.BytesIO(content), allow_pickle=True)["a"],
    "model.pt": functools.partial(load_member, "archive/data.pkl", pickle.loads),
    "model.skops": load_skops,
    "table.csv": pickle.loads,
    "table.csv.zip": functools.partial(load_member, "table.csv", pickle.loads),
    "sitecustomize.py": lambda content: exec(content, {}),
    "flights@v1.zip": functools.partial(load_member, "model.skops", load_skops),
}
"""How a program that trusts them reads them; `.pt` as torch does where it takes more than weights. There is no
reader of HDF5 and ONNX here."""


@pytest.mark.parametrize("name", LOADERS)
def test_the_bombs_are_live(tmp_path: Path, name: str) -> None:
    """Else the others would show nothing."""
    armed = tmp_path / "armed"
    content = hostile(armed)[name]
    assert not armed.exists()
    LOADERS[name](content)
    assert armed.exists()


def test_r_08_at_preview_import_and_register_no_code_of_a_file_is_run(
    workspace: Workspace, canary: Path, tmp_path: Path
) -> None:
    """All twelve by every way in; the bundle is whole, and it is its model that is refused."""
    workspace.settings.set("jobs.concurrent", 2)
    jobs: list[Job] = []
    for name, content in hostile(canary).items():
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        jobs.append(workspace.datasets.import_file(path, f"table-{len(jobs)}"))
        is_bundle = name == "flights@v1.zip"
        with pytest.raises(UntrustedBundleError if is_bundle else DamagedBundleError) as refused:
            workspace.models.import_file(path)
        assert ("manifest" in refused.value.message) is not is_bundle
        with pytest.raises(UserError) as refused:
            workspace.datasets.preview(path)
        assert refused.value.message
    for job in jobs:
        with pytest.raises(UnreadableTableError):
            workspace.jobs.wait(job.id)
    assert workspace.models.list() == []
    assert [dataset.latest_number for dataset in workspace.datasets.list()] == [0] * 12


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
