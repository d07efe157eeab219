"""Backing up a workspace into one zip file, and making a workspace from it again; every file is checked by its hash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from mlops_desktop.domain.errors import DamagedArtifactError, DamagedBundleError, DamagedRegistryError, WorkspaceError
from mlops_desktop.domain.identifiers import is_sha256, new_identifier
from mlops_desktop.domain.names import check_name
from mlops_desktop.domain.plain import from_plain, to_json
from mlops_desktop.storage.artifacts import FileArtifactStore, open_plain
from mlops_desktop.storage.bundles import FolderBundleStore
from mlops_desktop.storage.disk import disk_failures, need_room
from mlops_desktop.storage.durable import make_folder, sync_file, sync_folder, sync_tree, write_file
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.filesystems import check_file_system
from mlops_desktop.storage.folder import WorkspaceFolder, lay_out, mark_workspace, read_workspace
from mlops_desktop.storage.schema import back_up, give_number
from mlops_desktop.storage.soundness import find_problems
from mlops_desktop.storage.store_mark import MARK, mark_unless_emptied

_FORMAT = 1
_CONTENTS = "backup.json"
_REGISTRY = "registry.db"
_LARGEST_CONTENTS = 256 << 20
_BLOCK = 1 << 20
_ARTIFACT = re.compile(r"artifacts/[0-9a-f]{2}/[0-9a-f]{62}")
_BUNDLE = re.compile(r"bundles/[0-9a-f]{64}/[^\\:\x00-\x1f]+")
_ARTIFACTS_NAMED = """
    SELECT content_hash FROM dataset_versions UNION SELECT evaluation_hash FROM runs UNION SELECT log_hash FROM runs
    UNION SELECT CASE WHEN json_valid(result) THEN json_extract(result, '$.file_hash') END FROM jobs
"""
_BUNDLES_NAMED = """
    SELECT bundle_hash FROM runs UNION SELECT manifest_hash FROM model_versions
    UNION SELECT manifest_hash FROM deployments
