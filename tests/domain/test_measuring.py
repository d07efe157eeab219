"""How a run was measured: in words, whose figures can be compared, and what speaks against them."""

from __future__ import annotations

import dataclasses

import pytest
from tests.domain.test_comparisons import SPEC, make_run

from mlops_desktop.domain.experiments import Task, Validation, ValidationKind
from mlops_desktop.domain.measuring import doubts, full_words, short_words, way_of_run, why_not_comparable

FOLDS = Validation()
HOLDOUT = Validation(ValidationKind.HOLDOUT)
BY_TIME = Validation(ValidationKind.TIME_ORDERED, folds=3, column="time_hour", test_share=0.2)
GROUPED = Validation(ValidationKind.GROUPED, column="carrier")


def test_short_words_fit_a_column_and_full_words_name_the_column() -> None:
    assert [short_words(plan) for plan in (FOLDS, HOLDOUT, BY_TIME, GROUPED)] == [
        "5 folds", "Hold-out 20 %", "By time, 3 folds + test", "By carrier, 5 folds",
    ]  # fmt: skip
    assert full_words(BY_TIME) == "3 growing windows by time_hour, 20 % test"
    assert full_words(HOLDOUT) == "one random part of 20 %"


def test_what_a_way_does_not_use_makes_no_difference() -> None:
    odd = Validation(ValidationKind.HOLDOUT, folds=7)
    runs = [make_run(str(plan), spec=dataclasses.replace(SPEC, validation=plan)) for plan in (HOLDOUT, odd)]
    assert why_not_comparable(runs) == ""
    assert why_not_comparable([]) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"validation": HOLDOUT}, "they were validated in different ways"),
        ({"validation": dataclasses.replace(FOLDS, test_share=0.1)}, "they were validated in different ways"),
        ({"target": "early"}, "they predict different targets"),
        ({"positive_label": "no"}, "they predict different targets"),
        ({"task": Task.REGRESSION, "target": "delay"}, "they answer different questions"),
        ({"seed": 8}, ""),
    ],
)
def test_the_reason_is_told(changes: dict[str, object], reason: str) -> None:
    other = make_run("b", spec=dataclasses.replace(SPEC, **changes))  # type: ignore[arg-type]
    assert why_not_comparable([make_run("a"), other]) == reason


def test_other_data_cannot_be_compared_and_another_version_can() -> None:
    run = make_run("a")
    assert why_not_comparable([run, make_run("b", dataset_reference="birds@v1")]) == (
        "they were measured on different datasets"
    )
    assert why_not_comparable([run, make_run("b", dataset_reference="flights@v9")]) == ""


def test_nothing_speaks_against_a_run_like_its_neighbours() -> None:
    run = make_run("a", spec=dataclasses.replace(SPEC, validation=BY_TIME))
    ways = {way_of_run(run): (4, BY_TIME)}
    assert doubts(run, time_column="time_hour", champion=("v1", run), ways=ways) == ()
    assert doubts(run, time_column=None, champion=None, ways={}) == ()


def test_random_parts_of_rows_in_time_and_another_champion_are_told() -> None:
    run = make_run("a", spec=dataclasses.replace(SPEC, validation=HOLDOUT))
    champion = make_run("b", spec=dataclasses.replace(SPEC, validation=BY_TIME))
    found = doubts(run, time_column="time_hour", champion=("v3", champion), ways={})
    assert found == (
        "Its figures come from rows taken at random, though time_hour orders the rows: it may have looked ahead, and "
        "do worse on rows to come.",
        "It cannot be compared with the champion, v3: they were validated in different ways, this one on one random "
        "part of 20 %, that one on 3 growing windows by time_hour, 20 % test.",
    )


def test_most_of_the_neighbours_count_and_a_few_do_not() -> None:
    run, other = make_run("a"), make_run("b", spec=dataclasses.replace(SPEC, validation=HOLDOUT))
    few = {way_of_run(run): (3, FOLDS), way_of_run(other): (2, HOLDOUT)}
    assert doubts(run, time_column=None, champion=None, ways=few) == ()
    most = {way_of_run(run): (1, FOLDS), way_of_run(other): (2, HOLDOUT)}
    assert doubts(run, time_column=None, champion=None, ways=most) == (
        "It cannot be compared with the 2 other finished runs for late, measured otherwise (one random part of 20 %).",
    )
    elsewhere = way_of_run(make_run("c", dataset_reference="birds@v1"))
    assert doubts(run, time_column=None, champion=None, ways={elsewhere: (9, HOLDOUT)}) == ()
    alone = {way_of_run(run): (1, FOLDS), way_of_run(other): (1, HOLDOUT)}
    assert "the other finished run for late" in doubts(run, time_column=None, champion=None, ways=alone)[0]
