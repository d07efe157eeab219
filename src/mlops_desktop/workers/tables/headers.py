"""Column names: read from the first record, made usable, every change told."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from mlops_desktop.domain.datasets import Finding
from mlops_desktop.domain.names import composed
from mlops_desktop.workers.tables.codes import finding

LONGEST_NAME = 120
_LOOKED_AT = 1000
"""Letters of a name that matter: a first cell may be megabytes of something else."""
_LARGEST_CELL = 2**31 - 1


def first_record(path: Path, delimiter: str, quote: str | None) -> list[str]:
    """The cells of the first record of a text in perfect shape."""
    before = csv.field_size_limit(_LARGEST_CELL)
    try:
        with path.open(encoding="utf-8", newline="") as text:
            if quote:
                return next(csv.reader(text, delimiter=delimiter, quotechar=quote), [])
            return next(csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    finally:
        csv.field_size_limit(before)


def usable_names(cells: Sequence[str]) -> tuple[list[str], list[Finding]]:
    """Names without blanks around them, never empty, twice (whatever the case) or overlong, and what was changed.

    Of the ways to write a letter with a mark one is taken, which changes nothing that can be seen.
    """
    lengths = [len(cell) for cell in cells]
    cells = [composed(cell[:_LOOKED_AT]) for cell in cells]
    names: list[str] = []
    findings: list[Finding] = []
    free = _FreeNames(_plain(cell) for cell in cells)
    for position, cell in enumerate(cells, start=1):
        plain = _plain(cell)
        name, why = plain, "has blanks or control signs" if plain != cell else ""
        if not plain:
            name, why = f"column_{position}", "is empty"
        elif len(plain) > LONGEST_NAME:
            letters = lengths[position - 1] if lengths[position - 1] > _LOOKED_AT else len(plain)
            name, why = plain[:LONGEST_NAME].rstrip(), f"is {letters:,} letters long"
        elif plain == "*" or (plain.startswith("^") and plain.endswith("$")):
            name, why = f"column {plain}", "is a pattern for the table reader"
        if free.is_taken(name):
            why = "is there already" if plain else why
        name = free.take(name)
        names.append(name)
        if name != cell:
            findings.append(_renamed(position, cell, name, why))
    return names, findings


def numbered_names(count: int) -> list[str]:
    """Names for a table without a header."""
    return [f"column_{position}" for position in range(1, count + 1)]


def _plain(cell: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in cell).strip()


class _FreeNames:
    """Gives each name once, whatever the case; a number that is added makes it none that another column has."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._taken: set[str] = set()
        self._wanted = {name.casefold() for name in wanted}
        self._numbers: dict[str, int] = {}

    def is_taken(self, name: str) -> bool:
        return name.casefold() in self._taken

    def take(self, name: str) -> str:
        found, key = name, name.casefold()
        if key in self._taken:
            number = self._numbers.get(key, 2)
            while f"{key}_{number}" in self._taken or f"{key}_{number}" in self._wanted:
                number += 1
            self._numbers[key] = number + 1
            found = f"{name}_{number}"
        self._taken.add(found.casefold())
        return found


def _renamed(position: int, before: str, name: str, why: str) -> Finding:
    shown = before if len(before) <= 60 else before[:57] + "..."
    return finding(
        "renamed_column", f"Column {position} is called {name!r} here, because its name {shown!r} {why}.", (name,)
    )
