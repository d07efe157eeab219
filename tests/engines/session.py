"""The engines of one test run: prepared once, started when a test first wants them, gone at its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.engines import base_image, machine, system
from tests.engines.machine import EngineError

if TYPE_CHECKING:
    from tests.engines.engine import Engine, LocalEngine
    from tests.engines.remote_host import RemoteHost


class Engines:
    """`trouble` says why no engine can be had here, and is empty where all is well."""

    def __init__(self) -> None:
        self.trouble = ""
        self._base: base_image.Base | None = None
        self._stack = contextlib.ExitStack()
        self._local: LocalEngine | None = None
        self._remote: list[RemoteHost] = []

    def prepare(self) -> None:
        """Installs what lacks and makes the base image, or notes the trouble."""
        try:
            system.require()
            machine.sweep()
            self._base = base_image.prepare()
        except EngineError as error:
            self.trouble = str(error)

    def local(self) -> LocalEngine:
        from tests.engines.engine import LocalEngine

        if self._local is None:
            self._local = LocalEngine(self._base)
            self._stack.callback(self._local.close)
        return self._local

    def remote(self, count: int) -> list[RemoteHost]:
        """That many remote hosts, each with an address, keys and certificates of its own."""
        from tests.engines.remote_host import RemoteHost

        while len(self._remote) < count:
            host = RemoteHost(self._base)
            self._stack.callback(host.close)
            self._remote.append(host)
        return self._remote[:count]

    def running(self) -> list[Engine]:
        return [*([self._local] if self._local else ()), *self._remote]

    def close(self) -> None:
        self._stack.close()
        self._local, self._remote = None, []
