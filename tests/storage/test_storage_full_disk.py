"""A full disk: what was saved stays, reading goes on, cleaning up works, and a workspace opens at least for viewing."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import mounting, needs
from tests.storage.storage_values import a_dataset, a_job

from mlops_desktop.domain.errors import DiskFullError, ReadOnlyWorkspaceError
from mlops_desktop.storage import reserve, schema, viewing
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.registry import SqliteRegistry
from mlops_desktop.storage.viewing import ViewedRegistry, open_or_view

SIZE = 96 << 20


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A small disk with a workspace's folders on it; `fill` makes it full."""
    needs.mounts()
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounting.memory(disk, f"{SIZE}"):
        for name in ("workspace", "workspace/artifacts", "state"):
            (disk / name).mkdir()
        yield disk


def fill(disk: Path) -> Path:
    """Leaves not a byte; the file that it takes may be removed again."""
    ballast = disk / "somebody else's"
    with ballast.open("ab") as file:
        for step in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), step)
    assert shutil.disk_usage(disk).free == 0
    return ballast


def opened(disk: Path) -> tuple[SqliteRegistry | ViewedRegistry, str]:
    return open_or_view(
        disk / "workspace", state_folder=disk / "state", actor="ada", machine="laptop", program_version="0.1.0"
    )


def titles(registry: SqliteRegistry | ViewedRegistry) -> list[str]:
    with registry.read() as unit:
        return [job.title for job in unit.jobs.list()]


def add(registry: SqliteRegistry | ViewedRegistry, title: str, note: str = "") -> None:
    with registry.write() as unit:
        unit.jobs.add(a_job(title=title, note=note))
        unit.commit()


def test_s_04_a_full_disk_is_said_and_the_reserve_gives_way_for_cleaning_up(full: Path) -> None:
    registry, why = opened(full)
    assert why == ""
    registry.keep_reserve()
    add(registry, "before")
    with registry.write() as unit:
        unit.datasets.add(a_dataset("old"))
        unit.commit()
    ballast = fill(full)
    with pytest.raises(DiskFullError, match="full. The last change was not saved") as said:
        add(registry, "too much", "x" * 200_000)
    assert str(full / "workspace") in said.value.message
    assert "kept back are free now" in said.value.hint
    assert titles(registry) == ["before"]
    assert shutil.disk_usage(full).free >= reserve.SIZE - 300_000  # the log may have grown to where it was cut off
    with registry.write() as unit:
        found = unit.datasets.find("old")
        assert found is not None
        unit.datasets.remove(found.id)
        unit.commit()
    registry.checkpoint()
    ballast.unlink()
    registry.keep_reserve()
    assert reserve.is_kept(full / "workspace")
    add(registry, "after")
    assert titles(registry) == ["before", "after"]
    assert registry.problems() == []
    registry.close()


def test_s_04_without_a_reserve_reading_goes_on_and_what_was_saved_stays(full: Path) -> None:
    registry, _ = opened(full)
    add(registry, "before")
    ballast = fill(full)
    for _ in range(3):
        with pytest.raises(DiskFullError) as said:
            add(registry, "too much", "x" * 200_000)
        assert "kept back" not in said.value.hint
        assert titles(registry) == ["before"]
    ballast.unlink()
    add(registry, "after")
    assert titles(registry) == ["before", "after"]
    registry.close()


def test_s_04_the_reserve_is_made_only_where_there_is_ample_room(tmp_path: Path) -> None:
    needs.mounts()
    small = tmp_path / "small"
    small.mkdir()
    with mounting.memory(small, "16m"):
        reserve.keep(small)
        assert not (small / reserve.FILE_NAME).exists()
    (tmp_path / reserve.FILE_NAME).write_bytes(b"what a killed one left")
    reserve.keep(tmp_path)
    assert reserve.is_kept(tmp_path)
    before = (tmp_path / reserve.FILE_NAME).stat().st_ino
    reserve.keep(tmp_path)
    assert (tmp_path / reserve.FILE_NAME).stat().st_ino == before
    assert reserve.give_way(tmp_path)
    assert not reserve.give_way(tmp_path)


def test_s_05_on_a_disk_that_is_full_from_the_start_the_workspace_is_viewed(full: Path) -> None:
    registry, _ = opened(full)
    add(registry, "before")
    registry.close()
    assert not (full / "workspace" / "registry.db-shm").exists()
    ballast = fill(full)
    viewed, why = opened(full)
    assert why == f"The disk that holds {full / 'workspace'} is full."
    assert titles(viewed) == ["before"]
    assert viewed.problems() == []
    with pytest.raises(ReadOnlyWorkspaceError, match="viewing only. The disk") as refused:
        add(viewed, "more")
    assert "Free some space" in refused.value.hint
    viewed.close()
    ballast.unlink()
    registry, why = opened(full)
    assert why == ""
    add(registry, "after")
    assert titles(registry) == ["before", "after"]
    registry.close()


