"""A command in a container whose input and output are a stream of ours."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Sequence
from typing import Final

from mlops_desktop.hosts.engines.engine import Engine

_HEADER: Final = struct.Struct(">BxxxL")
_STDOUT: Final = 1
_LONGEST_LINE: Final = 8 * 1024 * 1024
_BLOCK: Final = 65536


class ExecStream:
    """Bytes to the command's standard input and from its standard output.

    Engines frame what comes back: a byte for the stream, three of nothing, four of length (the attach format of their
    API). What the command says on its standard error is kept in `trouble`.
    """

    def __init__(self, engine: Engine, container: str, command: Sequence[str]) -> None:
        self._engine = engine
        with engine.asked() as client:
            made = client.exec_create(container, list(command), stdin=True, stdout=True, stderr=True)
            self._connection, self._answer = client.converse(made["Id"])
        self._frames = b""
        self._output = b""
        self.trouble = ""

    def send(self, data: bytes, seconds: float) -> None:
        """Raises OSError."""
        self._connection.settimeout(seconds)
        self._connection.sendall(data)

    def read_line(self, seconds: float) -> bytes:
        """With its end. Raises TimeoutError, ConnectionError (it ended), OSError."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._output:
            if len(self._output) > _LONGEST_LINE:
                raise ConnectionError("the answer has no end")
            if not self._read_more(deadline):
                raise ConnectionError(self.trouble.strip() or "the command ended")
        line, _, self._output = self._output.partition(b"\n")
        return line + b"\n"

    def read(self, seconds: float) -> bytes:
        """What came; nothing at the end. Raises TimeoutError, OSError."""
        deadline = time.monotonic() + seconds
        while not self._output:
            if not self._read_more(deadline):
                return b""
        data, self._output = self._output, b""
        return data

    def _read_more(self, deadline: float) -> bool:
        self._connection.settimeout(max(deadline - time.monotonic(), 0.001))
        part = self._connection.recv(_BLOCK)
        self._frames += part
        while len(self._frames) >= _HEADER.size:
            kind, size = _HEADER.unpack_from(self._frames)
            if len(self._frames) < _HEADER.size + size:
                break
            content, self._frames = (
                self._frames[_HEADER.size : _HEADER.size + size],
                self._frames[_HEADER.size + size :],
            )
            if kind == _STDOUT:
                self._output += content
            else:
                self.trouble = (self.trouble + content.decode("utf-8", errors="replace"))[-4096:]
        return bool(part)

    def interrupt(self) -> None:
        """From any thread: who reads hears that it ended."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        if not isinstance(self._connection, socket.socket):
            self._connection.close()  # nothing else wakes who reads from a channel

    def close(self) -> None:
        self.interrupt()
        self._connection.close()
        self._answer.close()
