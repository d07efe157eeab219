"""K-01: an engine of this computer that is not there, is somebody else's, is too old or does not listen."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any

import pytest
from tests.engines.engine import LocalEngine
from tests.engines.hosts import local_host, ssh_host
from tests.engines.remote_host import RemoteHost
from tests.hosts.engines.reaching import ENGINE, REFUSED, UNREACHABLE, failed_at, tried, trying

from mlops_desktop.domain.hosts import Host, HostKind, HostStep

pytestmark = pytest.mark.engines


def host_at(engine: LocalEngine, path: Path) -> Host:
    return dataclasses.replace(local_host(engine), address=str(path))


class _OldEngine(BaseHTTPRequestHandler):
    said: dict[str, Any]

    def do_GET(self) -> None:
        body = json.dumps(self.said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""

    def address_string(self) -> str:
        return "unix"


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def engine_that_says(path: Path, **version: str) -> Iterator[None]:
    """An HTTP server on a UNIX socket that answers every question with this version."""
    handler = type("_Handler", (_OldEngine,), {"said": version})
    with _Server(str(path), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_k_01_the_engine_of_this_computer_is_found_well(local_engine: LocalEngine, tmp_path: Path) -> None:
    report = tried(tmp_path, local_host(local_engine))
    assert (report.code, failed_at(report)) == ("", None)
    assert report.facts is not None
    assert report.facts.engine
    assert report.facts.base


def test_k_01_without_docker_it_is_said_what_to_install(local_engine: LocalEngine, tmp_path: Path) -> None:
    missing = tmp_path / "nothing.sock"
    report = tried(tmp_path, host_at(local_engine, missing))
    assert (report.code, failed_at(report)) == (ENGINE, HostStep.ENGINE)
    assert report.sentence == f"There is no Docker on this computer: {missing} is not there."
    assert "Install Docker Engine" in report.hint


def test_k_01_a_socket_where_nobody_listens_is_an_engine_that_was_ended(
    local_engine: LocalEngine, tmp_path: Path
) -> None:
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(str(left))
    report = tried(tmp_path, host_at(local_engine, left))
    assert (report.code, failed_at(report)) == (UNREACHABLE, HostStep.ENGINE)
    assert report.sentence == "docker does not answer: nothing listens there."
    assert "its Docker runs" in report.hint


def test_k_01_a_socket_that_is_not_an_engines_is_said_and_keeps_nobody_waiting(
    local_engine: LocalEngine, tmp_path: Path
) -> None:
    """It takes connections and never answers: a frozen engine, or something else."""
    silent = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(silent))
        listener.listen()
        report = tried(tmp_path, host_at(local_engine, silent))
    assert (report.code, failed_at(report)) == (UNREACHABLE, HostStep.ENGINE)
    assert report.sentence == "docker does not answer: no answer in time."


_AS_NOBODY = """
import json, os, sys
from mlops_desktop.domain.errors import HostError
from mlops_desktop.hosts.engines.routes import LocalRoute
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    LocalRoute(sys.argv[1]).open()
except HostError as error:
    print(json.dumps([error.code, error.message, error.hint]))
"""


def test_k_01_a_user_who_may_not_use_the_socket_is_told_the_group(local_engine: LocalEngine) -> None:
    """As another user, for root may use every socket."""
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, str(local_engine.socket)], capture_output=True, text=True, check=True
    )
    code, sentence, hint = json.loads(done.stdout)
    assert code == REFUSED
    assert sentence == f"This user may not use Docker: {local_engine.socket} belongs to others."
    assert "usermod -aG docker" in hint


@pytest.mark.parametrize(
    ("version", "sentence", "advice"),
    [
        (
            {"Version": "18.09.1", "ApiVersion": "1.39", "MinAPIVersion": "1.12"},
            "The Docker on docker is too old: 18.09.1 speaks version 1.39 of its protocol, and 1.41 is needed.",
            "Upgrade it to Docker 20.10 or newer.",
        ),
        (
            {"Version": "99.0", "ApiVersion": "3.1", "MinAPIVersion": "3.0"},
            "The Docker on docker is newer than this program knows: its protocol begins at 3.0.",
            "Upgrade MLOps Desktop.",
        ),
    ],
)
def test_k_01_an_engine_of_another_time_is_named_with_what_is_needed(
    local_engine: LocalEngine, tmp_path: Path, version: dict[str, str], sentence: str, advice: str
) -> None:
    path = tmp_path / "old.sock"
    with engine_that_says(path, **version):
        report = tried(tmp_path, host_at(local_engine, path))
    assert (report.code, failed_at(report)) == (ENGINE, HostStep.ENGINE)
    assert (report.sentence, report.hint) == (sentence, advice)


def test_k_01_an_account_there_that_may_not_use_docker_is_told_the_group(
    remote_host: RemoteHost, tmp_path: Path
) -> None:
    host = dataclasses.replace(ssh_host(remote_host), address=f"nobody@{remote_host.address}")
    remote_host.machine.run("usermod", "--shell", "/usr/sbin/nologin", "nobody")
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (REFUSED, HostStep.LOG_IN)
    assert report.sentence.startswith("box lets this account in but runs nothing for it: ")
    assert "This account is currently not available" in report.sentence
    remote_host.machine.run("usermod", "--shell", "/bin/sh", "nobody")
    report = tried(tmp_path, host)
    assert (report.code, failed_at(report)) == (ENGINE, HostStep.LOG_IN)
    assert report.sentence == "The account on box may not use Docker: /var/run/docker.sock belongs to others."
    assert "usermod -aG docker" in report.hint


def test_k_01_a_machine_without_docker_is_told_apart_from_one_that_is_away(
    remote_host: RemoteHost, tmp_path: Path
) -> None:
    remote_host.stop()
    remote_host.machine.run("rm", "-f", remote_host.remote_socket)
    report = tried(tmp_path, ssh_host(remote_host))
    assert (report.code, failed_at(report)) == (ENGINE, HostStep.LOG_IN)
    assert report.sentence == "There is no Docker on box: /var/run/docker.sock is not there."
    assert "Install Docker Engine" in report.hint


def test_k_01_where_one_engine_lacks_the_others_are_used(local_engine: LocalEngine, tmp_path: Path) -> None:
    """One page with the cause; the rest works."""
    lacking = dataclasses.replace(host_at(local_engine, tmp_path / "nothing.sock"), name="lacking")
    with trying(tmp_path) as opened:
        assert opened.check(lacking).code == ENGINE
        assert opened.check(local_host(local_engine)).code == ""
        assert opened.at(Host(**{**vars(lacking), "kind": HostKind.PROCESS})).port_use(0).port
