"""What engines say of a registry, as an error with a way out."""

from __future__ import annotations

import re
from typing import Final

from mlops_desktop.domain.errors import RegistryError
from mlops_desktop.domain.hosts import RegistryLogin

_AWAY: Final = re.compile(
    r"connection refused|connection reset|no such host|no route to host|network is unreachable|i/o timeout|"
    r"Client\.Timeout|timed? ?out|deadline exceeded|\bEOF\b|broken pipe|server misbehaving|use of closed",
    re.IGNORECASE,
)
_PLAIN: Final = re.compile(
    r"server gave HTTP response to HTTPS client|first record does not look like a TLS handshake", re.IGNORECASE
)
_AUTHORITY: Final = re.compile(r"x509|certificate|tls: ", re.IGNORECASE)
_NOT_IN: Final = re.compile(
    r"unauthorized|authentication required|no basic auth|incorrect username|\b401\b", re.IGNORECASE
)
_NOT_ALLOWED: Final = re.compile(r"denied|forbidden|\b403\b", re.IGNORECASE)
_ITS_OWN: Final = re.compile(r"\b5\d\d\b|unknown error|no space left|insufficient storage|quota", re.IGNORECASE)


def registry_error(login: RegistryLogin, engine: str, deed: str, words: str) -> RegistryError:
    """The error behind an engine's words on `deed` (push to, pull from, log in to) this registry."""
    said = (words.replace(login.password, "***") if login.password else words)[:1000]
    where, who = login.address, login.user or "somebody without a login"
    if _PLAIN.search(said):
        return RegistryError(
            f"The registry {where} speaks plain http, and the Docker on {engine} wants TLS.",
            hint="Let it have a certificate; or let its address be in the `insecure-registries` of both engines.",
            details=said,
        )
    if _NOT_IN.search(said):
        return RegistryError(
            f"The registry {where} does not let {who} in.",
            hint="Give user and password again: mlops hosts registry HOST ADDRESS --user USER",
            details=said,
        )
    if _NOT_ALLOWED.search(said):
        return RegistryError(
            f"The registry {where} does not allow {who} to {deed} it.",
            hint="Ask who runs it for the right to push and pull there, or use another user.",
            details=said,
        )
    if _AUTHORITY.search(said):
        return RegistryError(
            f"The Docker on {engine} does not trust the certificate of the registry {where}.",
            hint=f"Put its authority's certificate into /etc/docker/certs.d/{where.partition('/')[0]}/ca.crt there.",
            details=said,
        )
    if _AWAY.search(said):
        return RegistryError(
            f"The registry {where} does not answer the Docker on {engine}.",
            hint="See that it is on and can be reached from both machines, then try again.",
            details=said,
        )
    if _ITS_OWN.search(said):
        return RegistryError(
            f"The registry {where} failed: {said[:300]}",
            hint="Look into its log; a full disk is the usual reason.",
            details=said,
        )
    return RegistryError(
        f"The Docker on {engine} cannot {deed} the registry {where}: {said[:300]}",
        hint="These are the engine's own words; see its log.",
        details=said,
    )
