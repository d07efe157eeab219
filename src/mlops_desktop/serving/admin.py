"""The control channel: a private UNIX socket on which the host asks one server for its state or tells it what to do.

A message is one line of JSON, {"command": name, ...}; the answer is one line, {"answer": {...}} or {"error": sentence}.
An open socket may travel beside a line in either direction (SCM_RIGHTS).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_LONGEST_LINE: Final = 64 * 1024
_SECONDS_PER_MESSAGE: Final = 5.0


class AdminError(Exception):
    """The command cannot be obeyed; the sentence goes back to the host."""


@dataclass(frozen=True)
class Reply:
    """`handed` is a socket that the asker receives a copy of."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    handed: socket.socket | None = None


Command = Callable[[Mapping[str, Any], socket.socket | None], Awaitable[Reply]]
"""Given the message and the socket that came with it, if any (the command owns it then)."""


class AdminChannel:
    """Answers on `listening` until it is closed. Connections are served side by side, messages one after the other."""

    def __init__(self, listening: socket.socket, commands: Mapping[str, Command]) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._commands = commands
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                connection, _ = await loop.sock_accept(self._listening)
                task = loop.create_task(self._converse(connection))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            self._listening.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, TimeoutError):
            while True:
                async with asyncio.timeout(_SECONDS_PER_MESSAGE):
                    line, handed = await _receive(connection)
                if not line:
                    return
                reply, to_hand = await self._obey(line, handed)
                async with asyncio.timeout(_SECONDS_PER_MESSAGE):
                    await _send(connection, reply, to_hand)

    async def _obey(self, line: bytes, handed: socket.socket | None) -> tuple[dict[str, Any], socket.socket | None]:
        try:
            message = json.loads(line)
            command = self._commands.get(str(message.get("command"))) if isinstance(message, dict) else None
            if command is None:
                raise AdminError("there is no such command")
            reply = await command(message, handed)
        except (AdminError, ValueError) as error:
            if handed is not None:
                handed.close()
            return {"error": str(error)}, None
        return {"answer": dict(reply.answer)}, reply.handed


async def _receive(connection: socket.socket) -> tuple[bytes, socket.socket | None]:
    """One line, empty at the end of the conversation, and the socket that came with it."""
    line = b""
    handed: socket.socket | None = None
    try:
        while not line.endswith(b"\n"):
            await _until_readable(connection)
            part, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_LINE, 1)
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
                handed = socket.socket(fileno=descriptor)
            if not part or len(line) > _LONGEST_LINE:
                raise ConnectionError("the asker left")
            line += part
    except ConnectionError:
        if handed is not None:
            handed.close()
        return b"", None
    return line, handed


async def _send(connection: socket.socket, reply: dict[str, Any], handed: socket.socket | None) -> None:
    line = json.dumps(reply).encode("ascii") + b"\n"
    if handed is not None:
        # The first byte carries the socket; a fresh local connection always has room for it.
        socket.send_fds(connection, [line[:1]], [handed.fileno()])
        line = line[1:]
    await asyncio.get_running_loop().sock_sendall(connection, line)


async def _until_readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, _mark, ready)
    try:
        await ready
    finally:
        loop.remove_reader(connection)


def _mark(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
