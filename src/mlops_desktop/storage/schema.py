"""The registry's schema version: made, recognised, and brought up to date by numbered migrations."""

from __future__ import annotations

import contextlib
import re
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from mlops_desktop.domain.errors import DamagedRegistryError, NewerRegistryError, WorkspaceError
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.storage.disk import full
from mlops_desktop.storage.durable import make_folders, sync_file, sync_folder
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.log_check import check_log
from mlops_desktop.storage.seals import broken_rows, seal_rows

HEAD = "0004"
MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK_SECONDS = 60.0
_REVISION = re.compile(r"[0-9]{4}")


def bring_up_to_date(path: Path, *, program_version: str, migrations: Path = MIGRATIONS, head: str = HEAD) -> None:
    """Makes the registry at `path`, or migrates an older one after backing it up into `backups` beside it.

    Killed at any moment it leaves the schema as it was or as it shall be, and may simply be called again.
    Raises NewerRegistryError (nothing is changed), WorkspaceError.
    """
    check_log(path)
    if _is_begun(path) and _check(_stored(path), head, path, program_version):
        return
    if not path.parent.is_dir():
        raise WorkspaceError(f"The folder {path.parent} is not there.", hint="Check that its disk is connected.")
    from filelock import FileLock, Timeout

    try:
        with FileLock(path.with_name("registry.lock"), timeout=_LOCK_SECONDS):
            stored = _stored(path) if _is_begun(path) else None
            if _check(stored, head, path, program_version):
                return
            if stored is not None:
                _sweep(path.parent / "backups")
                back_up(path, path.parent / "backups" / _backup_name(stored, head))
            _migrate(path, migrations, head)
    except Timeout as error:
        raise WorkspaceError(
            f"Another process has been upgrading {path.parent} for over a minute.",
            hint="Wait until it has ended, then try again.",
        ) from error
    except OSError as error:
        raise full(path.parent, error) or WorkspaceError(
            f"The registry {path} cannot be made or upgraded: {error.strerror}.",
            hint="Check that the folder is there and that you may write in it.",
        ) from error


def back_up(path: Path, target: Path) -> None:
    """A sound copy of the registry as `target`, also while others write. An existing `target` is replaced."""
    make_folders(target.parent)
    part = target.with_name(f".{target.name}.{new_identifier()}.part")
    try:
        with translated(path), contextlib.closing(connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        with translated(path), contextlib.closing(sqlite3.connect(part)) as copy:
            if copy.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise DamagedRegistryError(f"The registry {path} is damaged.", hint="Run `mlops verify`.")
        sync_file(part)  # VACUUM INTO does not
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(target.parent)


def _is_begun(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def _stored(path: Path) -> str | None:
    """The revision of the registry; None where it is still empty."""
    with translated(path):
        connection = connect(path, read_only=True)
        try:
            tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                return None
            if "alembic_version" not in tables:
                raise _foreign(path)
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    if row is None or not _REVISION.fullmatch(str(row[0])):
        raise _foreign(path)
    return str(row[0])


def _check(stored: str | None, head: str, path: Path, program_version: str) -> bool:
    """Whether nothing is to be done."""
    if stored is not None and stored > head:
        raise NewerRegistryError(
            f"The workspace {path.parent} was opened by a newer program than this one (version {program_version}).",
            hint="Update MLOps Desktop and open it again. Nothing was changed.",
            details=f"the registry's schema is {stored}, this program's is {head}",
        )
    return stored == head


def _migrate(path: Path, migrations: Path, head: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import NullPool, create_engine

    engine = create_engine("sqlite://", creator=lambda: connect(path, create=True), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with translated(path), engine.connect() as connection:
        database = cast("sqlite3.Connection", connection.connection.driver_connection)
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # tables may be rebuilt; checked below, before the commit
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        broken = broken_rows(database)
        config.attributes["connection"] = connection
        command.upgrade(config, head)
        seal_rows(database, broken)
        if not database.execute("PRAGMA application_id").fetchone()[0]:
            give_number(database)
        if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise sqlite3.IntegrityError("the migrated registry breaks its own references")
        connection.commit()
    engine.dispose()
    sync_folder(path.parent)


def give_number(connection: sqlite3.Connection) -> None:
    """A number of its own, by which its log is known: see `log_check`."""
    connection.execute(f"PRAGMA application_id={secrets.randbelow((1 << 31) - 1) + 1}")


def _sweep(backups: Path) -> None:
    """What an upgrade that was killed left half-written; nobody else upgrades while we hold the lock."""
    for part in backups.glob(".registry-*.part*"):
        part.unlink(missing_ok=True)


def _backup_name(stored: str, head: str) -> str:
    return f"registry-{stored}-before-{head}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"


def _foreign(path: Path) -> WorkspaceError:
    return WorkspaceError(
        f"{path} is a database of another program.", hint="Choose a folder that is a workspace, or a new one."
    )
