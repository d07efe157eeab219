"""Identifiers: ours, random, safe as a file name; never taken from a person or a file."""

from __future__ import annotations

import re
import uuid

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def new_identifier() -> str:
    return uuid.uuid4().hex


def is_identifier(text: str) -> bool:
    return _IDENTIFIER.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None
