"""The runtime layer has what answering needs, the same bytes wherever it is made, and is made once."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.hosts.images.small_wheels import make_wheel

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images import compiling, requirements, runtime
from mlops_desktop.hosts.images.layers import Layer, read_layer
from mlops_desktop.hosts.images.runtime import runtime_layer, wheels_folder
from mlops_desktop.hosts.images.targets import Target

ELSEWHERE = Target(sys.version_info[:2], "arm64" if os.uname().machine == "x86_64" else "amd64")
NEWER = Target((3, sys.version_info[1] + 1), "arm64")
PINS = ["top==1.0", "low==2.0"]
TAG = sys.implementation.cache_tag
SOURCE = (
    b'"""Says hello."""\n\nNAMES = frozenset({"a", "b", "c", "d"})\n\n\ndef hello(name: str) -> str:\n    return name\n'
)


class CancelledError(Exception):
    pass


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serving would need two small libraries."""
    monkeypatch.setattr(runtime, "DISTRIBUTIONS", ("top",))
    monkeypatch.setattr(requirements, "DISTRIBUTIONS", ("top",))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    files = {
        "top/__init__.py": SOURCE,
        "top/tests/test_top.py": b"",
        "top/template.py": b"def {name}(:\n",
        "top/fast.so": b"\x7fELF",
    }
    make_wheel(wheels_folder(folder), "top", "1.0", files, requires=["low"])
    make_wheel(wheels_folder(folder), "low", "2.0", {"low.py": SOURCE * 2})
    return folder


def content_of(layer: Layer) -> Mapping[str, bytes]:
    with tarfile.open(layer.file) as archive:
        return {entry.name: file.read() for entry in archive if (file := archive.extractfile(entry)) is not None}


def test_it_holds_what_is_needed_and_no_more(cache: Path) -> None:
    content = content_of(runtime_layer(PINS, NEWER, cache))
    assert sorted(name.removeprefix("opt/mlops/runtime/") for name in content) == [
        "low-2.0.dist-info/METADATA",
        "low.py",
        "top-1.0.dist-info/METADATA",
        "top/__init__.py",
        "top/fast.so",
        "top/template.py",
    ]
    assert content["opt/mlops/runtime/low.py"] == SOURCE * 2


def test_for_this_python_it_brings_compiled_files_that_hold_no_time_and_no_place(cache: Path) -> None:
    content = content_of(runtime_layer(PINS, ELSEWHERE, cache))
    compiled = {name: data for name, data in content.items() if name.endswith(".pyc")}
    assert sorted(compiled) == [
        f"opt/mlops/runtime/__pycache__/low.{TAG}.pyc",
        f"opt/mlops/runtime/top/__pycache__/__init__.{TAG}.pyc",
    ]
    for data in compiled.values():
        assert int.from_bytes(data[4:8], "little") == 0b01, "never compared with the source"
        assert str(cache).encode() not in data
    assert b"/opt/mlops/runtime/low.py" in compiled[f"opt/mlops/runtime/__pycache__/low.{TAG}.pyc"]


_ANYWHERE = """
import os, sys
from pathlib import Path
from mlops_desktop.hosts.images import requirements, runtime
from mlops_desktop.hosts.images.targets import Target
os.umask(int(sys.argv[3], 8))
runtime.DISTRIBUTIONS = requirements.DISTRIBUTIONS = ("top",)
target = Target(sys.version_info[:2], sys.argv[2])
print(runtime.runtime_layer(["low==2.0", "top==1.0"], target, Path(sys.argv[1])).diff_id)
"""


def test_it_is_the_same_whoever_makes_it_and_wherever(cache: Path, tmp_path: Path) -> None:
    here = runtime_layer(PINS, ELSEWHERE, cache)
    there = tmp_path / "another, far longer name" / "cache"
    wheels_folder(there).mkdir(parents=True)
    for file in wheels_folder(cache).iterdir():
        (wheels_folder(there) / file.name).write_bytes(file.read_bytes())
    environment = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "77", "LC_ALL": "C", "PYTHONOPTIMIZE": "2"}
    command = [sys.executable, "-c", _ANYWHERE, str(there), ELSEWHERE.architecture, "077"]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here.diff_id
    (made,) = there.glob("runtime-*.tar")
    assert made.read_bytes() == here.file.read_bytes()
    assert made.name == here.file.name


def test_it_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = runtime_layer(PINS, ELSEWHERE, cache)

    def never(*_: object) -> None:
        raise AssertionError("it is there")

    monkeypatch.setattr(runtime, "write_layer", never)
    assert runtime_layer([*reversed(PINS), "polars==1.0"], ELSEWHERE, cache) == first == read_layer(first.file)


def test_another_file_another_target_or_another_version_is_another_layer(cache: Path) -> None:
    layers = [runtime_layer(PINS, ELSEWHERE, cache), runtime_layer(PINS, NEWER, cache)]
    make_wheel(wheels_folder(cache), "low", "2.0", {"low.py": b"other\n"})
    layers.append(runtime_layer(PINS, ELSEWHERE, cache))
    make_wheel(wheels_folder(cache), "low", "3.0", {"low.py": SOURCE * 2})
    layers.append(runtime_layer(["top==1.0", "low==3.0"], ELSEWHERE, cache))
    assert len({layer.diff_id for layer in layers}) == 4
    assert len({layer.file for layer in layers}) == 4


def test_two_libraries_that_differ_about_a_file_go_into_no_layer(cache: Path) -> None:
    make_wheel(wheels_folder(cache), "low", "2.0", {"top/__init__.py": b"mine\n"})
    with pytest.raises(DeploymentError, match=r"both have a file top/__init__\.py, and not the same"):
        runtime_layer(PINS, NEWER, cache)
    assert [file.name for file in cache.iterdir()] == ["wheels"]


STAGES = (
    "Looking for the libraries",
    "Unpacking the libraries",
    "Compiling the libraries",
    "Writing the layer of the libraries",
    "The libraries are ready",
)


def test_each_stage_says_how_far_it_is(cache: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    runtime_layer(PINS, ELSEWHERE, cache, lambda sentence, *bytes_: told.setdefault(sentence, []).append(bytes_))
    assert tuple(told) == STAGES
    for steps in told.values():
        assert steps == sorted(steps)
    assert told["Compiling the libraries"][-1] == (told["Compiling the libraries"][-1][1],) * 2
    assert len(told["Compiling the libraries"]) == 3
    done, total = told["Writing the layer of the libraries"][-1]
    assert 0 <= done <= total


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_who_cancels_is_heard_at_every_stage_and_nothing_half_done_is_left(cache: Path, stage: str) -> None:
    def cancel(sentence: str, _done: int, _total: int) -> None:
        if sentence == stage:
            raise CancelledError

    with pytest.raises(CancelledError):
        runtime_layer(PINS, ELSEWHERE, cache, cancel)
    assert [file.name for file in cache.iterdir()] == ["wheels"]
    assert runtime_layer(PINS, ELSEWHERE, cache).size > 0


def test_a_compiler_that_fails_makes_no_layer(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_COMMAND", (sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(1)"))
    with pytest.raises(DeploymentError, match="could not be compiled"):
        runtime_layer(PINS, ELSEWHERE, cache)
    assert [file.name for file in cache.iterdir()] == ["wheels"]


def test_a_bundle_that_would_bring_its_own_index_is_refused_before_anything(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="Line 2 of the model's"):
        runtime_layer(["top==1.0", "--index-url=https://evil.example"], NEWER, tmp_path / "cache")
    with pytest.raises(DeploymentError, match="which version of top it needs"):
        runtime_layer(["low==2.0"], NEWER, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
