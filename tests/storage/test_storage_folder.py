"""A workspace folder is made whole, recognised by its file, and found from below."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    InvalidNameError,
    MlopsError,
    NetworkFolderError,
    NewerRegistryError,
    NotFoundError,
    WorkspaceError,
)
from mlops_desktop.domain.identifiers import is_identifier, new_identifier
from mlops_desktop.storage import filesystems
from mlops_desktop.storage.folder import create_workspace, find_workspace, read_workspace, state_folder


def test_a_workspace_is_read_as_it_was_made(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "new" / "flights", "NYC flights")
    assert is_identifier(made.id)
    assert read_workspace(tmp_path / "new" / "flights") == made
    assert (made.name, made.path) == ("NYC flights", tmp_path / "new" / "flights")
    parts = (made.artifacts, made.bundles, made.jobs, made.deployments, made.backups)
    assert all(part.is_dir() for part in parts)
    assert not made.registry.exists()
    assert {path.name for path in made.path.iterdir()} == {part.name for part in parts} | {"workspace.json"}


@pytest.mark.parametrize(("folder", "name"), [("flights", "flights"), ("my (flights)", "my"), ("___", "workspace")])
def test_without_a_name_it_is_called_like_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    assert create_workspace(tmp_path / folder).name.startswith(name)


def test_a_folder_with_other_files_may_become_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "flights.csv").touch()
    assert create_workspace(tmp_path, "flights").path == tmp_path


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    first = create_workspace(tmp_path, "flights")
    with pytest.raises(AlreadyExistsError, match="already"):
        create_workspace(tmp_path, "again")
    assert read_workspace(tmp_path) == first


def test_a_registry_without_its_workspace_file_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    with pytest.raises(AlreadyExistsError):
        create_workspace(tmp_path, "flights")


def test_of_many_makers_at_once_one_succeeds(tmp_path: Path) -> None:
    outcomes: list[str] = []

    def make() -> None:
        try:
            outcomes.append(create_workspace(tmp_path, "flights").id)
        except AlreadyExistsError:
            outcomes.append("")

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [""] * 7 + [read_workspace(tmp_path).id]


def test_a_bad_name_and_a_bad_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError):
        create_workspace(tmp_path / "x", "../x")
    assert not (tmp_path / "x").exists()
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError, match="file"):
        create_workspace(tmp_path / "file", "flights")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (None, NotFoundError),
        ("", WorkspaceError),
        ("[]", WorkspaceError),
        ("[" * 50_000, WorkspaceError),
        ('{"format": 1}', WorkspaceError),
        ('{"format": 1, "id": "../../x", "name": "x"}', WorkspaceError),
        ('{"format": "1", "id": "' + "a" * 32 + '", "name": "x"}', WorkspaceError),
        ('{"format": 2, "id": "' + "a" * 32 + '", "name": "x"}', NewerRegistryError),
    ],
)
def test_a_folder_that_is_no_sound_workspace_is_refused(
    tmp_path: Path, content: str | None, kind: type[MlopsError]
) -> None:
    if content is not None:
        (tmp_path / "workspace.json").write_text(content, encoding="utf-8")
    with pytest.raises(kind) as refused:
        read_workspace(tmp_path)
    assert type(refused.value) is kind
    assert refused.value.hint


def test_what_a_later_program_adds_is_passed_over(tmp_path: Path) -> None:
    plain = {"format": 1, "id": new_identifier(), "name": "flights", "colour": "blue"}
    (tmp_path / "workspace.json").write_text(json.dumps(plain), encoding="utf-8")
    assert read_workspace(tmp_path).id == plain["id"]


def test_the_nearest_workspace_above_is_found(tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "outer" / "a" / "inner"
    create_workspace(outer)
    create_workspace(inner)
    below = inner / "jobs" / "x"
    below.mkdir()
    assert find_workspace(below) == inner
    assert find_workspace(inner) == inner
    assert find_workspace(inner.parent) == outer
    assert find_workspace(tmp_path) is None


def test_the_state_folder_is_outside_and_can_be_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_STATE_FOLDER", str(tmp_path / "there"))
    assert state_folder("x") == tmp_path / "there" / "x"
    monkeypatch.delenv("MLOPS_STATE_FOLDER")
    assert state_folder("x").parts[-2:] == ("mlops-desktop", "x")


def test_s_15_a_network_folder_is_refused_for_making_and_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_workspace(tmp_path / "made")
    monkeypatch.setattr(filesystems, "file_system_name", lambda folder: "fuse.sshfs")
    with pytest.raises(NetworkFolderError, match=r"fuse\.sshfs"):
        create_workspace(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(NetworkFolderError):
        read_workspace(tmp_path / "made")
