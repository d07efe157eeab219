"""Compares two stored tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.datasets import Column
from mlops_desktop.domain.plain import from_plain, to_plain


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`before`, `after` (Parquet paths), `columns_before`, `columns_after`, `number` -> `difference`."""
    from mlops_desktop.workers.tables.differences import difference

    found = difference(
        Path(request["before"]),
        int(request["number"]),
        from_plain(tuple[Column, ...], request["columns_before"]),
        Path(request["after"]),
        from_plain(tuple[Column, ...], request["columns_after"]),
    )
    return {"difference": to_plain(found)}
