"""The serving process itself: how it starts, refuses, ends, and that it needs nothing of ours but its own room."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.serving.raw_client import TOKEN, TOKEN_SHA256, RawClient, request, rows_body
from tests.serving.small_bundle import SmallBundle, make_bundle

import mlops_desktop
from mlops_desktop.serving.admin_client import ControlError, ask
from mlops_desktop.serving.log import ServingLog
from mlops_desktop.serving.main import main
from mlops_desktop.serving.model import load
from mlops_desktop.serving.server import Server
from mlops_desktop.serving.specification import Specification

SLOW_MODEL = """
import os, sys, time
from mlops_desktop.serving import main
class Slow:
    def check_example(self): return None
    def predict_rows(self, rows):
        os.write(1, b"busy\\n")
        time.sleep(rows[0]["seconds"])
        return [{"prediction": 1} for row in rows]
main._load = lambda folder, manifest_hash: Slow()
sys.exit(main.main())
"""


@dataclass
class Served:
    """A serving process of the test with its two sockets."""

    process: subprocess.Popen[bytes]
    control: Path
    port: int
    log: Path

    def events(self) -> list[str]:
        return [str(record["event"]) for record in self.records()]

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def _specification(folder: Path, bundle: SmallBundle) -> dict[str, str]:
    return {
        "endpoint_id": "e" * 32,
        "endpoint_name": "iris",
        "deployment_id": "d" * 32,
        "model_reference": "iris@v1",
        "bundle": str(bundle.folder),
        "manifest_hash": bundle.manifest_hash,
        "token_sha256": TOKEN_SHA256,
        "log": str(folder / "serving.log"),
    }


@contextlib.contextmanager
def _served(
    folder: Path,
    bundle: SmallBundle,
    program: Sequence[str] = ("-m", "mlops_desktop.serving.main"),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    (folder / "spec.json").write_text(json.dumps(_specification(folder, bundle)))
    control = Path(os.environ["MLOPS_STATE_FOLDER"]).parent / "control"
    with socket.socket(socket.AF_UNIX) as admin, socket.create_server(("127.0.0.1", 0)) as public:
        admin.bind(str(control))
        admin.listen()
        command = [sys.executable, "-P", *program, "--spec", str(folder / "spec.json")]
        process = subprocess.Popen(
            [*command, "--admin-fd", str(admin.fileno()), "--public-fd", str(public.fileno())],
            pass_fds=[admin.fileno(), public.fileno()],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
        )
        port = public.getsockname()[1]
    with process:
        try:
            yield Served(process, control, port, folder / "serving.log")
        finally:
            process.kill()


def _ask(port: int, data: bytes) -> Any:
    with RawClient(port) as client:
        client.send(data)
        return client.answer()


def test_it_loads_checks_itself_and_answers_until_it_is_told_to_end(tmp_path: Path, small_bundle: SmallBundle) -> None:
    with _served(tmp_path, small_bundle) as served:
        response = _ask(served.port, request(served.port, body=rows_body(small_bundle.rows)))
        assert response.content["predictions"] == small_bundle.answers
        status = ask(served.control, "status")
        assert (status["phase"], status["accepting"], status["example_right"]) == ("ready", True, True)
        assert (status["requests"], status["errors"], status["port"]) == (1, 0, served.port)
        ask(served.control, "end")
        assert served.process.wait(30) == 0
        assert served.events() == ["start", "ready", "accept", "drain", "end"]


def test_v_03_a_request_under_way_at_sigterm_is_answered_and_then_it_ends(
    tmp_path: Path, small_bundle: SmallBundle
) -> None:
    with _served(tmp_path, small_bundle, ("-c", SLOW_MODEL)) as served, RawClient(served.port) as client:
        client.send(request(served.port, body=rows_body([{"seconds": 1.0}])))
        assert served.process.stdout is not None
        assert served.process.stdout.readline() == b"busy\n"
        served.process.send_signal(signal.SIGTERM)
        response = client.answer()
        assert (response.status, response.headers["connection"]) == (200, "close")
        assert served.process.wait(30) == 0


def test_it_needs_only_its_own_room_and_the_plain_package(tmp_path: Path, small_bundle: SmallBundle) -> None:
    package = Path(mlops_desktop.__file__).parent
    copy = tmp_path / "alone" / "mlops_desktop"
    shutil.copytree(package / "serving", copy / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(package / "__init__.py", copy)
    program = (
        "import atexit, sys, mlops_desktop\n"
        "atexit.register(lambda: print(*(m.__file__ for n, m in sorted(sys.modules.items())"
        " if n.split('.')[0] == 'mlops_desktop')))\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        "from mlops_desktop.serving.main import main\n"
        "sys.exit(main())\n"
    )
    with _served(tmp_path, small_bundle, ("-c", program), {"PYTHONPATH": str(tmp_path / "alone")}) as served:
        response = _ask(served.port, request(served.port, body=rows_body(small_bundle.rows)))
        assert response.content["predictions"] == small_bundle.answers
        assert served.end() == 0
        assert served.process.stdout is not None
        modules, files = served.process.stdout.read().decode().splitlines()
    assert files
    assert all(Path(file).is_relative_to(copy) for file in files.split())
    foreign = {"PySide6", "sqlalchemy", "polars", "matplotlib", "click", "psutil"} & set(modules.split())
    assert foreign <= {"click", "psutil"}  # uvicorn and joblib may bring these


def _refusal(folder: Path, bundle: SmallBundle) -> str:
    """Runs a server here that is expected to refuse, and gives its reason."""
    log = ServingLog(folder / "serving.log")
    server = Server(Specification(**_specification(folder, bundle)), load, log)
    assert asyncio.run(server.run()) == 3
    log.close()
    assert server.phase == "failed"
    first, last = (json.loads(line) for line in (folder / "serving.log").read_text().splitlines())
    assert (first["event"], last["event"], last["message"]) == ("start", "refused_to_start", server.reason)
    return server.reason


@pytest.mark.parametrize("damage", ["changed", "missing", "extra", "other manifest", "gone"])
def test_v_02_a_damaged_bundle_is_refused_with_the_reason(
    tmp_path: Path, small_bundle: SmallBundle, damage: str
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(small_bundle.folder, folder)
    bundle = SmallBundle(folder, small_bundle.manifest_hash, [], [])
    if damage == "changed":
        content = bytearray((folder / "model.skops").read_bytes())
        content[len(content) // 2] ^= 1
        (folder / "model.skops").write_bytes(content)
    elif damage == "missing":
        (folder / "recipe.json").unlink()
    elif damage == "extra":
        (folder / "sklearn.py").write_text("raise SystemExit")
    elif damage == "other manifest":
        bundle = replace(bundle, manifest_hash="f" * 64)
    else:
        bundle = replace(bundle, folder=tmp_path / "nowhere")
    named = {"changed": "model.skops", "missing": "recipe.json", "extra": "sklearn.py", "gone": "no bundle"}
    assert named.get(damage, "manifest") in _refusal(tmp_path, bundle)


def test_a_model_that_answers_its_example_otherwise_is_refused(tmp_path: Path) -> None:
    reason = _refusal(tmp_path, make_bundle(tmp_path / "bundle", example_from=1))
    assert "stored example" in reason


def test_a_refusing_process_ends_with_a_code_of_its_own(tmp_path: Path, small_bundle: SmallBundle) -> None:
    with _served(tmp_path, replace(small_bundle, manifest_hash="f" * 64)) as served:
        assert served.process.wait(60) == 3
        assert served.events() == ["start", "refused_to_start"]


def test_a_new_token_replaces_the_old_one_at_once(tmp_path: Path, small_bundle: SmallBundle) -> None:
    import hashlib

    with _served(tmp_path, small_bundle, ("-c", SLOW_MODEL)) as served:
        assert _ask(served.port, request(served.port, "GET", "/health")).status == 200
        for _ in range(2):
            ask(served.control, "set_token", token_sha256=hashlib.sha256(b"another").hexdigest())
        assert served.events().count("token_changed") == 1, "the same token again is no news"
        assert _ask(served.port, request(served.port, "GET", "/health")).status == 401
        other = {"authorization": "Bearer another"}
        assert _ask(served.port, request(served.port, "GET", "/health", headers=other)).status == 200
        with pytest.raises(ControlError, match="64"):
            ask(served.control, "set_token", token_sha256="short")
        assert served.end() == 0
        assert TOKEN not in served.log.read_text()


def test_what_does_not_end_in_time_is_cut(tmp_path: Path, small_bundle: SmallBundle) -> None:
    program = SLOW_MODEL.replace(
        "main._load", "from mlops_desktop.serving import server; server.DRAIN_SECONDS = 0.3\nmain._load"
    )
    with _served(tmp_path, small_bundle, ("-c", program)) as served, RawClient(served.port) as client:
        client.send(request(served.port, body=rows_body([{"seconds": 60.0}])))
        assert served.process.stdout is not None
        assert served.process.stdout.readline() == b"busy\n"
        assert served.end() == 0
        assert client.read() is None
        assert served.events()[-2:] == ["trouble", "end"]


def test_commands_that_come_too_early_or_without_a_socket_are_refused(
    tmp_path: Path, small_bundle: SmallBundle
) -> None:
    with _served(tmp_path, small_bundle, ("-c", SLOW_MODEL)) as served:
        _ask(served.port, request(served.port, "GET", "/health"))
        with pytest.raises(ControlError, match="socket beside"):
            ask(served.control, "accept")
        ask(served.control, "drain")
        with pytest.raises(ControlError, match="holds no"):
            ask(served.control, "socket")
        assert ask(served.control, "check")["example_right"] is True
        assert served.end() == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"bundle": 1}', '{"further": "x"}'])
def test_an_unusable_specification_is_said(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.json").write_text(content)
    assert main(["--spec", str(tmp_path / "spec.json")]) == 2
    assert "spec.json" in capsys.readouterr().err
