"""A commit whose fsync fails. Prints what is seen then, and how many connections were dropped.

Argument: the folder that is watched.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.power.disk import Calls, Disk
from tests.storage.storage_values import a_job

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.storage.registry import SqliteRegistry, open_registry


def main() -> None:
    root = Path(sys.argv[1])
    disk = Disk.of_this_process()
    ours, others = _open(root), _open(root)
    dropped: list[object] = []
    event.listen(ours._writing, "invalidate", lambda *details: dropped.append(details))
    _add(ours, "before")
    before = _titles(others)
    assert before == ["before"]
    with disk.failing(Calls.SYNC, match="registry.db-wal"), pytest.raises(WorkspaceError, match=str(root)) as said:
        _add(ours, "not saved")
    assert said.value.hint
    met = {"dropped": len(dropped), "seen by us": _titles(ours), "seen by others": _titles(others)}
    _add(ours, "after")
    met["afterwards"] = _titles(others)
    assert ours.problems() == []
    sys.stdout.write(json.dumps(met))
    for registry in (ours, others):
        registry.close()


def _open(root: Path) -> SqliteRegistry:
    return open_registry(root, state_folder=root / "state", actor="ada", machine="laptop", program_version="0.1.0")


def _add(registry: SqliteRegistry, title: str) -> None:
    with registry.write() as unit:
        unit.jobs.add(a_job(title=title))
        unit.commit()


def _titles(registry: SqliteRegistry) -> list[str]:
    with registry.read() as unit:
        return [job.title for job in unit.jobs.list()]


if __name__ == "__main__":
    main()
