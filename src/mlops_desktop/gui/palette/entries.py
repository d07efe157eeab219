"""What the palette lists: things to do and things to open, as values with what happens when they are chosen."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    ACTION = "action"
    PAGE = "page"
    DATASET = "dataset"
    RUN = "run"
    MODEL = "model"
    ENDPOINT = "endpoint"

    @property
    def is_action(self) -> bool:
        return self in (Kind.ACTION, Kind.PAGE)


@dataclass(frozen=True)
class Entry:
    """`key` names it between starts; `keys` do the same; `line` is the same on the command line."""

    key: str
    kind: Kind
    icon: str
    title: str
    note: str = ""
    keys: str = ""
    line: str = ""
    token: str = "muted"
    act: Callable[[], object] = field(default=lambda: None, compare=False)


@dataclass(frozen=True)
class Row:
    """A line of the list: the head of a group, or an entry with the letters that were typed."""

    head: str = ""
    entry: Entry | None = None
    places: frozenset[int] = frozenset()
