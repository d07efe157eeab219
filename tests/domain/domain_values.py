"""Every kind of value that travels, and strategies that make examples of each from its type hints alone."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import pkgutil
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import mlops_desktop.domain

NOT_TRAVELLING = ("expressions", "expression_types", "run_filters", "run_summaries", "run_selection", "run_columns")
"""The words of the two languages rest as text and are parsed again; what lists show is read and never kept."""

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=5,
)


def travelling_kinds() -> list[type[Any]]:
    """Every dataclass that a module of the domain defines."""
    kinds: list[type[Any]] = []
    for module_info in pkgutil.iter_modules(mlops_desktop.domain.__path__):
        if module_info.name in NOT_TRAVELLING:
            continue
        module = importlib.import_module(f"mlops_desktop.domain.{module_info.name}")
        kinds += [
            value
            for value in vars(module).values()
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module.__name__
        ]
    return kinds


def values(kind: Any, *, numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    """Examples of a type that occurs in the domain; `numbers` are what its floats may be."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values(part, numbers=numbers) for part in arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0], numbers=numbers), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(part, numbers=numbers) for part in arguments))
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(values(arguments[0], numbers=numbers), values(arguments[1], numbers=numbers), max_size=3)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = {field.name: values(hints[field.name], numbers=numbers) for field in dataclasses.fields(kind)}
        return st.builds(typing.cast(type[Any], kind), **fields)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    return _scalars(kind, numbers)


def _scalars(kind: Any, numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    if kind is float:
        return numbers
    if kind is Path:
        return st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20).map(Path)
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        int: st.integers(),
        bool: st.booleans(),
        datetime: st.datetimes(timezones=st.just(UTC)),
        types.NoneType: st.none(),
        object: PLAIN,
        Any: PLAIN,
    }
    return known[kind]
