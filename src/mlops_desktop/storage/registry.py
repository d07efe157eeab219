"""The registry: one SQLite file, opened by every face, the keeper and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.audit import AuditHead
from mlops_desktop.domain.errors import BugError, DamagedRegistryError, WorkspaceError
from mlops_desktop.domain.verification import Problem
from mlops_desktop.storage import reserve
from mlops_desktop.storage.audit_head import keep_head, read_head
from mlops_desktop.storage.durable import make_folders
from mlops_desktop.storage.engines import connect, read_engine, write_engine
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.feed import SqlChangeFeed
from mlops_desktop.storage.own_log import OwnLog
from mlops_desktop.storage.recovery import check_begun, check_registry, keep_copy, offering
from mlops_desktop.storage.schema import back_up, bring_up_to_date
from mlops_desktop.storage.soundness import find_problems
from mlops_desktop.storage.unit_of_work import SqlUnitOfWork

FILE_NAME = "registry.db"
_CHECKPOINT_SECONDS = 0.5


def open_registry(
    folder: Path, *, state_folder: Path, actor: str, machine: str, program_version: str
) -> SqliteRegistry:
    """The registry of the workspace `folder`, made or migrated if need be (an older one is backed up first).

    `state_folder` is this user's own, outside the workspace; `actor` and `machine` sign the audit entries.
    Raises NewerRegistryError, WorkspaceError, DamagedRegistryError (offering the newest sound copy), BusyRegistryError,
    DiskFullError.
    """
    path = folder / FILE_NAME
    check_begun(folder, state_folder)
    try:
        bring_up_to_date(path, program_version=program_version)
    except (DamagedRegistryError, BugError) as error:  # damage made it another than SQLite can understand
        raise offering(error, path) from error
    make_folders(state_folder, 0o700)
    check_registry(path, state_folder)
    return SqliteRegistry(path, state_folder=state_folder, actor=actor, machine=machine)


class SqliteRegistry:
    """Units of work may be made in any thread; each serves one thread at a time."""

    def __init__(self, path: Path, *, state_folder: Path, actor: str, machine: str) -> None:
        self._path = path
        self._state_folder = state_folder
        self._actor = actor
        self._machine = machine
        self._log = OwnLog(path)
        self._opened = path.stat().st_ino
        self._writing = write_engine(path, self.look)
        self._reading = read_engine(path, self.look)

    def write(self) -> SqlUnitOfWork:
        """Takes the write lock when entered: keep it short."""
        return self._unit(writable=True)

    def read(self) -> SqlUnitOfWork:
        """Sees one state of the registry from its first question on; cannot change anything."""
        return self._unit(writable=False)

    def open_feed(self) -> SqlChangeFeed:
        self.look()
        return SqlChangeFeed(self._path)

    def checkpoint(self) -> None:
        """Moves what the WAL holds into the file. Gives up soon where readers are in the way: the next one will do."""
        self.look()
        with translated(self._path):
            connection = connect(self._path, busy_seconds=_CHECKPOINT_SECONDS)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()

    def keep_reserve(self) -> None:
        """Keeps room back for cleaning up on a full disk, where there is enough."""
        reserve.keep(self._path.parent)

    def backup(self, target: Path) -> None:
        """A sound, durable copy as one file, also while others write. An existing `target` is replaced."""
        self.look()
        back_up(self._path, target)

    def keep_copy(self) -> bool:
        """Makes the day's copy beside the registry, where one is due. Raises DamagedRegistryError, DiskFullError."""
        self.look()
        return keep_copy(self._path.parent) is not None

    def problems(self) -> Sequence[Problem]:
        self.look()
        return find_problems(self._path, self.audit_head())

    def audit_head(self) -> AuditHead | None:
        return read_head(self._state_folder)

    def look(self) -> None:
        """Raises WorkspaceError where the file or its log is not there any more, or is another one than was opened."""
        try:
            here = self._path.stat().st_ino
        except OSError as error:
            raise WorkspaceError(
                f"The registry {self._path} is not there any more.",
                hint="Connect its disk again, or restore a backup with `mlops workspace restore`.",
            ) from error
        if here != self._opened:
            raise WorkspaceError(
                f"The registry {self._path} was replaced by another file.",
                hint="Close the workspace and open it again.",
            )
        self._log.check()

    def close(self) -> None:
        self._log.close()
        self._writing.dispose()
        self._reading.dispose()

    def _unit(self, *, writable: bool) -> SqlUnitOfWork:
        return SqlUnitOfWork(
            self._writing if writable else self._reading,
            self._path,
            actor=self._actor,
            machine=self._machine,
            writable=writable,
            keep_head=lambda head: keep_head(self._state_folder, head),
        )
