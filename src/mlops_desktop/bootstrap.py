"""The one place that wires real parts together: `open_workspace(folder)` gives a Workspace."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop import __version__
from mlops_desktop.domain.errors import ConflictError, WorkspaceError

if TYPE_CHECKING:
    from mlops_desktop.services.keeping.keeping import Keeping
    from mlops_desktop.services.parts import Parts
    from mlops_desktop.services.workspace import Workspace
    from mlops_desktop.storage.recovery import Recovered

KEEPER_LOCK = "keeper.lock"
_KEEPER_PATIENCE = 3.0
_KEEPER_STARTS = 2.0


# --- folders ----------------------------------------------------------------------------------------------------------


def state_root() -> Path:
    """This user's own state, outside any workspace; MLOPS_STATE_FOLDER moves it."""
    from mlops_desktop.storage.folder import state_folder

    return state_folder("")


def choose_workspace(named: Path | None = None) -> Path:
    """The folder named, else the nearest workspace above the current folder, else the one used last.

    Raises WorkspaceError where there is none.
    """
    from mlops_desktop.storage.folder import find_workspace

    if named is not None:
        return named.expanduser().absolute()
    found = find_workspace(Path.cwd()) or last_workspace()
    if found is None:
        raise WorkspaceError(
            "There is no workspace here, and none was used before.", hint="Make one: mlops workspace create FOLDER"
        )
    return found


