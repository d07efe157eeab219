"""The call that looks for columns that give a target away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import Column, Derived
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.workers.tables.leakage import leakage_findings


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Findings about columns and the target. Raises NotFoundError where the target is no column."""
    columns = from_plain(tuple[Column, ...], request["columns"])
    derived = from_plain(tuple[Derived, ...], request.get("derived") or ())
    return {"findings": to_plain(leakage_findings(Path(request["table"]), request["target"], columns, derived))}
