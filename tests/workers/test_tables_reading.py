"""Files become typed tables without a spoilt value, or are refused in words (the D catalogue)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_desktop.domain.datasets import ColumnType, Finding, FindingSeverity, ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError
from mlops_desktop.workers.tables import codes, column_types, forms, headers, reading

T = ColumnType
NOON = datetime(2013, 1, 1, 12, tzinfo=UTC)


def read(
    folder: Path, content: str | bytes, answers: ReadAnswers | None = None
) -> tuple[pl.DataFrame, dict[str, ColumnType], list[Finding]]:
    path = folder / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = reading.type_table(reading.read_text(path, answers or ReadAnswers(), folder))
    values = table.scan().collect()
    assert values.height == table.text.rows
    return values, {column.name: column.type for column in table.columns}, list(table.findings)


def column(folder: Path, *cells: str, **answers: object) -> tuple[list[object], ColumnType, list[str]]:
    """One column of a table with a second one beside it."""
    rows = "".join(f'"{cell}";x\n' for cell in cells)
    chosen = ReadAnswers(delimiter=";", header=True, **answers)  # type: ignore[arg-type]
    values, types, found = read(folder, f"v;other\n{rows}", chosen)
    return values["v"].to_list(), types["v"], [finding.code for finding in found]


def refusal(folder: Path, content: str | bytes, answers: ReadAnswers | None = None) -> str:
    with pytest.raises(UnreadableTableError) as caught:
        read(folder, content, answers)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: it has 0 bytes"),
        (b"\xef\xbb\xbf", "holds only the mark of its encoding"),
        (b"\xff\xfe", "holds only the mark of its encoding"),
        (b"\n\r\n  \n", "nothing but blank lines"),
        (b"a,b,c\n", "has a header (a, b, c) and no rows below it"),
        (b"\xef\xbb\xbfa,b\r\n\r\n", "has a header (a, b) and no rows below it"),
        (b"alone", "has a header (alone) and no rows below it"),
    ],
)
def test_d_01_what_is_empty_says_in_which_way(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(tmp_path, content)


def test_d_01_one_line_of_values_is_one_row(tmp_path: Path) -> None:
    values, _, _ = read(tmp_path, "1,2,3\n")
    assert values.rows() == [(1, 2, 3)]
    assert values.columns == ["column_1", "column_2", "column_3"]
    assert read(tmp_path, "a,b\n", ReadAnswers(header=False))[0].rows() == [("a", "b")]


def test_d_02_text_in_other_encodings_is_text(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        values, types, _ = read(tmp_path, "größe,name\n1,José\n".encode(encoding))
        assert values.rows() == [(1, "José")]
        assert list(types) == ["größe", "name"]


def test_d_02_a_line_of_another_encoding_is_told(tmp_path: Path) -> None:
    content = b"name,v\n" + "José,1\n".encode("cp1252") * 5 + "José,2\n".encode()
    for answers in (ReadAnswers(), ReadAnswers(encoding="cp1252")):
        values, _, found = read(tmp_path, content, answers)
        assert values["name"].to_list() == ["José"] * 5 + ["JosÃ©"]
        assert [(item.code, item.severity) for item in found] == [("mixed_encodings", FindingSeverity.WARNING)]
        assert found[0].sentence.startswith("Line 7 looks like UTF-8 but was read as cp1252 ")
    values, _, found = read(tmp_path, content, ReadAnswers(lines_left_out=(7,)))
    assert values["name"].to_list() == ["José"] * 5
    assert "mixed_encodings" not in [item.code for item in found]


@pytest.mark.parametrize("name", ["x^2", "x\x01", "x\u0680", "x\u06bf"])
@pytest.mark.parametrize("header", [True, False])
def test_d_10_text_that_begins_like_packed_bytes_is_text(tmp_path: Path, name: str, header: bool) -> None:
    """Polars unpacks whatever begins as zlib does: of `x^2,y` it makes a table of rubbish, or an error."""
    path = tmp_path / "powers.csv"
    path.write_text(f"{name},y\n" + "1,2\n" * 3, encoding="utf-8")
    folder = tmp_path / "work"
    folder.mkdir()
    text = reading.read_text(path, ReadAnswers(header=header), folder)
    assert text.names == ((name.replace("\x01", ""), "y") if header else ("column_1", "column_2"))
    rows = [("1", "2")] * 3
    assert text.scan().collect().rows() == (rows if header else [(name, "y"), *rows])
    assert list(folder.iterdir()) == [text.staged.path]


def test_d_04_names_are_made_usable_and_every_change_is_told(tmp_path: Path) -> None:
    long = "n" * 10_000
    values, _, found = read(tmp_path, f'a,a,A,,a_2," b ","x\ny",*,^z$,{long},{long}\n' + "1," * 10 + "1\n")
    renamed = [finding for finding in found if finding.code == "renamed_column"]
    assert values.columns == [
        "a", "a_3", "A_4", "column_4", "a_2", "b", "x y", "column *", "column ^z$", "n" * 120, "n" * 120 + "_2",
    ]  # fmt: skip
    assert [finding.columns[0] for finding in renamed] == [name for name in values.columns if name not in ("a", "a_2")]
    assert all(finding.severity is FindingSeverity.WARNING and len(finding.sentence) < 400 for finding in renamed)
    assert "its name 'a' is there already" in renamed[0].sentence
    assert "its name '' is empty" in renamed[2].sentence
    assert "is 10,000 letters long" in renamed[-2].sentence


@given(st.lists(st.text(max_size=8), min_size=1, max_size=12))
def test_any_names_become_different_names(cells: list[str]) -> None:
    names, found = headers.usable_names(cells)
    assert len({name.casefold() for name in names}) == len(cells)
    assert all(name and name.isprintable() and name == name.strip() for name in names)
    changed = [(cell, name) for cell, name in zip(cells, names, strict=True) if cell != name]
    assert len(found) == len(changed)


def test_two_ways_to_write_a_letter_are_one_name_and_nothing_to_tell() -> None:
    names, found = headers.usable_names(["Verspa\u0308tung", "Versp\u00e4tung", "हिन्दी"])
    assert names == ["Versp\u00e4tung", "Versp\u00e4tung_2", "हिन्दी"]
    assert [finding.code for finding in found] == ["renamed_column"]


def test_d_05_ten_thousand_columns_are_read(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(10_000))
    values, types, _ = read(tmp_path, f"{names}\n" + f"{'1,' * 9_999}x\n" * 3)
    assert values.shape == (3, 10_000)
    assert types["c9998"] is T.INTEGER
    assert types["c9999"] is T.TEXT


def test_d_05_a_cell_of_five_megabytes_is_read(tmp_path: Path) -> None:
    values, _, _ = read(tmp_path, f'a,b\n"{"x," * 2_600_000}",1\ny,2\n')
    assert len(values["a"][0]) == 5_200_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('"{}",b\n1,2\n', ""),
        ('"{}",b\n1,2\n\n3,4\n', "A cell that begins in line 1 of t.csv is larger than 64 MiB"),
        ('a,b\n\n1,2\n3,"{}"\n', "A cell that begins in line 4 of t.csv is larger than 64 MiB"),
    ],
    ids=["header", "header to be mended", "row to be mended"],
)
def test_d_05_a_cell_of_seventy_megabytes_is_read_or_named(tmp_path: Path, content: str, said: str) -> None:
    text = content.format("x" * (70 << 20))
    if said:
        assert said in refusal(tmp_path, text)
    else:
        _, _, findings = read(tmp_path, text)
        assert "is 73,400,320 letters long" in findings[0].sentence


def test_d_06_ragged_rows_and_open_quotes_name_their_lines(tmp_path: Path) -> None:
    assert "Line 3 of t.csv has 1 cells" in refusal(tmp_path, "a,b\n1,2\n3\n")
    assert "opens in line 2" in refusal(tmp_path, 'a,b\n"1,2\n3,4\n')
    assert read(tmp_path, 'a,b\n"1,2\n3,4\n', ReadAnswers(quote=""))[0].rows() == [('"1', 2), ("3", 4)]


def test_d_07_line_ends_of_every_kind_and_quoted_newlines_are_read(tmp_path: Path) -> None:
    for content in ("a,b\r1,x\r2,y\r", "a,b\r\n1,x\n2,y\r\n", "a,b\n1,x\r2,y"):
        assert read(tmp_path, content)[0].rows() == [(1, "x"), (2, "y")]
    assert read(tmp_path, 'a,b\n1,"x\ny"\n2,"p\r\nq"\n')[0]["b"].to_list() == ["x\ny", "p\r\nq"]


def test_d_07_decimal_commas_are_numbers(tmp_path: Path) -> None:
    values, types, _ = read(tmp_path, "a;b\n1,5;2\n-0,25;3\n1e3;4\n")
    assert values["a"].to_list() == [1.5, -0.25, 1000.0]
    assert types == {"a": T.FLOAT, "b": T.INTEGER}
    assert column(tmp_path, "1,5", "2,5", decimal=".")[1] is T.TEXT


def test_d_07_a_wrong_delimiter_shows_one_column(tmp_path: Path) -> None:
    values, _, _ = read(tmp_path, "a,b\n1,2\n", ReadAnswers(delimiter=";"))
    assert values.columns == ["a,b"]


@pytest.mark.parametrize(
    ("cells", "values", "kind"),
    [
        (("1", "-2", "+3", "0", "-0"), [1, -2, 3, 0, 0], T.INTEGER),
        (("9007199254740993", "-9223372036854775808"), [2**53 + 1, -(2**63)], T.INTEGER),
        (("9223372036854775807",), [2**63 - 1], T.INTEGER),
        (("1.5", "2", ".5", "3.", "-1e-3", "1E5"), [1.5, 2.0, 0.5, 3.0, -0.001, 1e5], T.FLOAT),
        (("true", "False", "TRUE"), [True, False, True], T.BOOLEAN),
        (("yes", "No"), [True, False], T.BOOLEAN),
        (("0", "1"), [0, 1], T.INTEGER),
        (("0.1", "3.14159265358979323846", "-0.30000000000000001"), [0.1, 3.141592653589793, -0.3], T.FLOAT),
        (("9007199254740991.0", "9007199254740992.0", "1.0"), [2.0**53 - 1, 2.0**53, 1.0], T.FLOAT),
        (("6.02214076e23", "1.2345678901234567E30"), [6.02214076e23, 1.2345678901234567e30], T.FLOAT),
        ((f"{3.141592653589793e20:.18e}", f"{-2.5e17 / 3:.16E}"), [3.141592653589793e20, -2.5e17 / 3], T.FLOAT),
        (("0e-400", "0.000", "-0.0"), [0.0, 0.0, 0.0], T.FLOAT),
        (("yes", "true"), ["yes", "true"], T.TEXT),
        (("0001-01-01", "9999-12-31"), [date(1, 1, 1), date(9999, 12, 31)], T.DATE),
        (("2013-01-31", "1969-12-31"), [date(2013, 1, 31), date(1969, 12, 31)], T.DATE),
        (("2013-02-30", "2013-01-01"), ["2013-02-30", "2013-01-01"], T.TEXT),
        (("31/12/2013", "1/2/2013"), [date(2013, 12, 31), date(2013, 2, 1)], T.DATE),
        (("12/31/2013", "1/2/2013"), [date(2013, 12, 31), date(2013, 1, 2)], T.DATE),
        (("31-12-2013", "01-02-2013"), [date(2013, 12, 31), date(2013, 2, 1)], T.DATE),
        (("1.2.2013", "3.4.2013"), [date(2013, 2, 1), date(2013, 4, 3)], T.DATE),
        (("2013/1/31", "2013/02/01"), [date(2013, 1, 31), date(2013, 2, 1)], T.DATE),
        (
            ("2013-01-01T10:00:00Z", "2013-01-01 10:00:00+01:00", "2013-01-01T10:00-0530"),
            [NOON - timedelta(hours=2), NOON - timedelta(hours=3), NOON + timedelta(hours=3, minutes=30)],
            T.DATETIME,
        ),
        (
            ("2013-01-01T10:00:00", "2013-01-01 10:00", "2013-01-01 10:00:00.123456"),
            [datetime(2013, 1, 1, 10), datetime(2013, 1, 1, 10), datetime(2013, 1, 1, 10, 0, 0, 123456)],
            T.DATETIME,
        ),
        (("2013-01-01T10:00:00.1234567",), ["2013-01-01T10:00:00.1234567"], T.TEXT),
        (("2013-01-01T25:00:00",), ["2013-01-01T25:00:00"], T.TEXT),
        (("+491701234567", "+491701234568"), ["+491701234567", "+491701234568"], T.TEXT),
        (("0x10", "1_000"), ["0x10", "1_000"], T.TEXT),
        ((" 12 ", "3"), [12, 3], T.INTEGER),
        ((" a ", "b"), [" a ", "b"], T.TEXT),
        (("", ""), [None, None], T.TEXT),
        (("1", "", "  "), [1, None, None], T.INTEGER),
        (("a", "", "  "), ["a", None, "  "], T.TEXT),
        (("=1+1", "-x", "@a", "+b"), ["=1+1", "-x", "@a", "+b"], T.TEXT),
    ],
)  # fmt: skip
def test_d_08_values_are_exact(tmp_path: Path, cells: tuple[str, ...], values: list[object], kind: ColumnType) -> None:
    found, type_found, _ = column(tmp_path, *cells)
    assert type_found is kind
    assert found == values


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("007", "12"), "leading_zeros"),
        (("01.5", "12"), "mixed_types"),
        (("9223372036854775808", "1"), "number_too_large"),
        (("18446744073709551616", "1"), "number_too_large"),
        (("9007199254740993", "1.5"), "number_too_large"),
        (("1e400", "1.5"), "number_too_large"),
        (("9007199254740990.0", "9007199254740993.0"), "number_too_large"),
        (("9007199254740993.", "1.5"), "number_too_large"),
        (("-9007199254740993e0", "1.5"), "number_too_large"),
        (("9.007199254740993E15", "9007199254740992.0"), "number_too_large"),
        (("1e23", "9.999999999999999e22"), "number_too_large"),
        (("12345678901234567890.5", "1.5"), "number_too_large"),
        (("1e-400", "1.5"), "number_too_large"),
        (("0.5", "-0." + "0" * 400 + "7"), "number_too_large"),
        (("inf", "1.5"), "infinite_values"),
        (("-Infinity", "1"), "infinite_values"),
        (("01/02/2013", "03/04/2013"), "ambiguous_dates"),
        (("2013-01-01T10:00:00Z", "2013-01-01T10:00:00"), "mixed_time_zones"),
        (("1", "2", "3", "4", "x"), "mixed_types"),
        (("2013-01-01", "2013-01-02", "2013-01-03", "2013-01-04", "soon"), "mixed_types"),
        (("0000-01-01", "2013-01-02"), "mixed_types"),
        (("0000-01-01", "0000-12-31"), "mixed_types"),
        (("31/12/0000", "31/12/2013"), "mixed_types"),
        (("0000/1/31", "2013/1/31"), "mixed_types"),
        (("1.2.0000", "3.4.2013"), "mixed_types"),
        (("0000-01-01T10:00:00", "2013-01-01T10:00:00"), "mixed_types"),
        (("0001-01-01T00:00:00+05:00", "2013-01-01T10:00:00Z"), "mixed_types"),
        (("9999-12-31T23:00:00-05:00", "2013-01-01T10:00:00Z"), "mixed_types"),
    ],
)
def test_d_08_what_a_type_would_spoil_stays_text_and_says_why(
    tmp_path: Path, cells: tuple[str, ...], code: str
) -> None:
    values, kind, found = column(tmp_path, *cells)
    assert kind is T.TEXT
    assert values == list(cells)
    if cells != ("01.5", "12"):
        assert code in found


def test_d_08_large_numbers_with_a_decimal_comma_stay_text_too(tmp_path: Path) -> None:
    _, kind, found = column(tmp_path, "9007199254740993,0", "1,5", decimal=",")
    assert (kind, found) == (T.TEXT, ["number_too_large"])
    assert column(tmp_path, "9007199254740992,0", "1,5", decimal=",")[0] == [2.0**53, 1.5]


@given(st.integers(2**52, 2**70), st.sampled_from([".0", ".", "e0", "E+0"]))
def test_d_08_different_whole_numbers_never_become_one(first: int, ending: str) -> None:
    cells = pl.Series("v", [f"{number}{ending}" for number in range(first, first + 20)])
    form = next(form for form in forms.own_forms(".") if form.name == "float")
    kept = pl.select(pl.lit(cells).alias("v")).filter(form.fits(pl.col("v"))).select(form.value(pl.col("v")))
    assert kept["v"].n_unique() == kept.height


def test_d_08_dates_outside_of_the_years_are_said_with_their_row(tmp_path: Path) -> None:
    _, _, found = read(tmp_path, "day,v\n2013-01-02,1\n0000-01-01,2\n")
    assert [(item.code, item.columns, item.count, item.first_row) for item in found] == [
        ("mixed_types", ("day",), 1, 2)
    ]
    assert "1 of its dates lies outside of the years 1 to 9999" in found[0].sentence
    assert "'0000-01-01' in row 2" in found[0].sentence


@pytest.mark.parametrize(
    ("kind", "cell"), [(T.DATE, "0000-01-01"), (T.DATETIME, "0000-01-01"), (T.DATETIME, "0000-01-01T10:00Z")]
)
def test_d_08_a_chosen_type_refuses_a_year_that_no_date_has(tmp_path: Path, kind: ColumnType, cell: str) -> None:
    with pytest.raises(UnreadableTableError, match=f"Row 1 of the column 'v' holds '{cell}'"):
        column(tmp_path, cell, column_types={"v": kind})


def test_a_value_that_does_not_fit_is_named_with_its_row(tmp_path: Path) -> None:
    _, _, found = read(tmp_path, "a,b\n" + "1,x\n" * 50 + "oops,x\n" + "2,x\n" * 50)
    mixed = next(finding for finding in found if finding.code == "mixed_types")
    assert (mixed.first_row, mixed.count, mixed.columns) == (51, 1, ("a",))
    assert "'oops' in row 51" in mixed.sentence


def test_types_are_decided_over_all_rows_and_not_by_the_first(tmp_path: Path) -> None:
    rows = "".join(f"{row},{row},{row},2013-01-01,yes,\n" for row in range(5000))
    values, types, _ = read(tmp_path, f"a,b,c,d,e,f\n{rows}1.5,abc,007,soon,maybe,7\n")
    assert types == {"a": T.FLOAT, "b": T.TEXT, "c": T.TEXT, "d": T.TEXT, "e": T.TEXT, "f": T.INTEGER}
    assert values["a"][-1] == 1.5
    assert values["c"][7] == "7"
    assert values["c"][-1] == "007"
    assert values["f"].null_count() == 5000


def test_na_is_missing_among_numbers_and_a_word_among_words(tmp_path: Path) -> None:
    assert column(tmp_path, "1", "NA", "2")[0] == [1, None, 2]
    assert column(tmp_path, "1.5", "null", "NaN", "-", "?")[0] == [1.5, None, None, None, None]
    assert column(tmp_path, "2013-01-01", "N/A")[0] == [date(2013, 1, 1), None]
    assert column(tmp_path, "true", "NA")[0] == [True, None]
    values, kind, found = column(tmp_path, "DE", "NA", "FR")
    assert (values, kind) == (["DE", "NA", "FR"], T.TEXT)
    assert "missing_words_kept" in found
    assert column(tmp_path, "NA", "NA")[0] == ["NA", "NA"]
    assert column(tmp_path, "007", "NA")[0] == ["007", "NA"]
    assert "missing_words" in column(tmp_path, "1", "NA")[2]


def test_chosen_empty_values_are_empty_in_every_column(tmp_path: Path) -> None:
    assert column(tmp_path, "DE", "NA", "", empty_values=("NA",))[0] == ["DE", None, ""]
    assert column(tmp_path, "1", "-999", "", empty_values=("-999",))[0] == [1, None, None]
    assert column(tmp_path, "a", "", empty_values=())[0] == ["a", ""]
    assert column(tmp_path, "1", "", empty_values=())[0] == [1, None]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (("007", "+12"), T.INTEGER, [7, 12]),
        (("1", "x7"), T.TEXT, ["1", "x7"]),
        (("1", "NA"), T.TEXT, ["1", "NA"]),
        (("1", "02"), T.FLOAT, [1.0, 2.0]),
        (("9007199254740993", "1"), T.FLOAT, [9007199254740992.0, 1.0]),
        (("1", "0"), T.BOOLEAN, [True, False]),
        (("Y", "n"), T.BOOLEAN, [True, False]),
        (("t", "F"), T.BOOLEAN, [True, False]),
        (("no", ""), T.BOOLEAN, [False, None]),
        (("31/12/2013", "NA"), T.DATE, [date(2013, 12, 31), None]),
        (("2013-01-01", "2013-01-02"), T.DATETIME, [datetime(2013, 1, 1), datetime(2013, 1, 2)]),
        (("", ""), T.FLOAT, [None, None]),
        (("", ""), T.DATE, [None, None]),
    ],
)
def test_a_chosen_type_is_kept(tmp_path: Path, cells: tuple[str, ...], kind: ColumnType, values: list[object]) -> None:
    found, type_found, _ = column(tmp_path, *cells, column_types={"v": kind})
    assert type_found is kind
    assert found == values


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        (("1", "2", "x"), T.INTEGER, "Row 3 of the column 'v' holds 'x', which is not a whole number of 64 bits"),
        (("1", "1.5"), T.INTEGER, "Row 2 of the column 'v' holds '1.5'"),
        (("9223372036854775808",), T.INTEGER, "holds '9223372036854775808'"),
        (("inf", "1"), T.FLOAT, "holds 'inf', which is not a number"),
        (("1e400", "1"), T.FLOAT, "holds '1e400'"),
        (("2", "1"), T.BOOLEAN, "holds '2', which is not yes/no"),
        (("soon",), T.DATE, "holds 'soon', which is not a date"),
        (("soon",), T.DATETIME, "holds 'soon', which is not a time"),
        (("01/02/2013",), T.DATE, "may be day/month or month/day"),
        (("x" * 100,), T.FLOAT, "x...', which"),
    ],
)
def test_a_chosen_type_that_does_not_fit_is_refused_with_row_column_and_value(
    tmp_path: Path, cells: tuple[str, ...], kind: ColumnType, said: str
) -> None:
    with pytest.raises(UnreadableTableError) as caught:
        column(tmp_path, *cells, column_types={"v": kind})
    assert said in caught.value.message
    assert caught.value.hint


def test_a_type_for_a_column_that_is_not_there_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="'cariier'") as caught:
        read(tmp_path, "carrier,b\nx,1\n", ReadAnswers(column_types={"cariier": T.TEXT}))
    assert caught.value.hint == "Did you mean 'carrier'?"
    with pytest.raises(InvalidInputError) as caught:
        read(tmp_path, "carrier,b\nx,1\n", ReadAnswers(column_types={"zzz": T.TEXT}))
    assert "preview" in caught.value.hint
    answers = ReadAnswers(column_types={"gone": T.TEXT, "b": T.FLOAT})
    assert reading.with_types(answers, ["b"]).column_types == {"b": T.FLOAT}


def test_the_answers_that_were_used_read_the_same_again(tmp_path: Path) -> None:
    content = "größe;n\n1,5;007\nNA;12\n".encode("cp1252")
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    first = reading.type_table(reading.read_text(path, ReadAnswers(), tmp_path))
    values = first.scan().collect()
    again = reading.type_table(reading.read_text(path, first.text.answers, tmp_path))
    assert again.text.answers == first.text.answers
    assert again.scan().collect().equals(values)
    assert None not in (first.text.answers.delimiter, first.text.answers.encoding, first.text.answers.quote)


def test_what_the_shape_had_to_be_mended_for_is_told(tmp_path: Path) -> None:
    _, _, found = read(tmp_path, 'a,b\n\n5" pipe,1\n\nx,2\n')
    assert [finding.code for finding in found] == ["blank_lines", "stray_quotes"]
    assert found[0].sentence == "2 blank lines were passed over."
    assert [finding.code for finding in read(tmp_path, "a,b\nx,2\ry,3\n")[2]] == ["mixed_line_ends"]
    assert read(tmp_path, "a,b\n1,2\n\n")[2][0].sentence == "1 blank line was passed over."


def test_every_code_is_used_once_and_explained() -> None:
    for code, known in codes.CODES.items():
        assert code.islower()
        assert known.meaning.endswith(".")
    assert codes.finding("constant_column", "x", ("a",)).severity is FindingSeverity.WARNING


def test_shapes_of_cells_are_told() -> None:
    shapes = ["1", "1,5", "inf", "2013-01-01", "2013-01-01T10:00Z", "2013-01-01 10:00", "1/2/2013", "Yes", "abc", ""]
    assert [forms.shape_of(cell) for cell in shapes] == [
        "number", "number", "number", "date", "zoned", "time", "day", "truth", "", "",
    ]  # fmt: skip


def test_an_unreadable_text_is_told_in_our_words() -> None:
    with pytest.raises(UnreadableTableError, match=r"t\.csv cannot be read"), reading.reader_errors("t.csv"):
        pl.scan_csv(b"").collect()


def test_no_column_needs_more_than_the_rows_it_is_decided_on(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,x\n" * 3000)
    text = reading.read_text(path, ReadAnswers(), tmp_path)
    decisions, _ = column_types.decide_types(text.scan(), text.names, text.sample()[:2], text.answers)
    assert [decision.column.type for decision in decisions] == [T.INTEGER, T.TEXT]


def test_many_columns_at_once_are_typed_as_one_by_one(tmp_path: Path) -> None:
    rows = [
        "1,1.5,x,2013-01-01,yes,007,NA,01/02/2013,,inf,2013-01-01T10:00Z,9223372036854775808",
        "2,NA,1,2013-01-02,no,12,NA,03/04/2013,,1,2013-01-01T10:00,1",
        "3,1e400,y,soon,true,-,NA,13/04/2013,,2,2013-01-01 10:00,2",
    ]
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,d,e,f,g,h,i,j,k,l\n" + "\n".join(rows) + "\n")
    for answers in (ReadAnswers(), ReadAnswers(empty_values=("NA", "-")), ReadAnswers(column_types={"f": T.INTEGER})):
        text = reading.read_text(path, answers, tmp_path).loaded(1000)
        assert text.frame is not None
        wanted = reading.type_table(text)
        found = reading.type_table(text, column_types.Stacked.of(text.frame))
        assert [decision.column for decision in found.decisions] == [decision.column for decision in wanted.decisions]
        assert found.findings == wanted.findings


_WORD = st.text(st.characters(categories=("L", "N", "P", "S", "Z")), min_size=1, max_size=8)
_KINDS = {
    "whole": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "share": st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)),
    "flag": st.one_of(st.none(), st.booleans()),
    "day": st.one_of(st.none(), st.dates(date(1, 1, 1), date(9999, 12, 31))),
    "moment": st.one_of(st.none(), st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))),
    "word": st.one_of(st.none(), _WORD),
}
_TYPES = {"whole": T.INTEGER, "share": T.FLOAT, "flag": T.BOOLEAN, "day": T.DATE, "moment": T.DATETIME, "word": T.TEXT}


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else str(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]))
def test_random_tables_come_back_as_they_were_written(
    tmp_path: Path, data: st.DataObject, delimiter: str, end: str
) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(_KINDS)), min_size=2, max_size=4, unique=True))
    height = data.draw(st.integers(2, 8))
    wanted = {kind: data.draw(st.lists(_KINDS[kind], min_size=height, max_size=height)) for kind in kinds}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([kinds, *zip(*([_written(value) for value in wanted[kind]] for kind in kinds), strict=True)])
    answers = ReadAnswers(delimiter=delimiter, header=True, column_types={"word": T.TEXT} if "word" in kinds else {})
    values, types, _ = read(tmp_path, out.getvalue(), answers)
    for kind in kinds:
        if any(value is not None for value in wanted[kind]) and kind != "share":
            assert types[kind] is _TYPES[kind]
        if kind == "share" and types[kind] is T.INTEGER:
            continue
        if types[kind] is not T.TEXT or kind == "word":
            assert values[kind].to_list() == wanted[kind]


def test_a_zoned_time_is_kept_to_the_microsecond(tmp_path: Path) -> None:
    moment = datetime(2013, 1, 1, 10, 0, 0, 1, tzinfo=UTC)
    assert column(tmp_path, moment.isoformat())[0] == [moment]
    assert column(tmp_path, (moment + timedelta(microseconds=999_998)).isoformat())[1] is T.DATETIME
