"""The bytes that a client sends to an endpoint: headers and bodies, over a real connection to the real application."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import logging
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.serving.app import App, Limits
from mlops_desktop.serving.listener import Listener
from mlops_desktop.serving.log import ServingLog

TOKEN = "token-of-the-fuzzed-endpoint"
PORT = b"{port}"
"""Stands for the endpoint's own port in what is sent."""
WORDS = (
    b"POST /predict HTTP/1.1\r\n",
    b"GET /health HTTP/1.1\r\n",
    b"Host: 127.0.0.1:{port}\r\n",
    b"Host: localhost:{port}\r\n",
    f"Authorization: Bearer {TOKEN}\r\n".encode(),
    b"Content-Type: application/json\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Origin: null\r\n",
    b"Sec-Fetch-Site: cross-site\r\n",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b'{"rows": [{"a": 1}]}',
    b"HTTP/1.0\r\n",
    b"%00",
    b"%ff/../",
)
_SECONDS = 15.0
_HEAD = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n((?:[!-~]+: [^\r\n]*\r\n)*)\r\n")


class _One:
    """A model that answers 1."""

    def predict_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"prediction": 1.0} for _ in rows]


class _Endpoint:
    """The application at a port of its own, in a loop that turns as long as something is asked."""

    def __init__(self) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # as the server itself does
        self.loop = asyncio.new_event_loop()
        self.public = socket.create_server(("127.0.0.1", 0), backlog=4)
        self.port = self.public.getsockname()[1]
        self.troubles: list[str] = []
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.failures.append(context))
        self.app = App(
            _One(),
            model_reference="one@v1",
            manifest_hash="0" * 64,
            token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
            executor=ThreadPoolExecutor(1),
            log=ServingLog(Path("/dev/null")),
            limits=Limits(body_seconds=0.2, wait_seconds=0.2),
        )
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        self.listener = Listener(self.app, self.troubles.append)
        self.listener.accept(self.public)

    async def ask(self, sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent)
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
            async with asyncio.timeout(_SECONDS):
                return await reader.read()
        except (ConnectionResetError, BrokenPipeError):
            return b""
        finally:
            writer.close()


@functools.cache
def _endpoint() -> _Endpoint:
    return _Endpoint()


def try_one(data: bytes) -> None:
    endpoint = _endpoint()
    said = endpoint.loop.run_until_complete(endpoint.ask(data.replace(PORT, str(endpoint.port).encode())))
    assert not endpoint.failures, endpoint.failures
    assert not endpoint.troubles, endpoint.troubles
    statuses = []
    while said:
        head = _HEAD.match(said)
        assert head, said[:200]
        status, headers = int(head[1]), head[2].lower()
        said = said[head.end() :]
        if status == 100:
            continue
        length = re.search(rb"content-length: ([0-9]+)\r\n", headers)
        assert length, headers
        body, said = said[: int(length[1])], said[int(length[1]) :]
        assert status == 200 or 400 <= status < 500 or status in (501, 503), (status, body)
        assert b"access-control" not in headers
        answer = json.loads(body)
        assert TOKEN not in body.decode()
        assert status == 200 or answer["error"]["message"]
        statuses.append(status)
    if statuses and statuses[-1] != 200:
        raise InvalidInputError(f"refused with {statuses[-1]}")
