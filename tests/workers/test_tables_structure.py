"""The shape of a text is checked over every byte, mended where harmless, refused with its lines where not (D-06)."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import polars as pl
import pytest

from mlops_desktop.domain.errors import UnreadableTableError
from mlops_desktop.workers.tables import structure

PIECES = ("a", "1", ",", ",", "\n", "\n", "\r\n", "\r", '"', '"x"', '"a,\nb"', '"a""b"', '""', " ", "é", "'")


def checked(path: Path, content: bytes, quote: str = '"', *, complete: bool = True) -> structure.Structure:
    path.write_bytes(content)
    return structure.check_structure(path, ",", quote, "t.csv", complete=complete)


def as_read(path: Path, quote: str | None) -> list[list[str]]:
    text = io.StringIO(path.read_bytes().decode(), newline="")
    return list(csv.reader(text, strict=True, **structure.dialect(",", quote or "")))


def refusal(path: Path, content: bytes, quote: str = '"') -> str:
    with pytest.raises(UnreadableTableError) as caught:
        checked(path, content, quote)
    assert caught.value.hint
    return caught.value.message


def test_a_perfect_text_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t"
    content = b'a,b\r\n"x\r\ny","say ""hi"""\r\n,\r\n'
    assert checked(path, content) == structure.Structure(3, 2, '"')
    assert path.read_bytes() == content


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
def test_blank_lines_are_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(structure, "_BLOCK", block)
    path = tmp_path / "t"
    assert checked(path, b"\n\r\na,b\n\n1,2\r\n\n\n") == structure.Structure(2, 2, '"', blank_lines=5)
    assert as_read(path, '"') == [["a", "b"], ["1", "2"]]
    assert checked(path, b"a,b\n1,2\n\n\n") == structure.Structure(2, 2, '"', blank_lines=2)
    assert path.read_bytes() == b"a,b\n1,2\n"


def test_an_empty_quoted_cell_is_a_row_and_a_blank_line_is_none(tmp_path: Path) -> None:
    path = tmp_path / "t"
    assert checked(path, b'a\n1\n""\n\n2\n').records == 4
    assert as_read(path, '"') == [["a"], ["1"], [""], ["2"]]


def test_quotes_inside_of_cells_are_letters(tmp_path: Path) -> None:
    path = tmp_path / "t"
    found = checked(path, b'a,b\n5" pipe,1\n"x, y",2\n')
    assert found == structure.Structure(3, 2, '"', stray_quotes=True)
    assert as_read(path, '"') == [["a", "b"], ['5" pipe', "1"], ["x, y", "2"]]


def test_every_row_with_a_stray_quote_is_kept(tmp_path: Path) -> None:
    """The reader behind it drops half of such a file without a word."""
    path = tmp_path / "t"
    rows = 20_000
    content = "".join(
        f"{row},{chr(34) if row % 1000 == 7 else ''}x{chr(34) * (row % 500 == 3)}\n" for row in range(rows)
    )
    content = content.replace(',"x\n', ',5"x\n')
    found = checked(path, b"a,b\n" + content.encode())
    assert found.records == rows + 1
    table = pl.read_csv(path, infer_schema=False, quote_char=found.quote)
    assert table["a"].to_list() == [str(row) for row in range(rows)]


