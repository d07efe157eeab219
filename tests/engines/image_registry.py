"""An image registry of the tests' own, with a user and a password, and what can go wrong with it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.engines.engine import run, wait_for

USER, PASSWORD = "ada", "open sesame"
_HASHED = "$2b$04$ebM4/WbDuSSVV6OJkfpkW.8a5/YLItGUgnNp7MrblEtFZ57PaNbG2"
"""Of that password: bcrypt is the only form that the registry takes."""


class ImageRegistry:
    """Debian's docker-registry at `machine`, over plain http, which engines of the tests take from 198.18.0.0/15.

    `address` has a folder, as registries that several people share do.
    """

    def __init__(self, folder: Path, machine: str) -> None:
        self._folder = folder
        self.data = folder / "data"
        self.data.mkdir()
        self.machine = f"{machine}:{_free_port(machine)}"
        self.address = f"{self.machine}/team"
        (folder / "htpasswd").write_text(f"{USER}:{_HASHED}\n", encoding="ascii")
        self._process: subprocess.Popen[bytes] | None = None
        self._is_small = False
        self._is_open = False

    def start(self) -> None:
        settings: dict[str, object] = {
            "version": "0.1",
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": str(self.data)}},
            "http": {"addr": self.machine, "secret": "of-the-tests"},
        }
        if not self._is_open:
            settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(self._folder / "htpasswd")}}
        (self._folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        with (self._folder / "registry.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/usr/bin/docker-registry", "serve", str(self._folder / "config.json")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder,
                env={"PATH": os.environ["PATH"], "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]},
            )  # fmt: skip
        wait_for(self._answers, 20, lambda: f"a registry: {self.log[-1000:]}")

    def _answers(self) -> bool:
        line = http.client.HTTPConnection(self.machine, timeout=2)
        try:
            line.request("GET", "/v2/")
            return line.getresponse().status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.OK)
        except OSError:
            return False
        finally:
            line.close()

    @property
    def log(self) -> str:
        return (self._folder / "registry.log").read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def let_everybody_in(self) -> None:
        self.kill()
        self._is_open = True
        self.start()

    def make_small(self) -> None:
        """From now on it has room for next to nothing."""
        self.kill()
        run("mount", "-t", "tmpfs", "-o", "size=64k", "none", str(self.data))
        self._is_small = True
        self.start()

    def forget(self) -> None:
        """It has nothing any more."""
        self.kill()
        for path in self.data.iterdir():
            shutil.rmtree(path)
        self.start()

    def blobs(self) -> list[Path]:
        return sorted(self.data.rglob("blobs/sha256/*/*/data"))

    def close(self) -> None:
        self.kill()
        self._is_open = False
        if self._is_small:
            run("umount", str(self.data))
            self._is_small = False


@contextlib.contextmanager
def refusing(machine: str, status: int, code: str, words: str) -> Iterator[str]:
    """The address of a registry that lets anybody in and answers everything else like this."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            is_greeting = self.path == "/v2/" and self.command == "GET"
            body = b"{}" if is_greeting else json.dumps({"errors": [{"code": code, "message": words}]}).encode()
            self.send_response(http.HTTPStatus.OK if is_greeting else status)
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = _answer  # noqa: N815

        def log_message(self, *words: object) -> None:
            """The tests are not told."""

    with ThreadingHTTPServer((machine, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{machine}:{server.server_port}/team"
        finally:
            server.shutdown()
            thread.join()


def _free_port(machine: str) -> int:
    with socket.socket() as taken:
        taken.bind((machine, 0))
        return int(taken.getsockname()[1])
