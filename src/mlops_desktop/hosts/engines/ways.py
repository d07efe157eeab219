"""What a route leads to: connections that are dialled one by one, or an address behind TLS."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool


class Line(Protocol):
    """One connection, with the words of a socket; those over SSH without OpenSSH are none."""

    def settimeout(self, seconds: float | None, /) -> None: ...
    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Dialled:
    """`dial` is told how many seconds it may take, and raises OSError. Its lines are sockets, or channels over SSH."""

    dial: Callable[[float], Line]
    channels: bool = False


@dataclass(frozen=True)
class BehindTls:
    """`address` is machine:port. Paths of PEM files: the pinned authority, and what we show of ourselves."""

    address: str
    authority: Path
    certificate: Path
    key: Path


Way = Dialled | BehindTls


def to_socket(path: Path) -> Dialled:
    """The way to a UNIX socket on this computer."""
    return Dialled(partial(_dial_socket, path))


def _dial_socket(path: Path, seconds: float) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(seconds)
        line.connect(str(path))
    except BaseException:
        line.close()
        raise
    return line


class DialledAdapter(UnixHTTPAdapter):  # type: ignore[misc]
    """Carries the SDK's questions over lines that are dialled.

    The SDK's own knows sockets only, and leaves one to the garbage for every question to an engine that has ended.
    """

    def __init__(self, way: Dialled, seconds: float) -> None:
        super().__init__("unix://dialled", seconds)
        self._way = way

    def get_connection(self, url: Any, proxies: Any = None) -> Any:
        with self.pools.lock:
            pool = self.pools.get(url)
            if pool is None:
                pool = _Pool(self._way, url, self.timeout, self.max_pool_size)
                self.pools[url] = pool
        return pool


class _Pool(UnixHTTPConnectionPool):  # type: ignore[misc]
    def __init__(self, way: Dialled, url: str, seconds: float, size: int) -> None:
        super().__init__(url, "", seconds, maxsize=size)
        self._way = way

    def _new_conn(self) -> Any:
        return _Connection(self._way, self.base_url, self.timeout)


class _Connection(UnixHTTPConnection):  # type: ignore[misc]
    def __init__(self, way: Dialled, url: str, seconds: float) -> None:
        super().__init__(url, "", seconds)
        self._way = way

    def connect(self) -> None:
        self.sock = self._way.dial(self.timeout)
