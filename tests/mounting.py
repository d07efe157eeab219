"""Mounts of a test's own: a disk in memory, a folder seen read-only. All are taken away when the block ends."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def memory(folder: Path, size: str = "8m") -> Iterator[Path]:
    """A file system in memory on the folder."""
    with _mounted(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], folder):
        yield folder


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """The folder as a disk that takes no writing."""
    with _mounted(["mount", "--bind", str(folder), str(folder)], folder):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
        yield folder


@contextlib.contextmanager
def _mounted(command: list[str], folder: Path) -> Iterator[None]:
    subprocess.run(command, check=True)
    try:
        yield
    finally:  # a test may have taken it away itself
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)