def last_workspace() -> Path | None:
    """The workspace used last, if it is still there."""
    try:
        folder = Path(json.loads((state_root() / "last.json").read_text(encoding="utf-8"))["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder if (folder / "workspace.json").is_file() else None


def remember_workspace(folder: Path) -> None:
    """Raises WorkspaceError where the folder is no workspace."""
    from mlops_desktop.storage.durable import write_bytes
    from mlops_desktop.storage.folder import read_workspace

    read_workspace(folder)
    root = state_root()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(root / "last.json", json.dumps({"folder": str(folder.absolute())}).encode())


# --- opening ----------------------------------------------------------------------------------------------------------


def create_workspace(folder: Path, name: str | None = None, *, actor: str | None = None) -> Workspace:
    """Makes the folder a workspace and opens it. Raises WorkspaceError, NetworkFolderError, InvalidNameError."""
    from mlops_desktop.storage import folder as workspace_folder

    path = folder.expanduser().absolute()
    workspace_folder.create_workspace(path, name or path.name)
    return open_workspace(folder, actor=actor)


def open_workspace(folder: Path, *, actor: str | None = None) -> Workspace:
    """Opens the workspace in `folder`; it is the one used last from now on. One that cannot be written is only viewed.

    Raises WorkspaceError, NetworkFolderError, NewerRegistryError, DamagedRegistryError.
    """
    from mlops_desktop.services.workspace import Workspace

    opened = Workspace(_parts(folder.expanduser().absolute(), actor))
    opened.see_to_keeper()
    with contextlib.suppress(OSError):
        remember_workspace(opened.folder)
    return opened


def open_keeping(folder: Path) -> Keeping:
    """The keeper's view of the workspace in `folder`. Raises WorkspaceError where nothing can be written there."""
    from mlops_desktop.services.keeping.keeping import Keeping

    parts = _parts(folder, "keeper")
    if parts.viewed_because:
        parts.registry.close()
        raise WorkspaceError(f"Nothing can be moved on in {folder}. {parts.viewed_because}")
    return Keeping(parts)


def folder_warnings(folder: Path) -> Sequence[str]:
    """What is odd about the file system of a folder that is not refused."""
    from mlops_desktop.storage.filesystems import check_file_system

    warning = check_file_system(folder.absolute())
    return [warning] if warning else []


def _parts(folder: Path, actor: str | None) -> Parts:
    from mlops_desktop.hosts.places import HostPlaces
    from mlops_desktop.hosts.process_host import ProcessHost
    from mlops_desktop.services.parts import Parts
    from mlops_desktop.services.stored import KnownArtifacts, KnownBundles
    from mlops_desktop.storage.artifacts import FileArtifactStore
    from mlops_desktop.storage.bundles import FolderBundleStore
    from mlops_desktop.storage.copies import mark_stores
    from mlops_desktop.storage.credentials import CredentialStore, KeyringSecretStore
    from mlops_desktop.storage.durable import make_folders
    from mlops_desktop.storage.folder import cache_folder, read_workspace, state_folder
    from mlops_desktop.storage.secrets import FileSecretStore
    from mlops_desktop.storage.viewing import open_or_view
    from mlops_desktop.workers import processes
    from mlops_desktop.workers.launcher import WorkerLauncher

    facts = read_workspace(folder)
    state = state_folder(facts.id)
    make_folders(state, 0o700)
    who = actor or _login()
    credentials = CredentialStore(KeyringSecretStore(f"mlops-desktop/{facts.id}"))
    registry, why = open_or_view(
        folder, state_folder=state, actor=who, machine=platform.node(), program_version=__version__
    )
    if not why:
        mark_stores(folder)
    return Parts(
        folder=folder,
        state_folder=state,
        workspace_id=facts.id,
        workspace_name=facts.name,
        program_version=__version__,
        actor=who,
        registry=registry,
        artifacts=KnownArtifacts(FileArtifactStore(folder / "artifacts", marked=not why), registry),
        bundles=KnownBundles(FolderBundleStore(folder / "bundles", marked=not why), registry),
        secrets=FileSecretStore(state),
        credentials=credentials,
        workers=WorkerLauncher(),
        hosts=HostPlaces(
            ProcessHost(state, processes.identity_of, processes.is_alive),
            workspace_id=facts.id,
            state_folder=state,
            cache_folder=cache_folder(),
            deployments_folder=folder / "deployments",
            password_of=credentials.get,
        ),
        clock=_now,
        start_keeper=_no_keeper if why else KeeperStarter(folder, credentials.for_keeper),
        viewed_because=why,
    )


def _no_keeper() -> bool:
    """Where nothing can be written nothing can be moved on."""
    return False


def _now() -> datetime:
    return datetime.now(UTC)


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


# --- the keeper -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def keeper_lock(folder: Path) -> Iterator[bool]:
    """Holds the lock of the workspace's one keeper; gives False where another one does."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / KEEPER_LOCK)
    try:
        lock.acquire(timeout=_KEEPER_PATIENCE)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


class KeeperStarter:
    """Starts the keeper unless one holds the lock, and says whether it did.

    It is called often, so it does not start several in a row. `environment` is what the keeper gets beside ours.
    """

    def __init__(self, folder: Path, environment: Callable[[], Mapping[str, str]] = dict) -> None:
        self._folder = folder
        self._environment = environment
        self._started_at = -_KEEPER_STARTS

    def __call__(self) -> bool:
        if time.monotonic() - self._started_at < _KEEPER_STARTS or self._is_kept():
            return False
        self._started_at = time.monotonic()
        detached = {"creationflags": 0x00000008} if os.name == "nt" else {"start_new_session": True}
        process = subprocess.Popen(
            [sys.executable, "-m", "mlops_desktop", "keeper", str(self._folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env={**os.environ, **self._environment()},
            close_fds=True,
            **detached,
        )
        if os.name != "nt":
            process.wait(timeout=60)  # it leaves a child of its own behind at once
        return True

    def _is_kept(self) -> bool:
        from filelock import FileLock, Timeout

        lock = FileLock(self._folder / KEEPER_LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False


# --- copies -----------------------------------------------------------------------------------------------------------


def backup_workspace(workspace: Workspace, target: Path) -> int:
    """Writes a sound copy of the workspace to one zip file, while others write; gives its size in bytes."""
    from mlops_desktop.storage.copies import backup_workspace as write_backup

    return write_backup(workspace.folder, target.expanduser().absolute())


def restore_workspace(source: Path, folder: Path, *, actor: str | None = None) -> Sequence[str]:
    """Makes the empty folder a workspace from a backup; gives what the backup lacks. Raises WorkspaceError."""
    from mlops_desktop.storage.copies import restore_workspace as read_backup

    missing = read_backup(source.expanduser().absolute(), folder.expanduser().absolute())
    with open_workspace(folder, actor=actor):
        return missing


def recover_workspace(folder: Path, source: Path | None = None, *, actor: str | None = None) -> Recovered:
    """Puts a damaged registry back from `source`, else from the newest sound copy in the workspace.

    The damaged one is set aside. Raises NotFoundError (no sound copy), DamagedRegistryError, ConflictError (somebody is
    at work in the workspace), WorkspaceError.
    """
    from mlops_desktop.storage.folder import read_workspace, state_folder
    from mlops_desktop.storage.recovery import recover

    place = folder.expanduser().absolute()
    state = state_folder(read_workspace(place).id)
    with keeper_lock(place) as is_free:
        if not is_free:
            raise ConflictError(
                "The background process is at work in the workspace.",
                hint="Close its windows, wait until its jobs have ended, then try again.",
            )
        recovered = recover(place, state, source.expanduser().absolute() if source else None)
    with open_workspace(place, actor=actor) as workspace:
        workspace.note_recovery(recovered.source.name, recovered.decisions_lost)
    return recovered
