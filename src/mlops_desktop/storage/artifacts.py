"""Artifacts: files by the sha256 of their content, whole or absent, never edited."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlops_desktop.domain.errors import DamagedArtifactError, InvalidInputError, WorkspaceError
from mlops_desktop.domain.identifiers import is_sha256, new_identifier
from mlops_desktop.domain.verification import Problem
from mlops_desktop.storage.disk import disk_failures, need_room
from mlops_desktop.storage.durable import make_folder, sync_folder
from mlops_desktop.storage.incoming import age, held, sweep
from mlops_desktop.storage.store_mark import look_for_mark

_BLOCK = 1 << 20
_INCOMING = "incoming"
_DAMAGED = "damaged"


class FileArtifactStore:
    """Artifacts below `root`, which must exist: a store that was unmounted must not come back empty.

    With `marked` it must also carry its mark, for a mount point without its disk is a folder as well.
    """

    def __init__(self, root: Path, *, marked: bool = False) -> None:
        self._root = root
        self._marked = marked

    def look(self) -> None:
        """Raises WorkspaceError where the store is not there."""
        if self._marked:
            look_for_mark(self._root)

    def add(self, source: Path) -> str:
        """Copies `source` in and returns its sha256. Durable on return; adding twice changes nothing.

        A damaged artifact of the same content is set aside and replaced. Raises InvalidInputError where `source` is no
        plain file or changes meanwhile, DiskFullError, WorkspaceError.
        """
        self.look()
        with disk_failures(self._root):
            make_folder(self._root / _INCOMING)
            sweep(self._root / _INCOMING)
        with _source(source) as (stream, state), disk_failures(self._root):
            need_room(self._root, state.st_size)
            part = self._root / _INCOMING / new_identifier()
            part.touch(exist_ok=False)
            try:
                with held(part):
                    sha256 = self._copy(source, stream, state, part)
                    self._store(part, sha256)
            finally:
                part.unlink(missing_ok=True)
        return sha256

    def path(self, sha256: str) -> Path:
        """The file, after its whole content was checked. Raises DamagedArtifactError."""
        place = self._place(sha256)
        with self._stored(sha256) as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
        self._compare(sha256, actual)
        return place

    def read(self, sha256: str) -> bytes:
        """The checked content. Raises DamagedArtifactError."""
        with self._stored(sha256) as stream:
            content = stream.read()
        self._compare(sha256, hashlib.sha256(content).hexdigest())
        return content

    def size(self, sha256: str) -> int:
        """The stored size in bytes. Raises DamagedArtifactError where there is no such file."""
        with self._stored(sha256) as stream:
            return os.fstat(stream.fileno()).st_size

    def hashes(self, *, older_than: float = 0.0) -> Sequence[str]:
        """All, or those stored more than so many seconds ago."""
        with disk_failures(self._root):
            folders = sorted(folder for folder in self._root.iterdir() if len(folder.name) == 2 and folder.is_dir())
            files = [
                file for folder in folders for file in sorted(folder.iterdir()) if is_sha256(folder.name + file.name)
            ]
            return [file.parent.name + file.name for file in files if not older_than or age(file) > older_than]

    def remove(self, sha256: str) -> None:
        """Nothing happens where it is not there."""
        place = self._place(sha256)
        with disk_failures(self._root):
            try:
                if os.name == "nt":
                    place.chmod(stat.S_IWRITE)
                place.unlink()
            except FileNotFoundError:
                return
            sync_folder(place.parent)

    def problem(self, sha256: str) -> Problem | None:
        """What is wrong with it; None when its content is what its name says."""
        try:
            self.path(sha256)
        except (DamagedArtifactError, WorkspaceError) as error:
            return Problem("artifact", sha256, error.message)
        return None

    def _place(self, sha256: str) -> Path:
        if not is_sha256(sha256):
            raise DamagedArtifactError(
                f"{sha256!r} cannot be the name of an artifact.", hint="Run `mlops verify` to see what else is wrong."
            )
        return self._root / sha256[:2] / sha256[2:]

    def _copy(self, source: Path, stream: io.BufferedReader, before: os.stat_result, part: Path) -> str:
        digest = hashlib.sha256()
        copied = 0
        with part.open("wb") as target:
            while block := stream.read(_BLOCK):
                digest.update(block)
                target.write(block)
                copied += len(block)
            target.flush()
            os.fsync(target.fileno())
        after = os.fstat(stream.fileno())
        if copied != before.st_size or (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise InvalidInputError(
                f"{source} changed while it was being read.",
                hint="Wait until it is written to the end, then try again.",
            )
        part.chmod(0o444)
        return digest.hexdigest()

    def _store(self, part: Path, sha256: str) -> None:
        place = self._place(sha256)
        make_folder(place.parent)
        if place.exists() and self.problem(sha256) is not None:
            make_folder(self._root / _DAMAGED)
            place.replace(self._root / _DAMAGED / f"{sha256}.{part.name}")
        if not place.exists():
            part.replace(place)
        sync_folder(place.parent)  # also where another process has just put it there

    @contextlib.contextmanager
    def _stored(self, sha256: str) -> Iterator[io.BufferedReader]:
        """The stored file open for reading; every failure on the way is a damaged artifact."""
        place = self._place(sha256)
        try:
            with open_plain(place) as (stream, _):
                yield stream
        except FileNotFoundError as error:
            self.look()
            raise _damaged(sha256, "is missing", "") from error
        except (OSError, InvalidInputError) as error:
            raise _damaged(sha256, "cannot be read", str(error)) from error

    def _compare(self, sha256: str, actual: str) -> None:
        if actual != sha256:
            raise _damaged(sha256, "is not what it was when it was stored", f"its content now has the hash {actual}")


@contextlib.contextmanager
def _source(path: Path) -> Iterator[tuple[io.BufferedReader, os.stat_result]]:
    """A file from outside, open for reading. Raises InvalidInputError."""
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(open_plain(path))
        except OSError as error:
            raise InvalidInputError(
                f"{path} cannot be read: {error.strerror or error}.",
                hint="Check that it is there and that you may read it.",
            ) from error
        yield opened


@contextlib.contextmanager
def open_plain(path: Path) -> Iterator[tuple[io.BufferedReader, os.stat_result]]:
    """A plain file open for reading. Links, pipes, devices and folders are refused, without waiting for them.

    Raises InvalidInputError, FileNotFoundError and other OSErrors.
    """
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    if path.is_symlink():
        raise _not_plain(path)
    descriptor = os.open(path, flags)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise _not_plain(path)
        stream = os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
    with stream:
        yield stream, state


def _not_plain(path: Path) -> InvalidInputError:
    return InvalidInputError(
        f"{path} is not a plain file.", hint="Links, folders, pipes and devices are not taken in; give the file itself."
    )


def _damaged(sha256: str, what: str, details: str) -> DamagedArtifactError:
    return DamagedArtifactError(
        f"The artifact {sha256[:12]}… {what}.",
        hint="Run `mlops verify`, then restore a backup with `mlops workspace restore`, or import the data again.",
        details=f"{sha256} {details}".strip(),
    )
