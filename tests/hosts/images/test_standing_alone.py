"""What the layers hold is enough: a server answers from them alone, as scikit-learn does."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hosts.conftest import TOKEN, TOKEN_SHA256
from tests.hosts.images.test_targets import HERE
from tests.serving.small_bundle import SmallBundle, make_bundle
from tests.workers.training_runs import mixed_table, run_spec, train_run

from mlops_desktop.domain.experiments import Task
from mlops_desktop.hosts.images import resolving
from mlops_desktop.hosts.images.code import model_layer, serving_layer
from mlops_desktop.hosts.images.layers import Layer
from mlops_desktop.hosts.images.layout import (
    BUNDLE,
    CODE,
    ENVIRONMENT,
    HOLDER_COMMAND,
    RELAY_COMMAND,
    RUNTIME,
    SERVER_COMMAND,
    SHARED,
)
from mlops_desktop.hosts.images.requirements import parse_requirements, read_requirements
from mlops_desktop.hosts.images.runtime import runtime_layer, wheels_folder
from mlops_desktop.hosts.images.targets import Target, rank_of_tags
from mlops_desktop.hosts.images.wheels import fitting_wheels
from mlops_desktop.hosts.predict_client import predict
from mlops_desktop.serving.libraries import DISTRIBUTIONS
from mlops_desktop.serving.sockets import open_public
from mlops_desktop.workers.training import estimators

PINS = [f"{name}=={importlib.metadata.version(name)}" for name in DISTRIBUTIONS]
_MACHINES = {"amd64": 62, "arm64": 183}
"""As the header of an ELF file says it."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    return make_bundle(tmp_path_factory.mktemp("bundles") / "one")


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Layer:
    return runtime_layer(PINS, HERE, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, bundle: SmallBundle, runtime: Layer) -> Path:
    """The file system of a container, without its base."""
    folder = tmp_path_factory.mktemp("root")
    for layer in (runtime, model_layer(bundle.folder, bundle.manifest_hash, HERE, folder.with_name("model"))):
        with tarfile.open(layer.file) as archive:
            _unpack(archive, folder)
    return folder


def _environment(root: Path) -> dict[str, str]:
    inside = {name: value.replace("/opt/", f"{root}/opt/") for name, value in ENVIRONMENT.items()}
    return {"PATH": os.defpath, **inside}


def _python(*arguments: str) -> list[str]:
    """The same Python, without the libraries of this installation."""
    assert SERVER_COMMAND[0] == "python3"
    return [sys.executable, "-S", "-s", *arguments]


@contextlib.contextmanager
def _served(root: Path, bundle: SmallBundle) -> Iterator[tuple[int, int]]:
    """A server's process id and port."""
    specification = {
        "endpoint_id": "e" * 32,
        "endpoint_name": "iris",
        "deployment_id": "d" * 32,
        "model_reference": "iris@v1",
        "bundle": f"{root}{BUNDLE}",
        "manifest_hash": bundle.manifest_hash,
        "token_sha256": TOKEN_SHA256,
        "log": "-",
    }
    environment = {**_environment(root), "MLOPS_SERVE": json.dumps(specification)}
    with open_public("127.0.0.1", 0) as public:
        server = subprocess.Popen(
            [*_python(*SERVER_COMMAND[1:]), "--public-fd", str(public.fileno())],
            cwd="/",
            env=environment,
            pass_fds=[public.fileno()],
            stdout=subprocess.PIPE,
        )
        try:
            yield server.pid, int(public.getsockname()[1])
        finally:
            server.terminate()
            output, _ = server.communicate(timeout=60)
        assert server.returncode == 0, output


