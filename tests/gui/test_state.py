"""What the window remembers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from mlops_desktop import bootstrap
from mlops_desktop.gui.state import MOST_RECENT, WindowState, last_workspace, load_state, save_state, state_folder


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state = WindowState("dark", "standard", False, ("/a", "/b"), {"binary": {"folds": False}}, "AAAA")
    save_state(tmp_path / "deep", lambda: state)
    assert load_state(tmp_path / "deep") == state
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["window.json"]


def test_saves_at_once_do_not_meet(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(100):
            pool.submit(save_state, tmp_path, partial(WindowState, page=str(number)))
    assert [path.name for path in tmp_path.iterdir()] == ["window.json"]
    last = WindowState(page="last")
    save_state(tmp_path, lambda: last)
    assert load_state(tmp_path) == last


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"look": 5, "recent": "x", "columns": {"a": 1}, "inspector": 1}']
)
def test_a_damaged_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "window.json").write_text(text, "utf-8")
    assert load_state(tmp_path) == WindowState()


def test_recent_workspaces_are_few_and_newest_first() -> None:
    state = WindowState()
    for number in [*range(12), 3]:
        state = state.with_recent(Path(f"/w{number}"))
    assert len(state.recent) == MOST_RECENT
    assert state.recent[:2] == ("/w3", "/w11")


def test_a_column_is_remembered_for_its_task() -> None:
    state = WindowState().with_column("binary", "folds", False).with_column("binary", "param:C", True)
    assert state.columns == {"binary": {"folds": False, "param:C": True}}


def test_folder_and_last_workspace_are_those_of_the_other_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_folder() == bootstrap.state_root()
    monkeypatch.delenv("MLOPS_STATE_FOLDER")
    assert state_folder() == bootstrap.state_root()
    monkeypatch.setenv("MLOPS_STATE_FOLDER", str(tmp_path))
    assert last_workspace(state_folder()) is None
    bootstrap.create_workspace(tmp_path / "nyc", "nyc").close()
    assert last_workspace(state_folder()) == bootstrap.last_workspace() == tmp_path / "nyc"
    for damaged in ("", "[]", json.dumps({"folder": 7}), json.dumps({"folder": str(tmp_path / "gone")})):
        (tmp_path / "last.json").write_text(damaged, "utf-8")
        assert last_workspace(state_folder()) is None
