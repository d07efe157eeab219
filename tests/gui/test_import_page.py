"""The import preview as a person uses it, on a real workspace: read, decide, derive, import, and what is refused."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.hands import click, press, write
from tests.odd_files import CANCELLED, growing_cell, next_month, odd_flights, unclosed_quote
from tests.real_workspace import real_workspace

from mlops_desktop.domain.datasets import ColumnType, Misfits, ReadAnswers
from mlops_desktop.domain.previews import PreviewColumn
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.importing import choose_and_import
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.datasets import DatasetsPage
from mlops_desktop.gui.pages.import_preview import ImportPage
from mlops_desktop.gui.readings.import_preview import with_type
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.workers.launcher import WorkerLauncher

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


@pytest.fixture
def window(make_window: MakeWindow, real: Workspace) -> MainWindow:
    made = make_window(open_folder=lambda folder: real, opens=False)
    made.shell.open(real.folder)
    return made


@pytest.fixture
def went(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where the page leads; other pages are not made."""
    places: list[Place] = []
    go = window.shell.go

    def follow(place: Place) -> None:
        places.append(place)
        if place.page == "import":
            go(place)

    monkeypatch.setattr(window.shell, "go", follow)
    return places


def open_file(window: MainWindow, path: Path, dataset: str = "") -> ImportPage:
    window.shell.go(Place("import", str(path), {"dataset": dataset} if dataset else {}))
    page = window.shell.page
    assert isinstance(page, ImportPage)
    QApplication.processEvents()
    return page


def finish(page: ImportPage, qtbot: QtBot) -> None:
    """Asks after the import until it has ended: inline there is no feed."""

    def ended() -> bool:
        page.work.ask()
        return not page.work.watches

    wait(qtbot, ended, 60)


def finding(page: ImportPage, title: str) -> str:
    return next(view.sentence for view in page.content.findings.views if title in view.title)


def radio(page: ImportPage, words: str) -> QWidget:
    return next(one for one in page.content.findings.radios if one.text() == words)


def test_a_file_is_shown_with_what_was_found_out_and_nothing_is_stored(
    window: MainWindow, real: Workspace, tmp_path: Path
) -> None:
    page = open_file(window, odd_flights(tmp_path))
    assert "3,007 rows · 20 columns · every row was read in" in page.header.sentence
    assert page.header.sentence.endswith("nothing is stored yet")
    assert page.content.answers.choices["delimiter"].value == ","
    assert page.content.answers.fields["delimiter"].help == "20 parts a row"
    assert len(real.datasets.list()) == 2
    assert [name for name, _ in page.path()] == ["Datasets", "Import flights-raw.csv"]


