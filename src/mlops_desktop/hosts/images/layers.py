"""Layers: tar files that are the same bytes for the same content, wherever and whenever they are made.

A layer's identity is the sha256 of its uncompressed tar, as in the OCI image specification 1.1 ("DiffID").
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mlops_desktop.domain.errors import DeploymentError

FIXED_TIME = 315_532_800
"""1 January 1980: the earliest time that every format in use can hold."""
_FOLDER_MODE = 0o755
_FILE_MODE = 0o644
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Layer:
    """A finished layer: `diff_id` is `sha256:` and 64 hexadecimal digits, `size` its bytes."""

    file: Path
    diff_id: str
    size: int


@dataclass(frozen=True)
class Folder:
    """An empty folder of the layer with an owner of its own."""

    owner: int = 0
    mode: int = _FOLDER_MODE


@dataclass(frozen=True)
class Known:
    """A file that has to be what somebody said of it: `sha256` in hexadecimal digits."""

    file: Path
    sha256: str


Content = Path | Known | bytes | Folder
"""What stands at a place in the layer: a file to be copied, bytes, or a folder."""


def write_layer(target: Path, content: Mapping[str, Content], written: Callable[[int], None] | None = None) -> Layer:
    """Writes the tar of `content`, whose keys are paths below the root of the image.

    All files belong to root and may be read, not written; the folders above them come with them. Only regular files are
    taken: a link or a device in their place is refused, and a Known file that is another by now. `written` is told the
    bytes so far; what it raises ends the writing. Raises DeploymentError, OSError.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file:
            counted = _Counted(file)
            with tarfile.open(fileobj=counted, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_BLOCK) as archive:
                for path, thing in _in_order(content):
                    _add(archive, path, thing)
                    if written is not None:
                        written(counted.size)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return Layer(target, f"sha256:{counted.hash.hexdigest()}", counted.size)


def read_layer(file: Path) -> Layer:
    """A layer that was written before, hashed anew. Raises OSError."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return Layer(file, f"sha256:{digest}", file.stat().st_size)


class _Counted(io.RawIOBase):
    """Passes bytes on, and knows their hash and number."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.hash = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.hash.update(data)
        self.size += len(data)
        return self._file.write(data)


def _in_order(content: Mapping[str, Content]) -> Iterator[tuple[str, Content]]:
    """Every path once, folders before what is in them, in the order of their bytes."""
    whole: dict[str, Content] = {}
    for path in content:
        for above in _folders_above(path):
            whole.setdefault(above, Folder())
    whole.update(content)
    return iter(sorted(whole.items(), key=lambda item: item[0].encode()))


def _folders_above(path: str) -> Iterable[str]:
    parts = PurePosixPath(path).parts
    if not parts or path != "/".join(parts) or any(part in ("..", "/") or "\0" in part for part in parts):
        raise DeploymentError(f"{path!r} cannot be a path in an image.", hint="Rename the file.")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _add(archive: tarfile.TarFile, path: str, thing: Content) -> None:
    entry = tarfile.TarInfo(path)
    entry.mtime = FIXED_TIME
    if isinstance(thing, Folder):
        entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, thing.mode, thing.owner, thing.owner
        archive.addfile(entry)
    elif isinstance(thing, bytes):
        entry.mode, entry.size = _FILE_MODE, len(thing)
        archive.addfile(entry, io.BytesIO(thing))
    else:
        file, expected = (thing.file, thing.sha256) if isinstance(thing, Known) else (thing, None)
        with _open_regular(file) as opened:
            entry.mode, entry.size = _FILE_MODE, os.fstat(opened.fileno()).st_size
            reading = _Hashed(opened)
            archive.addfile(entry, reading)
        if expected is not None and reading.hash.hexdigest() != expected:
            raise DeploymentError(f"{path} is not the file that it should be: {file.name} was changed.")


class _Hashed(io.RawIOBase):
    """Gives a file's bytes, and knows their hash."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.hash.update(data)
        return data


def _open_regular(path: Path) -> BinaryIO:
    """Opens a file that is one itself, not what a link leads to."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DeploymentError(f"{path.name} is not a regular file, so it goes into no image.")
    return os.fdopen(descriptor, "rb")
