"""Which file system a folder is on, and whether SQLite and its locks are safe there."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

from mlops_desktop.domain.errors import NetworkFolderError

_MAGIC = {
    0x6969: "nfs",
    0xFE534D42: "smb2",
    0xFF534D42: "cifs",
    0x517B: "smbfs",
    0x01021997: "9p",
    0x65735546: "fuse",
    0x01021994: "tmpfs",
    0x858458F6: "ramfs",
    0x4D44: "vfat",
    0x2011BAB0: "exfat",
    0x00C36400: "ceph",
    0x5346414F: "afs",
    0x0BD00BD0: "lustre",
    0x47504653: "gpfs",
    0x786F4256: "vboxsf",
}
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "v9fs", "afs", "afpfs", "ceph", "glusterfs", "lustre"}
    | {"gpfs", "ncpfs", "coda", "webdav", "davfs", "ocfs2", "gfs2", "vboxsf", "vmhgfs", "prl_fs", "fuse", "macfuse"}
)
_LOCAL_FUSE = frozenset({"fuse.ntfs-3g", "fuse.exfat", "fuse.encfs", "fuse.gocryptfs", "fuse.bindfs", "fuse.mergerfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")  # how the table writes spaces and tabs
_FORGETFUL = frozenset({"tmpfs", "ramfs"})
_WEAK = frozenset({"vfat", "msdos", "fat32", "exfat", "fuseblk", "virtiofs", "hfs"}) | _LOCAL_FUSE


def check_file_system(folder: Path) -> str | None:
    """A sentence of warning where the folder's file system is an odd place for a workspace; None where it is fine.

    `folder` need not exist yet. Raises NetworkFolderError where SQLite is not safe.
    """
    name = file_system_name(folder)
    if is_network(name):
        raise NetworkFolderError(
            f"{folder} is on a network file system ({name}).",
            hint="There a registry breaks without any error. Choose a folder on a disk of this computer.",
        )
    return warning(name)


def is_network(name: str) -> bool:
    """Whether several computers may write there at once, which SQLite does not survive."""
    name = name.lower()
    return name in _NETWORK or (name.startswith("fuse.") and name not in _LOCAL_FUSE)


def warning(name: str) -> str | None:
    """What to say of a file system that will do, but is odd."""
    name = name.lower()
    if name in _FORGETFUL:
        return f"The folder is in memory ({name}): everything in it is gone after a restart of the computer."
    if name in _WEAK:
        return f"The folder is on {name}, which keeps no file permissions and may lose data on a power cut."
    if not name:
        return "The folder's file system could not be recognised; make sure that it is a disk of this computer."
    return None


def file_system_name(folder: Path) -> str:
    """The name as the system gives it, such as `ext4`; empty where it cannot be told."""
    here = folder.absolute()
    while not here.exists() and here != here.parent:
        here = here.parent
    here = here.resolve()
    if not sys.platform.startswith("linux"):
        return _mounted_elsewhere(here)
    mounted = mounted_as(here, _table_of_mounts())
    magic = _MAGIC.get(_statfs_type(here), "")
    # FUSE and kernel file systems of the network are told by the kernel itself, whatever the mount table says
    if is_network(magic) and not mounted.startswith("fuse"):
        return magic
    return mounted or magic


def mounted_as(here: Path, table: str) -> str:
    """By the kernel's table of mounts: the longest mount point above, the last one mounted there."""
    best, found = -1, ""
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        words = left.split()
        if len(words) < 5 or not right:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), words[4]))
        if here.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), right.split()[0]
    return found


def _table_of_mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _statfs_type(here: Path) -> int:
    """The kernel's number for the file system: the first field of `struct statfs`."""
    library = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(512)
    if library.statfs(os.fsencode(here), buffer) != 0:
        return 0
    return int(ctypes.c_long.from_buffer(buffer).value) & 0xFFFFFFFF


def _mounted_elsewhere(here: Path) -> str:
    """macOS and Windows, as far as psutil tells."""
    import psutil

    if str(here).startswith("\\\\"):
        return "smb"
    best, found = -1, ""
    for part in psutil.disk_partitions(all=True):
        point = Path(part.mountpoint)
        if here.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), str(part.fstype)
            if "remote" in part.opts.split(","):
                found = "smb"
    return found.lower()
