"""What a rollout says of itself while it works: a log of its deployment, and whether somebody wants it to end."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

from mlops_desktop.domain.deployments import Rollout
from mlops_desktop.domain.errors import RolloutCancelledError
from mlops_desktop.services.parts import Parts

LOG_NAME = "rollout.log"
_PAUSE = 0.5
"""Seconds between two looks whether it was cancelled, and between two records of the same work."""


class RolloutProgress:
    """Writes JSON lines `{"time", "level", "event": "progress", "message", "done", "total"}`, bytes in both numbers."""

    def __init__(self, parts: Parts, rollout: Rollout) -> None:
        self._parts = parts
        self._rollout = rollout
        self._path = parts.deployment_folder(str(rollout.to_deployment_id)) / LOG_NAME
        self._said = ""
        self._next_record = 0.0
        self._next_look = 0.0

    def report(self, sentence: str, done: int = 0, total: int = 0) -> None:
        """Raises RolloutCancelledError."""
        now = time.monotonic()
        if sentence != self._said or now >= self._next_record or (total and done == total):
            self._said, self._next_record = sentence, now + _PAUSE
            self._write(sentence, done, total)
        if now >= self._next_look:
            self.check()

    def check(self) -> None:
        """Raises RolloutCancelledError."""
        self._next_look = time.monotonic() + _PAUSE
        with self._parts.registry.read() as unit:
            stored = unit.deployments.rollout(self._rollout.id)
        if stored is not None and stored.cancelled_by:
            raise RolloutCancelledError(
                f"{stored.cancelled_by} cancelled it.",
                hint="What answered before still answers. Deploy again at any time.",
            )

    def _write(self, sentence: str, done: int, total: int) -> None:
        """A log that cannot be written does not stop the rollout."""
        record = {
            "time": self._parts.clock().isoformat(),
            "level": "info",
            "event": "progress",
            "message": sentence,
            "done": done,
            "total": total,
        }
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _append(self._path, json.dumps(record))


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
