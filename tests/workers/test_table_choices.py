"""What may be decided about a file before it is imported, and what becomes of the rows when it was."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from mlops_desktop.domain.datasets import ColumnType, Misfits, ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError
from mlops_desktop.domain.plain import from_plain, to_plain
from mlops_desktop.domain.previews import Obstacle, Preview
from mlops_desktop.workers.calls import obstacle, preview
from mlops_desktop.workers.jobs import import_dataset
from mlops_desktop.workers.tables import looking

ROWS = "".join(f"{number},00{number % 9},x\n" for number in range(1, 31))
MIXED = f"delay,code,delay\n{ROWS}cancelled,004,x\n"


class Silent:
    def progress(self, share: float, note: str = "") -> None: ...
    def log(self, text: str, level: str = "info") -> None: ...
    def check_cancelled(self) -> None: ...


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(MIXED)
    return path


def seen(path: Path, answers: ReadAnswers | None = None, derived: str = "") -> Preview:
    request = {"path": str(path), "answers": to_plain(answers or ReadAnswers())}
    if derived:
        name, _, expression = derived.partition(" = ")
        request["derived"] = [{"name": name, "expression": expression}]
    return from_plain(Preview, preview.answer(request))


def imported(path: Path, answers: ReadAnswers, folder: Path) -> pl.DataFrame:
    folder.mkdir()
    result = import_dataset.run({"path": str(path), "answers": to_plain(answers)}, folder, Silent())
    table = pl.read_parquet(folder / result["table"])
    assert result["rows"] == table.height
    return table


def stuck(path: Path, answers: ReadAnswers | None = None) -> Obstacle:
    found = obstacle.answer({"path": str(path), "answers": to_plain(answers or ReadAnswers())})["obstacle"]
    assert found is not None
    return from_plain(Obstacle, found)


def test_a_column_says_which_types_fit_and_what_they_would_change(mixed: Path) -> None:
    columns = {column.name: column for column in seen(mixed).columns}
    choices = {choice.type: choice for choice in columns["delay"].choices}
    assert (choices[ColumnType.INTEGER].misfits, choices[ColumnType.INTEGER].is_possible) == (1, True)
    assert choices[ColumnType.DATE].problem == "no value fits"
    code = {choice.type: choice for choice in columns["code"].choices}
    assert code[ColumnType.INTEGER].example == ("001", "1")


def test_of_very_many_values_some_are_looked_at_and_it_says_so(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_desktop.workers.tables.choices.MOST_VALUES", 5)
    looking._look.cache_clear()
    choices = next(column for column in seen(mixed).columns if column.name == "delay").choices
    assert not any(choice.is_counted for choice in choices)
    assert all(choice.is_possible for choice in choices)
    looking._look.cache_clear()


@pytest.mark.parametrize("what", list(Misfits))
def test_each_choice_of_a_finding_gives_what_it_says(mixed: Path, tmp_path: Path, what: Misfits) -> None:
    first = next(item for item in seen(mixed).findings if item.finding.code == "mixed_types")
    assert [choice.is_chosen for choice in first.choices] == [True, False, False]
    choice = first.choices[1 if what is Misfits.EMPTY else 2]
    shown = seen(mixed, choice.answers, "late = delay > 15")
    assert shown.odd_rows[0].number == 31
    assert shown.odd_rows[0].cells[0] == "cancelled"
    assert shown.left_out == (what is Misfits.LEAVE_OUT)
    late = shown.column("late")
    assert late is not None
    assert (late.true, late.missing) == (15, 1 if what is Misfits.EMPTY else 0)
    again = next(item for item in shown.findings if item.finding.code in ("misfits_emptied", "rows_left_out"))
    assert again.choices[0].answers.column_types == {}
    table = imported(mixed, choice.answers, tmp_path / "run")
    assert table.height == (31 if what is Misfits.EMPTY else 30)
    assert table["delay"].drop_nulls().to_list() == list(range(1, 31))


def test_a_column_is_left_out_and_can_come_back(mixed: Path, tmp_path: Path) -> None:
    answers = ReadAnswers(columns_left_out=("delay_2",))
    shown = seen(mixed, answers)
    assert [column.name for column in shown.kept] == ["delay", "code"]
    renamed = next(item for item in shown.findings if item.finding.code == "renamed_column")
    assert renamed.choices[0].answers.columns_left_out == ()
    assert imported(mixed, answers, tmp_path / "run").columns == ["delay", "code"]
    with pytest.raises(InvalidInputError, match="Every column"):
        seen(mixed, ReadAnswers(columns_left_out=("delay", "code", "delay_2")))


def test_every_row_cannot_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\nx,1\ny,2\n")
    answers = ReadAnswers(column_types={"a": ColumnType.INTEGER}, misfits={"a": Misfits.LEAVE_OUT})
    with pytest.raises(UnreadableTableError, match="Every row is left out"):
        seen(path, answers)


def test_a_derived_column_does_not_read_the_file_again(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen(mixed)
    monkeypatch.setattr(looking, "read_text", None)
    assert seen(mixed, derived="short = length(code) < 4").column("short") is not None
    mixed.write_text(MIXED + "2,003,x\n")
    with pytest.raises(TypeError):
        seen(mixed)


def test_a_table_of_too_many_cells_is_shown_in_part(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_CELLS", 30)
    looking._look.cache_clear()
    shown = seen(mixed)
    assert (shown.complete, shown.row_count) == (False, 10)
    assert "Only the first 10 rows" in shown.evidence["rows"]
    looking._look.cache_clear()


def test_na_in_text_may_be_read_as_empty_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("who,age\nann,1\nNA,2\n")
    kept = next(item for item in seen(path).findings if item.finding.code == "missing_words_kept")
    assert kept.choices[1].answers.empty_values == ("", "NA")
    who = seen(path, kept.choices[1].answers).column("who")
    assert who is not None
    assert who.missing == 1


@pytest.mark.parametrize(
    ("content", "answers", "line", "ways"),
    [
        (f"a,b,c\n{ROWS}1,\"SJU,3\n{ROWS}", None, 32, ["Quotes mean nothing in this file", "Leave line 32 out"]),
        (f"a,b,c\n{ROWS}1,2\n{ROWS}", None, 32, ["Leave line 32 out"]),
        (f"A title\na,b,c\n{ROWS}", None, 2, ["Leave line 1 out"]),
        ("a,b\n", None, 1, ["Read line 1 as a row"]),
        (f"a,b,c\n{ROWS}", ReadAnswers(column_types={"d": ColumnType.DATE}), 0, ["Go on without d"]),
        (MIXED, ReadAnswers(column_types={"delay": ColumnType.INTEGER}), 32,
         ["Read them as empty", "Leave these rows out", "Read delay as text", "Detect everything afresh"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_has_its_line_and_ways_that_were_tried(
    tmp_path: Path, content: str, answers: ReadAnswers | None, line: int, ways: list[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    found = stuck(path, answers)
    assert [way.caption for way in found.ways] == ways
    assert next((raw.number for raw in found.lines if raw.is_wrong), 0) == line
    for way in found.ways:
        shown = seen(path, way.answers)
        assert shown.row_count - shown.left_out == way.rows


def test_a_wrong_encoding_has_those_that_fit_as_ways_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("a;b\n" + "é;1\n" * 10).encode("utf-16"))
    found = stuck(path, ReadAnswers(encoding="utf-8"))
    assert [way.caption for way in found.ways] == ["Detect the encoding", "Read as UTF-16"]
    assert found.lines[0].is_wrong
    path.write_bytes(("a;b\n" + "é;1\n" * 10).encode() + "é;2\n".encode("cp1252"))
    assert [way.caption for way in stuck(path).ways] == ["Read as Windows-1252", "Read as Latin-1"]


def test_what_is_no_table_has_no_way_out_and_what_can_be_read_no_obstacle(tmp_path: Path, mixed: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1" + bytes(50))
    assert stuck(path).ways == ()
    assert obstacle.answer({"path": str(mixed)})["obstacle"] is None


def test_left_out_lines_keep_the_numbers_of_the_others_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b,c\n1,2\n{ROWS}3\n4,5\n")
    shown = seen(path, ReadAnswers(lines_left_out=(2,), ragged_left_out=True))
    (left_out,) = (item.finding for item in shown.findings if item.finding.code == "lines_left_out")
    assert left_out.count == 3
    assert shown.row_count == 30
    with pytest.raises(UnreadableTableError, match="Line 33"):
        seen(path, ReadAnswers(lines_left_out=(2,)))
