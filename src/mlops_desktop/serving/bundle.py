"""The bundle's format: a folder whose manifest names every file with its sha256, and its form as one zip file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
FORMAT = 1

_LARGEST = 4 * 1024**3
_LARGEST_MANIFEST = 16 * 1024**2
_MOST_FILES = 10_000
_LONGEST_LIST = 16 * 1024**2
_LONGEST_TAIL = 22 + 65535 + 20 + 56
"""The end of a zip file: what says how long its list is, and a comment."""
_HIGHEST_RATIO = 200
_FREE_OF_RATIO = 16 * 1024**2
"""Small archives may compress as well as they like: below this many bytes nothing can be exhausted."""
_COMPILED = re.compile(r"code/(?:[^/]+/)*__pycache__/[^/]+\.pyc")
_BLOCK = 1024 * 1024
_UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # NotImplementedError too: a password, or a compression that is not known
    ValueError,
)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class BundleError(Exception):
    """The bundle is not what its manifest says, or no bundle at all; the message lists what is wrong."""


class UntrustedError(BundleError):
    """The bundle's model holds types outside our allow-list."""


def write_manifest(folder: Path) -> str:
    """Writes the manifest of all files in `folder` and returns its hash, the bundle's identity."""
    files = {name: _describe(folder / name) for name in _file_names(folder) if name != MANIFEST}
    _refuse_bad_names(files)
    content = json.dumps({"format": FORMAT, "files": files}, sort_keys=True, separators=(",", ":")).encode("ascii")
    (folder / MANIFEST).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def check(folder: Path, expected: str | None = None, *, compiled: bool = False) -> str:
    """Compares every file with the manifest and returns the manifest's hash.

    Raises BundleError listing wrong, missing and extra files; links are refused. `expected` is the hash the manifest
    itself must have. With `compiled` Python's compiled files beside the code are passed over: only for those who run
    the bundle's own code already (MLflow does), since importing it leaves them there.
    """
    found = _file_names(folder)
    if compiled:
        found = {name: None for name in found if not _COMPILED.fullmatch(name)}
    if MANIFEST not in found:
        raise BundleError(f"there is no {MANIFEST}")
    content = _read_small(folder / MANIFEST)
    actual = hashlib.sha256(content).hexdigest()
    if expected is not None and actual != expected:
        raise BundleError(f"the manifest is another one: {actual[:12]}… instead of {expected[:12]}…")
    files = _read_manifest(content)
    problems = [f"missing: {name}" for name in sorted(files.keys() - found)]
    problems += [f"not in the manifest: {name}" for name in sorted(set(found) - files.keys() - {MANIFEST})]
    problems += [f"changed: {name}" for name in sorted(files.keys() & found) if _describe(folder / name) != files[name]]
    if problems:
        raise BundleError("; ".join(_first(problems)))
    return actual


