"""Values travel and rest as plain JSON and come back as they were."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.domain.domain_values import PLAIN, travelling_kinds, values

from mlops_desktop.domain.datasets import Column, ColumnType, ReadAnswers
from mlops_desktop.domain.experiments import MetricSummary, RunSpec, Task, Validation
from mlops_desktop.domain.plain import from_plain, to_json, to_plain

KINDS = travelling_kinds()


def test_the_domain_has_many_kinds_of_values() -> None:
    names = {kind.__name__ for kind in KINDS}
    assert {"DatasetVersion", "Run", "ModelVersion", "Rollout", "Job", "AuditEntry", "Change", "Problem"} <= names


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=max(10, settings().max_examples // 5))
@given(data=st.data())
def test_every_value_comes_back_from_its_plain_form(kind: Any, data: st.DataObject) -> None:
    value = data.draw(values(kind, numbers=st.floats()))
    text = to_json(value)
    assert text.isascii()
    back = from_plain(kind, json.loads(text))
    assert to_json(back) == text
    assert back == value or '"NaN"' in text


@given(PLAIN)
def test_plain_values_are_their_own_plain_form(value: object) -> None:
    assert to_plain(value) == value
    assert from_plain(object, value) == value


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_show_in_canonical_text(content: dict[str, int], chance: Any) -> None:
    keys = list(content)
    chance.shuffle(keys)
    assert to_json({key: content[key] for key in keys}) == to_json(content)


def test_a_set_gives_the_same_text_in_every_process() -> None:
    program = (
        "from mlops_desktop.domain.plain import to_json;"
        "import sys; sys.stdout.write(to_json({'x': frozenset(['amber', 'bold', 'calm', 'deep', 'early'])}))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert texts == {'{"x":["amber","bold","calm","deep","early"]}'}


def test_numbers_that_json_has_no_word_for_are_named() -> None:
    assert to_plain([math.nan, math.inf, -math.inf, 1.5]) == ["NaN", "Infinity", "-Infinity", 1.5]
    back = from_plain(MetricSummary, {"key": "rmse", "mean": "-Infinity", "std": "NaN"})
    assert back.mean == -math.inf
    assert back.std is not None
    assert math.isnan(back.std)


def test_a_time_is_the_same_moment_in_utc() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert to_plain(summer) == "2026-07-01T10:00:00+00:00"
    assert from_plain(datetime, "2026-07-01T12:00:00+02:00") == summer
    assert from_plain(datetime, "2026-07-01T12:00:00+02:00").tzinfo is UTC


def test_an_older_program_reads_a_newer_value_and_the_other_way_round() -> None:
    assert from_plain(Column, {"name": "a", "type": "float", "unit": "km"}) == Column("a", ColumnType.FLOAT)
    assert from_plain(Validation, {}) == Validation()


@dataclass(frozen=True)
class Strange:
    pair: tuple[int, str] = (0, "")
    items: list[int] | None = None
    word: Literal["yes", "no"] = "yes"
    by_name: Mapping[str, Any] | None = None


def test_other_shapes_travel_too() -> None:
    value = Strange((1, "a"), [1, 2], "no", {"x": [1]})
    assert from_plain(Strange, to_plain(value)) == value
    assert from_plain(Strange, value) is value
    assert to_plain(Path("/a/b")) == "/a/b"


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        (int, "3"),
        (int, True),
        (int, 3.0),
        (float, True),
        (float, "1.5"),
        (float, 10**400),
        (str, 3),
        (bool, 0),
        (datetime, 5),
        (datetime, "yesterday"),
        (datetime, "0001-01-01T00:00:00+14:00"),
        (Task, "cubic"),
        (Task, ["binary"]),
        (Path, 3),
        (Column, {"name": "a"}),
        (Column, ["a", "float"]),
        (Column, {"name": "a", "type": "complex"}),
        (tuple[int, ...], 3),
        (tuple[int, str], [1]),
        (list[int], "12"),
        (Strange, {"word": "maybe"}),
        (Strange, {"pair": [1, 2]}),
        (Mapping[str, int], [1]),
        (Mapping[str, int], {"a": "b"}),
        (int | None, "x"),
        (type(None), 0),
        (set[int], [1]),
        (complex, 1),
        (RunSpec, {"task": "binary"}),
        (ReadAnswers, {"column_types": {"a": 1}}),
    ],
)
def test_what_does_not_fit_is_refused_as_a_type_or_a_value(kind: Any, plain: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        from_plain(kind, plain)


@pytest.mark.parametrize("value", [object(), b"bytes", {"a": 1j}, int, Column])
def test_what_has_no_plain_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="plain form"):
        to_plain(value)
