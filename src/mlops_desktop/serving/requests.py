"""What a request must be before the model sees it: whom it is for, who sends it, how large it is and what it says."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Headers = dict[str, str]

LARGEST_BODY: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 10_000

_ONLY_ONCE = frozenset({"host", "origin", "authorization", "content-type", "content-length", "content-encoding"})
_LONGEST_WHOLE_NUMBER = 20
_LONGEST_NAME = 100


class Refusal(Exception):
    """The request is answered with this status and words instead of a prediction."""

    def __init__(self, status: int, code: str, message: str, *, field: str | None = None, close: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.close = close


class ClientGoneError(Exception):
    """The client left before its request was complete; there is nobody to answer."""


class _Unusable:
    """Stands where JSON holds a number that no column can hold, until the row and column are known."""

    def __init__(self, text: str) -> None:
        self.text = text


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers by lower-case name. Two of one that decides something, or two lengths, are refused."""
    headers: Headers = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        if name in headers and name in _ONLY_ONCE:
            raise Refusal(400, "duplicate_header", f"The header {name} was sent twice.", field=name, close=True)
        headers[name] = raw_value.decode("latin-1")
    if "content-length" in headers and "transfer-encoding" in headers:
        raise Refusal(
            400,
            "conflicting_length",
            "Send Content-Length or Transfer-Encoding, not both.",
            field="content-length",
            close=True,
        )
    return headers


def check_sender(headers: Headers, port: int, *, any_name: bool = False) -> None:
    """Refuses what a web page could send: another host's name (DNS rebinding), an origin, a cross-site fetch.

    An endpoint that is published answers by `any_name`: only its host knows by which ones it is called.
    """
    names = {"127.0.0.1", "localhost", "[::1]"}
    allowed = {f"{name}:{port}" for name in names} | (names if port == 80 else set())
    if not any_name and headers.get("host", "").lower() not in allowed:
        raise Refusal(403, "foreign_host", f"This endpoint answers as 127.0.0.1:{port} only.", field="host")
    if "origin" in headers or headers.get("sec-fetch-site", "none").lower() != "none":
        raise Refusal(403, "web_page", "Requests from web pages are not answered.", field="origin")


def check_token(headers: Headers, token_sha256: str) -> None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.strip().encode("latin-1")).hexdigest()
    if not hmac.compare_digest(digest, token_sha256) or scheme.lower() != "bearer":
        raise Refusal(401, "unauthorized", "Send the endpoint's token: Authorization: Bearer <token>.")


def check_kind(headers: Headers) -> None:
    """JSON in UTF-8, plain: nothing a form could send, nothing compressed."""
    kind, *parameters = [part.strip().lower() for part in headers.get("content-type", "").split(";")]
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if kind != "application/json" or any(charset != "utf-8" for charset in charsets):
        raise Refusal(415, "not_json", "Send JSON in UTF-8: Content-Type: application/json.", field="content-type")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "compressed", "Send the body uncompressed.", field="content-encoding")


async def read_body(receive: Receive, headers: Headers, *, seconds: float) -> bytes:
    """The whole body, if it is small enough and comes soon enough; a declared length is judged before reading."""
    too_large = Refusal(413, "too_large", f"Send at most {LARGEST_BODY // 1024**2} MiB in one request.")
    if int(headers.get("content-length", "0")) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGoneError
                body += message.get("body", b"")
                if len(body) > LARGEST_BODY:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Refusal(408, "too_slow", f"The body did not arrive within {seconds:g} seconds.", close=True) from None


def parse_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of `{"rows": [{column: value}]}`; each value a text, a finite number, true, false or null."""
    content = _parse_json(body)
    if not isinstance(content, dict):
        raise Refusal(400, "not_rows", 'Send {"rows": [{"column": value, ...}, ...]}.')
    for name in content:
        if name != "rows":
            raise Refusal(422, "unknown_field", f"There is no field {_shown(name)}; send rows.", field=_cut(name))
    rows = content.get("rows")
    if not isinstance(rows, list) or not rows:
        raise Refusal(422, "no_rows", "rows must be a list of at least one row.", field="rows")
    if len(rows) > MOST_ROWS:
        raise Refusal(413, "too_many_rows", f"Send at most {MOST_ROWS} rows; these are {len(rows)}.", field="rows")
    for number, row in enumerate(rows, start=1):
        _check_row(number, row)
    return rows


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_twins,
            parse_constant=_Unusable,
            parse_int=_whole_number,
        )
    except UnicodeDecodeError as error:
        raise Refusal(400, "not_utf8", f"The body is not UTF-8 (byte {error.start + 1}).") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refusal(400, "bad_json", f"The body is not JSON: {error.msg} ({where}).") from error
    except RecursionError as error:
        raise Refusal(400, "too_deep", "The JSON is nested too deeply.") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twin = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Refusal(422, "duplicate_field", f"{_shown(twin)} is given twice in one object.", field=_cut(twin))
    return found


def _whole_number(text: str) -> int | _Unusable:
    if len(text) > _LONGEST_WHOLE_NUMBER:
        return _Unusable(text)
    number = int(text)
    return number if -(2**63) <= number < 2**63 else _Unusable(text)


def _check_row(number: int, row: Any) -> None:
    if not isinstance(row, dict):
        raise Refusal(422, "not_a_row", f"Row {number} is not an object of columns and values.", field="rows")
    for name, value in row.items():
        fault = _fault(value)
        if fault:
            sentence = f"Row {number}, column {_shown(name)}: {fault}."
            raise Refusal(422, "bad_value", sentence, field=_cut(name))


def _fault(value: Any) -> str:
    if isinstance(value, str):
        return "" if value.isascii() or _is_encodable(value) else "the text holds half a character"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "the number is too large"
    if isinstance(value, _Unusable):
        return f"{_cut(value.text)} is not a number that can be used"
    if isinstance(value, (dict, list)):
        return "a single value is needed, not a list or an object"
    return ""


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"


def _shown(name: str) -> str:
    return f"“{_cut(name)}”"
