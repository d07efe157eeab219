"""What a job made is brought to the disk before the job says that it is done: its word lasts, and so must its files."""

from __future__ import annotations

import os
from pathlib import Path

from mlops_desktop.workers.limits import SCRATCH


def make_durable(folder: Path) -> None:
    """Returns when all that the job left in its folder is on the disk, but for what it needs no more."""
    for here, folders, files in os.walk(folder):
        if SCRATCH in folders and Path(here) == folder:
            folders.remove(SCRATCH)
        for name in files:
            _sync(Path(here) / name, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
        if os.name != "nt":
            _sync(Path(here), os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
