"""Every error has a code of its own, and the tree in the docstring is the tree of the classes."""

from __future__ import annotations

import re

from mlops_desktop.domain import errors
from mlops_desktop.domain.errors import BugError, MlopsError, UserError, user_errors

LINE = re.compile(r"(?P<indent>[ |]*)\+- (?P<name>\w+)\s+(?P<code>MD-[A-Z]{3}-\d{3})?")


def _own(kind: type[MlopsError]) -> list[type[MlopsError]]:
    return [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]


def _tree(kind: type[MlopsError]) -> dict[str, str]:
    """Class name to its parent's name."""
    found: dict[str, str] = {}
    for child in _own(kind):
        found[child.__name__] = kind.__name__
        found.update(_tree(child))
    return found


def test_the_tree_that_is_drawn_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = [(-1, "MlopsError")]
    for match in filter(None, map(LINE.match, (errors.__doc__ or "").splitlines())):
        depth = len(match["indent"])
        while above[-1][0] >= depth:
            above.pop()
        drawn[match["name"]] = above[-1][1]
        above.append((depth, match["name"]))
        code = getattr(errors, match["name"]).code
        assert match["code"] in (None, code), match["name"]
    assert drawn == _tree(MlopsError)


def test_codes_are_unique_and_give_their_class_back() -> None:
    kinds = [getattr(errors, name) for name in _tree(UserError)]
    assert len({kind.code for kind in kinds} | {UserError.code, BugError.code}) == len(kinds) + 2
    known = user_errors()
    assert all(known[kind.code] is kind for kind in kinds)
    assert BugError.code not in known


def test_a_kind_that_a_room_tells_apart_is_the_one_of_the_tree_elsewhere() -> None:
    class OwnKindError(errors.EngineError):
        """As a room has it."""

    assert user_errors()[OwnKindError.code] is errors.EngineError


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = errors.NotFoundError("There is no run x.", hint="Try y.", details="for the log")
    assert str(error) == error.message == "There is no run x."
    assert (error.hint, error.details, error.code) == ("Try y.", "for the log", "MD-REF-001")
    assert isinstance(error, UserError)
