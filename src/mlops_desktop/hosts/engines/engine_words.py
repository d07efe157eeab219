"""The wall between the Docker SDK's errors and ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
import urllib3
from docker.errors import APIError, DockerException, NotFound

from mlops_desktop.domain.errors import (
    DiskFullError,
    EngineError,
    HostKeyChangedError,
    HostRefusedError,
    HostUnreachableError,
    PortInUseError,
    UserError,
)

_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_PORT_TAKEN = re.compile(r"port is already allocated|address already in use|ports are not available", re.IGNORECASE)
_PORT = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|::):(\d+)")
_EXPIRED = re.compile(r"certificate has expired|not yet valid", re.IGNORECASE)
_FOREIGN = re.compile(
    r"self.signed certificate|unable to get (local )?issuer|unknown ca\b|signature failure", re.IGNORECASE
)
_WRONG_NAME = re.compile(r"hostname mismatch|IP address mismatch|doesn't match", re.IGNORECASE)
_NOT_LET_IN = re.compile(
    r"certificate.required|bad.certificate|unknown.ca|handshake failure|access denied", re.IGNORECASE
)
_GONE = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ConnectionError, TimeoutError, OSError)


class NotThereError(EngineError):
    """The engine knows no such image, container or volume."""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Inside, every error of the SDK with the engine called `name` is raised as ours."""
    try:
        yield
    except NotFound as error:
        raise NotThereError(f"{name} says: {_said(error)}", hint="It may have been removed there by hand.") from error
    except APIError as error:
        raise of_words(name, _said(error)) from error
    except DockerException as error:
        raise _of_connection(name, error) from error
    except _GONE as error:
        raise _of_connection(name, error) from error


def _said(error: APIError) -> str:
    return str(error.explanation or error).strip()[:1000]


def of_words(name: str, words: str) -> UserError:
    """The error behind an engine's own sentence, in an answer or in a stream of progress."""
    if _DISK_FULL.search(words):
        return DiskFullError(
            f"The disk of {name} is full.",
            hint="Make room there (docker system df shows what takes it), then try again.",
            details=words,
        )  # fmt: skip
    if _PORT_TAKEN.search(words):
        port = _PORT.search(words)
        return PortInUseError(
            f"Port {port[1] if port else ''} of {name} is in use by another program.".replace("Port  ", "The port "),
            hint="Deploy to another port, or end that program there.",
            details=words,
        )
    return EngineError(f"Docker on {name} refuses: {words}", hint="The engine's own words; see its log.", details=words)


def _of_connection(name: str, error: Exception) -> UserError:
    words = _chain(error)
    tls = _of_tls(name, words)
    if tls is not None:
        return tls
    if "Permission denied" in words:
        return HostRefusedError(
            f"This user may not use Docker on {name}.",
            hint="Let an administrator run: usermod -aG docker <the login>; then log in again.",
            details=words,
        )
    if "Timeout" in type(error).__name__ or "timed out" in words:
        reason = "no answer in time"
    elif "refused" in words:
        reason = "nothing listens there"
    elif "No route" in words or "unreachable" in words.lower():
        reason = "no way leads there"
    else:
        reason = "the connection was lost"
    return HostUnreachableError(
        f"{name} does not answer: {reason}.", hint="Check that it is on, and that its Docker runs.", details=words
    )


def _of_tls(name: str, words: str) -> UserError | None:
    if "SSL" not in words and "certificate" not in words.lower() and "TLS" not in words:
        return None
    if _EXPIRED.search(words):
        return HostRefusedError(
            f"The certificate of {name} has expired or is not valid yet.",
            hint="Let its administrator renew it. If the clock of this computer is wrong, set it.",
            details=words,
        )
    if _WRONG_NAME.search(words):
        return HostRefusedError(
            f"The certificate of {name} is for another name.",
            hint="Use the name or address that the certificate is for, or let it be issued for this one.",
            details=words,
        )
    if _FOREIGN.search(words) and "alert" not in words:
        return HostKeyChangedError(
            f"{name} shows a certificate of another authority than the one that was pinned.",
            hint="Somebody may be in between. Ask who runs it; then add the host anew with the right ca.pem.",
            details=words,
        )
    if _NOT_LET_IN.search(words):
        return HostRefusedError(
            f"{name} does not accept our certificate.",
            hint="Use a cert.pem and key.pem that the engine's authority has issued.",
            details=words,
        )
    return None


def _chain(error: BaseException | None) -> str:
    parts: list[str] = []
    while error is not None and len(parts) < 6:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return " < ".join(parts)[:2000]


def read_stream(name: str, event: Mapping[str, object]) -> str:
    """The sentence of one event of a stream of progress. Raises what an event with an error stands for."""
    error = event.get("error")
    if error:
        raise of_words(name, str(error))
    words = [str(event[key]) for key in ("status", "id", "progress", "stream") if event.get(key)]
    return " ".join(words).strip()
