"""The pins of a bundle: what its `requirements.txt` may say, and what it has to say for our server."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.serving.libraries import DISTRIBUTIONS

_FILE: Final = "requirements.txt"
_LARGEST: Final = 64 * 1024
_PIN: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})==([A-Za-z0-9][A-Za-z0-9.!+_-]{0,63})")


def read_requirements(bundle: Path) -> tuple[str, ...]:
    """The lines of a bundle's requirements. Raises DeploymentError."""
    try:
        descriptor = os.open(bundle / _FILE, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) <= _LARGEST:
            return tuple(content.decode("utf-8").split("\n"))
        reason = f"it is larger than {_LARGEST} bytes"
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    raise DeploymentError(
        f"The model's {_FILE} cannot be read: {reason}.",
        hint="Train the model anew, or import its bundle again.",
    )


def parse_requirements(lines: Sequence[str]) -> Mapping[str, str]:
    """The version by name, from lines `name==version`.

    Nothing else is taken: no option, address, path, marker or range, for each could bring in what nobody approved.
    Raises DeploymentError, which names the line.
    """
    pins: dict[str, str] = {}
    for number, raw in enumerate(lines, start=1):
        line = raw.strip(" \t\r\n")
        if not line:
            continue
        found = _PIN.fullmatch(line)
        if found is None or not _is_version(found[2]):
            raise _refused(number, line, "it is not of the form name==version")
        name, version = canonicalize_name(found[1]), str(Version(found[2]))
        if pins.setdefault(name, version) != version:
            raise _refused(number, line, f"{name} is pinned to {pins[name]} before")
    return pins


def require_served(pins: Mapping[str, str]) -> None:
    """Raises DeploymentError where a library that our server imports has no pin."""
    missing = [name for name in DISTRIBUTIONS if name not in pins]
    if missing:
        raise DeploymentError(
            f"The model does not say which version of {', '.join(missing)} it needs.",
            hint="Train it anew with this program: its requirements then name every library that serving needs.",
        )


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _refused(number: int, line: str, reason: str) -> DeploymentError:
    shown = line if len(line) <= 80 else f"{line[:77]}…"
    return DeploymentError(
        f"Line {number} of the model's {_FILE} is refused, {shown!r}: {reason}.",
        hint="A bundle names its libraries with exact versions and nothing else. Train the model anew.",
    )