"""


@dataclass(frozen=True)
class CopiedFile:
    sha256: str
    size: int


@dataclass(frozen=True)
class Contents:
    """What a backup holds, and what was missing or damaged when it was made."""

    format: int
    workspace_id: str
    workspace_name: str
    made_at: datetime
    files: Mapping[str, CopiedFile] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def backup_workspace(folder: Path, target: Path) -> int:
    """Writes registry, artifacts and bundles into one zip file, while others go on writing; gives its size in bytes.

    The registry is copied first: what its rows name was durable before the rows were. `target` appears when it is
    whole. What is missing or damaged is left out and listed inside. Raises WorkspaceError, DiskFullError,
    DamagedRegistryError.
    """
    workspace = read_workspace(folder)
    part = target.with_name(f".{target.name}.{new_identifier()}.part")
    workspace.backups.mkdir(exist_ok=True)  # a person may have tidied it away
    with disk_failures(target.parent), tempfile.TemporaryDirectory(prefix=".backup-", dir=workspace.backups) as name:
        snapshot = Path(name) / _REGISTRY
        back_up(workspace.registry, snapshot)
        need_room(target.parent, _size(workspace, snapshot))
        try:
            with part.open("xb") as stream:
                _write_archive(stream, workspace, snapshot)
            sync_file(part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(target.parent)
        return target.stat().st_size


def restore_workspace(source: Path, folder: Path) -> Sequence[str]:
    """Makes the empty or new `folder` a workspace from a backup, and gives what the backup lacks, in words.

    The workspace gets an identity of its own, for the one it was copied from may still be in use: secrets do not come
    along, so the tokens of endpoints are to be rotated. A folder that could not be filled is left empty.
    Raises WorkspaceError, DiskFullError, DamagedRegistryError, NetworkFolderError.
    """
    check_file_system(folder)
    with _opened(source) as archive:
        contents = _read_contents(archive, source)
        with disk_failures(folder):
            if folder.exists() and any(folder.iterdir()):
                raise WorkspaceError(f"{folder} is not empty.", hint="Restore into a new or an empty folder.")
            try:
                lay_out(folder)
                need_room(folder, sum(file.size for file in contents.files.values()))
                missing = _fill(archive, contents, folder)
                name = check_name(contents.workspace_name, "workspace")
                copy = WorkspaceFolder(folder.absolute(), new_identifier(), name)
                mark_workspace(copy, restored_from=contents.workspace_id)
            except BaseException:
                _empty(folder)
                raise
    return missing


def mark_stores(folder: Path) -> None:
    """Marks the stores of a workspace that an earlier program made, unless they are emptied."""
    if all((folder / store / MARK).exists() for store in ("artifacts", "bundles")):
        return
    artifacts, bundles = _named_by(folder / _REGISTRY)
    mark_unless_emptied(folder / "artifacts", artifacts)
    mark_unless_emptied(folder / "bundles", bundles)


def _size(workspace: WorkspaceFolder, snapshot: Path) -> int:
    places = (*workspace.artifacts.rglob("*"), *workspace.bundles.rglob("*"), snapshot)
    return sum(place.lstat().st_size for place in places if place.is_file())


def _write_archive(stream: BinaryIO, workspace: WorkspaceFolder, snapshot: Path) -> None:
    files: dict[str, CopiedFile] = {}
    missing: list[str] = []
    with zipfile.ZipFile(stream, "w", allowZip64=True) as archive:
        files[_REGISTRY] = _pack(archive, _REGISTRY, snapshot, zipfile.ZIP_DEFLATED)
        artifacts, bundles = _named_by(snapshot)
        artifact_store = FileArtifactStore(workspace.artifacts)
        for sha256 in sorted(artifacts):
            try:
                name = f"artifacts/{sha256[:2]}/{sha256[2:]}"
                files[name] = _pack(archive, name, artifact_store.path(sha256), zipfile.ZIP_STORED)
            except DamagedArtifactError as error:
                missing.append(error.message)
        bundle_store = FolderBundleStore(workspace.bundles)
        for manifest_hash in sorted(bundles):
            try:
                bundle = bundle_store.folder(manifest_hash)
            except DamagedBundleError as error:
                missing.append(error.message)
                continue
            for file in sorted(path for path in bundle.rglob("*") if path.is_file()):
                name = f"bundles/{manifest_hash}/{file.relative_to(bundle).as_posix()}"
                files[name] = _pack(archive, name, file, zipfile.ZIP_DEFLATED)
        contents = Contents(_FORMAT, workspace.id, workspace.name, datetime.now(UTC), files, tuple(missing))
        archive.writestr(_CONTENTS, to_json(contents))


def _pack(archive: zipfile.ZipFile, name: str, path: Path, compression: int) -> CopiedFile:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = compression
    entry.external_attr = 0o644 << 16
    with open_plain(path) as (source, _), archive.open(entry, "w", force_zip64=True) as target:
        return _copy(source, target)


def _copy(source: IO[bytes], target: IO[bytes], largest: int | None = None) -> CopiedFile:
    """Copies and hashes. Stops soon after `largest` bytes, so that nothing grows beyond what was announced."""
    digest = hashlib.sha256()
    size = 0
    while (largest is None or size <= largest) and (block := source.read(_BLOCK)):
        digest.update(block)
        target.write(block)
        size += len(block)
    return CopiedFile(digest.hexdigest(), size)


def _named_by(registry: Path) -> tuple[set[str], set[str]]:
    """The artifacts and bundles that rows of the registry name."""
    with translated(registry), contextlib.closing(connect(registry, read_only=True)) as connection:
        artifacts = {str(row[0]) for row in connection.execute(_ARTIFACTS_NAMED).fetchall()}
        bundles = {str(row[0]) for row in connection.execute(_BUNDLES_NAMED).fetchall()}
    return set(filter(is_sha256, artifacts)), set(filter(is_sha256, bundles))


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """The backup's zip file; what is wrong with it is raised as ours."""
    try:
        with open_plain(source) as (stream, _), zipfile.ZipFile(stream) as archive:
            yield archive
    except FileNotFoundError as error:
        raise WorkspaceError(f"There is no backup {source}.", hint="Give the path of a backup file.") from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise _no_backup(source, str(error)) from error