def _tree(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*")}


def test_a_server_answers_from_the_layers_alone_as_scikit_learn_does(root: Path, bundle: SmallBundle) -> None:
    before = _tree(root)
    with _served(root, bundle) as (pid, port):
        answer = predict(f"http://127.0.0.1:{port}", TOKEN, bundle.rows)
        mapped = {line.split()[-1] for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if ".so" in line}
    assert [row["prediction"] for row in answer["predictions"]] == [row["prediction"] for row in bundle.answers]
    for row, wanted in zip(answer["predictions"], bundle.answers, strict=True):
        assert row["probabilities"] == pytest.approx(wanted["probabilities"], rel=0, abs=1e-12)
    libraries = {path for path in mapped if "/numpy" in path or "/scipy" in path or "/sklearn" in path}
    assert len(libraries) > 50
    assert all(path.startswith(f"{root}{RUNTIME}/") for path in libraries)
    assert _tree(root) == before, "nothing is written beside the files, for in a container nothing can be"


_EVERYTHING = """
import importlib, json, sys
from mlops_desktop.serving import admin, app, holder, main, model, relay, server
from mlops_desktop.serving.allowed import TYPE_NAMES
import skops.io, uvicorn
for name in TYPE_NAMES:
    importlib.import_module(name.rpartition(".")[0])
modules = {name: module for name, module in sys.modules.items() if getattr(module, "__file__", None)}
print(json.dumps({name: [module.__file__, getattr(module, "__cached__", None)] for name, module in modules.items()}))
"""


def test_every_type_that_a_model_may_have_is_there_and_compiled(root: Path) -> None:
    done = subprocess.run(
        _python("-P", "-c", _EVERYTHING), env=_environment(root), cwd="/", capture_output=True, text=True, check=True
    )
    inside = {f"{root}{RUNTIME}", f"{root}{CODE}"}
    found = {
        name: where
        for name, where in json.loads(done.stdout).items()
        if name.partition(".")[0] in {"mlops_desktop", "numpy", "pandas", "scipy", "skops", "sklearn", "uvicorn"}
    }
    assert len(found) > 1000
    for name, (file, cached) in found.items():
        assert any(file.startswith(folder) for folder in inside), f"{name} is from {file}"
        assert not file.endswith(".py") or Path(cached).is_file(), f"{name} would be compiled at each start"


def test_distributions_say_their_versions_inside_too(root: Path) -> None:
    code = f"from importlib.metadata import version\nprint([f'{{n}}=={{version(n)}}' for n in {DISTRIBUTIONS!r}])"
    command = _python("-P", "-c", code)
    done = subprocess.run(command, env=_environment(root), cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(PINS)


def test_what_answers_nothing_stays_out(root: Path) -> None:
    files = [path.relative_to(f"{root}{RUNTIME}") for path in Path(f"{root}{RUNTIME}").rglob("*") if path.is_file()]
    assert len(files) > 3000
    assert not [path for path in files if "tests" in path.parts[:-1]]
    assert not [path for path in files if path.suffix in {".pyi", ".pyx", ".pxd", ".h", ".c", ".a", ".pth"}]
    assert not [path for path in files if path.parts[0] in {"prettytable", "matplotlib", "polars", "pip", "pytest"}]
    shared = Path(f"{root}{SHARED}")
    assert shared.is_dir()
    assert not list(shared.iterdir())


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Files and folders as they are; that is all a layer has."""
    for entry in archive:
        place = folder / entry.name
        if entry.isdir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        content = archive.extractfile(entry)
        assert content is not None
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.read())


def test_a_holder_and_its_relay_need_our_code_and_the_standard_library_alone(tmp_path: Path) -> None:
    with tarfile.open(serving_layer(HERE, tmp_path / "cache").file) as archive:
        _unpack(archive, tmp_path / "root")
    for command in (HOLDER_COMMAND, RELAY_COMMAND):
        done = subprocess.run(
            [*_python(*command[1:]), "--help"],
            env=_environment(tmp_path / "root"),
            cwd="/",
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(f"usage: {command[5]}"), done.stderr


_ANSWER = """
import sys
from pathlib import Path
from mlops_desktop.serving.model import load
for name in sys.argv[1:]:
    folder, _, manifest_hash = name.rpartition(":")
    print(load(Path(folder), manifest_hash).check_example())
"""


@pytest.mark.long
def test_every_estimator_of_the_catalogue_answers_from_the_layers_alone(root: Path, tmp_path: Path) -> None:
    bundles: list[str] = []
    for task in Task:
        for entry in estimators.for_task(task):
            trained = train_run(tmp_path / f"{task.value}-{entry.name}", mixed_table(), run_spec(task, entry.name))
            assert parse_requirements(read_requirements(trained.bundle)) == parse_requirements(PINS)
            bundles.append(f"{trained.bundle}:{trained.result['manifest_hash']}")
    command = _python("-P", "-c", _ANSWER, *bundles)
    done = subprocess.run(command, env=_environment(root), cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["None"] * len(bundles), "each answers its example as scikit-learn did"
    assert len(bundles) > 30


@pytest.mark.long
def test_the_whole_runtime_is_the_same_bytes_from_here_again_and_from_wheels(
    runtime: Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime_layer(PINS, HERE, tmp_path / "again").diff_id == runtime.diff_id
    monkeypatch.setattr(resolving, "_installed", lambda *_: None)
    assert runtime_layer(PINS, HERE, tmp_path / "wheels").diff_id == runtime.diff_id


@pytest.mark.long
def test_a_runtime_for_another_python_and_processor_needs_neither_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Target((3, 12), "arm64")
    layer = runtime_layer(PINS, target, tmp_path)
    kept = fitting_wheels(wheels_folder(tmp_path), target)
    assert set(DISTRIBUTIONS) <= set(kept)
    assert not list(wheels_folder(tmp_path).glob("*.whl")), "each lies under its hash"
    machines: dict[str, int] = {}
    with tarfile.open(layer.file) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if file is not None and (".so" in entry.name):
                magic, machine = struct.unpack("<4s14xH", file.read(20))
                assert magic == b"\x7fELF", entry.name
                machines[entry.name] = machine
            assert not entry.name.endswith(".pyc"), "this Python compiles for its own kind only"
    assert len(machines) > 200
    assert set(machines.values()) == {_MACHINES["arm64"]}
    assert all("cpython-312-aarch64" in name for name in machines if "cpython" in name)
    assert all(wheel.rank < len(rank_of_tags(target)) for wheels in kept.values() for wheel in wheels)

    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    layer.file.unlink()
    assert runtime_layer(PINS, target, tmp_path).diff_id == layer.diff_id, "from what is kept, without a network"
