"""What `mlops hosts registry` takes, asks for and never shows."""

from __future__ import annotations

import io

import pytest
from tests.cli.test_host_commands import SSH, Terminal
from tests.cli.typing_room import DiligentWorld, Typist

from mlops_desktop.cli import main as entry

ADDRESS = "registry.example:5000/team"
CANARY = "canary-41cd-password"


@pytest.fixture(autouse=True)
def _box(mlops: Typist) -> None:
    mlops("hosts", "add", "gpu-box", *SSH, "--yes")


def given(world: DiligentWorld) -> dict[str, str]:
    return world.credentials.kept


def test_a_password_comes_from_standard_input(
    mlops: Typist, world: DiligentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\r\n"))
    said = mlops("hosts", "registry", "gpu-box", ADDRESS, "--user", "ada", "--password-stdin")
    assert said == f"Images for gpu-box go by way of {ADDRESS}. Try it: mlops hosts check gpu-box\n"
    assert given(world) == {"registry-gpu-box": CANARY}
    assert ADDRESS in mlops("hosts", "list")
    (_, host) = mlops.json("hosts", "list")
    assert (host["host"]["registry"], host["host"]["registry_user"]) == (ADDRESS, "ada")
    assert CANARY not in str(host)


def test_somebody_at_the_terminal_is_asked_without_it_being_shown(
    mlops: Typist, world: DiligentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda prompt: CANARY)
    said = mlops("hosts", "registry", "gpu-box", ADDRESS, "--user", "ada")
    assert given(world) == {"registry-gpu-box": CANARY}
    assert CANARY not in said + mlops.notes


def test_where_nobody_can_be_asked_the_variable_is_named(
    mlops: Typist, world: DiligentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    mlops("hosts", "registry", "gpu-box", ADDRESS, "--user", "ada", code=entry.USER_ERROR)
    assert "MLOPS_SECRET_REGISTRY_GPU_BOX" in mlops.notes
    assert given(world) == {}


def test_without_a_keyring_a_password_is_refused(
    mlops: Typist, world: DiligentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.credentials.is_there = False
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CANARY}\n"))
    mlops("hosts", "registry", "gpu-box", ADDRESS, "--user", "ada", "--password-stdin", code=entry.USER_ERROR)
    assert "MD-SEC-001" in mlops.notes
    assert CANARY not in mlops.notes
    assert mlops.json("hosts", "list")[1]["host"]["registry"] == ""


def test_a_registry_is_taken_away(mlops: Typist) -> None:
    mlops("hosts", "registry", "gpu-box", ADDRESS)
    assert mlops("hosts", "registry", "gpu-box", "--none") == "gpu-box puts its images together itself.\n"
    assert mlops.json("hosts", "registry", "gpu-box", ADDRESS)["registry"] == ADDRESS


@pytest.mark.parametrize("wrong", [(), (ADDRESS, "--none")])
def test_either_an_address_or_none(mlops: Typist, wrong: tuple[str, ...]) -> None:
    mlops("hosts", "registry", "gpu-box", *wrong, code=entry.WRONG_USAGE)
