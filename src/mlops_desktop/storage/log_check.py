"""The write-ahead log beside a registry, looked at before SQLite reads it: SQLite takes any log that lies there.

Every transaction of ours writes the file's first page, and on it the registry's own number, so each log of ours names
the registry that it belongs to.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from mlops_desktop.domain.errors import DamagedRegistryError

_MAGIC = (0x377F0682, 0x377F0683)
_LOG_HEADER, _FRAME_HEADER, _FILE_HEADER = 32, 24, 100
_NUMBER = 68
"""Where it lies in the first 100 bytes of an SQLite file (its application id)."""


def check_log(path: Path) -> None:
    """Raises DamagedRegistryError where the log beside the registry at `path` is another registry's."""
    log = path.with_name(f"{path.name}-wal")
    try:
        with log.open("rb") as file:
            number = _number_in(file)
    except FileNotFoundError:
        return
    own = _own_number(path)
    if own and number and own != number:
        raise DamagedRegistryError(
            f"The file {log} belongs to another registry. Nothing was read from it.",
            hint=f"Put the right one back. Is it lost, move {log.name} elsewhere and open the workspace again.",
            details=f"the registry's number is {own:08x}, the log's {number:08x}",
        )


def _own_number(path: Path) -> int:
    """The number in the registry's file itself, without its log; 0 where it cannot be read.

    SQLite has to read it. If we opened the file ourselves, closing it would drop every lock that this process has on it
    (POSIX says so), and another process could remove the log below whoever has the registry open here.
    """
    uri = f"file:{quote(path.absolute().as_posix())}?mode=ro&immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            row = connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error:
        return 0
    return int(row[0]) & 0xFFFFFFFF


def _number_in(log: BinaryIO) -> int:
    """The registry's number on the first page that the log holds; 0 where it has none."""
    head = log.read(_LOG_HEADER)
    if len(head) < _LOG_HEADER:
        return 0
    magic, _, page_size, _, *salts = struct.unpack(">6I", head[:24])
    if magic not in _MAGIC or not 512 <= page_size <= 65536:
        return 0
    place = _LOG_HEADER
    while True:
        log.seek(place)
        frame = log.read(_FRAME_HEADER)
        if len(frame) < _FRAME_HEADER or list(struct.unpack(">2I", frame[8:16])) != salts:
            return 0
        if struct.unpack(">I", frame[:4])[0] == 1:
            return _number(log.read(_FILE_HEADER))
        place += _FRAME_HEADER + page_size


def _number(header: bytes) -> int:
    if len(header) < _FILE_HEADER or not header.startswith(b"SQLite format 3\0"):
        return 0
    return int.from_bytes(header[_NUMBER : _NUMBER + 4], "big")
