"""Secrets lie where only their owner can read them, and show nowhere else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.storage.secrets import FileSecretStore

CANARY = "canary-5d1f-token"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_comes_back_until_it_is_removed(state: Path) -> None:
    store = FileSecretStore(state)
    assert store.get("endpoint late") is None
    store.set("endpoint late", CANARY)
    store.set("endpoint early", "ü\udcff\n")
    assert FileSecretStore(state).get("endpoint late") == CANARY
    assert FileSecretStore(state).get("endpoint early") == "ü\udcff\n"
    store.remove("endpoint late")
    store.remove("endpoint late")
    assert store.get("endpoint late") is None
    assert store.get("endpoint early") is not None


def test_nothing_is_written_where_there_is_nothing_to_remove(state: Path) -> None:
    FileSecretStore(state).remove("endpoint late")
    assert not state.exists() or not list(state.iterdir())


def test_only_the_owner_can_read_them(state: Path) -> None:
    FileSecretStore(state).set("x", CANARY)
    assert {path.name: mode(path) for path in state.iterdir()} == {"secrets.json": 0o600, "secrets.json.lock": 0o600}
    assert mode(state) == 0o700


def test_modes_that_were_widened_are_narrowed_again(state: Path) -> None:
    store = FileSecretStore(state)
    store.set("x", CANARY)
    (state / "secrets.json").chmod(0o644)
    state.chmod(0o755)
    assert store.get("x") == CANARY
    assert mode(state / "secrets.json") == 0o600
    store.set("y", "z")
    assert mode(state) == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", f'{{"x": 1, "y": "{CANARY}"}}', f'{{"x": "{CANARY}"'])
def test_a_damaged_file_is_named_and_its_text_is_not_shown(state: Path, content: str) -> None:
    store = FileSecretStore(state)
    store.set("x", CANARY)
    (state / "secrets.json").write_text(content, encoding="utf-8")
    with pytest.raises(WorkspaceError, match="damaged") as found:
        store.get("x")
    error: BaseException | None = found.value
    while error is not None:
        assert CANARY not in f"{error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


def test_the_store_shows_no_value(state: Path) -> None:
    store = FileSecretStore(state)
    store.set("x", CANARY)
    assert CANARY not in f"{store!r} {vars(store)}"


def test_writers_at_the_same_time_lose_nothing(state: Path) -> None:
    threads = [
        threading.Thread(target=lambda name=name: FileSecretStore(state).set(name, name)) for name in map(str, range(8))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [FileSecretStore(state).get(str(number)) for number in range(8)] == list(map(str, range(8)))
