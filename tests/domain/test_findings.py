"""Findings are counted by kind, and only those that ask to be looked at."""

from __future__ import annotations

from mlops_desktop.domain.datasets import Finding, FindingSeverity
from mlops_desktop.domain.findings import by_kind, is_to_look_at, to_look_at

WARNING, INFO = FindingSeverity.WARNING, FindingSeverity.INFO
FOUND = [
    Finding("constant", WARNING, "year never differs", ("year",)),
    Finding("skewed", INFO, "distance is skewed", ("distance",)),
    Finding("constant", WARNING, "day never differs", ("day",)),
    Finding("rare", INFO, "a is rare", ("a",)),
    Finding("rare", WARNING, "b is very rare", ("b",)),
]


def test_one_kind_is_one_thing_to_look_at_in_however_many_columns() -> None:
    assert to_look_at(FOUND) == 2
    assert to_look_at([]) == 0
    assert {code: len(items) for code, items in by_kind(FOUND).items()} == {"constant": 2, "skewed": 1, "rare": 2}


def test_what_is_only_noted_asks_for_nothing() -> None:
    assert not is_to_look_at(FOUND[1:2])
    assert is_to_look_at(FOUND[3:])
