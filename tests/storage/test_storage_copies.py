"""A backup taken while others write is sound; a restored workspace is checked file by file."""

from __future__ import annotations

import itertools
import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.storage.storage_values import a_dataset, a_dataset_version, a_job, a_model, a_model_version

from mlops_desktop.domain.errors import (
    DamagedRegistryError,
    DiskFullError,
    NetworkFolderError,
    UserError,
    WorkspaceError,
)
from mlops_desktop.serving import bundle
from mlops_desktop.storage import disk, filesystems
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.bundles import FolderBundleStore
from mlops_desktop.storage.copies import backup_workspace, restore_workspace
from mlops_desktop.storage.folder import WorkspaceFolder, create_workspace, read_workspace
from mlops_desktop.storage.registry import SqliteRegistry, open_registry


@dataclass(frozen=True)
class Filled:
    """A workspace with a dataset, a model and a file of scores."""

    workspace: WorkspaceFolder
    registry: SqliteRegistry
    content_hash: str
    manifest_hash: str
    file_hash: str

    @property
    def folder(self) -> Path:
        return self.workspace.path


def opened(folder: Path, state: Path) -> SqliteRegistry:
    return open_registry(folder, state_folder=state, actor="ada", machine="laptop", program_version="0.1.0")


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    workspace = create_workspace(tmp_path / "workspace", "flights")
    artifacts = FileArtifactStore(workspace.artifacts)
    table, scores, made = tmp_path / "table.parquet", tmp_path / "scores.csv", tmp_path / "bundle"
    table.write_bytes(os.urandom(50_000))
    scores.write_text("late\n0\n", encoding="utf-8")
    (made / "code").mkdir(parents=True)
    (made / "code" / "pyfunc.py").write_text("", encoding="utf-8")
    (made / "model.skops").write_bytes(os.urandom(5_000))
    bundle.write_manifest(made)
    registry = opened(workspace.path, tmp_path / "state")
    content_hash, file_hash = artifacts.add(table), artifacts.add(scores)
    manifest_hash = FolderBundleStore(workspace.bundles).add(made)
    dataset, model = a_dataset(), a_model()
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(a_dataset_version(dataset, content_hash=content_hash))
        unit.models.add(model)
        unit.models.add_version(a_model_version(model, manifest_hash=manifest_hash))
        unit.jobs.add(a_job(result={"file_hash": file_hash}))
        unit.audit.append("model.register", "flight-late@v1")
        unit.commit()
    yield Filled(workspace, registry, content_hash, manifest_hash, file_hash)
    registry.close()


def test_s_14_a_restored_workspace_has_everything_and_an_identity_of_its_own(filled: Filled, tmp_path: Path) -> None:
    target = tmp_path / "backup.zip"
    assert backup_workspace(filled.folder, target) == target.stat().st_size
    assert restore_workspace(target, tmp_path / "again") == []
    again = read_workspace(tmp_path / "again")
    assert (again.name, again.id != filled.workspace.id) == ("flights", True)
    registry = opened(again.path, tmp_path / "other state")
    with registry.read() as restored, filled.registry.read() as original:
        assert restored.audit.list() == original.audit.list()
        assert restored.datasets.list() == original.datasets.list()
        assert restored.models.list() == original.models.list()
    assert registry.problems() == []
    registry.close()
    assert FileArtifactStore(again.artifacts).hashes() == FileArtifactStore(filled.workspace.artifacts).hashes()
    assert FolderBundleStore(again.bundles).problem(filled.manifest_hash) is None
    leftovers = [*tmp_path.glob(".*"), *filled.workspace.backups.iterdir(), *again.path.glob(".*")]
    assert leftovers == []


