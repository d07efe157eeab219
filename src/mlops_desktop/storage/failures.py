"""The wall: SQLite's and SQLAlchemy's errors become ours here."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    BugError,
    BusyRegistryError,
    ConflictError,
    DamagedRegistryError,
    DiskFullError,
    MlopsError,
    WorkspaceError,
)
from mlops_desktop.storage import reserve

_WRITE_LOCK_BYTE = "120"  # the byte of the -shm file that SQLite locks while it writes in WAL mode
_UNREADABLE = (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ)
_UNIQUE = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Inside, every foreign error of the registry at `path` is raised as ours."""
    try:
        yield
    except PoolTimeoutError as error:
        raise _busy(path, str(error)) from error
    except DBAPIError as error:
        original = error.orig if isinstance(error.orig, sqlite3.Error) else None
        raise _ours(original, path, str(error.orig)) from error
    except sqlite3.Error as error:
        raise _ours(error, path, str(error)) from error
    except UnicodeDecodeError as error:  # a text in the file that is none, even the name of a table in a message
        raise _damaged(path, str(error)) from error
    except SQLAlchemyError as error:
        raise BugError("The registry was asked something it cannot do.", details=str(error)) from error


def _ours(error: sqlite3.Error | None, path: Path, details: str) -> MlopsError:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return _by_primary_code(code & 0xFF, code, path, details)


def _by_primary_code(primary: int, code: int, path: Path, details: str) -> MlopsError:
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _busy(path, details)
    if primary == sqlite3.SQLITE_FULL:
        return _full(path, details)
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, details)
    if primary == sqlite3.SQLITE_ERROR and "malformed JSON" in details:
        return DamagedRegistryError(
            "A value in the registry cannot be read.",
            hint="Run `mlops verify`, then restore a backup with `mlops workspace restore`.",
            details=details,
        )
    if code in _UNREADABLE:
        return DamagedRegistryError(
            f"A part of the registry {path} cannot be read: the disk reports an error.",
            hint="Copy the workspace to another disk, or restore a backup there with `mlops workspace restore`.",
            details=details,
        )
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return _constraint(code, details)
    return _environment(primary, path, details) or BugError("The registry refused a statement.", details=details)


def _environment(primary: int, path: Path, details: str) -> MlopsError | None:
    """Errors of the disk and the folder around the registry."""
    if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and _has_no_room(path):
        return _full(path, details)
    if primary == sqlite3.SQLITE_IOERR:
        return WorkspaceError(
            f"The disk did not do as told for the registry {path}. The last change was not saved.",
            hint="Check the disk and its connection, then run `mlops verify`.",
            details=details,
        )
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return WorkspaceError(
            f"The registry {path} cannot be written.",
            hint="Check that you may write in the workspace folder and that its disk is not read-only.",
            details=details,
        )
    if primary == sqlite3.SQLITE_CANTOPEN:
        return WorkspaceError(
            f"The registry {path} cannot be opened.",
            hint="Check that the folder is there and that you may read and write in it.",
            details=details,
        )
    return None


def _damaged(path: Path, details: str) -> DamagedRegistryError:
    return DamagedRegistryError(
        f"The registry {path} is damaged.",
        hint="Take the newest sound copy with `mlops workspace recover`, or restore a backup.",
        details=details,
    )


def _constraint(code: int, details: str) -> MlopsError:
    if code in _UNIQUE:
        return AlreadyExistsError(
            "Something of that name exists already.", hint="Choose another name.", details=details
        )
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return ConflictError(
            "What this belongs to was removed meanwhile.", hint="Look at the list again.", details=details
        )
    return BugError("The registry refused an incomplete value.", details=details)


def _full(path: Path, details: str) -> DiskFullError:
    return DiskFullError(
        f"The disk that holds {path.parent} is full. The last change was not saved.",
        hint=f"Free some space there and try again; nothing saved before is lost.{_way_out(path)}",
        details=details,
    )


def _way_out(path: Path) -> str:
    if not reserve.is_kept(path.parent):
        return ""
    return f" The {reserve.SIZE >> 20} MB that were kept back are free now, so `mlops trash purge` works."


def _busy(path: Path, details: str) -> BusyRegistryError:
    holder = lock_holder(path)
    named = f" Process {holder} holds it." if holder else ""
    return BusyRegistryError(
        f"The registry {path} was busy for too long.{named}",
        hint="Try again in a moment; if it stays so, end the process that holds it.",
        details=details,
    )


def lock_holder(path: Path) -> int | None:
    """The process that holds the registry's write lock, where the system tells (Linux)."""
    try:
        inode = str(path.with_name(f"{path.name}-shm").stat().st_ino)
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split()
        if len(words) >= 8 and words[3] == "WRITE" and words[5].endswith(f":{inode}") and words[6] == _WRITE_LOCK_BYTE:
            return int(words[4])
    return None


def _has_no_room(path: Path) -> bool:
    import shutil

    try:
        return shutil.disk_usage(path.parent).free < 1 << 20
    except OSError:
        return False
