"""The call that says why a file cannot be read as it is set, and with which answers it could be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.tables.obstacles import obstacle


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`path`, `answers` -> `obstacle`, which is None where the file can be read."""
    answers = from_plain(ReadAnswers, request.get("answers") or {})
    return {"obstacle": to_plain(obstacle(Path(request["path"]), answers))}
