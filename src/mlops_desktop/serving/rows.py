"""Rows as clients send them: every field checked by name and type before the model sees it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_desktop.serving.recipe import InputColumn, InputError, in_utc

if TYPE_CHECKING:
    import pandas as pd


def to_frame(inputs: Sequence[InputColumn], rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows as a frame of the model's columns. Raises InputError naming the first wrong field and its row."""
    import pandas as pd

    known = {column.name for column in inputs}
    rows = [_composed(row, known) for row in rows]
    for number, row in enumerate(rows, start=1):
        _check_names(row, known, number)
    return pd.DataFrame(
        {
            column.name: pd.Series(
                [_checked(row, column, number) for number, row in enumerate(rows, start=1)], dtype=object
            )
            for column in inputs
        }
    )


def _composed(row: Mapping[str, Any], known: set[str]) -> Mapping[str, Any]:
    """The row with its fields written as the model writes them: there are two ways to write an é."""
    if not isinstance(row, Mapping) or row.keys() == known:
        return row
    written = {unicodedata.normalize("NFC", name) if isinstance(name, str) else name: name for name in row}
    return {name: row[as_sent] for name, as_sent in written.items()} if len(written) == len(row) else row


def _check_names(row: Mapping[str, Any], known: set[str], number: int) -> None:
    if not isinstance(row, Mapping):
        raise InputError("", f"Row {number} is no object of fields and values.")
    if row.keys() == known:
        return
    for name in known - row.keys():
        raise InputError(name, f"Row {number} lacks the field {name!r}; send null where it is not known.")
    for name in row.keys() - known:
        raise InputError(str(name)[:200], f"Row {number} has a field {str(name)[:200]!r} that the model does not know.")


def _checked(row: Mapping[str, Any], column: InputColumn, number: int) -> Any:
    value = row[column.name]
    if value is None:
        return None
    accept: Callable[[Any], Any]
    if column.role == "date":
        accept = _date
    elif column.role == "numeric" or column.type in ("integer", "float"):
        accept = _number
    else:
        accept = _CATEGORIES[column.type]
    accepted = accept(value)
    if accepted is None:
        wanted = _WANTED["date" if column.role == "date" else "float" if column.role == "numeric" else column.type]
        raise InputError(column.name, f"Row {number}: {column.name!r} must be {wanted} or null, not {_shown(value)}.")
    return accepted


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(float(value)) else None
    except OverflowError:
        return None


def _date(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        in_utc(moment)
    except ValueError:
        return None
    return moment


def _yes_no(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else None


_CATEGORIES: dict[str, Callable[[Any], Any]] = {
    "boolean": _yes_no,
    "text": _text,
    "date": _date,
    "datetime": _date,
}
_WANTED = {
    "boolean": "true or false",
    "integer": "a whole number",
    "float": "a finite number",
    "text": "text",
    "date": "a date as text, like 2024-05-31",
    "datetime": "a date and time as text, like 2024-05-31T17:30:00",
}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
