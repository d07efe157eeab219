"""Source files: what may be opened, unpacked within limits, hashed, and watched for changes while they are read."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import lzma
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mlops_desktop.domain.errors import UnreadableTableError, UserError
from mlops_desktop.workers.tables import formats

LARGEST_TEXT = 16 * 1024**3
LARGEST_RATIO = 400
RATIO_COUNTS_FROM = 64 * 1024**2
CHUNK = 4 * 1024**2
_RACY_SECONDS = 2.0
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the readers of archives raise over bytes that are none; an OSError without a number, or of a place before
the file's beginning (EINVAL), is another."""
_MARK_MEMBERS = ("__MACOSX/", ".DS_Store")


@dataclass(frozen=True)
class Fingerprint:
    """What tells that a file was touched: inode, size, times."""

    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> Fingerprint:
        return cls(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class SourceFile:
    """One regular file opened for reading; `chunks` gives its text bytes, unpacked and within limits."""

    def __init__(self, path: Path, stream: io.BufferedReader, *, largest: int = LARGEST_TEXT) -> None:
        self.path = path
        self.fingerprint = Fingerprint.of(os.fstat(stream.fileno()))
        self.packed: str | None = None
        self._largest = largest
        self._stream = stream
        self._opened_at = time.time()

    @property
    def size(self) -> int:
        return self.fingerprint.size

    def position(self) -> float:
        """How much of the file has been read, 0 to 1."""
        if self._stream.closed or not self.size:
            return 1.0
        return min(self._stream.tell() / self.size, 1.0)

    def sha256(self) -> str:
        """The hash of the bytes on disk."""
        self._stream.seek(0)
        return hashlib.file_digest(self._stream, "sha256").hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """The text's bytes. Raises UnreadableTableError for what is no text table or grows past the limits."""
        with self._readable():
            self._stream.seek(0)
            head = self._stream.read(4)
            self._stream.seek(0)
            with self._unpacked(head) as unpacked:
                yield from self._limited(unpacked)

    def check_unchanged(self, sha256: str) -> None:
        """Raises UnreadableTableError where the file was touched since it was opened."""
        try:
            now = Fingerprint.of(self.path.stat())
        except OSError as error:
            raise self._changed() from error
        if now != self.fingerprint or Fingerprint.of(os.fstat(self._stream.fileno())) != self.fingerprint:
            raise self._changed()
        racy = self._opened_at - self.fingerprint.modified / 1e9 < _RACY_SECONDS
        if racy and self.sha256() != sha256:
            raise self._changed()

    def _changed(self) -> UserError:
        return UnreadableTableError(
            f"{self.path.name} changed while it was read.",
            hint="Wait until the program that writes it is done, then import again.",
        )

    @contextmanager
    def _unpacked(self, head: bytes) -> Iterator[IO[bytes]]:
        name = self.path.name
        if head.startswith(formats.GZIP):
            self.packed = "gzip"
            with self._translated("gzip file"), gzip.GzipFile(fileobj=self._stream, mode="rb") as unpacked:
                yield io.BufferedReader(unpacked, CHUNK)
        elif head.startswith((formats.ZIP, formats.EMPTY_ZIP)):
            self.packed = "zip"
            with (
                self._translated("zip archive"),
                zipfile.ZipFile(self._stream) as archive,
                archive.open(_only_member(archive, name)) as member,
            ):
                yield member
        else:
            yield self._stream

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnreadableTableError(
                f"{self.path.name} cannot be read to its end: {error.strerror or error}.",
                hint="Something is wrong with the disk or the network that it lies on. Copy it to another place first.",
                details=str(error),
            ) from error

    @contextmanager
    def _translated(self, words: str) -> Iterator[None]:
        try:
            yield
        except (*_DAMAGED, OSError) as error:
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            raise UnreadableTableError(
                f"{self.path.name} is a damaged or protected {words}.",
                hint="Unpack it with another program, or ask for a fresh copy.",
                details=str(error),
            ) from error

    def _limited(self, stream: IO[bytes]) -> Iterator[bytes]:
        total = 0
        chunk = stream.read(CHUNK)
        self._check_head(chunk)
        while chunk:
            total += len(chunk)
            if total > self._largest:
                raise UnreadableTableError(
                    f"{self.path.name} holds more than {_words(self._largest)} of text, the limit of one import.",
                    hint="Split it into smaller files.",
                )
            if self.packed and total > RATIO_COUNTS_FROM and total > self.size * LARGEST_RATIO:
                raise UnreadableTableError(
                    f"{self.path.name} unpacks to more than {LARGEST_RATIO} times its size; that is no ordinary table.",
                    hint="If you trust it, unpack it first and import the text file.",
                )
            yield chunk
            chunk = stream.read(CHUNK)

    def _check_head(self, head: bytes) -> None:
        claim = formats.named_as(self.path.name)
        found = formats.other_than_text(head[:4096])
        if found is None and claim is None:
            return
        holds = found or ("a packed file" if self.packed else "plain text")
        is_lie = claim is not None and not holds.startswith(claim)
        said = f"{self.path.name} is named like {claim} but holds {holds}" if is_lie else f"{self.path.name} is {holds}"
        raise UnreadableTableError(
            f"{said}, not a table of delimited text.",
            hint="Save it as CSV (.csv, .tsv, .txt, also .gz, or .zip with one file) and import that.",
        )


@contextmanager
def open_source(path: Path, *, largest: int = LARGEST_TEXT) -> Iterator[SourceFile]:
    """A regular file, opened without waiting. Raises UnreadableTableError for anything else, at once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        raise _unopened(path, error) from error
    kind = _kind(os.fstat(descriptor).st_mode)
    if kind is not None:
        os.close(descriptor)
        raise UnreadableTableError(f"{path} is {kind}, not a file.", hint="Choose a file with a table in it.")
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        yield SourceFile(path, io.BufferedReader(stream, CHUNK), largest=largest)


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    names = archive.namelist()
    content = formats.zip_content(names)
    if content is not None:
        raise UnreadableTableError(
            f"{name} is {content}, not a table of delimited text.", hint="Save the sheet as CSV and import that."
        )
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_mark(member.filename)]
    if len(members) != 1:
        shown = ", ".join(repr(member.filename) for member in members[:5])
        raise UnreadableTableError(
            f"{name} holds {len(members)} files{': ' + shown if shown else ''}; one was expected.",
            hint="Unpack it and import the files one by one.",
        )
    if members[0].flag_bits & 0x1:
        raise UnreadableTableError(
            f"{name} is protected with a password.", hint="Unpack it with its password and import the file inside."
        )
    return members[0]


def _is_mark(name: str) -> bool:
    return name.startswith(_MARK_MEMBERS[0]) or name.endswith(_MARK_MEMBERS[1])


def _kind(mode: int) -> str | None:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((words for test, words in kinds if test(mode)), None)


def _unopened(path: Path, error: OSError | ValueError) -> UserError:
    number = error.errno if isinstance(error, OSError) else None
    why = {
        errno.ENOENT: "There is no such file",
        errno.ENOTDIR: "There is no such file",
        errno.EACCES: "You may not read this file",
        errno.EPERM: "You may not read this file",
        errno.ELOOP: "This link leads to itself",
        errno.ENXIO: "This is a socket or a device, not a file",
        errno.EISDIR: "This is a folder, not a file",
        errno.ENAMETOOLONG: "The name is too long for a file",
    }.get(number or 0, "This file cannot be opened")
    return UnreadableTableError(
        f"{why}: {path}", hint="Check the path and your rights, then try again.", details=str(error)
    )


def _words(size: int) -> str:
    for unit, word in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.0f} {word}"
    return f"{size} bytes"
