"""Numbers and times as the design writes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from mlops_desktop.gui import formats


@pytest.mark.parametrize(
    ("given", "text"),
    [(0, "0 B"), (999, "999 B"), (31_000_000, "31.0 MB"), (41_200_000_000, "41.2 GB"), (2.5e12, "2.5 TB")],
)
def test_sizes_have_one_decimal_and_a_unit(given: float, text: str) -> None:
    assert formats.size(given) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.42, "0.4 s"), (52, "0:52"), (74.4, "1:14"), (3753, "1:02:33"), (-5, "0.0 s")]
)
def test_durations(seconds: float, text: str) -> None:
    assert formats.duration(timedelta(seconds=seconds)) == text


def test_minus_is_a_minus_sign() -> None:
    assert formats.number(-0.0057, 4) == "−0.0057"
    assert formats.signed(0.026, 4) == "+0.0260"
    assert formats.signed(-0.026, 4) == "−0.0260"
    assert formats.count(-3) == "−3"


def test_numbers_that_are_none_say_so() -> None:
    assert formats.number(math.nan, 2) == "not a number"
    assert formats.number(-math.inf, 2) == "−∞"
    assert formats.number(2.5e12, 2) == "2.50e12"
    assert formats.decimals([math.nan, math.inf]) == 4


def test_moments_are_as_short_as_their_age_allows() -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    local = now.astimezone()
    assert formats.moment(now, now) == f"{local:%H:%M}"
    assert formats.moment(now - timedelta(days=2), now) == f"{local - timedelta(days=2):%a %H:%M}"
    assert formats.moment(now - timedelta(days=9), now) == "15 Nov"
    assert formats.moment(now - timedelta(days=400), now).endswith("2025")
    assert formats.full_moment(now).startswith("24 November 2026")


@pytest.mark.parametrize(
    ("back", "text"),
    [({"seconds": 5}, "now"), ({"minutes": 14}, "14 min"), ({"hours": 3}, "3 h"), ({"days": 2}, "2 d")],
)
def test_ages(back: dict[str, float], text: str) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert formats.age(now - timedelta(**back), now) == text


@pytest.mark.parametrize(
    ("name", "letters"), [("nyc-delays", "ND"), ("churn", "CH"), ("", "?"), ("ünder_way", "ÜW"), ("...", "?")]
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


@pytest.mark.parametrize(
    ("given", "text"),
    [(None, "none"), (True, "yes"), (0.04, "0.04"), ([1, 2], "1, 2"), ([], "none"), ("sqrt", "sqrt"), (-1.5, "−1.5")],
)
def test_values_of_params(given: object, text: str) -> None:
    assert formats.value(given) == text


def test_estimators_lose_their_ending_but_not_their_name() -> None:
    assert formats.estimator("HistGradientBoostingClassifier") == "HistGradientBoosting"
    assert formats.estimator("RandomForestRegressor") == "RandomForest"
    assert formats.estimator("MLPClassifier") == "MLPClassifier"
    assert formats.estimator("Ridge") == "Ridge"


def test_hashes_show_six_and_four() -> None:
    assert formats.short_hash("a" * 60 + "beef") == "aaaaaa…beef"
    assert formats.short_hash("short") == "short"
