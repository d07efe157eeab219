"""A client that sends exactly the bytes it is given, and an application answering in a thread of the test."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_desktop.serving.app import App, Limits, Predictor
from mlops_desktop.serving.listener import Listener
from mlops_desktop.serving.log import ServingLog

TOKEN = "a token that only the test knows"
TOKEN_SHA256 = hashlib.sha256(TOKEN.encode()).hexdigest()


@dataclass(frozen=True)
class Response:
    """`content` is None where the body is not JSON."""

    status: int
    headers: dict[str, str]
    content: Any

    @property
    def error(self) -> Mapping[str, str]:
        error: Mapping[str, str] = self.content["error"]
        return error


class RawClient:
    """One connection; nothing is added to what is sent."""

    def __init__(self, port: int, seconds: float = 20.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> Response | None:
        """The next response; None where the server has ended the connection."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return None
        if not line:
            return None
        headers: dict[str, str] = {}
        while (header := self._file.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self._file.read(int(headers.get("content-length", "0")))
        return Response(int(line.split()[1]), headers, _json(body))

    def answer(self) -> Response:
        response = self.read()
        assert response is not None, "the server ended the connection without an answer"
        return response

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def request(
    port: int,
    method: str = "POST",
    path: str = "/predict",
    body: bytes = b"",
    headers: Mapping[str, str | None] | None = None,
) -> bytes:
    """A right request, in which `headers` replace ours; None takes one away."""
    known: dict[str, str | None] = {"host": f"127.0.0.1:{port}", "authorization": f"Bearer {TOKEN}"}
    if method == "POST":
        known |= {"content-type": "application/json", "content-length": str(len(body))}
    known |= dict(headers or {})
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in known.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def rows_body(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"rows": rows}).encode()


@dataclass(frozen=True)
class LiveApp:
    """`run` calls a function in the loop's thread and waits for it."""

    app: App
    listener: Listener
    port: int
    log: Path
    public: socket.socket
    run: Callable[[Callable[[], object]], Any]

    def ask(self, data: bytes) -> Response:
        with RawClient(self.port) as client:
            client.send(data)
            return client.answer()

    def post(self, body: bytes, **headers: str | None) -> Response:
        return self.ask(request(self.port, body=body, headers=headers))

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def live_app(model: Predictor, folder: Path, limits: Limits | None = None) -> Iterator[LiveApp]:
    """Answers with `model` at a free port until the end of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(function: Callable[[], object]) -> Any:
        async def call() -> object:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), loop).result(20)

    log = ServingLog(folder / "serving.log")
    with socket.create_server(("127.0.0.1", 0)) as public, ThreadPoolExecutor(1) as executor:
        public.setblocking(False)  # for all copies: Python's dup() passes it on
        app = App(
            model,
            model_reference="iris@v1",
            manifest_hash="0" * 64,
            token_sha256=TOKEN_SHA256,
            executor=executor,
            log=log,
            is_draining=lambda: listener.is_draining,
            limits=limits,
        )
        listener = Listener(app, lambda sentence: log.write("trouble", message=sentence))
        run(lambda: listener.accept(public.dup()))
        try:
            yield LiveApp(app, listener, public.getsockname()[1], folder / "serving.log", public, run)
        finally:
            run(listener.close)
            asyncio.run_coroutine_threadsafe(listener.wait_until_empty(5), loop).result(20)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            log.close()
