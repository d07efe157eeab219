"""Room on the workspace's disk, looked at before work begins that needs some."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlops_desktop.domain.errors import DiskFullError

LITTLE = 16 << 20
"""With less than this no work is begun; what is left is for cleaning up."""


def want_of_room(folder: Path) -> DiskFullError | None:
    """What to say where the disk is as good as full; None where there is room, or nobody can tell."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    if free >= LITTLE:
        return None
    return DiskFullError(
        f"The disk that holds {folder} is as good as full: {free / 2**20:.1f} MB are free.",
        hint="Free some space there, or erase what you do not need: `mlops trash purge`. No work is begun until then.",
    )
