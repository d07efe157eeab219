"""The wall between the operating system's errors and ours."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from mlops_desktop.domain.errors import DeploymentError, DiskFullError


@contextmanager
def translated() -> Iterator[None]:
    """What the system refuses inside the block becomes a DeploymentError, a full disk a DiskFullError."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"The disk is full{where}.", hint="Make room, then try again.") from error
        raise DeploymentError(
            f"The system does not let the deployment be managed: {error.strerror or error}{where}.",
            hint="See whether the folder is there and yours to write to.",
            details=repr(error),
        ) from error
