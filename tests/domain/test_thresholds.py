"""Answers at another threshold, from the kept points of a ROC curve."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_desktop.domain.thresholds import counts_at, thresholds

EVALUATION: dict[str, Any] = {
    "threshold": {"value": 0.5},
    "positive_label": "late",
    "confusion": {"labels": ["late", "on time"], "counts": [[3, 7], [2, 88]]},
    "roc": {
        "curves": [
            {
                "false_positive": [0.0, 0.02, 0.1, 1.0],
                "true_positive": [0.0, 0.3, 0.8, 1.0],
                "thresholds": [None, 0.5, 0.2, 0.0],
            }
        ]
    },
}


def test_the_own_threshold_gives_what_was_measured() -> None:
    assert counts_at(EVALUATION, 0.5) == ((3, 7), (2, 88))


@pytest.mark.parametrize(
    ("threshold", "counts"),
    [
        (0.2, ((8, 2), (9, 81))),
        (0.3, ((3, 7), (2, 88))),
        (0.0, ((10, 0), (90, 0))),
        (0.99, ((0, 10), (0, 90))),
    ],
)
def test_another_one_gives_the_nearest_kept_point(threshold: float, counts: object) -> None:
    assert counts_at(EVALUATION, threshold) == counts


def test_the_positive_label_may_come_second() -> None:
    turned = {**EVALUATION, "confusion": {"labels": ["on time", "late"], "counts": [[88, 2], [7, 3]]}}
    assert counts_at(turned, 0.2) == ((81, 9), (2, 8))


def test_a_curve_that_is_not_defined_gives_what_was_measured() -> None:
    bare = {**EVALUATION, "roc": {"curves": [{"false_positive": [], "true_positive": [], "thresholds": []}]}}
    assert counts_at(bare, 0.1) == ((3, 7), (2, 88))
    assert [at.value for at in thresholds(bare)] == [0.5]


def test_only_a_binary_run_has_thresholds() -> None:
    several = {**EVALUATION, "threshold": None}
    assert thresholds(several) == ()
    with pytest.raises(ValueError, match="binary"):
        counts_at(several, 0.5)


def test_the_choices_are_the_own_and_the_best_by_two_rules() -> None:
    found = thresholds(EVALUATION)
    assert [(at.value, at.reason) for at in found] == [(0.5, "the run's own"), (0.2, "balanced")]
    assert found[1].recall == 0.8
    assert found[1].precision == pytest.approx(8 / 17)


def test_one_half_is_offered_beside_another_own_one() -> None:
    other = {**EVALUATION, "threshold": {"value": 0.2}}
    assert [at.value for at in thresholds(other)] == [0.2, 0.5]
