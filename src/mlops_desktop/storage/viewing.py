"""Viewing: a registry that cannot be written is read from a copy of one's own, for SQLite itself must write to read."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.audit import AuditHead
from mlops_desktop.domain.errors import BusyRegistryError, DiskFullError, ReadOnlyWorkspaceError, WorkspaceError
from mlops_desktop.domain.verification import Problem
from mlops_desktop.storage import reserve
from mlops_desktop.storage.disk import disk_failures
from mlops_desktop.storage.feed import SqlChangeFeed
from mlops_desktop.storage.registry import FILE_NAME, SqliteRegistry, open_registry
from mlops_desktop.storage.unit_of_work import SqlUnitOfWork

_PARTS = ("", "-wal")
_TRIES, _PAUSE = 20, 0.05
_IN_MEMORY = Path("/dev/shm")
_SPARE = 4 << 20
_MAKE_WRITABLE = "Make its disk and files writable for you and open it again, or work on a copy."
_FREE_SPACE = "Free some space on the disk and open it again."


def why_only_viewed(folder: Path) -> str:
    """Why the workspace in `folder` can be looked at but not worked on, in words; empty where it can be written."""
    if not os.access(folder, os.W_OK):
        return f"The folder {folder} cannot be written."
    for part in (*_PARTS, "-shm"):
        file = folder / f"{FILE_NAME}{part}"
        if file.exists() and not os.access(file, os.W_OK):
            return f"The file {file} cannot be written."
    return ""


def open_or_view(
    folder: Path, *, state_folder: Path, actor: str, machine: str, program_version: str
) -> tuple[SqliteRegistry | ViewedRegistry, str]:
    """The registry of `folder`, and where it is only viewed why. On a full disk the reserve gives way first.

    Raises NewerRegistryError, WorkspaceError, DamagedRegistryError, BusyRegistryError, DiskFullError.
    """
    why, hint = why_only_viewed(folder), _MAKE_WRITABLE
    while not why:
        try:
            opened = open_registry(
                folder, state_folder=state_folder, actor=actor, machine=machine, program_version=program_version
            )
        except DiskFullError:
            if not reserve.give_way(folder):
                why, hint = f"The disk that holds {folder} is full.", _FREE_SPACE
        else:
            return opened, ""
    return open_viewer(folder, state_folder=state_folder, program_version=program_version, why=why, hint=hint), why


def open_viewer(folder: Path, *, state_folder: Path, program_version: str, why: str, hint: str) -> ViewedRegistry:
    """The registry of `folder` as it is now, for reading; an older schema is brought up to date in the copy.

    Raises WorkspaceError where there is none, NewerRegistryError, DamagedRegistryError, DiskFullError.
    """
    source = folder / FILE_NAME
    if not source.is_file():
        raise WorkspaceError(f"There is no registry in {folder}, and none can be made there.", hint=f"{why}")
    copy = Path(tempfile.mkdtemp(prefix="mlops-viewed-", dir=_roomy(source)))
    try:
        with disk_failures(copy):
            _copy_at_rest(source, copy / FILE_NAME)
        registry = open_registry(copy, state_folder=state_folder, actor="", machine="", program_version=program_version)
    except BaseException:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    return ViewedRegistry(registry, copy, why, hint)


def _roomy(source: Path) -> Path:
    """Where a copy has room, and an older one's migration beside it."""
    usual = Path(tempfile.gettempdir())
    wanted = 4 * sum(state.st_size for state in _states(source)) + _SPARE
    for folder in (usual, _IN_MEMORY):
        with contextlib.suppress(OSError):
            if shutil.disk_usage(folder).free > wanted:
                return folder
    return usual


def _copy_at_rest(source: Path, target: Path) -> None:
    """Copies file and log as of one moment: again where somebody wrote to them meanwhile."""
    for _ in range(_TRIES):
        before = _looks(source)
        for part in _PARTS:
            beside = source.with_name(f"{source.name}{part}")
            copied = target.with_name(f"{target.name}{part}")
            copied.unlink(missing_ok=True)
            if beside.exists():
                shutil.copyfile(beside, copied)
        if _looks(source) == before:
            return
        time.sleep(_PAUSE)
    raise BusyRegistryError(
        f"The registry {source} is being written without a pause.", hint="Open it again in a moment."
    )


def _looks(source: Path) -> list[tuple[int, int, int]]:
    return [(state.st_ino, state.st_size, state.st_mtime_ns) for state in _states(source)]


def _states(source: Path) -> list[os.stat_result]:
    found = []
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            found.append(source.with_name(f"{source.name}{part}").stat())
    return found


class ViewedRegistry:
    """Everything can be read, as it was on opening; nothing can be changed."""

    def __init__(self, registry: SqliteRegistry, copy: Path, why: str, hint: str) -> None:
        self._registry = registry
        self._copy = copy
        self._why = why
        self._hint = hint

    def read(self) -> SqlUnitOfWork:
        return self._registry.read()

    def write(self) -> SqlUnitOfWork:
        """Raises ReadOnlyWorkspaceError."""
        raise ReadOnlyWorkspaceError(
            f"The workspace is open for viewing only. {self._why} Nothing was changed.",
            hint=self._hint,
        )

    def open_feed(self) -> SqlChangeFeed:
        return self._registry.open_feed()

    def checkpoint(self) -> None:
        return

    def keep_reserve(self) -> None:
        return

    def backup(self, target: Path) -> None:
        self._registry.backup(target)

    def keep_copy(self) -> bool:
        return False

    def problems(self) -> Sequence[Problem]:
        return self._registry.problems()

    def audit_head(self) -> AuditHead | None:
        return self._registry.audit_head()

    def look(self) -> None:
        return

    def close(self) -> None:
        self._registry.close()
        shutil.rmtree(self._copy, ignore_errors=True)
