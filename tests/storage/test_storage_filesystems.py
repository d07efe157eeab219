"""Network file systems are refused, odd ones warned of, and a disk of this computer is fine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlops_desktop.domain.errors import NetworkFolderError
from mlops_desktop.storage import filesystems
from mlops_desktop.storage.filesystems import check_file_system, file_system_name, is_network, mounted_as, warning

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's own numbers")


@pytest.mark.parametrize(
    "name", ["nfs", "nfs4", "cifs", "smb3", "smb2", "9p", "fuse.sshfs", "fuse.rclone", "fuse", "davfs", "NFS", "ceph"]
)
def test_s_15_network_file_systems_are_refused(name: str) -> None:
    assert is_network(name)


@pytest.mark.parametrize("name", ["ext4", "xfs", "btrfs", "zfs", "overlay", "apfs", "ntfs", "f2fs", "bcachefs"])
def test_disks_of_this_computer_are_fine(name: str) -> None:
    assert not is_network(name)
    assert warning(name) is None


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("tmpfs", "restart"),
        ("vfat", "permissions"),
        ("exFAT", "power cut"),
        ("fuse.ntfs-3g", "power"),
        ("", "recognised"),
    ],
)
def test_s_15_odd_file_systems_are_warned_of(name: str, word: str) -> None:
    assert not is_network(name)
    assert word in str(warning(name))


@LINUX
def test_s_15_what_the_system_says_of_real_folders() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        assert file_system_name(Path(folder)) == "tmpfs"
        assert "restart" in str(check_file_system(Path(folder)))
    assert file_system_name(Path("/proc")) == "proc"


@LINUX
def test_this_folder_and_one_that_is_not_there_yet_are_told_as_df_tells(tmp_path: Path) -> None:
    told = subprocess.run(["df", "--output=fstype", tmp_path], capture_output=True, text=True, check=True)
    name = told.stdout.split()[-1].replace("-", "")  # where it does not know, as inside a changed root
    assert file_system_name(tmp_path / "not" / "yet") == file_system_name(tmp_path) == name


@LINUX
@pytest.mark.parametrize(
    ("number", "name"), [(0x6969, "nfs"), (0xFE534D42, "smb2"), (0xFF534D42, "cifs"), (0x01021997, "9p")]
)
def test_s_15_the_kernel_s_number_counts_for_more_than_the_table_of_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, name: str
) -> None:
    monkeypatch.setattr(filesystems, "_statfs_type", lambda here: number)
    assert file_system_name(tmp_path) == name
    with pytest.raises(NetworkFolderError, match=name) as refused:
        check_file_system(tmp_path)
    assert "disk of this computer" in refused.value.hint


@LINUX
@pytest.mark.parametrize(("mounted", "refused"), [("fuse.sshfs", True), ("fuseblk", False), ("fuse.encfs", False)])
def test_s_15_which_fuse_it_is_is_told_by_the_table_of_mounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, refused: bool
) -> None:
    monkeypatch.setattr(filesystems, "_statfs_type", lambda here: 0x65735546)
    monkeypatch.setattr(filesystems, "mounted_as", lambda here, table: mounted)
    assert is_network(file_system_name(tmp_path)) is refused


@pytest.mark.parametrize(
    ("fstype", "opts", "name"),
    [
        ("APFS", "rw,local", "apfs"),
        ("NTFS", "rw,fixed", "ntfs"),
        ("NTFS", "rw,remote", "smb"),
    ],
)
def test_other_systems_are_told_by_their_list_of_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fstype: str, opts: str, name: str
) -> None:
    disks = [
        SimpleNamespace(mountpoint=os.sep, fstype="other", opts=""),
        SimpleNamespace(mountpoint=str(tmp_path), fstype=fstype, opts=opts),
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda all: disks)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert file_system_name(tmp_path / "x") == name


TABLE = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /home/ada rw - nfs4 server:/home rw
31 22 0:27 / /home/ada/my\040disk rw,relatime - xfs /dev/sdb1 rw
32 22 0:28 / /home/ada/my\040disk rw,relatime - btrfs /dev/sdc1 rw
odd line
"""


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/srv/flights", "ext4"),
        ("/home/ada/flights", "nfs4"),
        ("/home/adam", "ext4"),
        ("/home/ada/my disk", "btrfs"),
        ("/home/ada/my disk/flights", "btrfs"),
    ],
)
def test_the_longest_and_newest_mount_point_above_counts(folder: str, name: str) -> None:
    assert mounted_as(Path(folder), TABLE) == name