def test_s_05_with_a_reserve_a_workspace_on_a_full_disk_opens_for_cleaning_up(full: Path) -> None:
    registry, _ = opened(full)
    add(registry, "before")
    registry.keep_reserve()
    registry.close()
    fill(full)
    registry, why = opened(full)
    assert why == ""
    assert not reserve.is_kept(full / "workspace")
    add(registry, "a decision")
    assert titles(registry) == ["before", "a decision"]
    registry.close()


@pytest.mark.parametrize("room", [0, 8_192, 65_536, 200_000])
def test_s_05_a_migration_on_a_full_disk_leaves_the_old_schema_or_the_new(
    full: Path, tmp_path: Path, room: int
) -> None:
    """However far it gets: the copy that is viewed is of today's schema, the file is of yesterday's, whole."""
    registry, _ = opened(full)
    add(registry, "before")
    registry.close()
    path = full / "workspace" / "registry.db"
    older(path)
    ballast = fill(full)
    os.truncate(ballast, ballast.stat().st_size - room)
    registry, why = opened(full)
    assert titles(registry) == ["before"]
    registry.close()
    elsewhere = tmp_path / "elsewhere"  # SQLite needs room even to read
    shutil.copytree(path.parent, elsewhere)
    with contextlib.closing(sqlite3.connect(elsewhere / path.name)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision == (OLDER if why else schema.HEAD)
    assert [file.name for file in (full / "workspace" / "backups").glob("*") if file.name.endswith(".part")] == []
    ballast.unlink()
    registry, why = opened(full)
    assert (titles(registry), why) == (["before"], "")
    registry.close()


OLDER = f"{int(schema.HEAD) - 1:04d}"


def older(path: Path) -> None:
    """As the program before this one left it."""
    migrated = path.with_name("older.db")
    schema.bring_up_to_date(migrated, program_version="0.0.1", head=OLDER)
    with contextlib.closing(sqlite3.connect(path)) as new, contextlib.closing(sqlite3.connect(migrated)) as old:
        columns = [row[1] for row in old.execute("PRAGMA table_info(jobs)")]
        rows = new.execute(f"SELECT {', '.join(columns)} FROM jobs").fetchall()
        with old:
            old.executemany(f"INSERT INTO jobs VALUES ({', '.join('?' * len(columns))})", rows)
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    migrated.rename(path)


def test_a_04_a_copy_that_does_not_fit_is_refused_before_it_begins(full: Path, tmp_path: Path) -> None:
    """Two gigabytes that take no room at home."""
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(2 << 30)
    store = FileArtifactStore(full / "workspace" / "artifacts")
    with pytest.raises(DiskFullError, match="no room for 2,147,483,648 bytes"):
        store.add(source)
    assert shutil.disk_usage(full).free > SIZE - (1 << 20)
    assert nothing_in(full / "workspace" / "artifacts")


def test_a_04_a_disk_that_fills_up_during_the_copy_gets_its_room_back(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "large"
    source.write_bytes(os.urandom(1 << 20) * 20)
    store = FileArtifactStore(full / "workspace" / "artifacts")
    ballast = full / "somebody else's"

    def somebody_is_faster(folder: Path, size: int) -> None:
        fill(full)
        os.truncate(ballast, ballast.stat().st_size - (3 << 20))

    monkeypatch.setattr("mlops_desktop.storage.artifacts.need_room", somebody_is_faster)
    with pytest.raises(DiskFullError, match="is full") as said:
        store.add(source)
    assert said.value.__cause__ is not None
    assert getattr(said.value.__cause__, "errno", None) == errno.ENOSPC
    assert shutil.disk_usage(full).free >= 3 << 20
    assert nothing_in(full / "workspace" / "artifacts")


def nothing_in(store: Path) -> bool:
    return [file for file in store.rglob("*") if file.is_file()] == []


def test_s_05_a_copy_for_viewing_goes_where_there_is_room(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, _ = opened(full)
    add(registry, "before")
    registry.close()
    fill(full)
    monkeypatch.setattr("tempfile.tempdir", str(full))
    viewed, why = opened(full)
    assert "full" in why
    assert titles(viewed) == ["before"]
    viewed.close()
    assert list(viewing._IN_MEMORY.glob("mlops-viewed-*")) == []
