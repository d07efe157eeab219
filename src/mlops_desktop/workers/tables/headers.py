"""Column names: read from the first record, made usable, every change told."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from mlops_desktop.domain.datasets import Finding
from mlops_desktop.domain.names import composed
from mlops_desktop.workers.tables.codes import finding

LONGEST_NAME = 120
_LARGEST_CELL = 64 * 1024**2


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
    cells = [composed(cell) for cell in cells]
    names: list[str] = []
    findings: list[Finding] = []
    taken: set[str] = set()
    wanted = {_plain(cell).casefold() for cell in cells}
    for position, cell in enumerate(cells, start=1):
        plain = _plain(cell)
        name, why = plain, "has blanks or control signs" if plain != cell else ""
        if not plain:
            name, why = f"column_{position}", "is empty"
        elif len(plain) > LONGEST_NAME:
            name, why = plain[:LONGEST_NAME].rstrip(), f"is {len(plain)} letters long"
        elif plain == "*" or (plain.startswith("^") and plain.endswith("$")):
            name, why = f"column {plain}", "is a pattern for the table reader"
        if name.casefold() in taken:
            why = "is there already" if plain else why
        name = _free(name, taken, wanted)
        taken.add(name.casefold())
        names.append(name)
        if name != cell:
            findings.append(_renamed(position, cell, name, why))
    return names, findings


def numbered_names(count: int) -> list[str]:
    """Names for a table without a header."""
    return [f"column_{position}" for position in range(1, count + 1)]


def _plain(cell: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in cell).strip()


def _free(name: str, taken: set[str], wanted: set[str]) -> str:
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken | wanted:
        number += 1
    return f"{name}_{number}"


def _renamed(position: int, before: str, name: str, why: str) -> Finding:
    shown = before if len(before) <= 60 else before[:57] + "..."
    return finding(
        "renamed_column", f"Column {position} is called {name!r} here, because its name {shown!r} {why}.", (name,)
    )
