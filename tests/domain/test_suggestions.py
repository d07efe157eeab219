"""What the program suggests for a run: the task, the positive label, the features with roles, the validation."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.datasets import Column, ColumnProfile, ColumnType, Finding, FindingSeverity, ValueCount
from mlops_desktop.domain.errors import InvalidInputError, UnusableTargetError
from mlops_desktop.domain.experiments import Feature, FeatureRole, Task, Validation, ValidationKind
from mlops_desktop.domain.suggestions import (
    choose_features,
    detect_task,
    feature_role,
    suggest_positive_label,
    suggest_validation,
    time_column,
)

BOOLEAN, INTEGER, FLOAT, TEXT, DATE, DATETIME = ColumnType


def profile(
    kind: ColumnType,
    distinct: int,
    *,
    name: str = "target",
    rows: int = 1000,
    missing: int = 0,
    top: dict[str, int] | None = None,
) -> ColumnProfile:
    counted = tuple(ValueCount(value, count) for value, count in (top or {}).items())
    return ColumnProfile(name, kind, rows, missing, distinct, top_values=counted)


@pytest.mark.parametrize(
    ("kind", "distinct", "task"),
    [
        (BOOLEAN, 2, Task.BINARY),
        (INTEGER, 2, Task.BINARY),
        (FLOAT, 2, Task.BINARY),
        (TEXT, 2, Task.BINARY),
        (TEXT, 3, Task.MULTICLASS),
        (TEXT, 100, Task.MULTICLASS),
        (INTEGER, 3, Task.MULTICLASS),
        (INTEGER, 20, Task.MULTICLASS),
        (INTEGER, 21, Task.REGRESSION),
        (FLOAT, 3, Task.REGRESSION),
        (FLOAT, 900, Task.REGRESSION),
    ],
)
def test_the_task_follows_from_type_and_distinct_values(kind: ColumnType, distinct: int, task: Task) -> None:
    assert detect_task(Column("target", kind), profile(kind, distinct)) is task


@pytest.mark.parametrize(
    ("kind", "distinct", "rows", "missing", "words"),
    [
        (FLOAT, 0, 100, 100, "empty in every row"),
        (TEXT, 1, 100, 0, "same value in all 100 rows"),
        (BOOLEAN, 1, 100, 90, "same value in all 10 rows"),
        (FLOAT, 9, 100, 91, "a value in 9 rows only"),
        (TEXT, 101, 1000, 0, "101 different texts"),
        (DATE, 50, 1000, 0, "is a date"),
        (DATETIME, 1000, 1000, 0, "is a date"),
    ],
)
def test_a_target_that_nothing_can_be_learnt_from_is_refused(
    kind: ColumnType, distinct: int, rows: int, missing: int, words: str
) -> None:
    with pytest.raises(UnusableTargetError, match=words) as caught:
        detect_task(Column("target", kind), profile(kind, distinct, rows=rows, missing=missing))
    assert caught.value.hint
    assert caught.value.message.startswith("target")


@pytest.mark.parametrize(
    ("kind", "top", "label"),
    [
        (BOOLEAN, {"false": 900, "true": 100}, "true"),
        (BOOLEAN, {"true": 900, "false": 100}, "true"),
        (INTEGER, {"0": 500, "1": 500}, "1"),
        (INTEGER, {"9": 10, "10": 990}, "10"),
        (FLOAT, {"-1.5": 10, "2.0": 990}, "2.0"),
        (TEXT, {"no": 900, "yes": 100}, "yes"),
        (TEXT, {"a": 500, "b": 500}, "a"),
    ],
)
def test_the_positive_label_is_true_the_greater_or_the_rarer(kind: ColumnType, top: dict[str, int], label: str) -> None:
    assert suggest_positive_label(Column("target", kind), profile(kind, 2, top=top)) == label


COLUMNS = [
    Column("target", BOOLEAN),
    Column("distance", FLOAT),
    Column("stops", INTEGER),
    Column("night", BOOLEAN),
    Column("carrier", TEXT),
    Column("day", DATE),
    Column("hour", DATETIME),
    Column("tail_number", TEXT),
    Column("note", TEXT),
    Column("empty", FLOAT),
    Column("constant", TEXT),
    Column("delay", FLOAT),
]
PROFILES = [
    profile(BOOLEAN, 2),
    profile(FLOAT, 300, name="distance"),
    profile(INTEGER, 3, name="stops"),
    profile(BOOLEAN, 2, name="night"),
    profile(TEXT, 16, name="carrier"),
    profile(DATE, 365, name="day"),
    profile(DATETIME, 900, name="hour", missing=10),
    profile(TEXT, 1001, name="tail_number", rows=5000),
    profile(TEXT, 990, name="note", missing=10),
    profile(FLOAT, 0, name="empty", missing=1000),
    profile(TEXT, 1, name="constant", missing=3),
    profile(FLOAT, 400, name="delay"),
]
FINDINGS = [
    Finding("decides_target", FindingSeverity.WARNING, "delay gives the target away", ("delay", "target")),
    Finding("skewed", FindingSeverity.INFO, "distance is skewed", ("distance",)),
    Finding("known_after", FindingSeverity.WARNING, "about no column"),
]


def test_roles_follow_the_types() -> None:
    features, _ = choose_features(COLUMNS, PROFILES, "target", findings=FINDINGS)
    assert features == (
        Feature("distance", FeatureRole.NUMERIC),
        Feature("stops", FeatureRole.NUMERIC),
        Feature("night", FeatureRole.NUMERIC),
        Feature("carrier", FeatureRole.CATEGORY),
        Feature("day", FeatureRole.DATE),
        Feature("hour", FeatureRole.DATE),
    )
    assert feature_role(Column("x", TEXT)) is FeatureRole.CATEGORY


def test_what_is_left_out_is_told_with_its_reason() -> None:
    _, left_out = choose_features(COLUMNS, PROFILES, "target", findings=FINDINGS, without=["stops"])
    assert {item.name: item.reason for item in left_out} == {
        "stops": "left out by you",
        "tail_number": "1,001 different texts, too many for categories",
        "note": "every text is different, like an identifier",
        "empty": "empty in every row",
        "constant": "the same value in every row",
        "delay": "delay gives the target away",
    }


def test_columns_named_by_the_person_are_taken_as_they_are() -> None:
    features, left_out = choose_features(
        COLUMNS, PROFILES, "target", findings=FINDINGS, named=["delay", "constant", "target"]
    )
    assert [feature.name for feature in features] == ["constant", "delay"]
    assert {item.reason for item in left_out} == {"not chosen"}
    assert len(left_out) == len(COLUMNS) - 3


def test_an_unknown_column_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="no column speed") as caught:
        choose_features(COLUMNS, PROFILES, "target", named=["speed"])
    assert "distance" in caught.value.hint
    with pytest.raises(InvalidInputError, match="no column speed"):
        choose_features(COLUMNS, PROFILES, "target", without=["speed"])


def test_nothing_left_to_learn_from_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="No column is left"):
        choose_features(COLUMNS[:1], PROFILES[:1], "target")
    with pytest.raises(InvalidInputError, match="No column is left"):
        choose_features(COLUMNS, PROFILES, "target", named=["target"])


def test_the_time_column_has_most_values_and_none_missing() -> None:
    assert time_column(COLUMNS, PROFILES) == "day"
    assert time_column(COLUMNS[:5], PROFILES) is None


@pytest.mark.parametrize(("rows", "folds"), [(50_000, 5), (50_001, 3)])
def test_rows_that_have_a_time_are_validated_in_its_order(rows: int, folds: int) -> None:
    times = profile(DATETIME, 24, name="at", rows=rows)
    wanted = Validation(ValidationKind.TIME_ORDERED, folds=folds, column="at")
    assert suggest_validation(rows, times) == wanted
    classes = profile(BOOLEAN, 2, rows=rows, top={"true": 5 * (folds + 1), "false": rows})
    assert suggest_validation(rows, times, classes) == wanted


def test_too_few_moments_or_too_rare_classes_are_parted_at_random() -> None:
    assert suggest_validation(100, profile(DATE, 23, name="at")).kind is ValidationKind.K_FOLD
    rare = profile(BOOLEAN, 2, top={"true": 29, "false": 971})
    assert suggest_validation(1000, profile(DATE, 24, name="at"), rare).kind is ValidationKind.K_FOLD


def test_columns_to_avoid_are_left_out_where_there_is_no_other_reason() -> None:
    reasons = {"stops": "as in calm-otter-3", "delay": "as in calm-otter-3", "night": "as in calm-otter-3"}
    _, left_out = choose_features(COLUMNS, PROFILES, "target", findings=FINDINGS, included=["night"], avoided=reasons)
    found = {item.name: item.reason for item in left_out}
    assert (found["stops"], found["delay"]) == ("as in calm-otter-3", "delay gives the target away")
    assert "night" not in found


def test_large_tables_are_validated_by_one_holdout_others_by_folds() -> None:
    assert suggest_validation(50_000) == Validation(ValidationKind.K_FOLD, folds=5)
    assert suggest_validation(50_001).kind is ValidationKind.HOLDOUT
