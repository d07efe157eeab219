"""What the window remembers between starts, in the user's state folder: look, density, columns, last workspaces."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

MOST_RECENT = 8
MOST_CHOSEN = 12
MOST_NOTICES = 30
MOST_DRAFTS = 20
ZOOMS = (80, 90, 100, 110, 125, 150, 175, 200)
"""In percent."""
LOOKS = ("system", "light", "dark")
FORMAT = 1
FILE = "window.json"
_SAVING = threading.Lock()
_MOST_KEPT = 9


@dataclass(frozen=True)
class WindowState:
    """`columns` maps a task to the hidden and the shown columns; `recent` holds workspace folders, newest first.

    `chosen` are the palette's entries by key, newest first; `notices` what was said, newest first, each as time in ISO
    form, icon and sentence; `page` the section of the sidebar that was shown last.
    """

    look: str = "system"
    density: str = "compact"
    inspector: bool = True
    recent: tuple[str, ...] = ()
    columns: dict[str, dict[str, bool]] = field(default_factory=dict)
    geometry: str = ""
    page: str = "home"
    zoom: int = 100
    asks_on_close: bool = True
    chosen: tuple[str, ...] = ()
    notices: tuple[tuple[str, str, str], ...] = ()
    drafts: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was typed into a dialog that was closed before it was done, by dialog and subject, newest last."""
    opening: str = ""
    """The section that a start is about to show: still there at the next one if the window did not live through it."""

    def with_recent(self, folder: Path) -> WindowState:
        others = [known for known in self.recent if known != str(folder)]
        return replace(self, recent=(str(folder), *others)[:MOST_RECENT])

    def with_chosen(self, key: str) -> tuple[str, ...]:
        return (key, *(known for known in self.chosen if known != key))[:MOST_CHOSEN]

    def with_draft(self, key: str, values: dict[str, str]) -> WindowState:
        """Keeps what was typed, or forgets it where there is nothing."""
        others = {known: kept for known, kept in self.drafts.items() if known != key}
        return replace(self, drafts=dict([*others.items(), *([(key, values)] if values else [])][-MOST_DRAFTS:]))

    def with_notice(self, at: datetime, icon: str, sentence: str) -> WindowState:
        return replace(self, notices=((at.isoformat(), icon, sentence), *self.notices)[:MOST_NOTICES])

    def with_column(self, task: str, column: str, shown: bool) -> WindowState:
        return replace(self, columns={**self.columns, task: {**self.columns.get(task, {}), column: shown}})


def state_folder() -> Path:
    """This user's own state, as `bootstrap.state_root` gives it.

    Said here again, because before the first paint no room below is loaded; a test holds the two together.
    """
    named = os.environ.get("MLOPS_STATE_FOLDER")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_state_dir("mlops-desktop"))


def last_workspace(folder: Path) -> Path | None:
    """The workspace used last by any face, as `bootstrap.last_workspace` gives it."""
    try:
        last = Path(json.loads((folder / "last.json").read_text("utf-8"))["folder"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return last if (last / "workspace.json").is_file() else None


def load_state(folder: Path) -> WindowState:
    """The remembered state; a missing or damaged file means the defaults."""
    return read_state(folder)[0]


def read_state(folder: Path) -> tuple[WindowState, str]:
    """The remembered state, and in words what of it could not be taken over; the file is kept beside then."""
    path = folder / FILE
    try:
        stored = json.loads(path.read_bytes())
    except FileNotFoundError:
        return WindowState(), ""
    except (OSError, ValueError, RecursionError):
        stored = None
    if not isinstance(stored, dict):
        kept = _put_aside(path)
        return WindowState(), f"What the window looked like could not be read, so it is as at first. {kept}"
    known = {part.name: stored[part.name] for part in fields(WindowState) if part.name in stored}
    read = dict(map(_read, known.items()))
    state = WindowState(**{name: value for name, value in read.items() if value is not None})
    damaged = [name.replace("_", " ") for name, value in read.items() if value is None]
    if isinstance(stored.get("format"), int) and stored["format"] > FORMAT:
        told = "A newer version of the program wrote what the window looks like; what this one knows of it is taken."
        return state, f"{told} {_put_aside(path)}"
    if damaged:
        told = f"Of what the window looked like this could not be read, and is as at first: {', '.join(damaged)}."
        return state, f"{told} {_put_aside(path)}"
    return state, ""


def _put_aside(path: Path) -> str:
    """Renames the file, so that nothing is written over it, and says what it is called now."""
    names = [f"{path.name}.kept-{number}" for number in range(1, _MOST_KEPT + 1)]
    name = next((name for name in names if not path.with_name(name).exists()), names[-1])
    try:
        path.replace(path.with_name(name))
    except OSError as error:
        return f"The old file is {path}; it cannot be renamed: {error.strerror}."
    return f"The old file is kept as {path.with_name(name)}."


def _read(stored: tuple[str, Any]) -> tuple[str, Any]:
    """The part as it should be; None where it is damaged."""
    name, value = stored
    if name in ("recent", "chosen"):
        return name, tuple(map(str, value)) if isinstance(value, list) else None
    if name == "notices":
        said = [tuple(map(str, part)) for part in value if isinstance(part, list)] if isinstance(value, list) else []
        return name, tuple(part for part in said if len(part) == 3)
    if name == "columns":
        return name, value if _is_columns(value) else None
    if name == "drafts":
        return name, value if _are_drafts(value) else None
    if name == "zoom":
        return name, value if value in ZOOMS and not isinstance(value, bool) else None
    if name == "geometry":
        return name, value if _is_base64(value) else None
    if name in ("inspector", "asks_on_close"):
        return name, value if isinstance(value, bool) else None
    if name == "look" and value not in LOOKS:
        return name, None
    return name, value if isinstance(value, str) else None


def save_state(folder: Path, state: Callable[[], WindowState]) -> None:
    """Replaces the remembered state in one step. The state is asked for when it is written: the last one stays.

    Raises OSError; what was remembered before stays then.
    """
    with _SAVING:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f"{FILE}.{os.getpid()}"
        try:
            fresh.write_text(json.dumps({"format": FORMAT, **asdict(state())}, indent=1), "utf-8")
            fresh.replace(folder / FILE)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise


def _is_base64(value: object) -> bool:
    try:
        return isinstance(value, str) and base64.b64decode(value, validate=True) is not None
    except ValueError:
        return False


def _is_columns(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, dict) and all(isinstance(shown, bool) for shown in part.values()) for part in value.values()
    )


def _are_drafts(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, dict) and all(isinstance(text, str) for text in part.values()) for part in value.values()
    )
