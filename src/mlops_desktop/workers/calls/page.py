"""The call that gives a page of a stored table's rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers.tables.frames import columns_of, plain_value, scan_table

MOST_ROWS = 1000
MOST_CELLS = 200_000
LONGEST_CELL = 10_000


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Rows `offset` to `offset + limit` as plain values, dates as ISO text. Raises NotFoundError, InvalidInputError."""

    offset, limit = int(request.get("offset", 0)), int(request.get("limit", 100))
    if offset < 0 or not 0 < limit <= MOST_ROWS:
        raise InvalidInputError(
            f"A page begins at row 0 or later and has 1 to {MOST_ROWS} rows.", hint="Ask for fewer rows at once."
        )
    wanted = request.get("columns")
    table, total = scan_table(Path(request["table"]), wanted)
    page = table.slice(offset, limit).collect()
    if page.width * page.height > MOST_CELLS:
        page = page.head(max(1, MOST_CELLS // page.width))
    return {
        "columns": to_plain(columns_of(page)),
        "rows": [[_cell(value) for value in row] for row in page.rows()],
        "total": total,
    }


def _cell(value: Any) -> Any:
    plain = plain_value(value)
    if isinstance(plain, str) and len(plain) > LONGEST_CELL:
        return plain[: LONGEST_CELL - 3] + "..."
    return plain
