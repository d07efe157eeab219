"""Run names are readable, count up and are never given twice."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.run_names import new_run_names

FORM = re.compile(r"[a-z]+-[a-z]+-[0-9]+")


@given(
    st.lists(st.from_regex(FORM, fullmatch=True) | st.text(max_size=30), max_size=10), st.integers(0, 10), st.randoms()
)
def test_new_names_are_never_taken(taken: list[str], count: int, chance: random.Random) -> None:
    made = new_run_names(taken, count, chance)
    assert len(set(made)) == count
    assert not set(made) & set(taken)
    assert all(FORM.fullmatch(name) for name in made)


def test_numbers_go_on_from_the_highest_one() -> None:
    made = new_run_names(["amber-falcon-27", "bold-owl-3", "by hand", "x-"], 2)
    assert [name.rpartition("-")[2] for name in made] == ["28", "29"]


def test_the_first_run_has_number_one() -> None:
    assert new_run_names([], 1)[0].endswith("-1")


def test_the_same_chance_gives_the_same_names() -> None:
    assert new_run_names([], 5, random.Random(3)) == new_run_names([], 5, random.Random(3))
