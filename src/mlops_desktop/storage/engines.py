"""SQLite connections with our settings, and the write and read engines made of them."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import OperationalError

from mlops_desktop.storage.log_check import name_transaction

BUSY_SECONDS = 10.0
_LOOKS_EVERY = (0.002, 0.008)
_MOST_OFTEN = 0.05

_WRITE_PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
    "wal_autocheckpoint=0",  # before SQLite 3.51.3 a checkpoint that meets a write may do damage: the keeper does it
    "fullfsync=ON",  # macOS: past the drive's own cache
)


def connect(
    path: Path, *, create: bool = False, read_only: bool = False, busy_seconds: float | None = None
) -> sqlite3.Connection:
    """A connection with our settings that says BEGIN only when told.

    Never makes a file unless `create`: a registry that went away must not come back empty.
    """
    seconds = BUSY_SECONDS if busy_seconds is None else busy_seconds
    uri = f"file:{quote(path.absolute().as_posix())}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=seconds, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
        for pragma in _WRITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


Check = Callable[[], None]
"""Called before each connection and each transaction; what it raises is why there is none."""


def write_engine(path: Path, check: Check) -> Engine:
    """Every transaction takes the write lock when it begins, so none fails half-way for want of it."""
    return _engine(path, check, lambda connection: _begin_writing(connection, path), read_only=False)


def read_engine(path: Path, check: Check) -> Engine:
    """Transactions see one state of the registry and cannot change it."""
    return _engine(path, check, lambda connection: connection.exec_driver_sql("BEGIN"), read_only=True)


def _begin_writing(connection: Connection, path: Path) -> None:
    """Waits for the write lock, and looks the more often the longer it has waited.

    SQLite's own way is to look ever more seldom, down to ten times a second: who waits longest then has the least
    chance, and some wait for seconds while others write. So it is the other way round here: who has waited for half a
    second nearly always is the next.
    """
    began = time.monotonic()
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            break
        except OperationalError as error:
            busy = isinstance(error.orig, sqlite3.Error) and error.orig.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            waited = time.monotonic() - began
            if not busy or waited > BUSY_SECONDS:
                raise
        time.sleep(random.uniform(*_LOOKS_EVERY) * max(_MOST_OFTEN, 1 - 2 * waited))
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    name_transaction(connection, path)


def _engine(path: Path, check: Check, begin: Callable[[Connection], object], *, read_only: bool) -> Engine:
    def checked() -> sqlite3.Connection:
        check()
        return connect(path, read_only=read_only)

    def begun(connection: Connection) -> None:
        check()
        begin(connection)

    engine = create_engine(
        "sqlite://",
        creator=checked,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=12,
        pool_timeout=BUSY_SECONDS,
    )
    event.listen(engine, "begin", begun)
    return engine
