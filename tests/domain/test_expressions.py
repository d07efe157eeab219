"""The small language of derived columns: what it understands, and that it refuses the rest in words."""

from __future__ import annotations

import contextlib
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_desktop.domain import expressions
from mlops_desktop.domain.datasets import Column, ColumnType, Derived
from mlops_desktop.domain.errors import ExpressionError
from mlops_desktop.domain.expression_types import check, type_of
from mlops_desktop.domain.expressions import Binary, Call, IsMissing, Name, Number, Text, Truth, Unary, parse

COLUMNS = (
    Column("arr_delay", ColumnType.INTEGER),
    Column("share", ColumnType.FLOAT),
    Column("carrier", ColumnType.TEXT),
    Column("late", ColumnType.BOOLEAN),
    Column("day", ColumnType.DATE),
    Column("time_hour", ColumnType.DATETIME),
    Column("a name", ColumnType.INTEGER),
)


def test_precedence_is_the_usual_one() -> None:
    assert parse("1 + 2 * 3") == Binary("+", Number(1, 0), Binary("*", Number(2, 4), Number(3, 8), 6), 2)
    assert parse("(1 + 2) * 3") == Binary("*", Binary("+", Number(1, 1), Number(2, 5), 3), Number(3, 10), 8)
    both = parse("a or b and not c == 1")
    assert isinstance(both, Binary)
    assert both.sign == "or"
    assert isinstance(both.right, Binary)
    assert both.right.sign == "and"
    assert isinstance(both.right.right, Unary)
    assert isinstance(both.right.right.operand, Binary)


def test_every_kind_of_value_is_understood() -> None:
    assert parse("`a name`") == Name("a name", 0)
    assert parse("'it''s'") == Text("it's", 0)
    assert parse('"two ""words"""') == Text('two "words"', 0)
    assert parse("true") == Truth(True, 0)
    assert parse("-1.5e3") == Unary("-", Number(1500.0, 1), 0)
    assert parse("9223372036854775807") == Number(2**63 - 1, 0)
    assert parse("x is not missing") == IsMissing(Name("x", 0), True, 2)
    assert parse("if(a, 1, 2)") == Call("if", (Name("a", 3), Number(1, 6), Number(2, 9)), 0)
    assert parse("größe % 2") == Binary("%", Name("größe", 0), Number(2, 8), 6)


def test_names_are_told_once_and_in_order() -> None:
    assert expressions.names(parse("b + a * b > length(`c d`) and x is missing")) == ("b", "a", "c d", "x")


def test_a_derived_column_is_a_name_and_an_expression() -> None:
    assert expressions.parse_derived("late = arr_delay > 15") == Derived("late", "arr_delay > 15")
    assert expressions.parse_derived(" `very late`=arr_delay == 15 ") == Derived("very late", "arr_delay == 15")


@pytest.mark.parametrize("text", ["", "late", "= 1", "late == 1", "1a = 2", "`` = 1", "`*` = 1", "`^x$` = 1", "a ="])
def test_what_is_no_derived_column_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.parse_derived(text)


