"""A damaged registry: noticed when it is opened, and put back from the newest sound copy in `backups`."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlops_desktop.domain.audit import AuditHead
from mlops_desktop.domain.errors import BugError, DamagedRegistryError, MlopsError, NotFoundError
from mlops_desktop.storage.audit_head import forget_head, read_head
from mlops_desktop.storage.disk import disk_failures, need_room
from mlops_desktop.storage.durable import make_folder, sync_folder
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.schema import back_up
from mlops_desktop.storage.soundness import find_problems

REGISTRY = "registry.db"
BACKUPS = "backups"
DAILY = "daily"
_DAILY_KEPT = 7
_DAY = 24 * 3600.0
_LARGEST_CHECKED = 64 << 20
"""Larger files are read through once a day only, not whenever a command opens them."""
_CHECKED = "checked"
_STORES = ("artifacts", "bundles", "jobs")


@dataclass(frozen=True)
class SoundCopy:
    """A copy of the registry without a fault. `changes` is how far it goes, whatever the clock said."""

    path: Path
    made_at: datetime
    changes: int


@dataclass(frozen=True)
class Recovered:
    """What a registry was put back from, where the damaged one lies now, and the decisions that the copy lacks."""

    source: Path
    aside: Path | None
    decisions_lost: int


# --- noticing ---------------------------------------------------------------------------------------------------------


def check_begun(folder: Path, state_folder: Path) -> None:
    """Raises DamagedRegistryError where there must have been a registry, and there is none or an empty one."""
    path = folder / REGISTRY
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > 0:
            return
    used = [name for name in _STORES if (folder / name).is_dir() and _holds_something(folder / name)]
    if not used and read_head(state_folder) is None and not _copies(folder):
        return
    why = "is empty" if path.exists() else "is gone"
    raise offering(DamagedRegistryError(f"The registry {path} {why}, though it was in use."), path)


def check_registry(path: Path, state_folder: Path) -> None:
    """What can be seen at once: the file's structure, and whether the decisions made from here are in it.

    Raises DamagedRegistryError, offering the newest sound copy.
    """
    try:
        _check_structure(path, state_folder)
        _check_decisions(path, read_head(state_folder))
    except (DamagedRegistryError, BugError) as error:  # its tables are others than they were
        raise offering(error, path) from error


def offering(error: DamagedRegistryError | BugError, path: Path) -> DamagedRegistryError:
    """The error with the way out: its facts name the `copy`. What looks like our own fault at an opening is damage."""
    folder = path.parent
    if isinstance(error, BugError):
        error = DamagedRegistryError(f"The registry {path} is damaged.", hint="", details=error.details)
    found = newest_sound_copy(folder)
    if found is None:
        hint = "There is no sound copy in `backups`. Restore a backup file with `mlops workspace restore`."
        return DamagedRegistryError(error.message, hint=hint, details=error.details)
    made = f"{found.made_at:%Y-%m-%d %H:%M} UTC"
    return DamagedRegistryError(
        error.message,
        hint=f"The newest sound copy is {found.path.name}, made {made}. Take it with `mlops workspace recover`.",
        details=error.details,
        facts={"copy": str(found.path), "made_at": found.made_at.isoformat(), "folder": str(folder)},
    )


def _check_structure(path: Path, state_folder: Path) -> None:
    """SQLite's quick check; a large file's is good for a day."""
    stamp = state_folder / _CHECKED
    if path.stat().st_size > _LARGEST_CHECKED and _age(stamp) < _DAY:
        return
    with translated(path), contextlib.closing(connect(path, read_only=True)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != ("ok",):
        raise DamagedRegistryError(f"The registry {path} is damaged.", details=str(found))
    with contextlib.suppress(OSError):
        stamp.touch()


def _check_decisions(path: Path, head: AuditHead | None) -> None:
    if head is None:
        return
    with translated(path), contextlib.closing(connect(path, read_only=True)) as connection:
        row = connection.execute("SELECT hash FROM audit_entries WHERE seq = ?", (head.seq,)).fetchone()
    if row is None:
        what = f"It ends before decision {head.seq}, which was made from here: its newest part was lost or replaced."
    elif row[0] != head.hash:
        what = f"Its decision {head.seq} is not the one that was made from here: it is another one, or was rewritten."
    else:
        return
    raise DamagedRegistryError(f"The registry {path} is not the one that was used last. {what}")


def _holds_something(store: Path) -> bool:
    return any(entry.is_dir() and entry.name != "incoming" for entry in store.iterdir())


def _age(path: Path) -> float:
    """Seconds, and a clock that was set back makes it old too."""
    try:
        return abs(time.time() - path.stat().st_mtime)
    except OSError:
        return float("inf")


# --- copies -----------------------------------------------------------------------------------------------------------


def keep_copy(folder: Path) -> Path | None:
    """Makes the day's copy of the registry in `backups`, where it is due and something changed; the last seven stay.

    Raises DamagedRegistryError, DiskFullError, WorkspaceError.
    """
    path = folder / REGISTRY
    made = [(far, place) for far, place in _by_changes(folder) if f"-{DAILY}-" in place.name]
    if made and (_age(made[0][1]) < _DAY or _changes(path) == made[0][0]):
        return None
    with disk_failures(folder):
        make_folder(folder / BACKUPS)
        need_room(folder, path.stat().st_size)
    target = folder / BACKUPS / f"registry-{DAILY}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.db"
    back_up(path, target)
    if _problems(target):  # it would push sound copies out
        target.unlink()
        raise DamagedRegistryError(
            f"The registry {path} is damaged; no copy of it was made.", hint="Run `mlops verify`."
        )
    for _, old in made[_DAILY_KEPT - 1 :]:
        old.unlink(missing_ok=True)
    return target


def newest_sound_copy(folder: Path) -> SoundCopy | None:
    """Among the copies in `backups` the one that goes furthest; those with a fault are passed over."""
    for changes, place in _by_changes(folder):
        if not _problems(place):
            made = datetime.fromtimestamp(place.stat().st_mtime, UTC)
            return SoundCopy(place, made, changes)
    return None


def _copies(folder: Path) -> Sequence[Path]:
    return [place for place in (folder / BACKUPS).glob("registry-*.db") if place.is_file()]


def _by_changes(folder: Path) -> Sequence[tuple[int, Path]]:
    """The copies that can be read, whichever goes furthest first: no clock has a say in it."""
    far = [(changes, place) for place in _copies(folder) if (changes := _changes(place)) is not None]
    return sorted(far, reverse=True)


def _changes(path: Path) -> int | None:
    """How many changes the registry has seen; None where that cannot be told."""
    try:
        with translated(path), contextlib.closing(connect(path, read_only=True)) as connection:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    except (MlopsError, sqlite3.Error):
        return None
    return int(row[0]) if row else 0


def _problems(path: Path) -> bool:
    try:
        return bool(find_problems(path, None))
    except MlopsError:
        return True


# --- putting back -----------------------------------------------------------------------------------------------------


def recover(folder: Path, state_folder: Path, source: Path | None = None) -> Recovered:
    """Puts the registry back from `source`, else from the newest sound copy; the damaged one is set aside, not deleted.

    With the registry itself as the source it is accepted as it is, if it is sound. Nobody else may have it open.
    Raises NotFoundError (no sound copy), DamagedRegistryError (the source is none), DiskFullError, WorkspaceError.
    """
    path = folder / REGISTRY
    chosen = source or _newest(folder)
    if not chosen.is_file():
        raise NotFoundError(f"There is no file {chosen}.", hint="Name a copy in `backups`, or none.")
    if _problems(chosen):
        raise DamagedRegistryError(f"The copy {chosen} is damaged itself.", hint="Name another one.")
    before, aside = read_head(state_folder), None
    if not (path.exists() and chosen.samefile(path)):
        with disk_failures(folder):
            need_room(folder, chosen.stat().st_size)
            part = folder / BACKUPS / f".{REGISTRY}.part"
            back_up(chosen, part)
            aside = _set_aside(folder)
            part.replace(path)
            sync_folder(folder)
    forget_head(state_folder)
    newest = _newest_decision(path)
    return Recovered(chosen, aside, max(0, before.seq - newest) if before else 0)


def _newest(folder: Path) -> Path:
    found = newest_sound_copy(folder)
    if found is None:
        raise NotFoundError(
            f"There is no sound copy of the registry in {folder / BACKUPS}.",
            hint="Restore a backup file into a new folder with `mlops workspace restore`.",
        )
    return found.path


def _set_aside(folder: Path) -> Path:
    aside = folder / BACKUPS / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    make_folder(aside)
    for part in ("-wal", "-shm", ""):  # a log must never lie beside another registry than its own
        file = folder / f"{REGISTRY}{part}"
        if file.exists():
            file.replace(aside / file.name)
    sync_folder(aside)
    sync_folder(folder)
    return aside


def _newest_decision(path: Path) -> int:
    with translated(path), contextlib.closing(connect(path, read_only=True)) as connection:
        return int(connection.execute("SELECT coalesce(max(seq), 0) FROM audit_entries").fetchone()[0])