def pack(folder: Path, target: Path) -> None:
    """Writes the checked bundle as one zip file; the same bundle always gives the same bytes."""
    check(folder)
    names = sorted(_file_names(folder))
    draft = target.with_name(f".{target.name}.part")
    try:
        stored = _write_zip(folder, names, draft, stored=frozenset())
        if stored:
            _write_zip(folder, names, draft, stored=stored)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def unpack(source: Path, folder: Path, *, largest: int = _LARGEST) -> str:
    """Unpacks a zip into the new or empty `folder`, checks it and returns its manifest's hash.

    Only regular files with plain relative names are taken, at most `largest` bytes in all; what refuses a member names
    it. After a refusal the folder is gone.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BundleError("the folder to unpack into is not empty")
    try:
        _refuse_long_list(source)
        with zipfile.ZipFile(source) as archive:
            members = _check_members(archive.infolist(), source.stat().st_size, largest)
            for member in members:
                _extract(archive, member, folder / member.filename)
        return check(folder)
    except _UNREADABLE as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BundleError(f"the file cannot be unpacked: {error}") from error
    except BundleError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def read_json(path: Path) -> Any:
    """A JSON file of a bundle. Raises BundleError where it is missing, too large or no JSON."""
    try:
        return json.loads(_read_small(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path.name} cannot be read as JSON: {error}") from error


def _read_small(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise BundleError(f"{path.name} is larger than any bundle's")
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read: {error}") from error


def _read_manifest(content: bytes) -> dict[str, dict[str, Any]]:
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{MANIFEST} cannot be read as JSON: {error}") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BundleError(f"{MANIFEST} does not list files")
    if manifest.get("format") != FORMAT:
        raise BundleError(f"{MANIFEST} has format {manifest.get('format')!r}; this program knows format {FORMAT}")
    files: dict[str, dict[str, Any]] = manifest["files"]
    _refuse_bad_names(files)
    return files


def _describe(path: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read: {error}") from error
    return {"sha256": digest.hexdigest(), "size": size}


def _file_names(folder: Path) -> dict[str, None]:
    """Relative POSIX names of all regular files; anything else but folders is refused."""
    if folder.is_symlink() or not folder.is_dir():
        raise BundleError("there is no bundle folder")
    names: dict[str, None] = {}
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                    continue
                name = path.relative_to(folder).as_posix()
                if not entry.is_file(follow_symlinks=False):
                    raise BundleError(f"{name} is a link or a special file; a bundle holds regular files only")
                names[name] = None
                if len(names) > _MOST_FILES:
                    raise BundleError(f"more than {_MOST_FILES} files")
    return names


def _refuse_bad_names(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        _refuse_bad_name(name)
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise BundleError(f"{name!r} and {seen[folded]!r} are one file on some systems")
        seen[folded] = name


def _refuse_bad_name(name: str) -> None:
    parts = name.split("/")
    if (
        any(part in ("", ".", "..") or len(part.encode("utf-8", "replace")) > 255 for part in parts)
        or len(parts) > 20
        or any(character in '\\:*?"<>|' or ord(character) < 32 or ord(character) == 127 for character in name)
        or any(part.endswith((" ", ".")) for part in parts)
    ):
        raise BundleError(f"{name[:200]!r} is no name that a bundle's file may have")


def _first(problems: list[str], most: int = 20) -> list[str]:
    rest = len(problems) - most
    return problems if rest <= 0 else [*problems[:most], f"and {rest} more"]


def _write_zip(folder: Path, names: Iterable[str], target: Path, *, stored: frozenset[str]) -> frozenset[str]:
    """Returns the names that shrink so far that `unpack` would take them for a bomb: store them as they are."""
    with zipfile.ZipFile(target, "w", allowZip64=True) as archive:
        for name in names:
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            size = (folder / name).stat().st_size
            with (folder / name).open("rb") as file, archive.open(info, "w", force_zip64=size >= 2**31) as member:
                shutil.copyfileobj(file, member, _BLOCK)
        return frozenset(
            info.filename for info in archive.infolist() if info.file_size > _HIGHEST_RATIO / 2 * info.compress_size > 0
        )


def _refuse_long_list(source: Path) -> None:
    """Before the list of members is read, for that of a million takes seconds and half a gigabyte."""
    with source.open("rb") as file:
        start = max(file.seek(0, os.SEEK_END) - _LONGEST_TAIL, 0)
        file.seek(start)
        tail = file.read(_LONGEST_TAIL)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return  # no zip: whoever opens it says so
    claims = [struct.unpack_from("<HI", tail, end + 10)]
    large = end - 20 - 56
    if large >= 0 and tail.startswith(b"PK\x06\x07", end - 20) and tail.startswith(b"PK\x06\x06", large):
        claims.append(struct.unpack_from("<QQ", tail, large + 32))
    for members, size in claims:
        if members > _MOST_FILES or size > _LONGEST_LIST:
            raise BundleError(
                f"the file's list has {members} members in {size} bytes; a bundle has at most {_MOST_FILES}"
            )


def _check_members(members: list[zipfile.ZipInfo], archive_size: int, largest: int) -> list[zipfile.ZipInfo]:
    if len(members) > _MOST_FILES:
        raise BundleError(f"the file has {len(members)} members; a bundle has at most {_MOST_FILES}")
    _refuse_bad_names(member.orig_filename.removesuffix("/") for member in members)
    for member in members:
        _check_member(member)
    total = sum(member.file_size for member in members)
    if total > largest:
        raise BundleError(f"unpacked it would have {total} bytes; at most {largest} are allowed")
    if total > _FREE_OF_RATIO and total > _HIGHEST_RATIO * archive_size:
        raise BundleError(f"{archive_size} bytes would grow to {total}: no bundle shrinks that far")
    return members


def _check_member(member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.is_dir() or kind not in (0, stat.S_IFREG):
        raise BundleError(f"{member.orig_filename[:200]!r} is no regular file")
    if (member.external_attr >> 16) & (stat.S_ISUID | stat.S_ISGID):
        raise BundleError(f"{member.orig_filename[:200]!r} wants special rights")
    if member.flag_bits & 0x1:
        raise BundleError(f"{member.orig_filename[:200]!r} is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{member.orig_filename[:200]!r} is compressed in an unknown way")


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Writes one member; reading never gives more than the declared size, which was counted before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as content, target.open("xb") as file:
        shutil.copyfileobj(content, file, _BLOCK)


def manifest_files(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """What the manifest says of each file: sha256 and size."""
    return _read_manifest(_read_small(folder / MANIFEST))