def _read_contents(archive: zipfile.ZipFile, source: Path) -> Contents:
    """What the backup says it holds. Names that could lead out of the workspace make it no backup of ours."""
    try:
        if archive.getinfo(_CONTENTS).file_size > _LARGEST_CONTENTS:
            raise _no_backup(source, "its list is too long")
        plain: Any = json.loads(archive.read(_CONTENTS))
        contents = from_plain(Contents, plain)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise _no_backup(source, str(error)) from error
    if contents.format != _FORMAT:
        raise WorkspaceError(
            f"The backup {source} has format {contents.format}; this program knows format {_FORMAT}.",
            hint="Update MLOps Desktop and restore it then.",
        )
    wrong = next((name for name in contents.files if not _is_ours(name)), None)
    if wrong is not None or _REGISTRY not in contents.files:
        raise _no_backup(source, f"it names {wrong!r}" if wrong is not None else "it holds no registry")
    return contents


def _is_ours(name: str) -> bool:
    if name == _REGISTRY or _ARTIFACT.fullmatch(name):
        return True
    parts = name.split("/")
    return bool(_BUNDLE.fullmatch(name)) and not any(part in ("", ".", "..") for part in parts)


def _fill(archive: zipfile.ZipFile, contents: Contents, folder: Path) -> list[str]:
    for name, file in contents.files.items():
        if not _unpack(archive, name, file, folder) and name == _REGISTRY:
            raise DamagedRegistryError("The registry in the backup is damaged.", hint="Try an older backup.")
    sync_tree(folder)
    registry = folder / _REGISTRY
    with translated(registry), contextlib.closing(connect(registry)) as connection:
        give_number(connection)  # the one it was copied from may still be in use
    problems = find_problems(registry, None)
    if problems:
        raise DamagedRegistryError(
            f"The registry in the backup is damaged: {problems[0].sentence}", hint="Try an older backup."
        )
    artifacts, bundles = _named_by(registry)
    artifact_store = FileArtifactStore(folder / "artifacts")
    bundle_store = FolderBundleStore(folder / "bundles")
    checks = [artifact_store.problem(sha256) for sha256 in sorted(artifacts)]
    checks += [bundle_store.problem(manifest_hash) for manifest_hash in sorted(bundles)]
    return [f"{problem.area} {problem.subject}: {problem.sentence}" for problem in checks if problem is not None]


def _unpack(archive: zipfile.ZipFile, name: str, file: CopiedFile, folder: Path) -> bool:
    """Whether the file was there and is what the list says; else it is left out."""
    place = folder.joinpath(*PurePosixPath(name).parts)
    for parent in reversed(place.relative_to(folder).parents[:-1]):
        make_folder(folder / parent)
    copied: CopiedFile | None = None

    def write(target: BinaryIO) -> None:
        nonlocal copied
        with archive.open(name) as source:
            copied = _copy(source, target, file.size)

    try:
        write_file(place, write, mode=0o644 if name == _REGISTRY else 0o444)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError):
        return False
    if copied != file:
        place.unlink()
        return False
    return True


def _empty(folder: Path) -> None:
    """Takes away what a failed restore put into a folder that was empty before."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _no_backup(source: Path, details: str) -> WorkspaceError:
    return WorkspaceError(
        f"{source} is no backup of a workspace, or it is damaged.",
        hint="Give a file that `mlops workspace backup` wrote.",
        details=details,
    )
