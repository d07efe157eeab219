"""Years are told from other whole numbers by their range, in a wider one where the column is called so."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.years import are_years


@pytest.mark.parametrize(
    ("name", "low", "high", "expected"),
    [
        ("year", 2007, 2009, True),
        ("birth_year", 1066, 2013, True),
        ("yearOfBirth", 1000, 2999, True),
        ("YEAR", 999, 2013, False),
        ("year", 2013, 20_130_101, False),
        ("Jahr", 1500, 1600, True),
        ("since", 1815, 2013, True),
        ("price", 1066, 2013, False),
        ("yearning", 1066, 2013, False),
        ("body_mass_g", 2700, 6300, False),
        ("year", None, None, False),
    ],
)
def test_years_are_whole_numbers_of_their_range(
    name: str, low: float | None, high: float | None, expected: bool
) -> None:
    assert are_years(name, low, high, whole=True) is expected
    assert not are_years(name, low, high, whole=False)
