"""The base image of the tests, made once by debootstrap and kept in `build/`, and the disks of engines that have it."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock
from tests.engines import system
from tests.engines.machine import EngineError, Machine

if TYPE_CHECKING:
    from tests.engines.engine import Engine

KEPT = Path(__file__).resolve().parents[2] / "build" / "engines"
SUITE = "bookworm"
PACKAGES = "python3,python3-venv"
REFERENCE = "mlops-desktop-tests/base:bookworm"
DISK = "16G"
"""Of an engine's disk. The file is sparse: it takes what is written."""

LEFT_OUT = ["./dev/*", "./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*",
            "./usr/share/locale/*", "./var/log/*"]  # fmt: skip


@dataclass(frozen=True)
class Base:
    """The image as a tar, and where disks can be mounted, a disk of an engine that has it."""

    archive: Path
    disk: Path | None

    def lay(self, machine: Machine, data: Path) -> str:
        """Lays the engine's data there, on a disk of its own where that works; gives the storage driver that works."""
        data.mkdir()
        if self.disk:
            disk = machine.folder / "disk"
            subprocess.run(["cp", "--sparse=always", "--reflink=auto", self.disk, disk], check=True)
            mount_disk(machine, disk, data)
        return _storage_driver(machine, data)

    def bring(self, engine: Engine) -> None:
        """Sees to it that the engine has the image."""
        with engine.client(timeout=300) as client:
            if not client.images(REFERENCE):
                repository, _, tag = REFERENCE.partition(":")
                client.import_image_from_file(str(self.archive), repository=repository, tag=tag)


def prepare() -> Base:
    """What later calls, also of other test runs, find there at once."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with FileLock(KEPT / "lock"):
        recipe = repr((SUITE, PACKAGES, LEFT_OUT, DISK, 1))
        version = subprocess.run(["/usr/sbin/dockerd", "--version"], capture_output=True, text=True, check=True).stdout
        archive = KEPT / f"base-{_digest(recipe)}.tar"
        if not archive.exists():
            _make_archive(archive)
        disk = KEPT / f"disk-{_digest(recipe + version)}.img"
        if not disk.exists() and not _make_disk(archive, disk):
            return Base(archive, None)
        for path in KEPT.iterdir():  # what was made by another recipe
            if path.suffix in {".tar", ".img"} and path not in {archive, disk}:
                path.unlink()
        return Base(archive, disk)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _make_archive(archive: Path) -> None:
    system.say(f"making a base image of Debian {SUITE} with Python (about a minute; it is kept in build/engines)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        root, unfinished = Path(folder, "root"), Path(folder, "tar")
        _must("debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root), system.mirror(SUITE))
        _must("tar", "--sort=name", "--numeric-owner", "-C", str(root), *[f"--exclude={name}" for name in LEFT_OUT],
              "-cf", str(unfinished), ".")  # fmt: skip
        unfinished.rename(archive)
    system.say(f"the base image took {time.monotonic() - began:.0f} s")


def _make_disk(archive: Path, disk: Path) -> bool:
    """False where this machine mounts no disk images; then each engine gets the image by itself."""
    from tests.engines.engine import LocalEngine

    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        unfinished = Path(folder, "disk")
        with unfinished.open("wb"):
            _must("truncate", "-s", DISK, str(unfinished))
        # A journal and eager tables would be written anew for each engine.
        _must("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", "-E", "lazy_itable_init=1", str(unfinished))
        with contextlib.closing(Machine(own_network=False)) as machine:
            (machine.folder / "data").mkdir()
            try:
                mount_disk(machine, unfinished, machine.folder / "data")
            except EngineError as error:
                system.say(f"no disk images here, so engines start slower: {error}")
                return False
        began = time.monotonic()
        engine = LocalEngine(Base(archive, unfinished))
        try:
            engine.stop()
            engine.machine.run("umount", engine.machine.folder / "data")
            kept = Path(folder, "kept")
            _must("cp", "--sparse=always", str(engine.machine.folder / "disk"), str(kept))
            kept.rename(disk)
        finally:
            engine.close()
        system.say(f"a disk with the base image took {time.monotonic() - began:.0f} s")
    return True


def mount_disk(machine: Machine, disk: Path, place: Path) -> None:
    machine.run("mount", "-o", "loop,noatime,discard,noinit_itable", disk, place)


def _storage_driver(machine: Machine, data: Path) -> str:
    """By trial: overlays do not lie on overlays, which is what a container's own files are."""
    trial = data / "trial"
    parts = [trial / name for name in ("lower", "upper", "work", "merged")]
    try:
        machine.run("mkdir", "-p", *parts)
        lower, upper, work, merged = parts
        machine.run(
            "mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}", "trial", merged
        )
        machine.run("umount", merged)
    except EngineError:
        return "vfs"
    finally:
        machine.run("rm", "-rf", trial)
    return "overlay2"


def _must(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise EngineError(f"{command[0]} failed: {(done.stdout + done.stderr).strip()[-2000:]}")
