"""Frozen values to plain JSON values and back: the one form in which they travel and rest.

Not-a-number and the infinities become the strings "NaN", "Infinity" and "-Infinity", because JSON has no word for them.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[Any], Any]

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_plain(value: object) -> Any:
    """A value made of frozen dataclasses, enums, tuples, mappings and scalars as plain JSON values."""
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _special_name(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((to_plain(item) for item in value), key=to_json)  # a set's own order differs between processes
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(kind: type[T], plain: object) -> T:
    """The value of type `kind` that `to_plain` turned into `plain`.

    Unknown keys are passed over, so that an older program reads a newer file; a missing key takes the field's default.
    Raises TypeError or ValueError where the plain value does not fit.
    """
    try:
        return typing.cast(T, _reader(kind)(plain))
    except OverflowError as error:
        raise ValueError(f"{str(plain)[:80]} is out of range for {kind}") from error


def to_json(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII only; the same value always gives the same text."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _special_name(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _reader(kind: Any) -> Reader:
    """What reads a value of type `kind`; made once for a dataclass, whose values come in thousands."""
    origin = typing.get_origin(kind)
    if origin is not None:
        return _generic_reader(kind, origin)
    if kind is Any or kind is object:
        return lambda plain: plain
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(kind)
    return _scalar_reader(kind)


def _generic_reader(kind: Any, origin: Any) -> Reader:
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(arguments)
    if origin is typing.Literal:
        return lambda plain: _chosen(plain, arguments)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _sequence_reader(kind, origin, arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        read_key, read_item = _reader(arguments[0]), _reader(arguments[1])

        def read(plain: Any) -> Any:
            _expect(plain, Mapping, kind)
            return {read_key(key): read_item(item) for key, item in plain.items()}

        return read
    raise TypeError(f"{kind} has no plain form")


def _sequence_reader(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Reader:
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        parts = [_reader(part) for part in arguments]

        def read_parts(plain: Any) -> Any:
            _expect(plain, (list, tuple), kind)
            return tuple(read(item) for read, item in zip(parts, plain, strict=True))

        return read_parts
    make = list if origin is list else tuple
    read_item = _reader(arguments[0])

    def read_all(plain: Any) -> Any:
        _expect(plain, (list, tuple), kind)
        return make(map(read_item, plain))

    return read_all


def _union_reader(arguments: tuple[Any, ...]) -> Reader:
    with_none = types.NoneType in arguments
    parts = [_reader(part) for part in arguments if part is not types.NoneType]

    def read(plain: Any) -> Any:
        if plain is None and with_none:
            return None
        for part in parts:
            try:
                return part(plain)
            except (TypeError, ValueError):
                continue
        raise TypeError(f"{plain!r} fits none of {arguments}")

    return read


@functools.cache
def _field_readers(kind: Any) -> list[tuple[str, Reader]]:
    hints = typing.get_type_hints(kind)
    return [(field.name, _reader(hints[field.name])) for field in dataclasses.fields(kind)]


def _dataclass_reader(kind: Any) -> Reader:
    def read(plain: Any) -> Any:
        if isinstance(plain, kind):
            return plain
        _expect(plain, Mapping, kind)
        return kind(**{name: read_field(plain[name]) for name, read_field in _field_readers(kind) if name in plain})

    return read


def _scalar_reader(kind: Any) -> Reader:
    fixed = _SCALARS.get(kind)
    if fixed is not None:
        return fixed
    if isinstance(kind, type) and issubclass(kind, enum.Enum | Path):
        read: Reader = kind
        return read
    raise TypeError(f"{kind} has no plain form")


def _read_float(plain: Any) -> float:
    if isinstance(plain, str) and plain in _SPECIAL:
        return _SPECIAL[plain]
    _expect_number(plain, (int, float), float)
    return float(plain)


def _read_int(plain: Any) -> Any:
    _expect_number(plain, int, int)
    return plain


def _read_as(kind: type[Any]) -> Reader:
    def read(plain: Any) -> Any:
        _expect(plain, kind, kind)
        return plain

    return read


def _read_time(plain: Any) -> datetime:
    return datetime.fromisoformat(plain).astimezone(UTC)


_SCALARS: dict[Any, Reader] = {
    float: _read_float,
    int: _read_int,
    str: _read_as(str),
    bool: _read_as(bool),
    types.NoneType: _read_as(types.NoneType),
    datetime: _read_time,
}


def _chosen(plain: Any, choices: tuple[Any, ...]) -> Any:
    if plain not in choices:
        raise ValueError(f"{plain!r} is not one of {choices}")
    return plain


def _expect_number(plain: Any, kind: Any, wanted: Any) -> None:
    if isinstance(plain, bool):
        raise TypeError("a yes/no value is no number")
    _expect(plain, kind, wanted)


def _expect(plain: Any, kind: Any, wanted: Any) -> None:
    if not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is no {wanted}")
