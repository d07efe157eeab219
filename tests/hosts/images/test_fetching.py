"""pip fetches; what it is told, what it is not, and what its failures mean."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import psutil
import pytest
from tests.hosts.images.small_wheels import make_wheel

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images import fetching
from mlops_desktop.hosts.images.fetching import fetch_wheels
from mlops_desktop.hosts.images.targets import Target

ARM = Target((3, 12), "arm64")


def _tell_nobody(_sentence: str, _done: int, _total: int) -> None:
    pass


def _play(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """A program in pip's place."""
    program = folder / "pip.py"
    program.write_text(f"import json, os, pathlib, sys, time\n{code}\n")
    monkeypatch.setattr(fetching, "PIP", (sys.executable, str(program)))


def test_a_fetched_wheel_is_kept_under_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = tmp_path / "offered"
    make_wheel(offered, "demo", "1.0", {"demo.py": b""}, requires=["other"])
    make_wheel(offered, "demo", "0.9", {"demo.py": b""})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(offered))
    folder = tmp_path / "wheels"
    (folder / ".fetch-killed").mkdir(parents=True)
    os.utime(folder / ".fetch-killed", (1, 1))
    fetch_wheels(["demo<1.1"], ARM, folder, _tell_nobody)
    assert [file.name for file in folder.glob("*/*")] == ["demo-1.0-py3-none-any.whl"]
    assert len(list(folder.iterdir())) == 1, "nothing else is left, nor what another left long ago"


def test_pip_gets_names_as_names_and_nothing_that_it_need_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_SECRET_REGISTRY", "canary")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("PIP_TARGET", "/etc")
    note = tmp_path / "note.json"
    _play(
        monkeypatch,
        tmp_path,
        f"pathlib.Path({str(note)!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ), sys.stdin.read()]))",
    )
    fetch_wheels(["--evil", "demo==1"], ARM, tmp_path, _tell_nobody)
    arguments, environment, given = json.loads(note.read_text())
    assert arguments[arguments.index("--") :] == ["--", "--evil", "demo==1"]
    assert {"--only-binary=:all:", "--no-deps", "--python-version=3.12", "--abi=cp312"} <= set(arguments)
    assert "--platform=manylinux_2_28_aarch64" in arguments
    assert "canary" not in str(environment)
    assert environment["PIP_INDEX_URL"] == "https://index.example/simple"
    assert not {"PYTHONPATH", "PIP_TARGET"} & set(environment)
    assert given == ""


@pytest.mark.parametrize(
    ("output", "says", "hint"),
    [
        ("/usr/bin/python3: No module named pip", "this Python has no pip", "ensurepip"),
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError(...)'\n"
            "ERROR: No matching distribution found for scipy==1.17.1",
            "the package index cannot be reached",
            "put the wheels for Python 3.12 on arm64",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement scipy==1.17.1 (from versions: 1.0)\n"
            "ERROR: No matching distribution found for scipy==1.17.1",
            r"no wheel of scipy==1\.17\.1 for Python 3\.12 on arm64 \(glibc\)",
            "another Python",
        ),
        ("something else", "pip failed", "The details say"),
    ],
)
def test_a_failure_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, says: str, hint: str
) -> None:
    whole = f"Looking in https://name:canary@index.example/simple\n{output}\n"
    _play(monkeypatch, tmp_path, f"sys.stderr.write({whole!r}); sys.exit(1)")
    with pytest.raises(DeploymentError, match=says) as caught:
        fetch_wheels(["scipy==1.17.1"], ARM, tmp_path, _tell_nobody)
    assert hint in (caught.value.hint or "")
    assert "canary" not in f"{caught.value.details}"
    assert "index.example" in f"{caught.value.details}"
    assert [file.name for file in tmp_path.iterdir()] == ["pip.py"], "nothing is left"


def test_it_says_how_much_came_and_ends_with_who_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = tmp_path / "pid"
    code = (
        "folder = pathlib.Path(os.environ['TMPDIR'], 'download'); folder.mkdir()\n"
        "(folder / 'x.whl').write_bytes(bytes(12345))\n"
        f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    _play(monkeypatch, tmp_path, code)
    told: list[str] = []

    def stop_when_it_came(sentence: str, done: int, _total: int) -> None:
        told.append(sentence)
        if done >= 12345 and started.exists() and started.read_text():
            raise InterruptedError("cancelled")

    with pytest.raises(InterruptedError):
        fetch_wheels(["a==1", "b==1", "c==1"], ARM, tmp_path, stop_when_it_came)
    assert told[0] == "Fetching a==1, b==1 and 1 more"
    assert not psutil.pid_exists(int(started.read_text()))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pid", "pip.py"]


def test_it_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_LONGEST", 0.0)
    _play(monkeypatch, tmp_path, "time.sleep(600)")
    with pytest.raises(DeploymentError, match="more than half an hour"):
        fetch_wheels(["a==1"], ARM, tmp_path, _tell_nobody)
