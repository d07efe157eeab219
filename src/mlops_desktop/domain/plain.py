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
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

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
        return typing.cast(T, _read(kind, plain))
    except OverflowError as error:
        raise ValueError(f"{str(plain)[:80]} is out of range for {kind}") from error


def to_json(value: object) -> str:
    """Canonical JSON: sorted keys, no spaces, ASCII only; the same value always gives the same text."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _special_name(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _read(kind: Any, plain: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin is not None:
        return _read_generic(kind, origin, plain)
    if kind is Any or kind is object:
        return plain
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, plain)
    return _read_scalar(kind, plain)


def _read_generic(kind: Any, origin: Any, plain: Any) -> Any:
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _read_union(arguments, plain)
    if origin is tuple:
        _expect(plain, list | tuple, kind)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_read(arguments[0], item) for item in plain)
        return tuple(_read(part, item) for part, item in zip(arguments, plain, strict=True))
    if origin is list:
        _expect(plain, list | tuple, kind)
        return [_read(arguments[0], item) for item in plain]
    if isinstance(origin, type) and issubclass(origin, Sequence):
        _expect(plain, list | tuple, kind)
        return tuple(_read(arguments[0], item) for item in plain)
    if origin is typing.Literal:
        if plain not in arguments:
            raise ValueError(f"{plain!r} is not one of {arguments}")
        return plain
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _expect(plain, Mapping, kind)
        return {_read(arguments[0], key): _read(arguments[1], item) for key, item in plain.items()}
    raise TypeError(f"{kind} has no plain form")


def _read_union(arguments: tuple[Any, ...], plain: Any) -> Any:
    if plain is None and types.NoneType in arguments:
        return None
    for part in arguments:
        if part is types.NoneType:
            continue
        try:
            return _read(part, plain)
        except (TypeError, ValueError):
            continue
    raise TypeError(f"{plain!r} fits none of {arguments}")


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read_dataclass(kind: Any, plain: Any) -> Any:
    if isinstance(plain, kind):
        return plain
    _expect(plain, Mapping, kind)
    hints = _hints(kind)
    known = {f.name: _read(hints[f.name], plain[f.name]) for f in dataclasses.fields(kind) if f.name in plain}
    return kind(**known)


def _read_scalar(kind: Any, plain: Any) -> Any:
    if kind is float:
        if isinstance(plain, str) and plain in _SPECIAL:
            return _SPECIAL[plain]
        if isinstance(plain, bool):
            raise TypeError("a yes/no value is no number")
        _expect(plain, int | float, kind)
        return float(plain)
    if kind is int:
        if isinstance(plain, bool):
            raise TypeError("a yes/no value is no number")
        _expect(plain, int, kind)
        return plain
    if kind in (str, bool):
        _expect(plain, kind, kind)
        return plain
    if kind is datetime:
        return datetime.fromisoformat(plain).astimezone(UTC)
    if isinstance(kind, type) and issubclass(kind, enum.Enum | Path):
        return kind(plain)
    if kind is types.NoneType:
        _expect(plain, types.NoneType, kind)
        return None
    raise TypeError(f"{kind} has no plain form")


def _expect(plain: Any, kind: Any, wanted: Any) -> None:
    if not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is no {wanted}")
