"""The lines between a worker and its owner, either way."""

from __future__ import annotations

import io

from mlops_desktop.domain.errors import MlopsError
from mlops_desktop.workers.protocol import (
    CallRequest,
    JobRequest,
    ProtocolError,
    decode,
    encode,
    error_body,
    error_from,
    parse_request,
    read_line,
)

WORDS = (
    b'{"call":"preview","id":1,"request":{}}',
    b'{"job":"train","spec":{},"folder":"/tmp"}',
    b'"error":',
    b'"answer":',
    b'"code":"MD-JOB-001"',
    b'"message":',
    b'"hint":',
    b'"details":',
    b"NaN",
    b"\\ud800",
    b"[" * 100,
)


def try_one(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        while (line := read_line(stream)) is not None:
            _one_line(line)
    except ProtocolError:
        return


def _one_line(line: bytes) -> None:
    try:
        message = decode(line)
    except ProtocolError:
        return
    error = error_from(message.get("error"))
    assert isinstance(error, MlopsError)
    assert error_from(error_body(error)).message == error.message[:500]
    assert decode(encode(message)) == message
    try:
        request = parse_request(line)
    except ProtocolError:
        return
    assert isinstance(request, CallRequest | JobRequest)
