"""The asker's side of a server's control channel: ask, tell, and take its listening socket over."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LONGEST_LINE = 64 * 1024


class ControlError(Exception):
    """The server did not do what it was asked to."""


class NobodyThereError(ControlError):
    """No server listens at this path."""


class SilentServerError(ControlError):
    """A server is there but did not answer in time."""


class RefusedError(ControlError):
    """The server answered why it does not."""


def ask(
    path: Path, command: str, *, seconds: float = 2.0, handed: socket.socket | None = None, **details: str
) -> dict[str, Any]:
    """Sends a command, with a socket beside it if given; returns the answer. Raises ControlError."""
    answer, received = _converse(path, {"command": command, **details}, handed, seconds)
    if received is not None:
        received.close()
    return answer


def take_socket(path: Path, *, seconds: float = 2.0) -> socket.socket:
    """A copy of the listening socket at which the server answers. Raises ControlError."""
    _, received = _converse(path, {"command": "socket"}, None, seconds)
    if received is None:
        raise RefusedError("the server sent no socket")
    received.setblocking(False)  # as all who share it need it
    return received


def _converse(
    path: Path, message: Mapping[str, str], handed: socket.socket | None, seconds: float
) -> tuple[dict[str, Any], socket.socket | None]:
    deadline = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
            line = json.dumps(message).encode("ascii") + b"\n"
            socket.send_fds(connection, [line], [handed.fileno()] if handed is not None else [])
            answer, received = _receive(connection, deadline)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise NobodyThereError("no server is running") from error
        except TimeoutError as error:
            raise SilentServerError(f"the server did not answer within {seconds:g} seconds") from error
        except OSError as error:
            raise NobodyThereError(f"the server went away: {error}") from error
    return answer, received


def _receive(connection: socket.socket, deadline: float) -> tuple[dict[str, Any], socket.socket | None]:
    line = b""
    received: socket.socket | None = None
    try:
        while not line.endswith(b"\n"):
            connection.settimeout(max(deadline - time.monotonic(), 0.001))
            part, descriptors, _, _ = socket.recv_fds(connection, _LONGEST_LINE, 1)
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
                received = socket.socket(fileno=descriptor)
            if not part or len(line) > _LONGEST_LINE:
                raise ConnectionError("it closed the conversation")
            line += part
        answer = _read(line)
    except (OSError, ControlError):
        if received is not None:
            received.close()
        raise
    return answer, received


def _read(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise RefusedError("the server's answer cannot be read") from error
    if not isinstance(message, dict) or not isinstance(message.get("answer"), dict):
        sentence = message.get("error") if isinstance(message, dict) else None
        raise RefusedError(str(sentence or "the server's answer cannot be read"))
    answer: dict[str, Any] = message["answer"]
    return answer
