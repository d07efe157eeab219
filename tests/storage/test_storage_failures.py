"""Foreign errors become ours at the wall, with a sentence and a hint."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tests.modes import bound_by_modes
from tests.storage.storage_values import a_job

from mlops_desktop.domain.errors import (
    BugError,
    BusyRegistryError,
    DamagedRegistryError,
    DiskFullError,
    MlopsError,
    WorkspaceError,
)
from mlops_desktop.storage import failures
from mlops_desktop.storage.disk import disk_failures, need_room
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.registry import SqliteRegistry


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as the database says it")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, BusyRegistryError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, BusyRegistryError),
        (sqlite3.SQLITE_LOCKED, BusyRegistryError),
        (sqlite3.SQLITE_FULL, DiskFullError),
        (sqlite3.SQLITE_CORRUPT, DamagedRegistryError),
        (sqlite3.SQLITE_NOTADB, DamagedRegistryError),
        (sqlite3.SQLITE_IOERR_FSYNC, WorkspaceError),
        (sqlite3.SQLITE_READONLY, WorkspaceError),
        (sqlite3.SQLITE_CANTOPEN, WorkspaceError),
        (sqlite3.SQLITE_CONSTRAINT_NOTNULL, BugError),
        (sqlite3.SQLITE_ERROR, BugError),
    ],
)
def test_every_trouble_of_the_database_has_a_name(tmp_path: Path, code: int, kind: type[MlopsError]) -> None:
    with pytest.raises(kind) as raised, translated(tmp_path / "registry.db"):
        raise sqlite_error(code)
    assert type(raised.value) is kind
    assert isinstance(raised.value.__cause__, sqlite3.Error)
    assert "as the database says it" in raised.value.details
    assert raised.value.hint or kind is BugError


def test_too_many_units_at_once_is_a_busy_registry(tmp_path: Path) -> None:
    with pytest.raises(BusyRegistryError), translated(tmp_path / "registry.db"):
        raise PoolTimeoutError("no connection came free")


def test_a_misuse_of_the_library_is_our_bug(tmp_path: Path) -> None:
    with pytest.raises(BugError), translated(tmp_path / "registry.db"):
        raise InvalidRequestError("never so")


def test_an_input_error_on_a_full_disk_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "_has_no_room", lambda path: True)
    with pytest.raises(DiskFullError), translated(tmp_path / "registry.db"):
        raise sqlite_error(sqlite3.SQLITE_IOERR_WRITE)


def test_our_own_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="mine"), translated(tmp_path / "registry.db"):
        raise DiskFullError("mine")


def test_a_full_registry_says_so_keeps_what_was_and_works_again(registry: SqliteRegistry, workspace: Path) -> None:
    with registry.write() as unit:
        unit.jobs.add(a_job(title="first"))
        unit.commit()
    limit_pages(registry, 40)
    with pytest.raises(DiskFullError, match="full") as full, registry.write() as unit:
        unit.jobs.add(a_job(note="x" * 1_000_000))
    assert str(workspace) in full.value.message
    with registry.write() as unit:
        assert [job.title for job in unit.jobs.list()] == ["first"]
        unit.jobs.add(a_job(title="second", note="x" * 1_000_000))  # the connection of then was dropped
        unit.commit()
    assert registry.problems() == []


def limit_pages(registry: SqliteRegistry, pages: int) -> None:
    """As a full disk does it: the connection that is used next may not grow the file."""
    with contextlib.closing(registry._writing.raw_connection()) as connection:
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")


def test_a_folder_that_may_not_be_written_is_named(workspace: Path, open_here: Callable[[], SqliteRegistry]) -> None:
    workspace.chmod(0o500)
    with bound_by_modes(), pytest.raises(WorkspaceError, match="workspace"):
        open_here()
    workspace.chmod(0o700)


def test_no_room_is_said_before_it_is_tried(tmp_path: Path) -> None:
    need_room(tmp_path, 1)
    with pytest.raises(DiskFullError, match="no room for"):
        need_room(tmp_path, 1 << 60)


def test_the_disk_s_errors_are_ours(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError), disk_failures(tmp_path):
        raise OSError(28, os.strerror(28))
    with pytest.raises(WorkspaceError, match="cannot be used"), disk_failures(tmp_path):
        raise OSError(5, os.strerror(5))


def test_s_05_a_disk_without_room_for_the_lock_of_a_migration_is_a_full_disk(
    workspace: Path, open_here: Callable[[], SqliteRegistry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(lock: object, *arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("filelock.FileLock.acquire", full)
    with pytest.raises(DiskFullError, match=str(workspace)):
        open_here()
