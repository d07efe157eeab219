"""docs/faults.md names the tests that show each entry, and every test that bears an entry's name stands there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "faults.md"
ENTRY = re.compile(r"[SADJKVRU]-\d\d")
NAMED = re.compile(r"test_((?:[sadjkvru]_\d\d_)+)")
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
PROMISED = {
    "S": (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 18, 19, 20),
    "A": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13),
    "D": (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 17, 18, 19),
    "J": (1, 2, 3, 4, 5, 6, 8, 11, 12),
    "K": tuple(range(1, 18)),
    "V": (1, 2, 3, 4, 5),
    "R": (4, 5, 6, 7, 8),
    "U": (1, 2, 3, 4, 5),
}
ENTRIES = [f"{letter}-{number:02}" for letter, numbers in PROMISED.items() for number in numbers]


def rows() -> Iterator[list[str]]:
    """Entry, what is done, tests, what was seen."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and ENTRY.match(cells[0]):
            yield cells


def named_by_entry() -> Mapping[str, set[tuple[str, str]]]:
    """Entry to the (file's name, function's name) of the tests that bear it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := NAMED.match(node.name)):
                for letter, number in re.findall(r"([a-z])_(\d\d)_", named[1]):
                    found.setdefault(f"{letter.upper()}-{number}", set()).add((path.name, node.name))
    return found


SHOWN = named_by_entry()


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_has_a_row_with_a_test_that_bears_its_name(entry: str) -> None:
    assert entry in SHOWN, "no test bears its name"
    found = [cells for cells in rows() if entry in ENTRY.findall(cells[0])]
    assert found, "it has no row"
    named = {(Path(file).name, test) for cells in found for file, test in TEST.findall(cells[2])}
    assert named & SHOWN[entry], "its row names no test that bears its name"
    assert all(cells[1] and cells[3] for cells in found)


def test_every_test_that_the_page_names_is_there() -> None:
    known = {pair for pairs in SHOWN.values() for pair in pairs}
    named = {(Path(file).name, test) for cells in rows() for file, test in TEST.findall(cells[2])}
    missing = {
        (file, test) for file, test in named - known if not any(test in path.read_text() for path in TESTS.rglob(file))
    }
    assert not missing
