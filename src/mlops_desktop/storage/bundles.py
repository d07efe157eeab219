"""Bundles: folders by the sha256 of their manifest, checked file by file on every way in and out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlops_desktop.domain.errors import DamagedBundleError, UntrustedBundleError, WorkspaceError
from mlops_desktop.domain.identifiers import is_sha256, new_identifier
from mlops_desktop.domain.verification import Problem
from mlops_desktop.serving import bundle
from mlops_desktop.storage.disk import disk_failures, need_room
from mlops_desktop.storage.durable import make_folder, sync_file, sync_folder, sync_tree
from mlops_desktop.storage.incoming import age, held, sweep
from mlops_desktop.storage.store_mark import look_for_mark

_INCOMING = "incoming"
_DAMAGED = "damaged"


class FolderBundleStore:
    """Bundles below `root`, which must exist: a store that was unmounted must not come back empty.

    With `marked` it must also carry its mark, for a mount point without its disk is a folder as well.
    """

    def __init__(self, root: Path, *, marked: bool = False) -> None:
        self._root = root
        self._marked = marked

    def look(self) -> None:
        """Raises WorkspaceError where the store is not there."""
        if self._marked:
            look_for_mark(self._root)

    def add(self, folder: Path) -> str:
        """Copies the bundle in and returns its manifest's hash. Durable on return; adding twice changes nothing.

        Raises DamagedBundleError, DiskFullError, WorkspaceError.
        """
        with _bundle_failures(str(folder)):
            manifest_hash = bundle.check(folder)

        def copy(part: Path) -> None:
            need_room(self._root, sum(file.lstat().st_size for file in folder.rglob("*")))
            shutil.copytree(folder, part, symlinks=True, copy_function=shutil.copyfile, dirs_exist_ok=True)

        return self._take_in(copy, manifest_hash)

    def folder(self, manifest_hash: str) -> Path:
        """The bundle's folder, after every file was checked. Raises DamagedBundleError."""
        place = self._place(manifest_hash)
        if not place.is_dir():
            self.look()
            raise _damaged(f"The bundle {manifest_hash[:12]}… is missing.", manifest_hash)
        with _bundle_failures(f"{manifest_hash[:12]}…"):
            bundle.check(place, manifest_hash)
        return place

    def hashes(self, *, older_than: float = 0.0) -> Sequence[str]:
        """All, or those stored more than so many seconds ago."""
        with disk_failures(self._root):
            folders = [folder for folder in self._root.iterdir() if is_sha256(folder.name)]
            return sorted(folder.name for folder in folders if not older_than or age(folder) > older_than)

    def remove(self, manifest_hash: str) -> None:
        """Nothing happens where it is not there. A half-removed bundle is never seen."""
        place = self._place(manifest_hash)
        with disk_failures(self._root):
            self._take_away(place)

    def problem(self, manifest_hash: str) -> Problem | None:
        """What is wrong with it; None when every file is what the manifest says."""
        try:
            self.folder(manifest_hash)
        except (DamagedBundleError, UntrustedBundleError, WorkspaceError) as error:
            return Problem("bundle", manifest_hash, error.message)
        return None

    def export(self, manifest_hash: str, target: Path) -> None:
        """Writes the bundle as one file, wholly or not at all; the same bundle always gives the same file."""
        folder = self.folder(manifest_hash)
        part = target.with_name(f".{target.name}.{new_identifier()}.part")
        with disk_failures(target.parent):
            try:
                with _bundle_failures(f"{manifest_hash[:12]}…"):
                    bundle.pack(folder, part)
                sync_file(part)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(target.parent)

    def import_file(self, source: Path) -> str:
        """Takes in a bundle that came as one file. Raises DamagedBundleError, listing what is wrong with it."""

        def unpack(part: Path) -> None:
            with _bundle_failures(str(source)):
                bundle.unpack(source, part)

        return self._take_in(unpack, None)

    def _take_in(self, fill: Callable[[Path], None], expected: str | None) -> str:
        self.look()
        with disk_failures(self._root):
            make_folder(self._root / _INCOMING)
            sweep(self._root / _INCOMING)
            part = self._root / _INCOMING / new_identifier()
            part.mkdir()
            try:
                with held(part):
                    fill(part)
                    with _bundle_failures(part.name):
                        manifest_hash = bundle.check(part, expected)
                    self._store(part, manifest_hash)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return manifest_hash

    def _store(self, part: Path, manifest_hash: str) -> None:
        place = self._place(manifest_hash)
        for file in part.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o444)
        sync_tree(part)
        if place.exists() and self.problem(manifest_hash) is not None:
            make_folder(self._root / _DAMAGED)
            place.rename(self._root / _DAMAGED / f"{manifest_hash}.{part.name}")
        try:
            part.rename(place)
        except OSError:
            if self.problem(manifest_hash) is not None:  # else another process put it there just now
                raise
        sync_folder(self._root)

    def _take_away(self, place: Path) -> None:
        make_folder(self._root / _INCOMING)
        aside = self._root / _INCOMING / new_identifier()
        try:
            place.rename(aside)
        except FileNotFoundError:
            return
        sync_folder(self._root)
        shutil.rmtree(aside, ignore_errors=True)

    def _place(self, manifest_hash: str) -> Path:
        if not is_sha256(manifest_hash):
            raise _damaged(f"{manifest_hash!r} cannot be the name of a bundle.", "")
        return self._root / manifest_hash


@contextlib.contextmanager
def _bundle_failures(subject: str) -> Iterator[None]:
    """Inside, what the bundle format finds wrong is raised as ours."""
    try:
        yield
    except bundle.UntrustedError as error:
        raise UntrustedBundleError(
            f"The bundle {subject} holds what this program does not trust: {error}.",
            hint="Only models made of stock scikit-learn parts are taken in.",
        ) from error
    except bundle.BundleError as error:
        raise _damaged(f"The bundle {subject} does not match its manifest: {error}.", "") from error


def _damaged(message: str, details: str) -> DamagedBundleError:
    return DamagedBundleError(
        message,
        hint="Run `mlops verify`; register the run again or import the bundle file again.",
        details=details,
    )
