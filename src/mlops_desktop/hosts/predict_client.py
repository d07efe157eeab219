"""Asking an endpoint for predictions, as any client would."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mlops_desktop.domain.errors import EndpointUnreachableError, InvalidInputError, RequestRefusedError

Connect = Callable[[], Any]
"""Gives what the library uses of a socket: `sendall`, `makefile("rb")` and `close`. Raises OSError."""

_LARGEST_ANSWER = 256 * 1024 * 1024


def predict(
    endpoint_url: str,
    token: str,
    rows: Sequence[Mapping[str, object]],
    *,
    seconds: float = 60.0,
    connect: Connect | None = None,
) -> dict[str, Any]:
    """The endpoint's answer, over a connection to its address unless `connect` gives another way.

    Raises EndpointUnreachableError, or RequestRefusedError with the endpoint's own words.
    """
    if not (token.isascii() and token.isprintable()):
        raise InvalidInputError("This is no token: it holds signs that none of ours has.", hint=_advice(401))
    try:
        body = json.dumps({"rows": list(rows)}, allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"The rows cannot be sent as JSON: {error}.", hint="Send texts, finite numbers, true, false or nothing."
        ) from error
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    parts = urlsplit(endpoint_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
    if connect is not None:
        connection.connect = lambda: setattr(connection, "sock", connect())  # type: ignore[method-assign]
    try:
        connection.request("POST", "/predict", body, headers)
        response = connection.getresponse()
        return _understand(endpoint_url, response.status, response.read(_LARGEST_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        raise EndpointUnreachableError(
            f"Nothing answers at {endpoint_url}: {_cause(error, seconds)}.",
            hint="See what runs: mlops deployments list",
            details=repr(error),
        ) from error
    finally:
        connection.close()


def _understand(endpoint_url: str, status: int, body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if status == 200 and isinstance(content, dict):
        return content
    error = content.get("error") if isinstance(content, dict) else None
    message = str(error.get("message", "")) if isinstance(error, dict) else ""
    if 400 <= status < 500 and message:
        field = error.get("field") if isinstance(error, dict) else None
        details = f"status {status}, field {field}"
        raise RequestRefusedError(message, hint=_advice(status), details=details, status=status, field=str(field or ""))
    raise EndpointUnreachableError(
        f"The endpoint at {endpoint_url} could not answer ({status}). {message}".strip(),
        hint="Its log has the reason: mlops deployments log",
    )


def _advice(status: int) -> str:
    if status == 401:
        return "Give the endpoint's present token, or make a new one: mlops deployments token <endpoint>"
    return "The endpoint's own words; correct the rows and ask again."


def _cause(error: Exception, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {seconds:g} seconds"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return str(error) or type(error).__name__
