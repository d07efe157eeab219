"""Secrets taken out of text that leaves the program: logs, crash reports, the words of foreign errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "[secret]"
_WORDS = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY")
_SHORTEST = 6
"""A known secret that is shorter would take harmless words with it."""
_NAMED = "|".join(word.replace("_", "[_-]?") for word in _WORDS)
_ESCAPE = r"(?<=\\[nrt])"
"""A word begins behind a line end that is written as two characters, too."""
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?")
_IN_ADDRESS = re.compile(r"(?<=://)([^\s:/@]{0,100}:)[^\s/@]{1,500}(?=@)")
_BEARER = re.compile(rf"((?:\b|{_ESCAPE})(?:bearer|basic)\s{{1,3}})[\w.~+/=-]{{16,}}", re.IGNORECASE)
_HEADER = re.compile(
    r"(authorization\\{0,3}[\"']?\s{0,3}[=:]\s{0,3}\\{0,3}[\"']?(?:(?:bearer|basic)\s{1,3})?)"
    r"(?!\[secret\]|(?:bearer|basic)\s)[^\s\\,;&)}\]\"']+",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    rf"((?:{_NAMED})[\w-]{{0,40}}\\{{0,3}}[\"']?\s{{0,3}}[=:]\s{{0,3}})"
    r"(\\{0,3}\"[^\"]*\"|\\{0,3}'[^']*'|(?!\[secret\])[^\s,;&)}\]\"']+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?:(?<![\w/+-])|{_ESCAPE})"
    r"(?=[\w-]{0,42}[a-z])(?=[\w-]{0,42}[A-Z])(?=[\w-]{0,42}[0-9])[A-Za-z0-9_-]{43}(?![\w/+=-])"
)
"""As an endpoint's tokens are: 32 random bytes in base64."""


def is_secret_name(name: str) -> bool:
    """Whether a variable or option of this name holds a secret."""
    folded = name.upper().replace("-", "_")
    return any(word in folded for word in _WORDS)


def secrets_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of variables whose names say that they are secret."""
    return tuple(value for name, value in environment.items() if is_secret_name(name) and len(value) >= _SHORTEST)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """The text without what is `known` to be secret, and without what looks so: passwords in addresses, values of
    secret names, tokens, private keys."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _KEY_BLOCK.sub(HIDDEN, text)
    text = _IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\1{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, text)
