"""Hosts as people write them down."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.hosts import RegistryLogin, parse_registry


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("registry.example", "registry.example"),
        (" Registry.Example:5000 ", "registry.example:5000"),
        ("registry.example:5000/team/models", "registry.example:5000/team/models"),
        ("localhost/team", "localhost/team"),
        ("box:5000", "box:5000"),
        ("docker.io/ada", "docker.io/ada"),
        ("198.18.0.1:5000", "198.18.0.1:5000"),
    ],
)
def test_a_registry_is_kept_as_engines_take_it(written: str, kept: str) -> None:
    assert parse_registry(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "", "/", "https://registry.example", "registry.example/", "registry.example:", "registry.example:port",
        "registry.example/Team", "registry.example//team", "registry.example/../etc", "registry.example/team:latest",
        "registry.example/team@sha256:0", "ada:secret@registry.example", "-o.example", "--option", "a b.example",
        "registry.example/" + "a" * 200, "reg\nistry.example", "box",
    ],
)  # fmt: skip
def test_what_could_be_taken_for_something_else_is_no_registry(written: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_registry(written)


def test_a_password_does_not_show() -> None:
    assert "canary" not in repr(RegistryLogin("registry.example", "ada", "canary"))
