"""Column types: UTC times, free text, enums by value, and nested domain values as canonical JSON."""

from __future__ import annotations

import enum
import functools
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from mlops_desktop.domain.errors import DamagedRegistryError
from mlops_desktop.domain.plain import from_plain, to_json

_LARGEST_SHARED = 8192


class UtcTime(TypeDecorator[datetime]):
    """A moment as ISO text of fixed width in UTC; naive times are refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (TypeError, ValueError) as error:
            raise unreadable(value) from error


class FreeText(TypeDecorator[str]):
    """What people and files say."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """The text with lone surrogates (they come from undecodable file names) written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Word(TypeDecorator[Any]):
    """One of an enum's values."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[enum.StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: enum.StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        try:
            return self.kind(value)
        except ValueError as error:
            raise unreadable(value) from error


class Nested(TypeDecorator[Any]):
    """A domain value (or a tuple or mapping of them) as canonical JSON; None stays NULL.

    Values made of frozen parts may be shared between readers; those of free form (Any) may not.
    """

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any, *, shared: bool = True) -> None:
        super().__init__()
        self.kind = kind
        self.shared = shared

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if self.shared and len(value) <= _LARGEST_SHARED:
            return _read_shared(self.kind, value)
        return _read(self.kind, value)


def _read(kind: Any, text: str) -> Any:
    try:
        return from_plain(kind, json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise unreadable(text) from error


_read_shared = functools.lru_cache(maxsize=2048)(_read)


def unreadable(value: object) -> DamagedRegistryError:
    return DamagedRegistryError(
        "A value in the registry cannot be read.",
        hint="Run `mlops verify`, then restore a backup with `mlops workspace restore`.",
        details=repr(value)[:200],
    )
