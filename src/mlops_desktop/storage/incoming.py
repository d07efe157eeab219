"""What comes into a store before it has its place, and how leftovers of killed processes are told from it."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

LEFT_BEHIND_SECONDS = 24 * 3600.0


@contextlib.contextmanager
def held(part: Path) -> Iterator[None]:
    """Inside, nobody sweeps the part away, however old the clock makes it. The lock ends with its process.

    Windows needs none: there a file that is open cannot be removed.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    descriptor = os.open(part, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # file systems without locks have age alone
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def sweep(incoming: Path) -> None:
    """Removes what killed processes left half-written, once it is a day old."""
    for part in incoming.iterdir() if incoming.is_dir() else ():
        with contextlib.suppress(OSError):
            if age(part) > LEFT_BEHIND_SECONDS and not _is_held(part):
                if part.is_dir():
                    shutil.rmtree(part)
                else:
                    part.unlink()


def age(path: Path) -> float:
    """Seconds since it was written, by the clock; less than none where that was set back."""
    return time.time() - path.lstat().st_mtime


def _is_held(part: Path) -> bool:
    if os.name == "nt":
        return False
    import fcntl

    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
