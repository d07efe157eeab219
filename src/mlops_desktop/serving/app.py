"""The HTTP application: /predict and /health, refused by default, answered in JSON."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mlops_desktop.serving.log import ServingLog
from mlops_desktop.serving.model import InputError
from mlops_desktop.serving.requests import (
    ClientGoneError,
    Headers,
    Receive,
    Refusal,
    check_kind,
    check_sender,
    check_token,
    parse_rows,
    read_body,
    read_headers,
)
from mlops_desktop.serving.shadowing import Shadow

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_REFUSALS_LOGGED: Final = 20
_MOST_CLASSES: Final = 50
"""Counted one by one; models with more have the rest uncounted."""
"""Refusals written to the log in one second; a client gone wild must not push the rest out of it."""
_ALWAYS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(frozen=True)
class Limits:
    """`at_once` requests have their bodies held at one time; more wait at their sockets, for `wait_seconds` each."""

    at_once: int = 64
    wait_seconds: float = 30.0
    body_seconds: float = 10.0


class Predictor(Protocol):
    """What the application asks of a model."""

    def predict_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]: ...


class Counts:
    """What was answered since the start; `refused` is the client's fault, `errors` is ours."""

    def __init__(self) -> None:
        self.requests = 0
        self.refused = 0
        self.errors = 0
        self.rows = 0
        self._seconds: deque[float] = deque(maxlen=1000)
        self._answers: dict[str, int] = {}
        self._numbers = 0
        self._sum = 0.0

    def add_answers(self, predictions: Sequence[Mapping[str, Any]]) -> None:
        """What the model said: how often each class, or the mean of the numbers."""
        for one in predictions:
            value = one.get("prediction")
            if isinstance(value, str):
                if value in self._answers or len(self._answers) < _MOST_CLASSES:
                    self._answers[value] = self._answers.get(value, 0) + 1
            elif isinstance(value, float | int):
                self._numbers += 1
                self._sum += value

    def answers(self) -> dict[str, Any]:
        return {"classes": self._answers, "mean": self._sum / self._numbers if self._numbers else None}

    def add(self, status: int, seconds: float, rows: int) -> None:
        self.requests += 1
        self.rows += rows
        self.refused += 400 <= status < 500
        self.errors += status >= 500
        self._seconds.append(seconds)

    def summary(self) -> dict[str, float]:
        ordered = sorted(self._seconds)
        share = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        latency = {
            f"{name}_ms": round(1000 * ordered[min(int(part * len(ordered)), len(ordered) - 1)], 3) if ordered else 0.0
            for name, part in share.items()
        }
        return {
            "requests": self.requests,
            "refused": self.refused,
            "errors": self.errors,
            "rows": self.rows,
            **latency,
        }


