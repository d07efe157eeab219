"""An artifact is whole or absent, and is never handed out when it is not what its hash says."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlops_desktop.domain.errors import (
    DamagedArtifactError,
    DiskFullError,
    InvalidInputError,
    WorkspaceError,
)
from mlops_desktop.storage import disk
from mlops_desktop.storage.artifacts import FileArtifactStore

ROOT = Path(__file__).parents[2]
CONTENT = b"year,month\n2013,1\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path) -> FileArtifactStore:
    return FileArtifactStore(root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "flights.csv"
    file.write_bytes(CONTENT)
    return file


def left_behind(root: Path) -> list[Path]:
    return list((root / "incoming").glob("*"))


def test_what_is_added_comes_back_by_its_hash(store: FileArtifactStore, root: Path, source: Path) -> None:
    assert store.add(source) == SHA256
    assert store.path(SHA256) == root / SHA256[:2] / SHA256[2:]
    assert store.path(SHA256).read_bytes() == store.read(SHA256) == source.read_bytes() == CONTENT
    assert store.size(SHA256) == len(CONTENT)
    assert store.hashes() == [SHA256]
    assert store.problem(SHA256) is None
    assert left_behind(root) == []
    assert store.path(SHA256).stat().st_mode & 0o777 == 0o444


def test_adding_twice_changes_nothing(store: FileArtifactStore, source: Path) -> None:
    store.add(source)
    before = store.path(SHA256).stat()
    assert store.add(source) == SHA256
    after = store.path(SHA256).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_empty_file_is_an_artifact_too(store: FileArtifactStore, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert store.read(store.add(empty)) == b""


def test_removing_is_final_and_may_be_repeated(store: FileArtifactStore, source: Path) -> None:
    store.add(source)
    store.remove(SHA256)
    store.remove(SHA256)
    assert store.hashes() == []
    with pytest.raises(DamagedArtifactError, match="missing"):
        store.path(SHA256)


@pytest.mark.parametrize("damage", ["flipped", "truncated", "emptied", "deleted", "replaced by a link", "a folder"])
def test_a_03_a_damaged_artifact_is_refused_named_and_healed_by_adding_it_again(
    store: FileArtifactStore, source: Path, damage: str
) -> None:
    store.add(source)
    place = store.path(SHA256)
    place.unlink()
    if damage == "flipped":
        place.write_bytes(CONTENT[:100] + bytes([CONTENT[100] ^ 1]) + CONTENT[101:])
    elif damage == "truncated":
        place.write_bytes(CONTENT[:-1])
    elif damage == "emptied":
        place.touch()
    elif damage == "replaced by a link":
        place.symlink_to(source)
    elif damage == "a folder":
        place.mkdir()
    problem = store.problem(SHA256)
    assert problem is not None
    assert (problem.area, problem.subject) == ("artifact", SHA256)
    for use in (store.path, store.read):
        with pytest.raises(DamagedArtifactError, match=SHA256[:12]) as found:
            use(SHA256)
        assert "verify" in found.value.hint
    if damage == "a folder":
        place.rmdir()
    store.add(source)
    assert store.read(SHA256) == CONTENT


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "\n", "a\\..\\b"])
def test_a_11_what_is_no_hash_never_becomes_a_path(store: FileArtifactStore, name: str) -> None:
    for use in (store.path, store.read, store.size, store.remove):
        with pytest.raises(DamagedArtifactError, match="cannot be the name"):
            use(name)


def test_a_06_a_source_that_is_no_plain_file_is_refused_at_once(
    store: FileArtifactStore, source: Path, tmp_path: Path
) -> None:
    pipe, link, loop, folder = (tmp_path / name for name in ("pipe", "link", "loop", "folder"))
    os.mkfifo(pipe)
    link.symlink_to(source)
    loop.symlink_to(loop)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for odd in (pipe, link, loop, folder, tmp_path / "socket", Path("/dev/zero"), tmp_path / "missing"):
            with pytest.raises(InvalidInputError, match=str(odd)):
                store.add(odd)
    assert store.hashes() == []


def grow(source: Path) -> None:
    with source.open("ab") as stream:
        stream.write(b"2013,2\n")


def shrink(source: Path) -> None:
    os.truncate(source, len(CONTENT) // 2)


def write_over(source: Path) -> None:
    """The size stays."""
    with source.open("r+b") as stream:
        stream.write(b"YEAR")


@pytest.mark.parametrize("change", [grow, shrink, write_over])
@pytest.mark.parametrize("moment", ["before the first block", "after the first block"])
def test_a_05_a_source_that_changes_meanwhile_is_refused(
    store: FileArtifactStore,
    root: Path,
    source: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    change: Callable[[Path], None],
) -> None:
    class Changing:
        """A hash in the making; with its first block the source changes."""

        def __init__(self) -> None:
            self._real, self._blocks = hashlib.sha256(), 0

        def update(self, block: bytes) -> None:
            self._real.update(block)
            self._blocks += 1
            if self._blocks == 1:
                change(source)

        def hexdigest(self) -> str:
            return self._real.hexdigest()

    def changed(folder: Path, size: int) -> None:
        disk.need_room(folder, size)
        change(source)

    monkeypatch.setattr("mlops_desktop.storage.artifacts._BLOCK", 1000)
    if moment == "before the first block":
        monkeypatch.setattr("mlops_desktop.storage.artifacts.need_room", changed)
    else:
        monkeypatch.setattr("mlops_desktop.storage.artifacts.hashlib", SimpleNamespace(sha256=Changing))
    with pytest.raises(InvalidInputError, match="changed while"):
        store.add(source)
    assert left_behind(root) == []
    assert store.hashes() == []


def test_a_full_disk_is_noticed_before_the_copy(
    store: FileArtifactStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_KEPT_FREE", 1 << 60)
    with pytest.raises(DiskFullError, match="no room"):
        store.add(source)
    assert left_behind(root) == []


def test_a_10_a_store_that_went_away_does_not_come_back_empty(
    store: FileArtifactStore, root: Path, source: Path
) -> None:
    root.rmdir()
    with pytest.raises(WorkspaceError, match="artifacts"):
        store.add(source)
    with pytest.raises(WorkspaceError, match="artifacts"):
        store.hashes()
    assert not root.exists()


def test_a_01_what_killed_processes_left_is_swept_after_a_day(
    store: FileArtifactStore, root: Path, source: Path
) -> None:
    incoming = root / "incoming"
    incoming.mkdir()
    old, young = incoming / "old", incoming / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))
    store.add(source)
    assert left_behind(root) == [young]
    assert store.hashes() == [SHA256]


def test_a_07_what_is_just_coming_in_is_not_swept_however_the_clock_was_set(
    store: FileArtifactStore, root: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process stores something in the midst of our copy, and for it ours is years old."""
    other = tmp_path / "other"
    other.write_bytes(b"other")

    def meanwhile(path: Path, sha256: str) -> None:
        (part,) = left_behind(root)
        os.utime(part, (0, 0))
        FileArtifactStore(root).add(other)
        assert left_behind(root) == [part]
        keep(store, path, sha256)

    keep = FileArtifactStore._store
    monkeypatch.setattr(store, "_store", meanwhile)
    assert store.add(source) == SHA256
    assert len(store.hashes()) == 2


