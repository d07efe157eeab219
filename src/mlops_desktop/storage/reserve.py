"""Room kept back for cleaning up: on a full disk SQLite cannot even delete, so a file of ours gives way then."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

FILE_NAME = "reserve"
SIZE = 4 << 20
"""As much as the stores leave free: they cannot eat what the reserve gave way for."""
_AMPLE = 64 << 20


def keep(folder: Path) -> None:
    """Makes the reserve of the workspace in `folder` where it lacks and there is ample room."""
    file = folder / FILE_NAME
    with contextlib.suppress(OSError):  # another one makes it, or there is no room after all: the next time then
        if is_kept(folder) or shutil.disk_usage(folder).free < SIZE + _AMPLE:
            return
        file.unlink(missing_ok=True)  # what a killed one left
        with file.open("xb") as stream:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(stream.fileno(), 0, SIZE)
            else:
                stream.write(bytes(SIZE))


def is_kept(folder: Path) -> bool:
    try:
        return (folder / FILE_NAME).stat().st_size == SIZE
    except OSError:
        return False


def give_way(folder: Path) -> bool:
    """Frees the reserve; says whether there was one."""
    try:
        (folder / FILE_NAME).unlink()
    except OSError:
        return False
    return True
