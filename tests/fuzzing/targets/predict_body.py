"""The body of a request for predictions: read as rows, checked, and prepared for columns of all kinds."""

from __future__ import annotations

import json

import pandas as pd

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.serving.recipe import InputColumn, InputError, default_parts, prepare
from mlops_desktop.serving.requests import Refusal, parse_rows
from mlops_desktop.serving.rows import to_frame

WORDS = tuple(
    word.encode()
    for word in (
        '{"rows": [{', '"distance": ', '"seats": ', '"late": ', '"carrier": ', '"day": "2024-02-29"', '"at": ',
        '"2024-05-31T17:30:00+23:59"', '"0001-01-01T00:00:00-23:59"', '"9999-12-31T23:59:59Z"', "2024-W01-1", "NaN",
        "-Infinity", "1e999", "true", "null", "[" * 50, '{"a":' * 50, '"caf\\u0065\\u0301": ', '"\\ud800"', '"\\u0000"',
        "3.4028236e38", "9" * 21, "-9223372036854775809", "\ufeff",
    )
)  # fmt: skip
_INPUTS = (
    InputColumn("distance", "float", "numeric"),
    InputColumn("seats", "integer", "numeric"),
    InputColumn("late", "boolean", "numeric"),
    InputColumn("carrier", "text", "category"),
    InputColumn("gate", "integer", "category"),
    InputColumn("rate", "float", "category"),
    InputColumn("food", "boolean", "category"),
    InputColumn("week", "date", "category"),
    InputColumn("day", "date", "date", default_parts("date")),
    InputColumn("at", "datetime", "date", default_parts("datetime")),
    InputColumn("since", "datetime", "category"),
    InputColumn("café", "text", "category"),
)


def try_one(data: bytes) -> None:
    try:
        rows = parse_rows(data)
        prepared = prepare(_INPUTS, to_frame(_INPUTS, rows))
    except Refusal as refusal:
        if not 400 <= refusal.status < 500:
            raise AssertionError(f"{refusal.status} is no fault of a client") from refusal
        json.dumps([refusal.code, refusal.message, refusal.field]).encode("ascii")
        raise InvalidInputError(refusal.message) from refusal
    except InputError as error:
        raise InvalidInputError(error.sentence) from error
    assert isinstance(prepared, pd.DataFrame)
    assert len(prepared) == len(rows)
