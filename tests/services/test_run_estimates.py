"""How long a run may take: rows and fits counted as the splits make them."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.experiments import Task, Validation, ValidationKind
from mlops_desktop.services.run_estimates import RULE, Work, estimate, fits, fitted_rows, together
from mlops_desktop.workers.training.estimators import CATALOGUE


@pytest.mark.parametrize(
    ("validation", "number", "rows"),
    [
        (Validation(ValidationKind.HOLDOUT), 2, 800 + 1000),
        (Validation(ValidationKind.K_FOLD, folds=5), 6, 5 * 800 + 1000),
        (Validation(ValidationKind.K_FOLD, folds=5, test_share=0.2), 6, 5 * 640 + 800),
        (Validation(ValidationKind.TIME_ORDERED, folds=4), 5, 200 + 400 + 600 + 800 + 1000),
        (Validation(ValidationKind.GROUPED, folds=2), 3, 2 * 500 + 1000),
    ],
)
def test_fits_and_their_rows_are_counted(validation: Validation, number: int, rows: float) -> None:
    assert fits(validation) == number
    assert fitted_rows(validation, 1000) == pytest.approx(rows)


def test_every_estimator_of_the_catalogue_has_a_rule() -> None:
    assert set(RULE) == {entry.name for entry in CATALOGUE}


def test_more_rows_take_longer() -> None:
    def seconds(name: str, rows: int) -> float:
        made = estimate(name, {}, Work(Task.BINARY, rows, 10, Validation()), ())
        assert made.seconds is not None
        return made.seconds

    for entry in CATALOGUE:
        assert seconds(entry.name, 1_000) < seconds(entry.name, 100_000)


@pytest.mark.parametrize(("at_once", "expected"), [(1, 6), (2, 4), (3, 3), (9, 3)])
def test_runs_that_go_beside_each_other_take_less(at_once: int, expected: float) -> None:
    assert together([2, 1, 3], at_once) == expected
    assert together([], at_once) == 0