def adder(root: Path, source: Path, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.artifact_adder", str(root), str(source), str(times)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_08_four_processes_may_add_the_same_content_at_once(
    store: FileArtifactStore, root: Path, source: Path
) -> None:
    started = [adder(root, source, 20) for _ in range(4)]
    outputs = [process.communicate(timeout=120)[0].split() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    assert {name for output in outputs for name in output} == {SHA256}
    assert store.hashes() == [SHA256]
    assert store.read(SHA256) == CONTENT
    assert left_behind(root) == []


@pytest.mark.parametrize("kills", [pytest.param(3, id="short"), pytest.param(30, id="long", marks=[pytest.mark.long])])
def test_a_01_a_killed_adder_leaves_no_half_artifact(
    store: FileArtifactStore, root: Path, tmp_path: Path, kills: int
) -> None:
    for number in range(kills):
        source = tmp_path / f"source {number}"
        source.write_bytes(os.urandom(3_000_000))
        process = adder(root, source, 1)
        while process.poll() is None and not left_behind(root):
            pass  # until it is in the midst of its copy
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for part in left_behind(root):
            part.unlink()
        assert [store.problem(sha256) for sha256 in store.hashes()] == [None] * len(store.hashes())
        store.add(source)
    assert len(store.hashes()) == kills
