"""The picture of the folds says what the splits will be."""

from __future__ import annotations

import numpy as np
import pytest

from mlops_desktop.domain.datasets import ColumnProfile, ColumnType, Histogram
from mlops_desktop.domain.experiments import Validation, ValidationKind
from mlops_desktop.gui.readings.folds import CHECK, TEST, TRAIN, picture
from mlops_desktop.workers.training.splits import make_plan

ROWS = 1003
JANUARY, DAY = 1_357_000_000.0, 86_400.0


def times(days: int) -> ColumnProfile:
    edges = tuple(JANUARY + DAY * days * place / 20 for place in range(21))
    return ColumnProfile("t", ColumnType.DATETIME, ROWS, 0, ROWS, histogram=Histogram(edges, (50,) * 19 + (53,)))


@pytest.mark.parametrize("test_share", [0.0, 0.2, 0.33])
@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("kind", [ValidationKind.TIME_ORDERED, ValidationKind.K_FOLD, ValidationKind.HOLDOUT])
def test_counts_are_those_of_the_splits(kind: ValidationKind, folds: int, test_share: float) -> None:
    validation = Validation(kind, folds, 0.25, test_share, "t")
    made = picture(validation, ROWS, None)
    order = np.arange(ROWS)
    plan = make_plan(validation, np.linspace(0, 1, ROWS), classified=False, by=order, seed=0)
    assert made.test == len(plan.test)
    assert [fold.train for fold in made.folds] == pytest.approx([len(train) for train, _ in plan.folds], abs=1)
    assert [fold.check for fold in made.folds] == pytest.approx([len(check) for _, check in plan.folds], abs=1)


@pytest.mark.parametrize("kind", list(ValidationKind))
def test_bands_cover_the_line_in_order_and_fit_the_shares(kind: ValidationKind) -> None:
    made = picture(Validation(kind, 4, 0.25, 0.2, "t"), ROWS, times(364))
    for fold in made.folds:
        assert all(one.end <= other.start + 1e-9 for one, other in zip(fold.bands, fold.bands[1:], strict=False))
        for name, expected in ((TRAIN, fold.train), (CHECK, fold.check), (TEST, made.test)):
            share = sum(band.end - band.start for band in fold.bands if band.kind == name)
            assert share == pytest.approx(expected / ROWS, abs=0.04)
    assert "never trained on" in made.sentence


def test_in_time_order_the_sentences_say_dates() -> None:
    made = picture(Validation(ValidationKind.TIME_ORDERED, 2, 0.2, 0.2, "t"), ROWS, times(364))
    assert made.folds[0].words == (
        "Fold 1 trains on 268 rows until 8 Apr 2013, is checked on the next 267, until 14 Jul 2013"
    )
    assert [words for _, words in made.ticks] == [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "first"), [(10, "1 Jan 2013"), (3650, "1 Jan 2013")])
def test_short_and_long_times_have_dates_at_even_shares(days: int, first: str) -> None:
    ticks = picture(Validation(ValidationKind.HOLDOUT), ROWS, times(days)).ticks
    assert ticks[0] == (0.0, first)
    assert [share for share, _ in ticks] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])


def test_many_folds_are_drawn_in_part_and_too_few_rows_not_at_all() -> None:
    assert picture(Validation(ValidationKind.K_FOLD, 30), ROWS, None).hidden == 20
    assert picture(Validation(ValidationKind.TIME_ORDERED, 9, column="t"), 5, None).folds == ()
