"""The write-ahead log that this process has open beside a registry, known again at every look.

Who removes or replaces it while it is in use leads SQLite astray: open connections go on with the log that is gone, new
ones take what lies there now, and a checkpoint by one of those puts the wrong pages into the registry (see "How To
Corrupt An SQLite Database File", 2.4 and 2.5).
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated


class OwnLog:
    """Holds one connection open, so that nobody but a stranger removes the log.

    Raises MlopsError where the registry at `path` cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._log = path.with_name(f"{path.name}-wal")
        with contextlib.ExitStack() as undo, translated(path):
            self._anchor = undo.enter_context(contextlib.closing(connect(path)))
            self._anchor.execute("PRAGMA schema_version").fetchall()  # now the log is there
            undo.pop_all()
        self._opened = self._here()

    def check(self) -> None:
        """Raises WorkspaceError where the log is not the one that was opened. Nothing may be asked of SQLite then."""
        if self._here() != self._opened:
            raise WorkspaceError(
                f"The log of the registry, {self._log}, was removed or replaced while it is in use.",
                hint="Close this workspace in every window: that puts what was saved into the registry. "
                "Then open it again.",
            )

    def close(self) -> None:
        self._anchor.close()

    def _here(self) -> int | None:
        try:
            return self._log.stat().st_ino
        except OSError:
            return None
