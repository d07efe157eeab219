"""What engines say of registries, as a sentence that says who, where and what to do."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.hosts import RegistryLogin
from mlops_desktop.hosts.engines.registry_words import registry_error

LOGIN = RegistryLogin("registry.example:5000/team", "ada", "canary-77aa")


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        ("unauthorized: authentication required", "does not let ada in", "hosts registry"),
        ("Get https://r/v2/: no basic auth credentials", "does not let ada in", "hosts registry"),
        ("denied: requested access to the resource is denied", "does not allow ada to push to it", "right"),
        ("error parsing HTTP 403 response body: ...", "does not allow ada to push to it", "right"),
        ("http: server gave HTTP response to HTTPS client", "speaks plain http", "insecure-registries"),
        ("tls: first record does not look like a TLS handshake", "speaks plain http", "insecure-registries"),
        ("x509: certificate signed by unknown authority", "does not trust", "certs.d/registry.example:5000/ca.crt"),
        ("dial tcp 198.18.0.1:5000: connect: connection refused", "does not answer the Docker on box", "is on"),
        ("dial tcp: lookup registry.example: no such host", "does not answer the Docker on box", "is on"),
        ("net/http: request canceled (Client.Timeout exceeded)", "does not answer the Docker on box", "is on"),
        ("unexpected EOF", "does not answer the Docker on box", "is on"),
        ("received unexpected HTTP status: 500 Internal Server Error", "failed: received", "full disk"),
        ("blob upload unknown", "cannot push to the registry", "engine's own words"),
    ],
)
def test_an_engines_words_become_a_reason_with_a_way_out(words: str, sentence: str, hint: str) -> None:
    error = registry_error(LOGIN, "box", "push to", words)
    assert sentence in error.message
    assert hint in error.hint
    assert error.details == words


def test_a_password_in_an_engines_words_is_not_repeated() -> None:
    error = registry_error(LOGIN, "box", "log in to", f"login of ada with {LOGIN.password} went wrong: strange")
    assert LOGIN.password not in f"{error.message}{error.hint}{error.details}"
    assert "strange" in error.message


def test_nobody_has_a_name_too() -> None:
    error = registry_error(RegistryLogin("registry.example"), "box", "pull from", "unauthorized")
    assert "does not let somebody without a login in" in error.message
