"""How a text was written is guessed from its head, with evidence, and every guess can be overridden (D-02, D-07)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.workers.tables import detection


def detected(path: Path, text: str, asked: ReadAnswers | None = None) -> detection.Detected:
    path.write_text(text, encoding="utf-8", newline="")
    return detection.detect(
        path, asked or ReadAnswers(), name="t.csv", encoding="utf-8", encoding_evidence="Every byte fits UTF-8."
    )


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\tc\n1, x\t2\t3\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a^b\n1^2\n", "^"),
        ("a b c\n1 2 3\n4 5 6\n", " "),
        ("a\x1fb\n1\x1f2\n", "\x1f"),
        ("name\nplain words here\nother\n", ","),
        ("time\n2013-01-01 10:00:00\n2013-01-01 11:00:00\n", ","),
        ("x\n1\n2\n", ","),
        ('a,b\n"x;y;z",1\n"x;y;z",2\n', ","),
        ("id;text\n1;one, two, three\n2;four\n3;five, six\n", ";"),
        ("a,b\n1,2\n3,4,5\n6,7\n", ","),
    ],
)
def test_the_delimiter_is_the_sign_that_divides_the_lines_alike(tmp_path: Path, text: str, delimiter: str) -> None:
    found = detected(tmp_path / "t", text)
    assert found.answers.delimiter == delimiter
    assert found.evidence["delimiter"].endswith(".")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("x,y\nfoo,bar\n", True),
        ("2013-01-01,x\n2013-01-02,y\n", False),
        ("country,1990,1991\nA,x,y\nB,x,y\n", True),
        ("name,5\nA,6\nB,7\n", False),
        ("a,a\n1,2\n", True),
        ("only\n", True),
        ("flag,x\ntrue,a\nno,b\n", True),
        ("a,,b\nx,y,z\n", True),
    ],
)
def test_a_header_is_told_from_values(tmp_path: Path, text: str, header: bool) -> None:
    found = detected(tmp_path / "t", text)
    assert found.answers.header is header
    assert found.evidence["header"].endswith(".")


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("a;b\n1,5;x\n", ","), ("a;b\n1.5;x\n", "."), ("a;b\n1;2\n", "."), ("a;b\n1,5;2.5\n3,5;4,5\n", ",")],
)
def test_d_07_a_decimal_comma_is_seen(tmp_path: Path, text: str, decimal: str) -> None:
    assert detected(tmp_path / "t", text).answers.decimal == decimal


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("a,b\n'x, y',1\n'z',2\n", "'"),
        ('a,b\n"it\'s",1\n', '"'),
        ("a,b\nit's,1\n", '"'),
        ("a,b\n1,2\n", '"'),
    ],
)
def test_the_quote_is_the_sign_that_embraces_cells(tmp_path: Path, text: str, quote: str) -> None:
    assert detected(tmp_path / "t", text).answers.quote == quote


def test_d_07_every_guess_can_be_overridden(tmp_path: Path) -> None:
    asked = ReadAnswers(delimiter=";", encoding="latin-1", decimal=",", header=False, quote="", empty_values=("x",))
    found = detected(tmp_path / "t", "a,b\n1,2\n", asked)
    assert found.answers == ReadAnswers(
        delimiter=";", encoding="utf-8", decimal=",", header=False, quote="", empty_values=("x",)
    )
    assert {found.evidence[key] for key in found.evidence if key != "encoding"} == {"As you chose."}


def test_every_answer_is_filled_in_with_its_evidence(tmp_path: Path) -> None:
    found = detected(tmp_path / "t", "a,b\n1,2\n")
    assert found.answers == ReadAnswers(",", "utf-8", ".", True, '"', ("",))
    assert set(found.evidence) == {"delimiter", "encoding", "decimal", "header", "quote", "empty_values"}
    assert found.evidence["delimiter"] == "A comma divides 100% of the first lines into 2 cells."


@pytest.mark.parametrize(
    "asked",
    [
        ReadAnswers(delimiter="::"),
        ReadAnswers(delimiter="§"),
        ReadAnswers(delimiter="\n"),
        ReadAnswers(delimiter='"'),
        ReadAnswers(delimiter=""),
        ReadAnswers(decimal=";"),
        ReadAnswers(quote="x"),
        ReadAnswers(delimiter=",", decimal=",", quote="#"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(asked: ReadAnswers) -> None:
    with pytest.raises(InvalidInputError) as caught:
        detection.check_answers(asked)
    assert caught.value.hint


def test_a_long_text_is_judged_by_whole_lines(tmp_path: Path) -> None:
    assert detected(tmp_path / "t", "a;b\n" + "1;2\n" * 300_000).answers.delimiter == ";"
    assert detected(tmp_path / "t", "a,b\n1," + "x" * 900_000).answers.delimiter == ","


_NAMES = st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), min_size=2, max_size=6, unique=True)
_CELLS = st.one_of(
    st.integers(-999, 999).map(str), st.from_regex(r"[A-Za-z ]{1,12}", fullmatch=True), st.just("a, b; c\td|e")
)


@given(st.data(), st.sampled_from(",;\t|"))
def test_random_tables_are_divided_as_they_were_written(data: st.DataObject, delimiter: str) -> None:
    names = data.draw(_NAMES)
    rows = data.draw(st.lists(st.lists(_CELLS, min_size=len(names), max_size=len(names)), min_size=3, max_size=12))
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([names, *rows])
    quote, _ = detection.detect_quote(out.getvalue())
    assert quote == '"'
    assert detection.detect_delimiter(out.getvalue(), quote)[0] == delimiter