@pytest.mark.parametrize(
    ("text", "said", "caret"),
    [
        ("a >", "A value was expected here, not the end", 3),
        ("a = 1", "to compare, write ==", 2),
        ("((a)", "')' was expected", 4),
        ("'x", "never closed", 0),
        ("`x", "never closed", 0),
        ("1 < a < 3", "cannot be chained", 6),
        ("foo(1)", "There is no function 'foo'", 0),
        ("a && b", "in words", 2),
        ("a | b", "in words", 2),
        ("a $ b", "'$' has no meaning", 2),
        ("missing", "is not a value", 0),
        ("a is 3", "'missing' was expected", 5),
        ("1 2", "'2' was not expected", 2),
        ("99999999999999999999", "too large", 0),
        ("1e999", "too large", 0),
        ("min(1)", "takes 2 to 10 values, not 1", 0),
        ("abs()", "takes 1 value, not 0", 0),
        ("abs(1, 2", "')' was expected", 8),
        ("", "There is no expression", 0),
        (")", "A value was expected", 0),
        ("__import__('os')", "no function '__import__'", 0),
        ("a.b", "'.' has no meaning", 1),
    ],
)
def test_what_is_not_understood_is_shown_with_a_caret(text: str, said: str, caret: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    sentence, shown, pointer = caught.value.message.split("\n")
    assert said in sentence
    assert shown == f"  {text}"
    assert pointer == " " * (caret + 2) + "^"


def test_a_near_name_is_offered() -> None:
    with pytest.raises(ExpressionError) as caught:
        check("arr_delya > 15", COLUMNS)
    assert "'arr_delya'" in caught.value.message
    assert caught.value.hint == "Did you mean arr_delay?"
    with pytest.raises(ExpressionError) as caught:
        check("xyz > 15", COLUMNS)
    assert "arr_delay, share" in caught.value.hint
    with pytest.raises(ExpressionError) as caught:
        check("LATE", COLUMNS)
    assert caught.value.hint == "Did you mean late?"


def test_deep_and_long_expressions_are_refused_and_allowed_ones_stay_shallow() -> None:
    for text in ("(" * 500 + "1" + ")" * 500, "abs(" * 60 + "1" + ")" * 60, "1+" * 499 + "1", "a" * 5000):
        with pytest.raises(ExpressionError):
            parse(text)
    assert sys.getrecursionlimit() <= 3000
    longest = " + ".join(["`a name`"] * 90)
    assert check(longest, COLUMNS) is ColumnType.INTEGER
    assert check("not " * 100 + "late", COLUMNS) is ColumnType.BOOLEAN
    assert check("(" * 10 + "late" + ")" * 10, COLUMNS) is ColumnType.BOOLEAN


def test_a_long_expression_is_shown_in_part() -> None:
    text = "arr_delay + " * 20 + "$"
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    _, shown, pointer = caught.value.message.split("\n")
    assert len(shown) < 100
    assert shown[pointer.index("^")] == "$"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("arr_delay + 1", ColumnType.INTEGER),
        ("arr_delay / 2", ColumnType.FLOAT),
        ("arr_delay * share", ColumnType.FLOAT),
        ("-arr_delay % 7", ColumnType.INTEGER),
        ("arr_delay > 15 and not late", ColumnType.BOOLEAN),
        ("late == true", ColumnType.BOOLEAN),
        ("carrier == 'UA' or carrier is missing", ColumnType.BOOLEAN),
        ("lower(carrier)", ColumnType.TEXT),
        ("length(upper(carrier))", ColumnType.INTEGER),
        ("contains(carrier, 'U')", ColumnType.BOOLEAN),
        ("year(day) + month(time_hour) + weekday(day) + hour(time_hour)", ColumnType.INTEGER),
        ("day >= '2013-06-01'", ColumnType.BOOLEAN),
        ("'2013-06-01T12:00:00Z' < time_hour", ColumnType.BOOLEAN),
        ("if(late, 1, share)", ColumnType.FLOAT),
        ("if(late, day, day)", ColumnType.DATE),
        ("max(arr_delay, 0)", ColumnType.INTEGER),
        ("min(arr_delay, share, 3)", ColumnType.FLOAT),
        ("round(share, 2)", ColumnType.FLOAT),
        ("round(abs(arr_delay))", ColumnType.INTEGER),
        ("`a name` != 3", ColumnType.BOOLEAN),
        ("2.5", ColumnType.FLOAT),
    ],
)
def test_the_type_of_what_is_made_is_known_beforehand(text: str, kind: ColumnType) -> None:
    assert check(text, COLUMNS) is kind
    assert type_of(parse(text), {column.name: column.type for column in COLUMNS}) is kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("carrier > 1", "Text cannot be compared with a number"),
        ("carrier + 1", "This is text, where a number is needed"),
        ("late + 1", "This is yes/no, where a number is needed"),
        ("arr_delay and late", "where yes/no is needed"),
        ("not arr_delay", "where yes/no is needed"),
        ("late > true", "Yes/no cannot be compared"),
        ("day < time_hour", "A date cannot be compared with a time"),
        ("day == 'yesterday'", "'yesterday' is not a date"),
        ("time_hour == 'noon'", "'noon' is not a time"),
        ("day == carrier", "A date cannot be compared with text"),
        ("hour(day)", "This is a date, where a time is needed"),
        ("if(late, 1, 'x')", "both must be of one type"),
        ("if(1, 1, 2)", "where yes/no is needed"),
        ("round(share, arr_delay)", "whole number of digits"),
        ("round(share, 99)", "whole number of digits"),
        ("contains(arr_delay, 'x')", "where text is needed"),
        ("-carrier", "where a number is needed"),
    ],
)
def test_types_that_do_not_go_together_are_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said):
        check(text, COLUMNS)


_WORDS = st.sampled_from(
    [
        *expressions.FUNCTIONS, *expressions.KEYWORDS, *(column.name for column in COLUMNS),
        "(", ")", ",", "+", "-", "*", "/", "%", "==", "=", "<", ">=", "'x'", "`", "'", '"', "1", "2.5", "1e9", " ",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=40).map(" ".join), st.lists(_WORDS).map("".join)))
def test_any_text_is_understood_or_refused_with_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        parse(text)
        check(text, COLUMNS)
    with contextlib.suppress(ExpressionError):
        expressions.parse_derived(text)


@pytest.mark.parametrize("name", ["Verspa\u0308tung", "हिन्दी", "x\u0302"])
def test_names_with_marks_are_names_however_they_are_written(name: str) -> None:
    written = unicodedata.normalize("NFC", name)
    assert expressions.parse_derived(f"{name} = {name}2 > 1") == Derived(written, f"{written}2 > 1")
    assert expressions.names(parse(f"{name} > 1 and `{name} b` == 'a'")) == (written, f"{written} b")


def test_a_text_is_parted_at_its_equals_sign_without_being_understood() -> None:
    split_derived = expressions.split_derived
    assert split_derived("`late or not` =  (") == Derived("late or not", "(")
    assert split_derived("late == 1") is None
    assert split_derived("late") is None
