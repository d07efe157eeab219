"""What the window remembers between starts, in the user's state folder: look, density, columns, last workspaces."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

MOST_RECENT = 8
LOOKS = ("system", "light", "dark")


@dataclass(frozen=True)
class WindowState:
    """`columns` maps a task to the hidden and the shown columns; `recent` holds workspace folders, newest first."""

    look: str = "system"
    density: str = "compact"
    inspector: bool = True
    recent: tuple[str, ...] = ()
    columns: dict[str, dict[str, bool]] = field(default_factory=dict)
    geometry: str = ""

    def with_recent(self, folder: Path) -> WindowState:
        others = [known for known in self.recent if known != str(folder)]
        return replace(self, recent=(str(folder), *others)[:MOST_RECENT])

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
    try:
        stored = json.loads((folder / "window.json").read_text("utf-8"))
    except (OSError, ValueError):
        return WindowState()
    if not isinstance(stored, dict):
        return WindowState()
    known: dict[str, Any] = {}
    for part in fields(WindowState):
        value = stored.get(part.name)
        if part.name == "recent":
            known["recent"] = tuple(map(str, value)) if isinstance(value, list) else ()
        elif part.name == "columns":
            known["columns"] = value if _is_columns(value) else {}
        elif isinstance(value, bool if part.name == "inspector" else str):
            known[part.name] = value
    if known.get("look") not in LOOKS:
        known.pop("look", None)
    return WindowState(**known)


def save_state(folder: Path, state: WindowState) -> None:
    """Replaces the remembered state in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"window.json.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(state), indent=1), "utf-8")
    fresh.replace(folder / "window.json")


def _is_columns(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(part, dict) and all(isinstance(shown, bool) for shown in part.values()) for part in value.values()
    )
