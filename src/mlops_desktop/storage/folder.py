"""The workspace folder: how it is made, known and found, and whether SQLite is safe on its file system."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_desktop.domain.errors import NetworkFolderError, WorkspaceError
from mlops_desktop.domain.identifiers import is_identifier, new_identifier
from mlops_desktop.domain.names import check_name
from mlops_desktop.storage.disk import disk_failures
from mlops_desktop.storage.durable import make_folder, write_bytes

FACTS = "workspace.json"
FORMAT = 1
FOLDERS = ("artifacts", "bundles", "jobs", "deployments", "backups")

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "fuse.sshfs", "sshfs", "afs", "afpfs"}
)
_SOUND = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "bcachefs", "apfs", "hfs", "ntfs"}
)


@dataclass(frozen=True)
class WorkspaceFacts:
    """What `workspace.json` says."""

    id: str
    name: str


def create_workspace(folder: Path, name: str | None = None) -> WorkspaceFacts:
    """Makes the folder (new, or empty but for hidden files) a workspace.

    Raises WorkspaceError, NetworkFolderError, InvalidNameError.
    """
    checked = check_name(name or folder.name, "workspace")
    if (folder / FACTS).exists():
        raise WorkspaceError(f"{folder} is a workspace already.", hint="Open it, or choose another folder.")
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{folder} is a file.", hint="Choose a folder.")
    if folder.is_dir() and any(not item.name.startswith(".") for item in folder.iterdir()):
        raise WorkspaceError(f"{folder} is not empty.", hint="Choose a new or an empty folder.")
    with disk_failures(folder):
        folder.mkdir(parents=True, exist_ok=True)
        check_file_system(file_system_of(folder), folder)
        for part in FOLDERS:
            make_folder(folder / part)
        facts = WorkspaceFacts(new_identifier(), checked)
        content = {"format": FORMAT, "id": facts.id, "name": facts.name}
        write_bytes(folder / FACTS, json.dumps(content, indent=1).encode())
    return facts


def read_workspace(folder: Path) -> WorkspaceFacts:
    """Raises WorkspaceError where the folder is no workspace, NetworkFolderError where it must not be used."""
    path = folder / FACTS
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"{folder} is not a workspace.", hint=f"Make it one: mlops workspace create {folder}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise WorkspaceError(
            f"{path} cannot be read: {error}", hint="Restore it from a backup of the workspace."
        ) from error
    if not isinstance(content, dict) or not is_identifier(str(content.get("id"))):
        raise WorkspaceError(f"{path} is damaged.", hint="Restore it from a backup of the workspace.")
    if content.get("format") != FORMAT:
        raise WorkspaceError(f"{folder} was made by a newer program.", hint="Update MLOps Desktop.")
    check_file_system(file_system_of(folder), folder)
    return WorkspaceFacts(str(content["id"]), str(content.get("name", folder.name)))


def find_workspace(start: Path) -> Path | None:
    """The nearest workspace at or above `start`."""
    for folder in (start, *start.parents):
        if (folder / FACTS).is_file():
            return folder
    return None


def check_file_system(kind: str, folder: Path) -> None:
    """Raises NetworkFolderError: over a network SQLite loses and damages data without one error."""
    if kind in _NETWORK:
        raise NetworkFolderError(
            f"{folder} is on a network file system ({kind}); a registry there gets damaged without a word.",
            hint="Choose a folder on a disk of this computer; share results as backups or exported bundles.",
        )


def folder_warnings(folder: Path) -> Sequence[str]:
    """What is odd about the folder's file system, in sentences."""
    return file_system_warnings(file_system_of(folder))


def file_system_warnings(kind: str) -> Sequence[str]:
    if kind in ("tmpfs", "ramfs"):
        return [f"The folder is in memory ({kind}): it is gone when the computer restarts."]
    if kind in ("vfat", "exfat", "msdos"):
        return [f"The folder is on {kind}, which keeps no access rights and may lose files when it is unplugged."]
    if kind and kind not in _SOUND:
        return [f"The folder is on a file system that was not tried ({kind}): make backups."]
    return []


def file_system_of(folder: Path) -> str:
    """The name of the file system that holds the folder, such as ext4; empty where the system does not tell."""
    import psutil

    existing = folder.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    resolved = os.path.realpath(existing)
    best, kind = "", ""
    for mount in psutil.disk_partitions(all=True):
        point = mount.mountpoint
        inside = resolved == point or resolved.startswith(point.rstrip(os.sep) + os.sep)
        if inside and len(point) >= len(best):
            best, kind = point, mount.fstype.lower()
    return kind
