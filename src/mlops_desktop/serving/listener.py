"""Who answers at the public socket: accepting can be switched on and off while requests go on being answered."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any, Final

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from mlops_desktop.serving.app import error_body
from mlops_desktop.serving.splitting import Split

KEEP_ALIVE_SECONDS: Final = 5
REQUEST_LINE_SECONDS: Final = 10.0
MOST_CONNECTIONS: Final = 512
_LARGEST_HEAD: Final = 32 * 1024


class _Connection(H11Protocol):
    """uvicorn's connection, with a time limit on everything before and after a request, and refusals in JSON."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._clear_deadline()
        else:
            self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE) or self._is_mid_answer():
            self.transport.close()
            return
        body = error_body("bad_request", "This is not a valid HTTP request.")
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode("ascii")),
            (b"connection", b"close"),
        ]
        response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _is_mid_answer(self) -> bool:
        return self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete

    def _set_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_LINE_SECONDS, self._give_up)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class Listener:
    """Takes connections from a listening socket that others may share, and keeps those it has until they end.

    `accept` takes the socket over; `drain` gives it up, without touching connections that wait in its queue: whoever
    shares the socket takes those. `on_trouble` hears a sentence when connections cannot be taken.
    """

    def __init__(self, app: Callable[..., Any], on_trouble: Callable[[str], None]) -> None:
        self._config = Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        self._config.load()
        self._state = ServerState()
        self._on_trouble = on_trouble
        self._adoptions: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self.split: Split | None = None
        """Where a share of the connections goes."""
        self.socket: socket.socket | None = None
        self.is_draining = False

    @property
    def open_connections(self) -> int:
        return len(self._state.connections) + len(self._adoptions)

    def accept(self, listening: socket.socket) -> None:
        self._give_up_socket()
        listening.setblocking(False)
        self.socket = listening
        self.is_draining = False
        asyncio.get_running_loop().add_reader(listening, self._take)

    def drain(self) -> None:
        self._give_up_socket()
        self.is_draining = True

    async def wait_until_empty(self, seconds: float) -> bool:
        """Whether all connections ended in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.open_connections or self._state.tasks:
                    await asyncio.sleep(0.02)
        return not self.open_connections

    def close(self) -> None:
        """Ends what is still open."""
        self._give_up_socket()
        for connection in list(self._state.connections):
            connection.transport.abort()

    def _give_up_socket(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self.socket is not None:
            asyncio.get_running_loop().remove_reader(self.socket)
            self.socket.close()
            self.socket = None

    def _take(self) -> None:
        assert self.socket is not None
        for _ in range(100):
            if self.open_connections >= MOST_CONNECTIONS:
                self._rest(0.05)
                return
            try:
                connection, _ = self.socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._on_trouble(f"connections cannot be taken: {error}")
                self._rest(1.0)
                return
            self.adopt(connection)

    def adopt(self, connection: socket.socket, *, handed: bool = False) -> None:
        """Answers what comes on this connection, or hands it on where it is another's; never one that was `handed`."""
        connection.setblocking(False)
        split = None if handed else self.split
        due = split if split is not None and split.is_due() else None
        task = asyncio.get_running_loop().create_task(self._adopt(connection, due))
        self._adoptions.add(task)
        task.add_done_callback(self._adoptions.discard)

    def _rest(self, seconds: float) -> None:
        """Others in the queue wait until there is room again."""
        loop = asyncio.get_running_loop()
        assert self.socket is not None
        loop.remove_reader(self.socket)
        self._pause = loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._pause = None
        if self.socket is not None:
            asyncio.get_running_loop().add_reader(self.socket, self._take)

    async def _adopt(self, connection: socket.socket, split: Split | None) -> None:
        if split is not None and await split.hand(connection):
            connection.close()
            return
        try:
            await asyncio.get_running_loop().connect_accepted_socket(self._make_connection, connection)
        except OSError:
            connection.close()

    def _make_connection(self) -> asyncio.Protocol:
        return _Connection(config=self._config, server_state=self._state, app_state={})
