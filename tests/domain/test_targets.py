"""The column that somebody would want to predict, and what a derived one is made from."""

from __future__ import annotations

import pytest

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.names import name_of_file
from mlops_desktop.domain.previews import PreviewColumn
from mlops_desktop.domain.targets import likely_target, made_from

NUMBER = PreviewColumn("distance", ColumnType.INTEGER, distinct=9)
TRUTH = PreviewColumn("late", ColumnType.BOOLEAN, distinct=2)


def test_a_derived_column_comes_first_then_a_telling_name_then_yes_or_no() -> None:
    derived = PreviewColumn("early", ColumnType.BOOLEAN, is_derived=True, distinct=2)
    named = PreviewColumn("Species", ColumnType.TEXT, distinct=3)
    assert likely_target([NUMBER, named, TRUTH, derived]) == "early"
    assert likely_target([NUMBER, named, TRUTH]) == "Species"
    assert likely_target([NUMBER, TRUTH]) == "late"
    assert likely_target([NUMBER]) is None


def test_what_never_differs_or_is_left_out_is_not_suggested() -> None:
    same = PreviewColumn("target", ColumnType.TEXT, distinct=1)
    gone = PreviewColumn("label", ColumnType.TEXT, distinct=3, is_left_out=True)
    assert likely_target([same, gone]) is None


def test_what_a_derived_column_is_made_from_is_followed_to_its_sources() -> None:
    derived = ["late = arr_delay > 15", "bad = late and hour > 20", "no expression"]
    assert made_from("bad", derived) == ("late", "hour", "arr_delay")
    assert made_from("distance", derived) == ()


@pytest.mark.parametrize(
    ("file", "name"),
    [("flights.csv.zip", "flights"), ("Sales 2024.TSV.gz", "Sales 2024"), (".csv", "dataset"), ("a@b.txt", "a-b")],
)
def test_a_file_gives_a_dataset_its_name(file: str, name: str) -> None:
    assert name_of_file(file) == name
