"""The workspace folder: how it is laid out, made, recognised and found."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from mlops_desktop.domain.errors import AlreadyExistsError, NewerRegistryError, NotFoundError, WorkspaceError
from mlops_desktop.domain.identifiers import is_identifier, new_identifier
from mlops_desktop.domain.names import check_name, usable_name
from mlops_desktop.domain.plain import to_json
from mlops_desktop.storage.disk import disk_failures
from mlops_desktop.storage.durable import make_folder, make_folders, sync_file, sync_folder
from mlops_desktop.storage.filesystems import check_file_system
from mlops_desktop.storage.store_mark import mark

FILE_NAME = "workspace.json"
FORMAT = 1
_PARTS = ("artifacts", "bundles", "jobs", "deployments", "backups")
_STORES = ("artifacts", "bundles")
_LARGEST = 1 << 16


@dataclass(frozen=True)
class WorkspaceFolder:
    """A folder that is a workspace, and where its parts lie."""

    path: Path
    id: str
    name: str

    @property
    def registry(self) -> Path:
        return self.path / "registry.db"

    @property
    def artifacts(self) -> Path:
        return self.path / "artifacts"

    @property
    def bundles(self) -> Path:
        return self.path / "bundles"

    @property
    def jobs(self) -> Path:
        return self.path / "jobs"

    @property
    def deployments(self) -> Path:
        return self.path / "deployments"

    @property
    def backups(self) -> Path:
        return self.path / "backups"


def create_workspace(folder: Path, name: str | None = None) -> WorkspaceFolder:
    """Makes `folder` (new, or without a workspace) a workspace, named after itself unless a name is given.

    Raises InvalidNameError, AlreadyExistsError, NetworkFolderError, WorkspaceError.
    """
    workspace = WorkspaceFolder(
        folder.absolute(),
        new_identifier(),
        check_name(name or usable_name(folder.absolute().name, "workspace"), "workspace"),
    )
    check_file_system(workspace.path)
    lay_out(workspace.path)
    mark_workspace(workspace)
    return workspace


def lay_out(folder: Path) -> None:
    """Makes the folders of a workspace. Raises AlreadyExistsError where there is one."""
    if (folder / FILE_NAME).exists() or (folder / "registry.db").exists():
        raise _exists(folder)
    with disk_failures(folder):
        make_folders(folder)
        for part in _PARTS:
            make_folder(folder / part)
        for store in _STORES:
            mark(folder / store)


def mark_workspace(workspace: WorkspaceFolder, **more: str) -> None:
    """Writes workspace.json, the last step of making one; of two makers at once, one gets AlreadyExistsError."""
    content = to_json({"format": FORMAT, "id": workspace.id, "name": workspace.name, **more})
    part = workspace.path / f".{FILE_NAME}.{workspace.id}.part"
    with disk_failures(workspace.path):
        part.write_text(content + "\n", encoding="ascii")
        sync_file(part)
        try:
            if os.name == "nt":
                part.rename(workspace.path / FILE_NAME)  # there a rename never replaces
            else:
                os.link(part, workspace.path / FILE_NAME)
        except FileExistsError as error:
            raise _exists(workspace.path) from error
        except PermissionError:  # no links on this file system (FAT)
            part.replace(workspace.path / FILE_NAME)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(workspace.path)


def read_workspace(folder: Path) -> WorkspaceFolder:
    """The workspace in `folder`, on a file system that is safe for it.

    Raises NotFoundError, NewerRegistryError, NetworkFolderError, WorkspaceError.
    """
    file = folder / FILE_NAME
    try:
        with file.open("rb") as stream:
            plain = json.loads(stream.read(_LARGEST))
        made_by, identifier, name = plain["format"], str(plain["id"]), str(plain["name"])
    except FileNotFoundError as error:
        raise NotFoundError(
            f"{folder} is no workspace.", hint="Make one with `mlops workspace create`, or name its folder."
        ) from error
    except OSError as error:
        raise WorkspaceError(f"{file} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(file) from error
    if isinstance(made_by, int) and made_by > FORMAT:
        raise NewerRegistryError(
            f"The workspace {folder} was made by a newer program.", hint="Update MLOps Desktop and open it again."
        )
    if made_by != FORMAT or not is_identifier(identifier):
        raise _damaged(file)
    check_file_system(folder)
    return WorkspaceFolder(folder.absolute(), identifier, name)


def find_workspace(start: Path) -> Path | None:
    """The nearest folder from `start` upwards that is a workspace."""
    here = start.absolute()
    return next((folder for folder in (here, *here.parents) if (folder / FILE_NAME).is_file()), None)


def state_folder(workspace_id: str) -> Path:
    """This user's own folder for a workspace, outside it: audit head, secrets, sockets. Not made by this."""
    chosen = os.environ.get("MLOPS_STATE_FOLDER")
    if chosen:
        return Path(chosen).absolute() / workspace_id
    import platformdirs

    return Path(platformdirs.user_state_dir("mlops-desktop", appauthor=False)) / workspace_id


def cache_folder() -> Path:
    """This user's own folder for what can be made again, shared by all workspaces. Not made by this."""
    chosen = os.environ.get("MLOPS_CACHE_FOLDER")
    if chosen:
        return Path(chosen).absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("mlops-desktop", appauthor=False))


def _exists(folder: Path) -> AlreadyExistsError:
    return AlreadyExistsError(f"{folder} is a workspace already.", hint="Open it, or choose another folder.")


def _damaged(file: Path) -> WorkspaceError:
    return WorkspaceError(
        f"{file} is damaged.", hint="Restore a backup into a new folder with `mlops workspace restore`."
    )