def test_misfits_wait_for_a_decision_with_the_harmless_choice_made(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    first = page.content.findings.views[0]
    assert (first.title, first.is_open) == ("arr_delay mixes numbers and text", True)
    assert f"{CANCELLED} of 3,007 cells do not fit, such as “cancelled”, first in row" in first.sentence
    assert radio(page, "Keep the column as text").isChecked()  # type: ignore[attr-defined]
    assert page.content.preview.odd.isVisible()
    click(radio(page, "Read them as empty"))
    assert page.preview is not None
    assert page.preview.answers.misfits == {"arr_delay": Misfits.EMPTY}
    column = page.preview.column("arr_delay")
    assert column is not None
    assert (column.type, column.misfits) == (ColumnType.INTEGER, CANCELLED)
    assert not any(view.is_open for view in page.content.findings.views)
    click(radio(page, "Leave these rows out"))
    assert f"{CANCELLED} rows left out" in page.header.sentence
    click(radio(page, "Keep the column as text"))
    assert page.preview.answers.column_types == {}


def test_a_changed_answer_gets_the_dot_reads_again_and_can_be_reset(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    answers = page.content.answers
    answers.choices["header"].chosen.emit(False)
    assert page.preview is not None
    assert page.preview.row_count == 3_008
    assert page.preview.columns[0].name == "column_1"
    field = answers.fields["header"]
    assert field.is_changed
    assert field.help == "detected: In row 1"
    click(field.reset)
    assert not field.is_changed
    assert page.preview.columns[0].name == "year"


def test_words_that_are_read_as_empty_are_added_and_taken_away(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    field = page.content.answers.empty
    write(field.entry, "cancelled")
    press(field.entry, Qt.Key.Key_Return)
    assert field.words == ("", "cancelled")
    assert page.preview is not None
    column = page.preview.column("arr_delay")
    assert column is not None
    assert column.type is ColumnType.INTEGER
    click(field.chips[-1])
    assert tuple(field.words) == ("",)
    column = page.preview.column("arr_delay")
    assert column is not None
    assert column.type is ColumnType.TEXT


def test_the_tag_of_a_column_opens_its_types_and_what_no_value_fits_is_off(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    pane = page.content.preview
    section = next(place for place, column in enumerate(pane.rows.shown, 1) if column.name == "carrier")
    pane.table.go_to_column(section)
    click(pane.table.types.viewport(), pane.table.types.tag_area(section).center())
    menu = pane._menu
    assert menu is not None
    entries = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert not entries["Date"].isEnabled()
    assert entries["Date"].text().endswith("no value fits")
    assert entries["Leave out"].isEnabled()
    entries["Leave out"].trigger()
    menu.close()
    assert page.preview is not None
    assert page.preview.answers.columns_left_out == ("carrier",)
    assert "19 columns" in page.header.sentence


def test_all_columns_are_in_a_table_that_scrolls_sideways(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    pane = page.content.preview
    assert page.preview is not None
    assert [column.name for column in pane.rows.shown] == [column.name for column in page.preview.columns]
    assert pane.columns.text() == "20 columns"
    bar = pane.table.horizontalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == 0
    pane._fill_columns()
    next(action for action in pane._columns_menu.actions() if action.text() == "time_hour").trigger()
    assert bar.value() > 0
    assert pane.rows.shown[pane.table.currentIndex().column() - 1].name == "time_hour"
    pane.type_chosen.emit("carrier", None)
    assert "carrier" in [column.name for column in pane.rows.shown], "what is left out stays to be taken back"
    pane.open_menu_of("year")
    assert pane._menu is not None
    assert pane.table.types.tag_area(1).left() >= 0
    press(pane._menu, Qt.Key.Key_Escape)


def test_a_derived_column_is_scrolled_to(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, next_month(tmp_path, "october.csv"))
    write(page.content.derived.rows[0].expression, "arr_delay > 15")
    write(page.content.derived.rows[0].name, "late")
    page.content.derived.flush()
    table = page.content.preview.table
    section = table.rows.columnCount() - 1
    column = table.rows.column(section)
    assert column is not None
    assert column.name == "late"
    assert table.columnViewportPosition(section) < table.viewport().width()


def test_a_file_of_many_columns_has_them_all(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"reading_{place}" for place in range(500)]
    path.write_text("\n".join([",".join(names), *(",".join(["1"] * 500) for _ in range(3))]) + "\n")
    pane = open_file(window, path).content.preview
    assert pane.rows.columnCount() == 501
    pane.open_menu_of("reading_499")
    assert pane._menu is not None
    assert pane._menu.accessibleName() == "Type of reading_499"
    press(pane._menu, Qt.Key.Key_Escape)


def test_a_name_with_marks_is_a_name_however_it_is_written(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("Verspa\u0308tung,n\n1,2\n3,4\n", encoding="utf-8")
    page = open_file(window, path)
    row = page.content.derived.rows[0]
    row.show_text("spa\u0308t = Versp\u00e4tung > 2")
    page.content.derived.flush()
    assert row.error == ""
    assert page.preview is not None
    assert [column.name for column in page.preview.columns] == ["Versp\u00e4tung", "n", "sp\u00e4t"]


def test_a_type_that_was_not_counted_makes_what_does_not_fit_empty() -> None:
    """Of very many columns it is not counted which types would fit."""
    column = PreviewColumn("n", ColumnType.TEXT, rows=3, missing=0, distinct=3)
    asked = with_type(ReadAnswers(), column, ColumnType.INTEGER)
    assert (asked.column_types, asked.misfits) == ({"n": ColumnType.INTEGER}, {"n": Misfits.EMPTY})
    assert with_type(asked, column, ColumnType.TEXT).misfits == {}


def test_the_types_are_reached_by_the_keyboard(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    table = page.content.preview.table
    table.setFocus()
    table.go_to_column(1)
    press(table, Qt.Key.Key_Right)
    press(table, Qt.Key.Key_Return)
    menu = page.content.preview._menu
    assert menu is not None
    assert menu.accessibleName() == "Type of month"
    press(menu, Qt.Key.Key_Escape)
    assert page.content.preview._menu is None


def test_a_type_that_some_values_do_not_fit_makes_them_empty_and_says_so(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    page.content.preview.type_chosen.emit("arr_delay", ColumnType.INTEGER)
    assert "40 of 3,007" in finding(page, "arr_delay: what does not fit is empty")


def test_a_derived_column_is_typed_in_one_go_and_suggests_the_target(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, next_month(tmp_path, "october.csv"))
    row = page.content.derived.rows[0]
    assert row.name.hasFocus()
    write(row.name, "late =")
    assert row.expression.hasFocus()
    write(row.expression, "arr_delay > 15")
    page.content.derived.flush()
    assert (row.name.text(), row.expression.text()) == ("late", "arr_delay > 15")
    assert "rows are 1" in row._result.text()
    assert "empty, as arr_delay is" in row._result.text()
    assert page.content.target.target == "late"
    assert page.content.target._note.text() == "Made from arr_delay, so that is no feature"
    assert "1 derived" in page.header.sentence


def test_what_cannot_be_understood_is_said_with_its_place_and_stops_the_import(
    window: MainWindow, real: Workspace, tmp_path: Path
) -> None:
    page = open_file(window, next_month(tmp_path, "october.csv"))
    row = page.content.derived.rows[0]
    row.show_text("late = arr_dely > 15")
    page.content.derived.flush()
    assert row.error == "There is no column 'arr_dely' at sign 1. Did you mean arr_delay or arr_time?"
    before = len(real.jobs.list())
    click(page.run_button)
    assert page.attention.text() == "1 field needs attention"
    assert row.expression.hasFocus()
    assert len(real.jobs.list()) == before


def test_several_derived_columns_build_on_each_other_and_are_taken_away(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, next_month(tmp_path, "october.csv"))
    editor = page.content.derived
    editor.rows[0].show_text("late = arr_delay > 15")
    click(editor.add)
    editor.rows[1].show_text("late_night = late and hour > 20")
    editor.flush()
    assert editor.texts == ("late = arr_delay > 15", "late_night = late and hour > 20")
    click(editor.rows[0].remove)
    assert editor.rows[0].error.startswith("There is no column 'late'")
    assert tuple(editor.texts) == ()


def test_a_name_that_is_taken_is_refused_beside_the_field(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    goes = page.content.goes_to
    assert not goes.is_new, "a file with the same columns is likely the next version"
    goes.name_entry.clear()
    write(goes.name_entry, "flights")
    assert goes.is_new
    click(page.import_button)
    assert page.attention.text() == "1 field needs attention"
    assert goes.problem.startswith("There is a dataset flights already")


def test_the_next_version_says_what_it_would_lose(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    goes = page.content.goes_to
    assert goes.name == "flights"
    assert goes._lost.text() == "−1 column: late"
    assert "+1 column: distance_2" in goes._lines.text()
    assert "flight 123 → Abc" in goes._lines.text()


def test_from_the_key_to_the_new_run_without_the_mouse(
    window: MainWindow,
    real: Workspace,
    went: list[Place],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    path = next_month(tmp_path, "october.csv")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(path)))
    press(window, Qt.Key.Key_O, CTRL)
    page = window.shell.page
    assert isinstance(page, ImportPage)
    write(page.content.derived.rows[0].name, "late =")
    write(page.content.derived.rows[0].expression, "arr_delay > 15")
    page.content.goes_to.new.setChecked(True)
    press(window, Qt.Key.Key_Return, CTRL)
    finish(page, qtbot)
    version = real.datasets.get("october")
    assert version.column("late") is not None
    assert went[-1] == Place("new-run", "october@v1", {"target": "late"})
    recipe = real.datasets.recipe("october")
    assert recipe is not None
    assert (recipe.derived, recipe.target) == (("late = arr_delay > 15",), "late")
    assert page.file is None


def test_the_same_content_makes_no_second_version(
    window: MainWindow, real: Workspace, went: list[Place], tmp_path: Path, qtbot: QtBot
) -> None:
    path = next_month(tmp_path, "october.csv")
    for _ in range(2):
        page = open_file(window, path)
        if real.datasets.list()[-1].name != "october":
            page.content.goes_to.new.setChecked(True)
        click(page.import_button)
        finish(page, qtbot)
        assert went[-1] == Place("datasets", "october@v1")
    assert "has this content already" in window.shell.notice.accessibleName()


def test_a_file_of_a_known_dataset_is_read_by_its_recipe(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, next_month(tmp_path))
    assert page.content.derived.texts == ("late = arr_delay > 15",)
    assert page.content.goes_to.name == "flights"
    assert page.content.answers.fields["encoding"].help == "as flights@v2 was read"
    assert page.content.target.target == "late"


def test_a_file_that_does_not_fit_the_recipe_stops_and_says_where(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path, "flights.csv"))
    assert page.header.sentence == "It does not fit the recipe of flights@v2 · nothing was stored"
    assert "holds 'cancelled', which is not a whole number" in page.problem._title.text()
    assert page.problem.lines.isVisible()
    ways = [way.accessibleName() for way in page.problem.ways]
    assert ways[0].startswith("Read them as empty. 40 values of arr_delay become empty")
    assert ways[-1].startswith("Read it without the recipe")
    click(page.problem.ways[0])
    assert page.preview is not None
    assert page.preview.answers.misfits == {"arr_delay": Misfits.EMPTY}


def test_what_cannot_be_read_shows_the_line_and_ways_out_that_work(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, unclosed_quote(tmp_path))
    assert page.header.sentence == "It cannot be read as it is set now · nothing was stored"
    assert "line 301" in page.problem._title.text()
    wrong = next(line for line in page.problem.lines._lines if line.is_wrong)
    assert wrong.number == 301
    assert wrong.mark is not None
    assert wrong.text[wrong.mark[0]] == '"'
    assert "MD-DAT-001" in page.problem._copy.text_to_copy
    press(window, Qt.Key.Key_Return, CTRL)
    assert page.preview is not None
    assert page.content.answers.choices["quote"].value == ""


def test_a_mended_file_is_read_again(window: MainWindow, tmp_path: Path) -> None:
    path = unclosed_quote(tmp_path)
    page = open_file(window, path)
    path.write_text(path.read_text().replace('"', ""))
    click(page.again)
    assert page.preview is not None
    assert page.content.isVisible()


def test_what_is_no_table_has_no_way_out_but_another_file(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(b"PAR1" + bytes(50))
    page = open_file(window, path)
    assert "is a Parquet file" in page.problem._title.text()
    assert page.problem.ways == []
    other = next_month(tmp_path, "october.csv")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(other)))
    click(page.choose)
    assert page.file == other


def test_an_import_is_cancelled_and_the_preview_is_there_again(
    window: MainWindow, real: Workspace, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in (real.datasets, real.jobs):
        monkeypatch.setattr(service, "_parts", dataclasses.replace(service._parts, start_keeper=lambda: True))
    page = open_file(window, next_month(tmp_path, "october.csv"))
    click(page.import_button)
    assert page.progress.isVisible()
    assert page.progress._note.text() == "Waits for its turn"
    click(page.progress.cancel)
    assert page.progress._note.text() == "Cancelling…"
    monkeypatch.undo()
    real.see_to_keeper()
    finish(page, qtbot)
    assert page.content.isVisible()
    assert "nothing was stored" in window.shell.notice.accessibleName()
    assert "october" not in [one.name for one in real.datasets.list() if one.latest_number]


def test_an_import_goes_on_in_the_background_and_says_when_it_is_done(
    window: MainWindow, went: list[Place], tmp_path: Path, qtbot: QtBot
) -> None:
    page = open_file(window, next_month(tmp_path, "october.csv"))
    page.content.goes_to.new.setChecked(True)
    click(page.run_button)
    if page.work.watches:
        click(page.progress.leave)
        assert went[-1] == Place("datasets")
        finish(page, qtbot)
        assert went[-1] == Place("datasets")
    assert window.shell.notice.accessibleName() == "Imported as october@v1"


def test_the_full_sample_is_read_without_the_window_waiting(
    make_window: MakeWindow, real: Workspace, tmp_path: Path, qtbot: QtBot
) -> None:
    from mlops_desktop.resources import resource

    path = tmp_path / "all-flights.csv"
    with zipfile.ZipFile(resource("samples", "flights.csv.zip")) as archive:
        path.write_bytes(archive.read("flights.csv"))
    made = make_window(open_folder=lambda folder: real, opens=False, lanes=Lanes())
    made.shell.open(real.folder)
    wait(qtbot, lambda: made.shell.workspace is not None)
    page = open_file(made, path)
    assert page.skeleton.isVisible(), "the window shows that it reads"
    wait(qtbot, lambda: page.preview is not None, 60)
    assert "336,776 rows · 19 columns" in page.header.sentence
    page.content.derived.rows[0].show_text("late = arr_delay > 15")
    page.content.derived.flush()
    wait(qtbot, lambda: page.content.target.target == "late", 60)
    assert "77,630 rows are 1 (23.7 %) · 249,716 are 0 · 9,430 empty" in page.content.derived.rows[0]._result.text()


def test_d_12_a_file_that_grows_past_the_cap_says_the_limit_in_a_window_that_lives(
    make_window: MakeWindow, real: Workspace, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    capped = WorkerLauncher(memory_cap=400 << 20, keep_warm=False)
    parts = dataclasses.replace(real.datasets._parts, workers=capped)
    monkeypatch.setattr(real.datasets, "_parts", parts)
    made = make_window(open_folder=lambda folder: real, opens=False, lanes=Lanes())
    made.shell.open(real.folder)
    wait(qtbot, lambda: made.shell.workspace is not None)
    page = open_file(made, growing_cell(tmp_path))
    assert page.skeleton.isVisible()
    page_of_others = Place("datasets", "flights@v1")
    made.shell.go(page_of_others)
    wait(qtbot, lambda: isinstance(made.shell.page, DatasetsPage) and made.shell.page.view.isVisible())
    made.shell.go(Place("import", str(page.file)))
    wait(qtbot, page.problem.isVisible, 60)
    assert "more than the 0.4 GiB of memory that it may use" in page.problem._title.text()
    open_file(made, next_month(tmp_path, "october.csv"))
    wait(qtbot, lambda: page.preview is not None, 60)
    assert page.content.isVisible()
    capped.close()


def test_the_panes_are_gone_through_and_every_control_has_a_name(window: MainWindow, tmp_path: Path) -> None:
    page = open_file(window, odd_flights(tmp_path))
    assert len(page.panes()) == 8
    nameless = [
        widget
        for widget in page.content.findChildren(QWidget)
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.accessibleName()
    ]
    assert nameless == []
    press(window, Qt.Key.Key_F6)
    assert page.isAncestorOf(window.focusWidget()) or window.focusWidget() is not None


@pytest.mark.parametrize("opens", [lambda page: page._choose(), lambda page: page.nothing.button.click()])
def test_without_a_file_the_page_asks_for_one(
    window: MainWindow, opens: Callable[[ImportPage], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.shell.go(Place("import"))
    page = window.shell.page
    assert isinstance(page, ImportPage)
    assert page.nothing.isVisible()
    path = next_month(tmp_path, "october.csv")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(path)))
    opens(page)
    assert page.file == path


def test_a_dataset_may_be_named_on_the_way(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = next_month(tmp_path, "october.csv")
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit(str(path)))
    choose_and_import(window.shell.context, window, "flights")
    page = window.shell.page
    assert isinstance(page, ImportPage)
    assert page.content.goes_to.name == "flights"
    assert page.place() == Place("import", str(path), {"dataset": "flights"})
