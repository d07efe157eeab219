"""A file is replaced wholly or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from mlops_desktop.serving.bundle import write_manifest
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.bundles import FolderBundleStore
from mlops_desktop.storage.durable import make_folder, sync_tree, write_bytes, write_file


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "head.json"
    for content in (b"one", b"two"):
        write_bytes(file, content, mode=0o600)
        assert file.read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "head.json"
    write_bytes(file, b"old")

    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        write_file(file, fail)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_is_made_once_and_only_in_one_that_is_there(tmp_path: Path) -> None:
    make_folder(tmp_path / "a")
    make_folder(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        make_folder(tmp_path / "b" / "c")


def test_a_whole_tree_is_brought_to_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x")
    sync_tree(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells which file a descriptor is")
@pytest.mark.parametrize("deed", ["a file", "a folder", "an artifact", "a bundle"])
def test_a_rename_is_acknowledged_when_its_folder_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """Without that a power cut takes away what was acknowledged, though its content is on the disk."""
    synced: list[Path] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    source, store = tmp_path / "source", tmp_path / "store"
    source.mkdir()
    (source / "content").write_bytes(b"x")
    write_manifest(source)
    store.mkdir()
    monkeypatch.setattr(os, "fsync", noted)
    if deed == "a file":
        write_bytes(store / "made", b"x")
        last = store
    elif deed == "a folder":
        make_folder(store / "made")
        last = store
    elif deed == "an artifact":
        last = store / FileArtifactStore(store).add(source / "content")[:2]
    else:
        FolderBundleStore(store).add(source)
        last = store
    assert synced[-1] == last
