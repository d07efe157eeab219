"""The write-ahead log beside a registry, looked at before SQLite reads it: SQLite takes any log that lies there.

Every transaction of ours writes the file's first page, and on it the registry's own number and its generation, which
counts up when a new log is begun. So each log of ours names the registry that it belongs to, and the file that it
continues: of the generation before, or of its own where a part of it was moved into the file already.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from sqlalchemy import Connection

from mlops_desktop.domain.errors import DamagedRegistryError

_MAGIC = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER, _FILE_HEADER = 32, 24, 100
_NUMBER, _GENERATION = 68, 60
"""Where they lie in the first 100 bytes of an SQLite file (its application id and user version)."""


@dataclass(frozen=True)
class _Name:
    """What a first page says of its registry."""

    number: int
    generation: int


def check_log(path: Path) -> None:
    """Raises DamagedRegistryError where the log beside the registry at `path` does not belong to it as it is now."""
    log = _log_of(path)
    try:
        with log.open("rb") as file:
            named = _name_in(file)
    except FileNotFoundError:
        return
    own = _own_name(path)
    if own is None or named is None or not own.number or not named.number:
        return
    if own.number != named.number:
        raise DamagedRegistryError(
            f"The file {log} belongs to another registry. Nothing was read from it.",
            hint=f"Put the right one back. Is it lost, move {log.name} elsewhere and open the workspace again.",
            details=f"the registry's number is {own.number:08x}, the log's {named.number:08x}",
        )
    if named.generation - own.generation not in (0, 1):
        older = "file" if own.generation < named.generation else "log"
        raise DamagedRegistryError(
            f"The registry {path} and its log are not of one time: the {older} is an older one. Nothing was read.",
            hint="Put the right one back, or take the newest sound copy with `mlops workspace recover`.",
            details=f"the registry's generation is {own.generation}, the log's {named.generation}",
        )


def name_transaction(connection: Connection, path: Path) -> None:
    """Has the transaction that has begun write the first page, with a new generation where it begins a new log."""
    number, generation = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("application_id", "user_version")
    )
    connection.exec_driver_sql(f"PRAGMA application_id={number}")
    try:
        begins = not _log_of(path).stat().st_size
    except FileNotFoundError:
        begins = True
    if begins:
        connection.exec_driver_sql(f"PRAGMA user_version={(generation + 1) & 0x7FFFFFFF}")


def _own_name(path: Path) -> _Name | None:
    """What the registry's file itself says, without its log; None where it cannot be read.

    SQLite has to read it. If we opened the file ourselves, closing it would drop every lock that this process has on it
    (POSIX says so), and another process could remove the log below whoever has the registry open here.
    """
    uri = f"file:{quote(path.absolute().as_posix())}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            (number,) = connection.execute("PRAGMA application_id").fetchone()
            (generation,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return None
    return _Name(int(number) & 0xFFFFFFFF, int(generation))


def _name_in(log: BinaryIO) -> _Name | None:
    """What the first page that the log holds says; None where it has none."""
    head = log.read(_LOG_HEADER)
    if len(head) < _LOG_HEADER:
        return None
    magic, _, page_size, _, *salts = struct.unpack(">6I", head[:24])
    if magic not in _MAGIC or not 512 <= page_size <= 65536:
        return None
    place = _LOG_HEADER
    while True:
        log.seek(place)
        frame = log.read(_FRAME_HEADER)
        if len(frame) < _FRAME_HEADER or list(struct.unpack(">2I", frame[8:16])) != salts:
            return None
        if struct.unpack(">I", frame[:4])[0] == 1:
            return _name(log.read(_FILE_HEADER))
        place += _FRAME_HEADER + page_size


def _name(header: bytes) -> _Name | None:
    if len(header) < _FILE_HEADER or not header.startswith(b"SQLite format 3\0"):
        return None
    number, generation = (int.from_bytes(header[at : at + 4], "big") for at in (_NUMBER, _GENERATION))
    return _Name(number, generation)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")
