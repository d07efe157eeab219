"""What a table is likely to be for: the column that somebody would want to predict."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.errors import ExpressionError
from mlops_desktop.domain.expressions import names, parse_derived
from mlops_desktop.domain.previews import PreviewColumn

_NAMES = ("target", "label", "outcome", "class", "y", "species", "churn", "churned", "survived", "default", "fraud")


def likely_target(columns: Sequence[PreviewColumn]) -> str | None:
    """A derived column first, then one that is called so, then a yes/no one; None where nothing tells."""
    derived = [column.name for column in columns if column.is_derived and _is_learnable(column)]
    if derived:
        return derived[-1]
    for name in _NAMES:
        for column in columns:
            if column.name.casefold() == name and _is_learnable(column):
                return column.name
    answers = [column.name for column in columns if column.type is ColumnType.BOOLEAN and _is_learnable(column)]
    return answers[-1] if answers else None


def made_from(target: str, derived: Sequence[str]) -> tuple[str, ...]:
    """The columns that a derived target is computed from, also by way of other derived columns."""
    known = {}
    for text in derived:
        try:
            made = parse_derived(text)
        except ExpressionError:
            continue
        known[made.name] = _names(made.expression)
    found: list[str] = []
    waiting = [target]
    while waiting:
        for name in known.get(waiting.pop(0), ()):
            if name not in found:
                found.append(name)
                waiting.append(name)
    return tuple(found)


def _names(expression: str) -> tuple[str, ...]:
    from mlops_desktop.domain.expressions import parse

    return names(parse(expression))


def _is_learnable(column: PreviewColumn) -> bool:
    return not column.is_left_out and column.distinct > 1
