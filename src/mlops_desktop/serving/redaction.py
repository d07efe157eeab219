"""Secrets taken out of what a server logs: by their shape, as `domain.redaction` does, which does not travel with us.

A server knows no secret by its value: none is in its environment, and of its token it has the hash.
"""

from __future__ import annotations

import re

HIDDEN = "[secret]"
_WORDS = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY")
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


def redact(text: str) -> str:
    """The text without what looks secret: passwords in addresses, values of secret names, tokens, private keys."""
    text = _KEY_BLOCK.sub(HIDDEN, text)
    text = _IN_ADDRESS.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    text = _ASSIGNED.sub(rf"\1{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, text)
