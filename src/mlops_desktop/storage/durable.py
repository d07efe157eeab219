"""Writing files so that what is acknowledged is whole and there after a power cut."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def sync_file(path: Path) -> None:
    """Returns when the file's content is on the disk."""
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Returns when the folder's entries are on the disk. Windows has no such call and keeps its own journal."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Makes one folder in an existing one, durably; nothing happens where it is there already."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        return
    sync_folder(folder.parent)


def make_folders(folder: Path, mode: int = 0o777) -> None:
    """Makes the folder and those above it that lack, durably; nothing happens where it is there already."""
    if not folder.is_dir():
        if folder.parent != folder:
            make_folders(folder.parent)
        make_folder(folder, mode)


def write_file(path: Path, write: Callable[[BinaryIO], None], *, mode: int = 0o644) -> None:
    """Replaces `path` by what `write` writes: wholly or not at all, and durably."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replaces `path` by `content`: wholly or not at all, and durably."""

    def write(stream: BinaryIO) -> None:
        stream.write(content)

    write_file(path, write, mode=mode)


def sync_tree(folder: Path) -> None:
    """Returns when every file and folder under `folder` is on the disk."""
    for here, _, names in os.walk(folder):
        for name in names:
            sync_file(Path(here) / name)
        sync_folder(Path(here))
