"""The change feed as one process reads it: a held connection that notices every commit at next to no cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated


class SqlChangeFeed:
    """Starts after the newest change of now. Sees what other processes commit, and this one too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            self._connection = connect(path, read_only=True)
            self._version = self._data_version()
            newest = self._connection.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchall()
        self._seq = int(newest[0][0])

    def poll(self) -> Sequence[Change]:
        with translated(self._path):
            version = self._data_version()
            if version == self._version:
                return ()
            rows = self._connection.execute(
                "SELECT seq, kind, object_id FROM changes WHERE seq > ? ORDER BY seq", (self._seq,)
            ).fetchall()
        self._version = version
        if rows:
            self._seq = int(rows[-1][0])
        return tuple(Change(int(seq), ChangeKind(kind), str(object_id)) for seq, kind, object_id in rows)

    def close(self) -> None:
        self._connection.close()

    def _data_version(self) -> int:
        # fetchall ends the statement: one left open would hold a read transaction and keep the WAL from shrinking
        return int(self._connection.execute("PRAGMA data_version").fetchall()[0][0])