def test_mixed_line_ends_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "t"
    found = checked(path, b'a,b\n1,2\r3,4\r\n5,"x\ry"\n')
    assert found == structure.Structure(4, 2, '"', mixed_line_ends=True)
    assert as_read(path, '"') == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "x\ry"]]


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_d_06_rows_with_too_few_or_too_many_cells_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(structure, "_BLOCK", block)
    path = tmp_path / "t"
    assert refusal(path, b'a,b\n"x\ny",2\n1\n3,4\n') == "Line 4 of t.csv has 1 cells, the first line has 2."
    assert refusal(path, b"a,b\n1,2,3\n4,5\n6") == (
        "Line 2 of t.csv has 3 cells, the first line has 2. 1 more line does not fit either: 4."
    )
    said = refusal(path, b"a,b\n" + b"1\n" * 9)
    assert said.endswith("8 more lines do not fit either: 3, 4, 5, 6, ....")
    assert "Line 4" in refusal(path, b"a,b\n\n\n1\n3,4\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'a,b\n1,"x\n3,4\n5,6\n', "A quote that opens in line 2 of t.csv is never closed"),
        (b'a,b\n1,2\n3,"x\n3,4\n5,"y"\n', "A quoted cell that begins in line 3 of t.csv ends in the middle"),
        (b'a,b\n1,"x"y\n', "begins in line 2"),
        (b'a,b\n1,2\n"', "opens in line 3"),
    ],
)
def test_d_06_a_quote_that_is_never_closed_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(tmp_path / "t", content)


def test_d_06_it_is_read_after_a_visible_choice(tmp_path: Path) -> None:
    path = tmp_path / "t"
    found = checked(path, b'a,b\n1,"x\n3,4\n', quote="")
    assert found == structure.Structure(3, 2, None)
    assert as_read(path, None)[1] == ["1", '"x']
    assert checked(path, b'a,b\n\n1,"x\n3,4\n', quote="").quote == '"'
    assert as_read(path, '"')[1] == ["1", '"x']


def test_a_head_cut_inside_of_a_quote_loses_only_its_last_record(tmp_path: Path) -> None:
    path = tmp_path / "t"
    assert checked(path, b'a,b\n1,"x\ny"\n3,"z\n', complete=False).records == 2
    assert as_read(path, '"') == [["a", "b"], ["1", "x\ny"]]


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    assert "at most 20000" in refusal(tmp_path / "t", b"," * 20_000 + b"\n")
    assert "at most 20000" in refusal(tmp_path / "t", b"\n" + b"," * 20_000 + b"\n")


def test_a_cell_of_five_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t"
    content = b'a,b\n1,"' + b"x,\n" * 1_700_000 + b'"\n3,4\n'
    assert checked(path, content) == structure.Structure(3, 2, '"')
    assert checked(path, b"\n" + content).records == 3


def _agree(path: Path, content: bytes, quote: str) -> None:
    """A strict reader of the standard library and the check see the same table, or both see none."""
    try:
        text = io.StringIO(content.decode(), newline="")
        wanted = [row for row in csv.reader(text, strict=True, **structure.dialect(",", quote)) if row]
    except csv.Error:
        with pytest.raises(UnreadableTableError):
            checked(path, content, quote)
        return
    if any(len(row) != len(wanted[0]) for row in wanted):
        with pytest.raises(UnreadableTableError):
            checked(path, content, quote)
        return
    found = checked(path, content, quote)
    assert found.records == len(wanted)
    assert as_read(path, found.quote) == wanted
    if wanted:
        schema = {str(position): pl.String for position in range(found.fields)}
        table = pl.read_csv(
            path,
            has_header=False,
            schema=schema,
            quote_char=found.quote,
            empty_string_is_null=False,
            raise_if_empty=False,
        )
        assert [list(row) for row in table.rows()] == wanted


def _any_text(seed: int) -> tuple[bytes, str, int]:
    chance = random.Random(seed)
    content = "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 16)))
    return content.encode(), chance.choice(['"', '"', ""]), chance.choice([1, 2, 3, 5, 64])


@pytest.mark.parametrize("start", range(0, 2000, 500))
def test_any_text_is_seen_as_a_strict_reader_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int
) -> None:
    for seed in range(start, start + 500):
        content, quote, block = _any_text(seed)
        monkeypatch.setattr(structure, "_BLOCK", block)
        _agree(tmp_path / "t", content, quote)


@pytest.mark.long
def test_very_many_texts_are_seen_as_a_strict_reader_sees_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(10_000, 40_000):
        content, quote, block = _any_text(seed)
        monkeypatch.setattr(structure, "_BLOCK", block)
        _agree(tmp_path / "t", content, quote)
