"""Wheels in a folder of ours: which one fits, what is in it, and its files taken out.

Those that were fetched lie in folders called by their sha256. A person may put others beside these folders.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.distributions import (
    Distribution,
    Entry,
    is_needed,
    is_plain,
    read_metadata,
    read_record,
    sha256_of,
)
from mlops_desktop.hosts.images.layers import Known
from mlops_desktop.hosts.images.targets import Target, rank_of_tags

_MOST_MEMBERS: Final = 20_000
_LARGEST: Final = 2 * 1024**3
_LARGEST_TEXT: Final = 16 * 1024**2
_HIGHEST_RATIO: Final = 200
_FREE_OF_RATIO: Final = 16 * 1024**2
_BLOCK: Final = 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOVED: Final = re.compile(r"[^/]+\.data/(?:purelib|platlib)/(.+)")
"""Files of these two folders belong to the libraries too."""
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Wheel:
    """A wheel by what its name says; the smaller the `rank`, the better it fits the target."""

    file: Path
    name: str
    version: Version
    rank: int


def fitting_wheels(folder: Path, target: Target) -> Mapping[str, Sequence[Wheel]]:
    """Those of the folder that run on the target, by name; the newest first, and of these the best fitting."""
    ranks = rank_of_tags(target)
    found: dict[str, list[Wheel]] = {}
    for file in sorted((*folder.glob("*.whl"), *folder.glob("*/*.whl"))):
        try:
            name, version, _, tags = parse_wheel_filename(file.name)
        except InvalidWheelFilename:
            continue
        fitting = [ranks[tag] for tag in tags if tag in ranks]
        if fitting:
            found.setdefault(canonicalize_name(name), []).append(Wheel(file, name, version, min(fitting)))
    for wheels in found.values():
        wheels.sort(key=lambda wheel: (wheel.version, -wheel.rank), reverse=True)
    return found


def keep_wheel(file: Path, folder: Path) -> None:
    """Moves a fetched wheel to its place. Raises OSError."""
    place = folder / _hash(file)
    place.mkdir(parents=True, exist_ok=True)
    file.replace(place / file.name)


def read_wheel(file: Path) -> Distribution:
    """What a wheel says of itself. Raises DeploymentError, OSError."""
    with _opened(file) as archive:
        members = {member.filename: member for member in _checked(archive, file) if not member.is_dir()}
        (place,) = {name.partition("/")[0] for name in members if name.endswith(".dist-info/RECORD")} or {""}
        name, version, requires = read_metadata(_text(archive, members, f"{place}/METADATA"), file.name)
        record = read_record(_text(archive, members, f"{place}/RECORD"), file.name)
    if canonicalize_name(name) != parse_wheel_filename(file.name)[0]:
        raise DeploymentError(f"{file.name} holds another library: {name}.")
    files: dict[str, Entry] = {}
    for member in members:
        moved = _MOVED.fullmatch(member)
        where = moved[1] if moved else member
        if not is_needed(where):
            continue
        if member not in record or where in files:
            raise DeploymentError(f"{file.name} holds a file that its own list does not name, or twice: {member}.")
        files[where] = Entry(member, sha256_of(record[member], member))
    missing = [name for name in record if is_needed(name) and name not in members]
    if missing:
        raise DeploymentError(f"{file.name} lacks a file of its own list: {missing[0]}.")
    return Distribution(name, version, file, files, requires)


def take_out(wheel: Distribution, folder: Path, written: Callable[[int], None]) -> dict[str, Known]:
    """Writes the needed files of a wheel into `folder`, under names of our own. Raises DeploymentError, OSError."""
    _refuse_damaged(wheel.source)
    taken: dict[str, Known] = {}
    folder.mkdir()
    with _opened(wheel.source) as archive:
        for number, (place, entry) in enumerate(sorted(wheel.files.items())):
            file = folder / str(number)
            with archive.open(entry.origin) as content, file.open("xb") as out:
                shutil.copyfileobj(content, out, _BLOCK)
            taken[place] = Known(file, entry.sha256)
            written(file.stat().st_size)
    return taken


def _refuse_damaged(file: Path) -> None:
    expected = file.parent.name
    if _DIGEST.fullmatch(expected) and _hash(file) != expected:
        file.unlink()
        raise DeploymentError(
            f"{file.name} was kept here and has changed since; it was thrown away.", hint="Try again to fetch it anew."
        )


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _UNREADABLE as error:
        raise DeploymentError(
            f"{file.name} cannot be read as a wheel.", hint=f"Remove {file} and try again.", details=repr(error)
        ) from error


def _checked(archive: zipfile.ZipFile, file: Path) -> list[zipfile.ZipInfo]:
    """The members, if none leads elsewhere and all together are no bomb. Raises DeploymentError."""
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    bomb = total > _FREE_OF_RATIO and total > _HIGHEST_RATIO * file.stat().st_size
    if len(members) > _MOST_MEMBERS or total > _LARGEST or bomb:
        raise DeploymentError(f"{file.name} has {len(members)} files of {total} bytes: too many for a library.")
    seen: set[str] = set()
    for member in members:
        reason = _fault(member)
        if member.filename in seen:
            reason = "is in it twice"
        if reason:
            raise DeploymentError(f"{file.name} is refused: {member.orig_filename[:200]!r} {reason}.")
        seen.add(member.filename)
    return members


def _fault(member: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if not is_plain(member.orig_filename.removesuffix("/")):
        return "is no name that a file of a library may have"
    if kind not in (0, stat.S_IFDIR if member.is_dir() else stat.S_IFREG):
        return "is no regular file"
    if member.flag_bits & 0x1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is encrypted or compressed in an unknown way"
    return ""


def _text(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> str:
    if members[name].file_size > _LARGEST_TEXT:
        raise ValueError(f"{name} is too large")
    return archive.read(name).decode("utf-8")