def test_what_no_row_names_stays_behind(filled: Filled, tmp_path: Path) -> None:
    orphan = tmp_path / "orphan"
    orphan.write_text("nobody's", encoding="utf-8")
    FileArtifactStore(filled.workspace.artifacts).add(orphan)
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    restore_workspace(tmp_path / "backup.zip", tmp_path / "again")
    restored = FileArtifactStore(tmp_path / "again" / "artifacts").hashes()
    assert sorted(restored) == sorted([filled.content_hash, filled.file_hash])


def test_s_14_a_backup_taken_while_others_write_is_sound(filled: Filled, tmp_path: Path) -> None:
    done = threading.Event()
    written: list[int] = []

    def write() -> None:
        for number in itertools.count(1):
            if done.is_set():
                return
            source = tmp_path / f"source {number}"
            source.write_bytes(os.urandom(2_000))
            content_hash = FileArtifactStore(filled.workspace.artifacts).add(source)
            dataset = a_dataset(f"set {number}")
            with filled.registry.write() as unit:
                unit.datasets.add(dataset)
                unit.datasets.add_version(a_dataset_version(dataset, content_hash=content_hash))
                unit.audit.append("dataset.import", dataset.name)
                unit.commit()
            written.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    fell_into, made = 0, 0
    try:
        while fell_into < 3 and made < 30:
            before = len(written)
            backup_workspace(filled.folder, tmp_path / f"backup {made}.zip")
            fell_into += len(written) > before
            made += 1
    finally:
        done.set()
        writer.join()
    assert fell_into == 3
    for number in range(made):
        folder = tmp_path / f"again {number}"
        assert restore_workspace(tmp_path / f"backup {number}.zip", folder) == []


def test_s_14_what_is_missing_or_damaged_is_listed_and_the_rest_is_restored(filled: Filled, tmp_path: Path) -> None:
    FileArtifactStore(filled.workspace.artifacts).remove(filled.content_hash)
    model = filled.workspace.bundles / filled.manifest_hash / "model.skops"
    model.chmod(0o644)
    model.write_bytes(b"another")
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    missing = restore_workspace(tmp_path / "backup.zip", tmp_path / "again")
    assert [line.split(":")[0] for line in missing] == [
        f"artifact {filled.content_hash}",
        f"bundle {filled.manifest_hash}",
    ]
    assert FileArtifactStore(tmp_path / "again" / "artifacts").hashes() == [filled.file_hash]


