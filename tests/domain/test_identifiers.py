"""Identifiers are safe as a file name and never taken from outside."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.identifiers import is_identifier, is_sha256, new_identifier


def test_new_identifiers_are_different_and_known_as_such() -> None:
    made = {new_identifier() for _ in range(100)}
    assert len(made) == 100
    assert all(is_identifier(identifier) for identifier in made)


@pytest.mark.parametrize("text", ["", "..", "a" * 31, "A" * 32, "g" * 32, "a" * 32 + "\n", "../" + "a" * 29])
def test_nothing_else_is_an_identifier(text: str) -> None:
    assert not is_identifier(text)


def test_a_hash_has_sixty_four_lower_case_digits() -> None:
    assert is_sha256("0" * 64)
    assert not is_sha256("0" * 63)
    assert not is_sha256("F" * 64)
    assert not is_sha256("0" * 64 + "\n")
