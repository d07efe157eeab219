"""A disk that is watched and that fails when told to: the library before it, the fault in force, the record."""

from __future__ import annotations

import ctypes
import enum
import errno
import mmap
import os
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import needs

SOURCE = Path(__file__).with_name("disk.c")
RECORD_BYTES = 512 << 20
"""Room for the record; it takes only what is used of it."""
_LINE = struct.Struct("<c3xIIIqqqq")


class Calls(enum.IntFlag):
    """Kinds of calls that may fail. `RENAME` has links too."""

    CREATE = 1
    WRITE = 2
    SYNC = 4
    RENAME = 8
    FOLDER = 16
    RESIZE = 32
    READ = 64
    REMOVE = 128
    CHANGES = CREATE | WRITE | SYNC | RENAME | FOLDER | RESIZE
    GROWS = CREATE | WRITE | FOLDER | RESIZE


class _Control(ctypes.Structure):
    """As `struct control` in disk.c."""

    _fields_ = (
        ("owner", ctypes.c_int32),
        ("overflow", ctypes.c_int32),
        ("end", ctypes.c_int64),
        ("kinds", ctypes.c_int32),
        ("error", ctypes.c_int32),
        ("nth", ctypes.c_int64),
        ("forever", ctypes.c_int32),
        ("half", ctypes.c_int32),
        ("seen", ctypes.c_int64),
        ("fired", ctypes.c_int64),
        ("from_", ctypes.c_int64),
        ("to", ctypes.c_int64),
        ("match", ctypes.c_char * 256),
    )


@dataclass(frozen=True)
class Line:
    """One call, as it was done."""

    kind: str
    name: str
    other: str
    data: bytes
    inode: int
    folder: int
    other_folder: int
    offset: int


class Disk:
    """What lies under `root`, as the processes see it that get `environment`. Parent and children share the fault."""

    def __init__(self, control: Path) -> None:
        with control.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), ctypes.sizeof(_Control))
        self._control = _Control.from_buffer(self._memory)

    @staticmethod
    def of_this_process() -> Disk:
        """In a process that has the library before it."""
        return Disk(Path(os.environ["DISK_CONTROL"]))

    @contextmanager
    def failing(
        self,
        calls: Calls,
        error: int = errno.EIO,
        nth: int = 1,
        *,
        forever: bool = False,
        half: bool = False,
        match: str = "",
        between: tuple[int, int] = (0, 0),
    ) -> Iterator[None]:
        """Inside, the nth of these calls fails, and with `forever` each that follows."""
        control = self._control
        control.error, control.nth, control.forever, control.half = error, nth, forever, half
        control.match, (control.from_, control.to) = os.fsencode(match), between
        control.seen = control.fired = 0
        control.kinds = calls
        try:
            yield
        finally:
            control.kinds = 0

    @property
    def fired(self) -> int:
        """How many calls have failed since a fault was chosen last."""
        return int(self._control.fired)

    @property
    def recorded(self) -> int:
        """Bytes of the record in use."""
        assert not self._control.overflow, "the record was too short"
        return int(self._control.end)

    def close(self) -> None:
        del self._control
        self._memory.close()


def compiled(folder: Path) -> Path:
    """The library, made in `folder`."""
    library = folder / "disk.so"
    needs.linux()
    compiler = needs.tool("gcc", "gcc libc6-dev")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-o", library, SOURCE], check=True)
    return library


def environment(library: Path, root: Path, control: Path, record: Path | None = None) -> Mapping[str, str]:
    """What a process needs in its environment so that its disk is watched; makes the files that it shares."""
    control.write_bytes(bytes(mmap.PAGESIZE))
    found = {"LD_PRELOAD": str(library), "DISK_ROOT": str(root.resolve()), "DISK_CONTROL": str(control)}
    if record is not None:
        with record.open("wb") as file:
            file.truncate(RECORD_BYTES)
        found["DISK_RECORD"] = str(record)
    return found


def mark(text: str) -> None:
    """Puts a mark into the record, in a process that has the library before it."""
    ctypes.CDLL(None).disk_mark(text.encode())


def lines(record: Path, end: int) -> Iterator[Line]:
    """The record's first `end` bytes."""
    with record.open("rb") as file:
        while file.tell() < end:
            kind, name, other, data, inode, folder, other_folder, offset = _LINE.unpack(file.read(_LINE.size))
            first, second = (os.fsdecode(file.read(length)) for length in (name, other))
            yield Line(kind.decode(), first, second, file.read(data), inode, folder, other_folder, offset)
