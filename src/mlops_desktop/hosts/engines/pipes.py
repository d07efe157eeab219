"""A connection to an endpoint's port on a remote host, through a command in the holder of that port."""

from __future__ import annotations

import io
from typing import Any

from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.streams import ExecStream
from mlops_desktop.hosts.images.layout import RELAY_COMMAND

_SECONDS = 60.0


class Pipe:
    """What `http.client` uses of a socket."""

    def __init__(self, engine: Engine, holder: str, port: int) -> None:
        self._stream = ExecStream(engine, holder, (*RELAY_COMMAND, "--connect", str(port)))

    def sendall(self, data: bytes) -> None:
        self._stream.send(data, _SECONDS)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._stream))

    def close(self) -> None:
        self._stream.close()


class _Incoming(io.RawIOBase):
    def __init__(self, stream: ExecStream) -> None:
        super().__init__()
        self._stream = stream
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._stream.read(_SECONDS)
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
