"""The line to an endpoint's servers: one command in the holder, kept running, that carries what we ask to each."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from mlops_desktop.domain.errors import EngineError
from mlops_desktop.hosts.engines.engine import Engine
from mlops_desktop.hosts.engines.streams import ExecStream
from mlops_desktop.hosts.images.layout import RELAY_COMMAND
from mlops_desktop.serving.admin_client import ControlError, NobodyThereError, RefusedError, SilentServerError

_KINDS: Mapping[str, type[ControlError]] = {
    "nobody": NobodyThereError,
    "silent": SilentServerError,
    "refused": RefusedError,
}
_ON_THE_WAY = 3.0
"""Seconds for the way there and back, beside those that the server has."""


class RelayLine:
    """Questions from any thread, one after the other."""

    def __init__(self, engine: Engine, holder: str) -> None:
        self.holder = holder
        self._engine = engine
        self._lock = threading.Lock()
        self._stream: ExecStream | None = None
        self._number = 0

    def ask(self, deployment_id: str, command: str, *, seconds: float, **details: str) -> Mapping[str, Any]:
        """The server's answer. Raises ControlError, HostUnreachableError."""
        with self._lock:
            try:
                return self._ask(deployment_id, command, seconds, details)
            except (ConnectionError, BrokenPipeError):  # it ended since we used it last: the holder was restarted
                self._hang_up()
            except TimeoutError as error:
                self._hang_up()
                raise SilentServerError(f"no answer within {seconds + _ON_THE_WAY:g} seconds") from error
            try:
                return self._ask(deployment_id, command, seconds, details)
            except OSError as error:
                self._hang_up()
                raise NobodyThereError(f"the holder of the port does not carry it: {error}") from error

    def _ask(self, deployment_id: str, command: str, seconds: float, details: Mapping[str, str]) -> Mapping[str, Any]:
        if self._stream is None:
            self._stream = self._dial()
        self._number += 1
        message = {
            "id": self._number,
            "to": deployment_id,
            "command": command,
            "seconds": seconds,
            "details": dict(details),
        }
        deadline = time.monotonic() + seconds + _ON_THE_WAY
        self._stream.send(json.dumps(message).encode("ascii") + b"\n", _ON_THE_WAY)
        while True:
            answer = _read(self._stream.read_line(max(deadline - time.monotonic(), 0.001)))
            if answer.get("id") == self._number:
                return _understood(answer)

    def _dial(self) -> ExecStream:
        try:
            return ExecStream(self._engine, self.holder, RELAY_COMMAND)
        except EngineError as error:
            raise NobodyThereError("the holder of the port does not run") from error

    def _hang_up(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Who still waits for an answer is not waited for; the engine has to be closed or interrupted before."""
        stream = self._stream
        if stream is not None:
            stream.interrupt()
        with self._lock:
            self._hang_up()


def _read(line: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise ConnectionError("what came back is no answer") from error
    if not isinstance(answer, dict):
        raise ConnectionError("what came back is no answer")
    return answer


def _understood(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if "error" in answer:
        kind = _KINDS.get(str(answer["error"]), RefusedError)
        raise kind(str(answer.get("sentence", ""))[:1000])
    content = answer.get("answer")
    if not isinstance(content, dict):
        raise RefusedError("the server's answer cannot be read")
    return content
