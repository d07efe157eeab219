"""Servers that share the holder's port, each in a process of its own as in containers: switch, restart, drain."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving.raw_client import TOKEN_SHA256, RawClient, request, rows_body
from tests.serving.small_bundle import SmallBundle

from mlops_desktop.serving.admin_client import ControlError, NobodyThereError, RefusedError, ask
from mlops_desktop.serving.holder import NAME
from mlops_desktop.serving.main import VARIABLE
from mlops_desktop.serving.relay import Relay
from mlops_desktop.serving.relay import main as relay_main

OTHER_SHA256 = "0" * 64
LONGEST_WAIT = 60.0


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Pod:
    """The processes of one endpoint, with the folder that they share."""

    def __init__(self, folder: Path, bundle: SmallBundle) -> None:
        self.folder, self.bundle = folder, bundle
        self.port = 0
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def _start(self, name: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self.running[name] = subprocess.Popen(
            [sys.executable, "-P", "-m", *arguments],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.DEVNULL,
        )

    def hold(self) -> None:
        """At a port of its own: in containers each holder has a network of its own, here they share one."""
        self.port = _free_port()
        module = "mlops_desktop.serving.holder"
        self._start(NAME, module, "--address", "127.0.0.1", "--port", str(self.port), "--folder", str(self.folder))
        _until(lambda: self.tells(NAME))

    def serve(self, name: str) -> None:
        specification = {
            "endpoint_id": "e" * 32,
            "endpoint_name": "iris",
            "deployment_id": name,
            "model_reference": f"iris@{name}",
            "bundle": str(self.bundle.folder),
            "manifest_hash": self.bundle.manifest_hash,
            "token_sha256": TOKEN_SHA256,
            "log": "-",
            "folder": str(self.folder),
        }
        self._start(name, "mlops_desktop.serving.main", environment={VARIABLE: json.dumps(specification)})
        _until(lambda: self.tells(name).get("phase") == "ready")

    def tells(self, name: str) -> dict[str, Any]:
        with contextlib.suppress(ControlError):
            return ask(self.folder / name, "status")
        return {}

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self.running.pop(name)
        process.send_signal(number)
        process.wait(LONGEST_WAIT)

    def ask(self) -> Any:
        with RawClient(self.port) as client:
            client.send(request(self.port, body=rows_body(self.bundle.rows)))
            return client.answer()


@pytest.fixture
def pod(small_bundle: SmallBundle) -> Iterator[Pod]:
    folder = Path(os.environ["MLOPS_STATE_FOLDER"]).parent / "pod"
    folder.mkdir(mode=0o700)
    made = Pod(folder, small_bundle)
    yield made
    for process in made.running.values():
        process.kill()
        process.wait(LONGEST_WAIT)


def test_the_port_passes_from_version_to_version_under_load_and_no_request_fails(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    pod.serve("v2")
    ask(pod.folder / "v1", "accept")
    answered: list[int] = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            answered.append(pod.ask().status)

    clients = [threading.Thread(target=keep_asking) for _ in range(4)]
    for client in clients:
        client.start()
    now, other = "v1", "v2"
    for _ in range(6):
        before = len(answered)
        _until(lambda before=before: len(answered) > before + 20)  # type: ignore[misc]
        ask(pod.folder / other, "accept")
        ask(pod.folder / now, "drain")
        now, other = other, now
    over.set()
    for client in clients:
        client.join(LONGEST_WAIT)
    assert set(answered) == {200}
    assert pod.tells("v1")["requests"] > 0
    assert pod.tells("v2")["requests"] > 0


def test_a_holder_that_was_replaced_is_found_again(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    before = pod.port
    pod.end(NAME, signal.SIGKILL)
    assert pod.ask().status == 200, "what it has it keeps"
    pod.hold()
    assert pod.port != before
    assert pod.ask().status == 200, "a connection waits until the server has the new socket"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_accepted_accepts_after_a_restart_in_either_order(pod: Pod, number: int) -> None:
    pod.hold()
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    ask(pod.folder / "v1", "set_token", token_sha256=TOKEN_SHA256)
    pod.end("v1", number)
    pod.end(NAME, number)
    pod.serve("v1")  # before its holder is there again
    pod.hold()
    _until(lambda: pod.tells("v1").get("accepting"))
    assert pod.ask().status == 200


def test_what_was_drained_or_ended_stays_so_after_a_restart(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    ask(pod.folder / "v1", "drain")
    pod.end("v1")
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    ask(pod.folder / "v1", "end")
    pod.running.pop("v1").wait(LONGEST_WAIT)
    pod.serve("v1")
    _until(lambda: pod.tells("v1").get("phase") == "ready")
    assert pod.tells("v1")["accepting"] is False


def test_a_changed_token_is_known_after_a_restart(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    ask(pod.folder / "v1", "set_token", token_sha256=OTHER_SHA256)
    assert pod.ask().status == 401
    pod.end("v1")
    pod.serve("v1")
    _until(lambda: pod.tells("v1")["accepting"])
    assert pod.ask().status == 401


def test_without_a_holder_a_server_says_why_it_cannot_accept(pod: Pod) -> None:
    pod.serve("v1")
    with pytest.raises(RefusedError, match="the port is not held: no server is running"):
        ask(pod.folder / "v1", "accept")
    pod.hold()
    assert pod.tells("v1")["accepting"] is False, "it was refused, so it does not accept later by itself"


def test_a_standing_that_cannot_be_read_waits_to_be_told(pod: Pod) -> None:
    (pod.folder / "v1.json").write_text("[broken")
    pod.hold()
    pod.serve("v1")
    assert pod.tells("v1")["accepting"] is False


# --- the relay --------------------------------------------------------------------------------------------------------


def _relayed(folder: Path, *lines: dict[str, Any] | bytes) -> dict[Any, dict[str, Any]]:
    given = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    told = io.BytesIO()
    Relay(folder, io.BytesIO(given), told).run()
    answers = [json.loads(line) for line in told.getvalue().splitlines()]
    return {answer["id"]: answer for answer in answers}


def test_commands_are_carried_and_every_answer_finds_its_question(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    answers = _relayed(
        pod.folder,
        {"id": 1, "to": "v1", "command": "accept"},
        {"id": 2, "to": "v9", "command": "status"},
        {"id": 3, "to": "v1", "command": "dance"},
        {"id": 4, "to": "../v1", "command": "status"},
        {"id": 5, "to": "v1", "command": "set_token", "details": {"token_sha256": OTHER_SHA256}},
        {"id": 6},
        b"nonsense\n",
    )
    assert answers[1]["answer"] == {"accepting": True}
    assert (answers[2]["error"], answers[2]["sentence"]) == ("nobody", "no server is running")
    assert answers[3]["error"] == "refused"
    assert answers[4]["sentence"] == "there is no server of that name"
    assert answers[5]["answer"] == {}
    assert answers[6]["error"] == answers[None]["error"] == "refused"


def test_the_probe_says_by_its_exit_code_whether_a_server_is_ready(pod: Pod) -> None:
    assert relay_main(["--folder", str(pod.folder), "--probe", "v1"]) == 1
    pod.serve("v1")
    assert relay_main(["--folder", str(pod.folder), "--probe", "v1"]) == 0
    with pytest.raises(NobodyThereError):
        ask(pod.folder / NAME, "status")


def test_a_pipe_to_the_port_carries_a_request_and_its_answer(pod: Pod) -> None:
    pod.hold()
    pod.serve("v1")
    ask(pod.folder / "v1", "accept")
    given = request(pod.port, body=rows_body(pod.bundle.rows)).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    command = [sys.executable, "-P", "-m", "mlops_desktop.serving.relay", "--connect", str(pod.port)]
    piped = subprocess.run(command, input=given, capture_output=True, timeout=LONGEST_WAIT, check=True)
    assert piped.stdout.startswith(b"HTTP/1.1 200")
    assert b'"predictions"' in piped.stdout
