"""The mark in a store's folder: without it the folder is not the store, but what lies under a disk that is away."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.storage.disk import disk_failures
from mlops_desktop.storage.durable import write_bytes

MARK = ".store"
_CONTENT = b"A store of MLOps Desktop. Without this file the program takes the folder for an empty mount point.\n"


def mark(root: Path) -> None:
    """Makes the folder the store, durably."""
    write_bytes(root / MARK, _CONTENT)


def mark_unless_emptied(root: Path, named: AbstractSet[str]) -> None:
    """Marks a store of an earlier program, unless rows name what is in it and it is empty."""
    if (root / MARK).exists() or not root.is_dir():
        return
    if named and not any(entry.is_dir() and entry.name != "incoming" for entry in root.iterdir()):
        return
    with disk_failures(root):
        mark(root)


def look_for_mark(root: Path) -> None:
    """Raises WorkspaceError where the store is not there."""
    if not (root / MARK).exists():
        raise WorkspaceError(
            f"The store {root} is not there: its disk is not mounted, or somebody emptied the folder.",
            hint="Connect its disk again, or restore a backup with `mlops workspace restore`. Nothing was written.",
        )