def repack(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The backup again, with members changed or (None) left out."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            content = change(name, before.read(name))
            if content is not None:
                after.writestr(name, content)


def replaced(place: str, by: bytes | None) -> Callable[[str, bytes], bytes | None]:
    return lambda name, content: by if name == place else content


def test_a_backup_is_made_without_the_folder_of_backups(filled: Filled, tmp_path: Path) -> None:
    filled.workspace.backups.rmdir()
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    assert (tmp_path / "backup.zip").is_file()


def test_a_file_changed_in_the_backup_is_left_out_and_listed(filled: Filled, tmp_path: Path) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    place = f"artifacts/{filled.content_hash[:2]}/{filled.content_hash[2:]}"
    bomb = b"0" * 30_000_000
    for number, wrong in enumerate((b"", bomb, None)):
        changed = tmp_path / f"changed {number}.zip"
        repack(tmp_path / "backup.zip", changed, replaced(place, wrong))
        folder = tmp_path / f"again {number}"
        missing = restore_workspace(changed, folder)
        assert len(missing) == 1
        assert filled.content_hash in missing[0]
        assert FileArtifactStore(folder / "artifacts").hashes() == [filled.file_hash]


def test_a_damaged_registry_in_the_backup_is_refused_and_nothing_is_left(filled: Filled, tmp_path: Path) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    changed = tmp_path / "changed.zip"
    repack(tmp_path / "backup.zip", changed, lambda name, content: content[::-1] if name == "registry.db" else content)
    folder = tmp_path / "again"
    with pytest.raises(DamagedRegistryError, match="in the backup"):
        restore_workspace(changed, folder)
    assert list(folder.iterdir()) == []


def list_changed(source: Path, target: Path, change: Callable[[dict[str, object]], None]) -> None:
    def rewrite(name: str, content: bytes) -> bytes:
        if name != "backup.json":
            return content
        plain = json.loads(content)
        change(plain)
        return json.dumps(plain).encode()

    repack(source, target, rewrite)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/outside",
        "workspace.json",
        "artifacts/aa/../../outside",
        "bundles/" + "a" * 64 + "/../../../outside",
        "bundles/" + "a" * 64 + "/a//b",
        "bundles/" + "a" * 64 + "/a\\b",
        "bundles/" + "a" * 64 + "/C:x",
        "keeper.lock",
    ],
)
def test_a_11_names_in_a_backup_that_lead_elsewhere_are_refused(filled: Filled, tmp_path: Path, name: str) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")

    def add(plain: dict[str, object]) -> None:
        files = plain["files"]
        assert isinstance(files, dict)
        files[name] = files["registry.db"]

    list_changed(tmp_path / "backup.zip", tmp_path / "changed.zip", add)
    with pytest.raises(WorkspaceError, match="no backup"):
        restore_workspace(tmp_path / "changed.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_of_another_format_is_refused(filled: Filled, tmp_path: Path) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    list_changed(tmp_path / "backup.zip", tmp_path / "newer.zip", lambda plain: plain.update(format=2))
    with pytest.raises(WorkspaceError, match="format 2"):
        restore_workspace(tmp_path / "newer.zip", tmp_path / "again")
    list_changed(tmp_path / "backup.zip", tmp_path / "empty.zip", lambda plain: plain.update(files={}))
    with pytest.raises(WorkspaceError, match="no backup"):
        restore_workspace(tmp_path / "empty.zip", tmp_path / "again")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    text, other = tmp_path / "text.zip", tmp_path / "other.zip"
    text.write_text("hello", encoding="utf-8")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x", "y")
    for source in (text, other, tmp_path / "missing.zip", tmp_path):
        with pytest.raises(UserError, match=source.name):
            restore_workspace(source, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_cut_short_is_refused(filled: Filled, tmp_path: Path) -> None:
    target = tmp_path / "backup.zip"
    backup_workspace(filled.folder, target)
    target.write_bytes(target.read_bytes()[:-2000])
    with pytest.raises(WorkspaceError, match="no backup"):
        restore_workspace(target, tmp_path / "again")


def test_a_folder_with_something_in_it_is_left_alone(filled: Filled, tmp_path: Path) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    with pytest.raises(WorkspaceError, match="not empty"):
        restore_workspace(tmp_path / "backup.zip", filled.folder)
    with filled.registry.read() as unit:
        assert len(unit.datasets.list()) == 1


def test_a_network_folder_is_no_place_for_a_restored_workspace(
    filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_workspace(filled.folder, tmp_path / "backup.zip")
    monkeypatch.setattr(filesystems, "file_system_name", lambda folder: "nfs4")
    with pytest.raises(NetworkFolderError):
        restore_workspace(tmp_path / "backup.zip", tmp_path / "again")


def test_no_room_leaves_no_part_of_a_backup(filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_KEPT_FREE", 1 << 60)
    with pytest.raises(DiskFullError):
        backup_workspace(filled.folder, tmp_path / "backup.zip")
    with pytest.raises(WorkspaceError, match="nowhere"):
        backup_workspace(filled.folder, tmp_path / "nowhere" / "backup.zip")
    assert not list(tmp_path.glob("*backup.zip*"))
    assert not list(filled.workspace.backups.iterdir())


def test_the_registry_alone_is_copied_whole(filled: Filled, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    filled.registry.backup(folder / "registry.db")
    filled.registry.backup(folder / "registry.db")
    assert [path.name for path in folder.iterdir()] == ["registry.db"]
    copy = opened(folder, tmp_path / "copy state")
    with copy.read() as unit:
        assert len(unit.models.list()) == 1
    assert copy.problems() == []
    copy.close()
