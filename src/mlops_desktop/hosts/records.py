"""What a host remembers on disk of each server it started, so that another process can find it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_desktop.domain.processes import ProcessIdentity


@dataclass(frozen=True)
class ServerRecord:
    """`process` is None between the moment the server is wanted and the moment its process is known."""

    deployment_id: str
    endpoint_id: str
    manifest_hash: str
    port: int
    folder: str
    process: ProcessIdentity | None


class ServerRecords:
    """One small file per deployment in a private folder. A torn or foreign file counts as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, deployment_id: str) -> ServerRecord | None:
        found = self._read(self._path(deployment_id))
        return found if found is not None and found.deployment_id == deployment_id else None

    def of_endpoint(self, endpoint_id: str) -> Sequence[ServerRecord]:
        found = (self._read(path) for path in sorted(self._folder.glob("*.json")))
        return [record for record in found if record is not None and record.endpoint_id == endpoint_id]

    def put(self, record: ServerRecord) -> None:
        write_private(self._path(record.deployment_id), dataclasses.asdict(record))

    def remove(self, deployment_id: str) -> None:
        self._path(deployment_id).unlink(missing_ok=True)

    def _path(self, deployment_id: str) -> Path:
        return self._folder / f"{deployment_id[:16]}.json"

    def _read(self, path: Path) -> ServerRecord | None:
        try:
            content = json.loads(path.read_text("utf-8"))
            process = content.pop("process")
            return ServerRecord(**content, process=ProcessIdentity(**process) if process else None)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


def write_private(path: Path, content: object) -> None:
    """Writes JSON for this user only: the whole file or nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    temporary.replace(path)
