"""What a job made is brought to the disk before the job says that it is done: its word lasts, and so must its files."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from mlops_desktop.workers.limits import SCRATCH

_TELLING = frozenset({"journal.jsonl", "spec.json", "output.log", "heartbeat"})


def make_durable(folder: Path) -> None:
    """Returns when all that the job left in its folder is on the disk, but for what it needs no more."""
    for here, folders, files in os.walk(folder):
        if SCRATCH in folders and Path(here) == folder:
            folders.remove(SCRATCH)
        for name in files:
            _sync(Path(here) / name, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
        if os.name != "nt":
            _sync(Path(here), os.O_RDONLY)


def discard(folder: Path) -> None:
    """Removes all that a job made, as far as that can be done; what tells of it stays."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name not in _TELLING:
            with contextlib.suppress(OSError):
                path.unlink()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
