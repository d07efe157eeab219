"""The words between a worker and its owner: length-limited JSON lines, and errors as plain values."""

from __future__ import annotations

import errno
import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from mlops_desktop.domain.errors import (
    CallError,
    DiskFullError,
    JobCancelledError,
    MemoryCapError,
    MlopsError,
    UserError,
    user_errors,
)
from mlops_desktop.domain.plain import to_plain

MAX_LINE = 16 * 1024 * 1024
"""The longest line in bytes, its line end included."""

_MAX_SENTENCE = 500
_MAX_DETAILS = 20_000
_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


class ProtocolError(Exception):
    """What the other side said is not a message of this protocol."""


@dataclass(frozen=True)
class CallRequest:
    name: str
    id: int
    request: Mapping[str, Any]


@dataclass(frozen=True)
class JobRequest:
    kind: str
    spec: Mapping[str, Any]
    folder: Path


def encode(message: Mapping[str, object]) -> bytes:
    """One line. Raises ProtocolError where the message has no plain form or is too long.

    ASCII only, so that even a path that is no valid Unicode arrives as it was.
    """
    try:
        text = json.dumps(to_plain(message), separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The message is not made of plain values: {error}") from error
    if len(text) >= MAX_LINE:
        raise ProtocolError(f"The message has {len(text):,} bytes, more than the {MAX_LINE:,} allowed")
    return text.encode("ascii") + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message in one line. Raises ProtocolError."""
    if len(line) > MAX_LINE:
        raise ProtocolError(f"The line has {len(line):,} bytes, more than the {MAX_LINE:,} allowed")
    try:
        message = json.loads(line, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ProtocolError("The message is nested too deeply") from error
    except ValueError as error:
        raise ProtocolError(f"The message is not JSON: {error}") from error
    if not isinstance(message, dict):
        raise ProtocolError("The message is not a JSON object")
    return message


def read_line(stream: BinaryIO) -> bytes | None:
    """The next line; None at the end, and for a last line that was cut off. Raises ProtocolError for an endless one."""
    line = stream.readline(MAX_LINE)
    if line.endswith(b"\n"):
        return line
    if len(line) >= MAX_LINE:
        raise ProtocolError(f"A line is longer than the {MAX_LINE:,} bytes allowed")
    return None


def parse_request(line: bytes) -> CallRequest | JobRequest:
    """What an owner asks of its worker. Raises ProtocolError."""
    message = decode(line)
    if "call" in message:
        name, number, request = (message.get(key) for key in ("call", "id", "request"))
        if isinstance(name, str) and type(number) is int and isinstance(request, dict):
            return CallRequest(name, number, request)
        raise ProtocolError("A call needs a name, a whole number as its id, and an object as its request")
    if "job" in message:
        kind, spec, folder = (message.get(key) for key in ("job", "spec", "folder"))
        if isinstance(kind, str) and isinstance(spec, dict) and isinstance(folder, str) and Path(folder).is_absolute():
            return JobRequest(kind, spec, Path(folder))
        raise ProtocolError("A job needs a kind, an object as its spec, and an absolute path as its folder")
    raise ProtocolError("The message is neither a call nor a job")


def error_body(error: BaseException) -> dict[str, Any]:
    """Any error as code, message, hint and details. A traceback appears in the details only, without values."""
    error = _as_ours(error)
    if isinstance(error, MlopsError):
        plain = (error.code, error.message, error.hint, error.details)
    else:
        first = str(error).strip().partition("\n")[0]
        plain = (
            MlopsError.code,
            f"The worker met an unexpected error: {type(error).__name__}: {first}".removesuffix(": "),
            "This is a fault of the program. Please report it together with the details.",
            "".join(traceback.format_exception(error)),
        )
    code, message, hint, details = plain
    return {
        "code": code,
        "message": message[:_MAX_SENTENCE],
        "hint": hint[:_MAX_SENTENCE],
        "details": details[-_MAX_DETAILS:],
        "cancelled": isinstance(error, JobCancelledError),
    }


def error_from(body: object) -> MlopsError:
    """The error that `error_body` described; a CallError where it is no such description."""
    if not isinstance(body, dict):
        return CallError("The worker's answer was not understood.", hint="Try again.")
    code, message, hint, details = (body.get(key, "") for key in ("code", "message", "hint", "details"))
    if not (isinstance(code, str) and isinstance(message, str) and isinstance(hint, str) and isinstance(details, str)):
        return CallError("The worker's answer was not understood.", hint="Try again.")
    kind: type[UserError] | None = user_errors().get(code)
    return (kind or CallError)(message, hint=hint, details=details)


def _as_ours(error: BaseException) -> BaseException:
    """Two troubles of the machine are the user's to know: no memory left and no disk space left."""
    if isinstance(error, MemoryError):
        return MemoryCapError(
            "The worker ran out of the memory it may use.",
            hint="Use fewer rows or columns, a smaller model, or raise the memory limit for workers.",
            details=str(error),
        )
    if isinstance(error, OSError) and error.errno in _FULL_DISK:
        return DiskFullError(
            f"The disk is full: {error.filename or 'a file could not be written'}.",
            hint="Free some space, then try again.",
            details=str(error),
        )
    if _tells_of_full_disk(error) or _tells_of_full_disk(error.__cause__):
        return DiskFullError(
            f"The disk that holds {Path.cwd()} is full.",
            hint="Free some space there, then try again.",
            details=str(error),
        )
    return error


def _tells_of_full_disk(error: BaseException | None) -> bool:
    """Libraries that are not Python's own say it in words only."""
    return any(f"{os.strerror(number)} (os error {number})" in str(error) for number in _FULL_DISK)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
