"""Which runs a filter leaves and how they stand: whole columns give what looking at each run would give."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.experiments import RunStatus, Task, Validation, ValidationKind
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import All, Condition, Either, Missing, Not, RunFilter, Word, parse
from mlops_desktop.domain.run_selection import SortKey, arrange, best_of_each, select
from mlops_desktop.domain.run_summaries import RunSummary

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILTERS = (
    "forest", "roc_auc > 0.5", "not roc_auc > 0.5", "roc_auc is missing", "max_depth = 3", "max_depth:auto",
    "max_depth != 3", "tag:best or status = failed", "tag = best roc_auc <= 0.5", "dataset = flights",
    "estimator = forestclassifier", "duration > 60 and not tag is missing", "started >= 2026-11-23",
)  # fmt: skip


def run(number: int, **changes: object) -> RunSummary:
    base = RunSummary(
        f"id{number}", f"owl-{number}", RunStatus.FINISHED, "e", "late", "flights@v2", "Forest", "late", Task.BINARY,
        NOW - timedelta(hours=number), "ada",
    )  # fmt: skip
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


@st.composite
def runs(draw: st.DrawFn) -> list[RunSummary]:
    values = st.sampled_from([None, 0.2, 0.5, 0.9, math.nan])
    made = []
    for number in range(draw(st.integers(0, 12))):
        value, depth = draw(values), draw(st.sampled_from([None, 3, 4.5, "auto"]))
        began = NOW - timedelta(hours=draw(st.integers(0, 60)))
        made.append(
            run(
                number,
                status=draw(st.sampled_from(RunStatus)),
                estimator=draw(st.sampled_from(["Forest", "ForestClassifier", "Ridge"])),
                dataset_reference=draw(st.sampled_from(["flights@v2", "flights@v10", "birds@v1"])),
                metrics={} if value is None else {"roc_auc": (value, None, ())},
                params={} if depth is None else {"max_depth": depth},
                tags=draw(st.sampled_from([(), ("best",), ("bestial", "x")])),
                started_at=draw(st.sampled_from([None, began])),
                finished_at=draw(st.sampled_from([None, began + timedelta(seconds=90)])),
            )
        )
    return made


def holds(one: RunSummary, wanted: RunFilter) -> bool:
    """By looking at the run itself."""
    alone = RunColumns([one], NOW)
    match wanted:
        case All():
            return all(holds(one, part) for part in wanted.parts)
        case Either():
            return any(holds(one, part) for part in wanted.parts)
        case Not():
            return not holds(one, wanted.part)
        case Word() | Condition() | Missing():
            return bool(select(alone, wanted, [0]))


@given(runs(), st.sampled_from(FILTERS))
def test_columns_leave_what_each_run_alone_would_leave(made: list[RunSummary], text: str) -> None:
    columns = RunColumns([*made, run(99, metrics={"roc_auc": (0.1, None, ())}, params={"max_depth": 1})], NOW)
    wanted = parse(text, columns.known)
    every = range(len(columns.rows))
    assert list(select(columns, wanted, every)) == [place for place in every if holds(columns.rows[place], wanted)]


@given(runs(), runs(), st.data())
def test_columns_follow_every_change(before: list[RunSummary], after: list[RunSummary], data: st.DataObject) -> None:
    columns = RunColumns(before, NOW)
    for name in ("metric:roc_auc", "spread:roc_auc", "duration", "started", "status", "param:max_depth"):
        columns.numbers(name)
    for name in ("anything", "dataset", "tag", "param:max_depth"):
        columns.texts(name)
    gone = {one.id for one in before if data.draw(st.booleans())} - {one.id for one in after}
    columns.put(after, gone)
    fresh = RunColumns(columns.rows, NOW)
    assert {one.id for one in columns.rows} == ({one.id for one in before} | {one.id for one in after}) - gone
    for name, numbers in columns._numbers.items():
        assert same(numbers, fresh.numbers(name))
    for name, texts in columns._texts.items():
        assert texts == fresh.texts(name)
    assert all(columns.place(one.id) == place for place, one in enumerate(columns.rows))
    created = [one.created_at for one in columns.rows]
    assert created == sorted(created, reverse=True)


def same(left: Sequence[float], right: Sequence[float]) -> bool:
    return [str(value) for value in left] == [str(value) for value in right]


@given(runs(), st.booleans())
def test_runs_in_progress_come_first_and_those_without_a_value_last(made: list[RunSummary], descending: bool) -> None:
    columns = RunColumns(made, NOW)
    places = arrange(columns, range(len(made)), [SortKey("metric:roc_auc", descending)])
    assert sorted(places) == list(range(len(made)))
    rows = [columns.rows[place] for place in places]
    ended = [one for one in rows if one.status.is_ended]
    assert rows[len(rows) - len(ended) :] == ended
    values = [one.metrics["roc_auc"][0] if one.metrics else math.nan for one in ended]
    there = [value for value in values if not math.isnan(value)]
    assert [str(value) for value in values[: len(there)]] == [str(value) for value in there]
    assert there == sorted(there, reverse=descending)


def test_a_second_key_decides_where_the_first_is_equal() -> None:
    columns = RunColumns(
        [
            run(0, dataset_reference="flights@v10", metrics={"f1": (0.1, None, ())}),
            run(1, dataset_reference="flights@v9", metrics={"f1": (0.2, None, ())}),
            run(2, dataset_reference="flights@v10", metrics={"f1": (0.3, None, ())}),
        ],
        NOW,
    )
    assert arrange(columns, range(3), [SortKey("dataset"), SortKey("metric:f1", True)]) == [1, 2, 0]


def test_numbers_and_words_of_a_param_stand_apart() -> None:
    columns = RunColumns([run(n, params={"k": value}) for n, value in enumerate(["b", 10, 9.5, "a"])] + [run(9)], NOW)
    assert arrange(columns, range(5), [SortKey("param:k")]) == [2, 1, 3, 0, 4]


def test_the_best_of_each_estimator_follows_the_metrics_direction() -> None:
    losses = [("Ridge", 0.5), ("Ridge", 0.3), ("Forest", 0.9)]
    columns = RunColumns(
        [run(n, estimator=name, metrics={"rmse": (loss, None, ())}) for n, (name, loss) in enumerate(losses)], NOW
    )
    assert best_of_each(columns, range(3), "rmse") == [1, 2]
    assert columns.best("rmse") is columns.rows[1]


def test_one_run_is_best_for_each_way_of_validation_and_version_does_not_matter() -> None:
    holdout = Validation(ValidationKind.HOLDOUT)
    scores = [(Validation(), "flights@v2", 0.6), (holdout, "flights@v2", 0.9), (Validation(), "flights@v1", 0.7)]
    columns = RunColumns(
        [
            run(n, validation=plan, dataset_reference=data, metrics={"roc_auc": (score, None, ())})
            for n, (plan, data, score) in enumerate(scores)
        ],
        NOW,
    )
    first, leaky, older = columns.rows
    assert columns.best("roc_auc", first) is older
    assert columns.best("roc_auc", leaky) is None, "alone, it is no best"
    assert columns.best("roc_auc") is older
    assert best_of_each(columns, range(3), "roc_auc") == [1, 2]
    columns.put([run(3, validation=holdout, metrics={"roc_auc": (0.8, None, ())})], [])
    assert columns.best_ids("roc_auc") == {leaky.id, older.id}
    assert columns.is_best(leaky, "roc_auc")
    assert not columns.is_best(first, "roc_auc")
    assert sorted(count for count, _ in columns.ways.values()) == [2, 2]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("validation = holdout", [1]),
        ("validation:hold-out", [1]),
        ("validation = time", [2]),
        ("validation is 'By time, 3 folds'", [2]),
        ("validation:folds", [0, 2]),
        ("validation = 'by carrier, 5 folds + test'", [3]),
        ("validation != k_fold", [1, 2, 3]),
    ],
)
def test_runs_are_found_by_their_validation(text: str, left: list[int]) -> None:
    plans = [
        Validation(),
        Validation(ValidationKind.HOLDOUT),
        Validation(ValidationKind.TIME_ORDERED, folds=3, column="time_hour"),
        Validation(ValidationKind.GROUPED, column="carrier", test_share=0.1),
    ]
    columns = RunColumns([run(n, validation=plan) for n, plan in enumerate(plans)], NOW)
    found = list(select(columns, parse(text, columns.known), range(4)))
    assert found == ([*left, 3] if text == "validation:folds" else left)
    assert len(columns.values("validation", range(4))) == 4


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("started = today", [0]),
        ("started = yesterday", [1]),
        ("started < yesterday", [2]),
        ("started != today", [1, 2]),
    ],
)
def test_a_date_is_the_whole_day(text: str, left: list[int]) -> None:
    noon = NOW.astimezone().replace(hour=12)
    columns = RunColumns([run(n, started_at=noon - timedelta(days=n)) for n in range(3)], noon)
    assert select(columns, parse(text, columns.known), range(3)) == left


def test_distinct_values_are_counted_with_those_that_are_not_there() -> None:
    columns = RunColumns([run(0, tags=("a", "b")), run(1, tags=("a",)), run(2)], NOW)
    assert columns.values("tag", range(3)) == {"a": 2, "b": 1, "": 1}
    assert columns.values("estimator", [0]) == {"Forest": 1}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59"])
@pytest.mark.parametrize("sign", [">", ">=", "<", "<=", "=", "!="])
def test_a_day_at_either_end_of_the_years_that_there_are_can_be_asked_for(day: str, sign: str) -> None:
    """Found by fuzzing."""
    columns = RunColumns([run(1, started_at=NOW)], NOW)
    kept = select(columns, parse(f"started {sign} '{day}'", columns.known), range(1))
    expected = sign == "!=" or (sign in (">", ">=") and day < "1000") or (sign in ("<", "<=") and day > "1000")
    assert list(kept) == ([0] if expected else [])