class App:
    """One model behind a token. `is_draining` tells when answers must ask the client to come back by a new connection.

    Every request passes the same checks in the same order, whatever its path: sender, token, route, method, kind.
    """

    def __init__(
        self,
        model: Predictor,
        *,
        model_reference: str,
        manifest_hash: str,
        token_sha256: str,
        executor: Executor,
        log: ServingLog,
        is_draining: Callable[[], bool] = lambda: False,
        published: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._published = published
        self.shadow: Shadow | None = None
        """Who is asked the same again."""
        self._model = model
        self._model_reference = model_reference
        self._manifest_hash = manifest_hash
        self._executor = executor
        self._log = log
        self._is_draining = is_draining
        self._limits = limits or Limits()
        self._slots = asyncio.Semaphore(self._limits.at_once)
        self._second = 0
        self._refusals_in_second = 0
        self.token_sha256 = token_sha256
        self.counts = Counts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        rows = 0
        close = False
        extra: list[tuple[bytes, bytes]] = []
        try:
            status, body, rows = await self._answer(scope, receive)
        except (ClientGoneError, asyncio.CancelledError):
            return  # nobody is there to answer: the client left, or its connection was cut because we end
        except Refusal as refusal:
            # A client that waits for "100 Continue" will not send its body now: the connection cannot go on.
            close = refusal.close or any(name.lower() == b"expect" for name, _ in scope["headers"])
            status = refusal.status
            body = error_body(refusal.code, refusal.message, refusal.field)
            extra = _explaining_headers(scope, status)
            self._log_refusal(scope, refusal)
        if scope["path"] == "/predict":
            self.counts.add(status, time.perf_counter() - started, rows)
        if close or self._is_draining():
            extra.append((b"connection", b"close"))
        await _send(send, status, body, extra)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, int]:
        headers = read_headers(scope["headers"])
        check_sender(headers, scope["server"][1], any_name=self._published)
        anonymous = scope["path"] == "/health" and "authorization" not in headers
        if not anonymous:
            check_token(headers, self.token_sha256)
        wanted = METHODS.get(scope["path"])
        if wanted is None:
            raise Refusal(404, "not_found", "There are two paths: /predict and /health.")
        if scope["method"] != wanted:
            raise Refusal(405, "wrong_method", f"Use {wanted} for {scope['path']}.")
        if scope["path"] == "/health":
            return 200, _json(self._health(anonymous)), 0
        return await self._predict(headers, receive)

    def _health(self, anonymous: bool) -> dict[str, Any]:
        if anonymous:
            return {"status": "healthy"}
        return {
            "status": "healthy",
            "model": self._model_reference,
            "manifest": self._manifest_hash,
            "counts": self.counts.summary(),
        }

    async def _predict(self, headers: Headers, receive: Receive) -> tuple[int, bytes, int]:
        check_kind(headers)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise Refusal(503, "busy", "Too many requests are waiting; try again.", close=True) from None
        try:
            body = await read_body(receive, headers, seconds=self._limits.body_seconds)
            return await self._run_model(body)
        finally:
            self._slots.release()

    async def _run_model(self, body: bytes) -> tuple[int, bytes, int]:
        """Everything that costs time happens in the model's thread, so that the loop goes on answering."""
        answer = asyncio.get_running_loop().run_in_executor(self._executor, self._predictions, body)
        await asyncio.wait([answer])
        error = answer.exception()
        if error is None:
            content, rows, predictions = answer.result()
            self.counts.add_answers(predictions)
            if self.shadow is not None:
                self.shadow.offer(rows, predictions)
            return 200, content, len(rows)
        if isinstance(error, Refusal):
            raise error
        if isinstance(error, InputError):
            raise Refusal(422, "bad_value", error.sentence, field=error.field or None) from error
        self._log.write("error", level="error", message=f"{type(error).__name__}: {error}", details=_trace(error))
        sentence = "The model could not answer this request; the server's log has the reason."
        return 500, error_body("model_failed", sentence), 0

    def _predictions(self, body: bytes) -> tuple[bytes, list[dict[str, Any]], list[dict[str, Any]]]:
        rows = parse_rows(body)
        predictions = self._model.predict_rows(rows)
        return _json({"model": self._model_reference, "predictions": predictions}), rows, predictions

    def _log_refusal(self, scope: Scope, refusal: Refusal) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._refusals_in_second = second, 0
        self._refusals_in_second += 1
        if self._refusals_in_second <= _REFUSALS_LOGGED:
            self._log.write(
                "refused",
                level="warning",
                status=refusal.status,
                code=refusal.code,
                method=scope["method"],
                path=scope["path"][:200],
                message=refusal.message,
                field=refusal.field,
            )


METHODS: Final[Mapping[str, str]] = {"/predict": "POST", "/health": "GET"}
"""Every route and its method."""


def error_body(code: str, message: str, field: str | None = None) -> bytes:
    error = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return _json({"error": error})


def _explaining_headers(scope: Scope, status: int) -> list[tuple[bytes, bytes]]:
    if status == 401:
        return [(b"www-authenticate", b"Bearer")]
    if status == 405:
        return [(b"allow", METHODS[scope["path"]].encode("ascii"))]
    return []


async def _send(send: Send, status: int, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    headers = [*_ALWAYS, (b"content-length", str(len(body)).encode("ascii")), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, allow_nan=False).encode("ascii")


def _trace(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
