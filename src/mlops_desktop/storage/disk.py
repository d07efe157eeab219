"""The disk under the stores: room asked for before it is needed, and its errors as ours."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from mlops_desktop.domain.errors import DiskFullError, WorkspaceError

_KEPT_FREE = 4 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


def need_room(folder: Path, size: int) -> None:
    """Raises DiskFullError where `size` bytes more do not fit beside `folder`."""
    free = shutil.disk_usage(folder).free
    if free < size + _KEPT_FREE:
        raise DiskFullError(
            f"There is no room for {size:,} bytes in {folder}: {free:,} are free.", hint="Free some space there first."
        )


@contextlib.contextmanager
def disk_failures(folder: Path) -> Iterator[None]:
    """Inside, the disk's errors in `folder` are raised as ours."""
    try:
        yield
    except OSError as error:
        trouble = full(folder, error)
        if trouble is not None:
            raise trouble from error
        raise WorkspaceError(
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            hint="Check that it is there, that you may write in it, and that its disk is connected.",
            details=str(error),
        ) from error


def full(folder: Path, error: OSError) -> DiskFullError | None:
    """What to say where the disk's error is that it is full."""
    if error.errno not in _FULL:
        return None
    return DiskFullError(
        f"The disk that holds {folder} is full.", hint="Free some space there and try again.", details=str(error)
    )
