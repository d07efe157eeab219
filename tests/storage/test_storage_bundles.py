"""A bundle is whole or absent, and is never handed out when a file of it is not what the manifest says."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from mlops_desktop.domain.errors import DamagedBundleError, DiskFullError, UntrustedBundleError, WorkspaceError
from mlops_desktop.serving import bundle
from mlops_desktop.storage import disk
from mlops_desktop.storage.bundles import FolderBundleStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "bundles"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path) -> FolderBundleStore:
    return FolderBundleStore(root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "made by a run"
    (folder / "code" / "mlops_desktop").mkdir(parents=True)
    (folder / "MLmodel").write_text('{"flavors": {}}', encoding="utf-8")
    (folder / "model.skops").write_bytes(os.urandom(10_000))
    (folder / "code" / "mlops_desktop" / "__init__.py").write_text("", encoding="utf-8")
    bundle.write_manifest(folder)
    return folder


def left_behind(root: Path) -> list[Path]:
    return list((root / "incoming").glob("*"))


def test_what_is_added_comes_back_by_its_manifest(store: FolderBundleStore, root: Path, source: Path) -> None:
    name = store.add(source)
    assert name == bundle.check(source)
    assert store.folder(name) == root / name
    assert store.hashes() == [name]
    assert store.problem(name) is None
    assert left_behind(root) == []
    assert (store.folder(name) / "model.skops").read_bytes() == (source / "model.skops").read_bytes()
    assert (store.folder(name) / "model.skops").stat().st_mode & 0o777 == 0o444
    assert store.add(source) == name
    assert left_behind(root) == []


@pytest.mark.parametrize("damage", ["changed", "missing", "extra", "no manifest", "link", "gone"])
def test_a_03_a_damaged_bundle_is_refused_named_and_healed_by_adding_it_again(
    store: FolderBundleStore, root: Path, source: Path, damage: str
) -> None:
    name = store.add(source)
    model = root / name / "model.skops"
    if damage == "gone":
        shutil.rmtree(root / name)
    elif damage == "extra":
        (root / name / "extra.py").write_text("", encoding="utf-8")
    elif damage == "no manifest":
        (root / name / "manifest.json").unlink()
    else:
        content = model.read_bytes()
        model.unlink()
        if damage == "changed":
            model.write_bytes(content[:-1] + b"!")
        elif damage == "link":
            model.symlink_to(source / "model.skops")
    problem = store.problem(name)
    assert problem is not None
    assert (problem.area, problem.subject) == ("bundle", name)
    with pytest.raises(DamagedBundleError) as found:
        store.folder(name)
    assert "verify" in found.value.hint
    with pytest.raises(DamagedBundleError):
        store.export(name, root.parent / "out.zip")
    assert store.add(source) == name
    assert store.problem(name) is None


def test_a_bundle_that_does_not_match_is_not_taken_in(store: FolderBundleStore, root: Path, source: Path) -> None:
    (source / "model.skops").write_bytes(b"another")
    with pytest.raises(DamagedBundleError, match=r"model\.skops"):
        store.add(source)
    assert store.hashes() == []
    assert left_behind(root) == []


def test_a_bundle_goes_out_and_comes_in_as_one_file(store: FolderBundleStore, source: Path, tmp_path: Path) -> None:
    name = store.add(source)
    file = tmp_path / "flight-late.zip"
    store.export(name, file)
    other_root = tmp_path / "other"
    other_root.mkdir()
    other = FolderBundleStore(other_root)
    assert other.import_file(file) == name
    assert other.import_file(file) == name
    assert other.problem(name) is None
    again = tmp_path / "again.zip"
    other.export(name, again)
    assert again.read_bytes() == file.read_bytes()
    assert sorted(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"text"])
def test_a_09_a_file_that_is_no_bundle_leaves_nothing(
    store: FolderBundleStore, root: Path, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "odd.zip"
    file.write_bytes(content)
    with pytest.raises(DamagedBundleError, match=r"odd\.zip"):
        store.import_file(file)
    assert (store.hashes(), left_behind(root)) == ([], [])


def test_removing_is_final_and_may_be_repeated(store: FolderBundleStore, root: Path, source: Path) -> None:
    name = store.add(source)
    store.remove(name)
    store.remove(name)
    assert (store.hashes(), left_behind(root)) == ([], [])


@pytest.mark.parametrize("name", ["", "..", "../x", "A" * 64])
def test_a_11_what_is_no_hash_never_becomes_a_path(store: FolderBundleStore, name: str) -> None:
    for use in (store.folder, store.remove):
        with pytest.raises(DamagedBundleError, match="cannot be the name"):
            use(name)


def test_a_08_many_threads_may_add_the_same_bundle_at_once(store: FolderBundleStore, root: Path, source: Path) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(store.add(source))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 4
    assert store.hashes() == sorted(set(names))
    assert left_behind(root) == []


def test_types_outside_the_allow_list_are_called_untrusted(
    store: FolderBundleStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, expected: str | None = None) -> str:
        raise bundle.UntrustedError("it holds os.system")

    monkeypatch.setattr(bundle, "check", refuse)
    with pytest.raises(UntrustedBundleError, match=r"os\.system"):
        store.add(source)


def test_no_room_and_no_folder_are_said_in_words(
    store: FolderBundleStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(disk, "_KEPT_FREE", 1 << 60)
        with pytest.raises(DiskFullError, match="no room"):
            store.add(source)
    shutil.rmtree(root)
    with pytest.raises(WorkspaceError, match="bundles"):
        store.add(source)
    assert not root.exists()


def test_what_killed_processes_left_is_swept_after_a_day(store: FolderBundleStore, root: Path, source: Path) -> None:
    old, young = root / "incoming" / "old", root / "incoming" / "young"
    old.mkdir(parents=True)
    young.mkdir()
    os.utime(old, (0, 0))
    store.add(source)
    assert left_behind(root) == [young]


def test_a_07_what_is_just_coming_in_is_not_swept_however_the_clock_was_set(
    store: FolderBundleStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = FolderBundleStore._store

    def meanwhile(part: Path, manifest_hash: str) -> None:
        os.utime(part, (0, 0))
        FolderBundleStore(root).add(source)
        assert part.is_dir()
        keep(store, part, manifest_hash)

    monkeypatch.setattr(store, "_store", meanwhile)
    manifest_hash = store.add(source)
    assert store.hashes() == [manifest_hash]
