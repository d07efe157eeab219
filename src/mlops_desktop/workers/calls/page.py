"""The call that gives a page of a stored table's rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import Column, ColumnType
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.expression_types import check
from mlops_desktop.domain.expressions import refuse
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.workers.tables.derivation import to_polars
from mlops_desktop.workers.tables.frames import columns_of, plain_value, scan_table, type_of

if TYPE_CHECKING:
    import polars as pl

MOST_ROWS = 1000
MOST_CELLS = 200_000
LONGEST_CELL = 10_000
_PLACE = "\0row"


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Rows `offset` to `offset + limit` as plain values, dates as ISO text.

    With `where` only rows for which it holds count; then `row_numbers` says which rows of the table they are, from 1.
    Raises NotFoundError, InvalidInputError, ExpressionError.
    """

    offset, limit = int(request.get("offset", 0)), int(request.get("limit", 100))
    if offset < 0 or not 0 < limit <= MOST_ROWS:
        raise InvalidInputError(
            f"A page begins at row 0 or later and has 1 to {MOST_ROWS} rows.", hint="Ask for fewer rows at once."
        )
    wanted = request.get("columns")
    path, numbers = Path(request["table"]), list[int]()
    if request.get("where"):
        page, total, numbers = _matching(path, wanted, str(request["where"]), offset, limit)
    else:
        table, total = scan_table(path, wanted)
        page = table.slice(offset, limit).collect()
    if page.width * page.height > MOST_CELLS:
        page = page.head(max(1, MOST_CELLS // page.width))
    return {
        "columns": to_plain(columns_of(page)),
        "rows": [[_cell(value) for value in row] for row in page.rows()],
        "total": total,
        "row_numbers": numbers[: page.height],
    }


def _matching(
    path: Path, wanted: list[str] | None, where: str, offset: int, limit: int
) -> tuple[pl.DataFrame, int, list[int]]:
    """Some of the rows for which the condition holds, how many there are, and which rows of the table they are."""
    import polars as pl

    whole, _ = scan_table(path)
    known = [Column(name, type_of(kind)) for name, kind in whole.collect_schema().items()]
    if check(where, known) is not ColumnType.BOOLEAN:
        raise refuse("A filter is a condition, such as: delay > 15", where, 0)
    holds = to_polars(where, known).fill_null(value=False)
    places = whole.select(holds.alias(_PLACE)).collect().get_column(_PLACE).arg_true()
    chosen = places.slice(offset, limit)
    table, _ = scan_table(path, wanted)
    if chosen.is_empty():
        return table.head(0).collect(), len(places), []
    wide = table.with_row_index(_PLACE).slice(int(chosen[0]), int(chosen[-1] - chosen[0]) + 1)
    page = wide.filter(pl.col(_PLACE).is_in(chosen.to_list())).drop(_PLACE).collect()
    return page, len(places), [int(place) + 1 for place in chosen]


def _cell(value: Any) -> Any:
    plain = plain_value(value)
    if isinstance(plain, str) and len(plain) > LONGEST_CELL:
        return plain[: LONGEST_CELL - 3] + "..."
    return plain
