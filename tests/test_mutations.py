"""The safety rules are not only kept but also tested: where one is taken out, the tests fail."""

from __future__ import annotations

import pytest
from tests import mutations


def test_each_mutation_has_one_place_in_the_source() -> None:
    assert mutations.misplaced() == []


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_each_mutation_turns_the_tests_red() -> None:
    assert mutations.unnoticed() == []
