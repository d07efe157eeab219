"""Datasets on a real workspace: what there is, whether it may be trusted, what changed, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.hands import click, press, write
from tests.gui.shared_workspace import shared_workspace
from tests.real_workspace import real_workspace

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.dialogs.rename_dataset import RenameDatasetDialog
from mlops_desktop.gui.dialogs.score import ScoreDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.dataset_view import CHANGES, ROWS
from mlops_desktop.gui.pages.datasets import DatasetsPage
from mlops_desktop.gui.readings.dataset_columns import column_facts
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.widgets.version_row import VersionRow
from mlops_desktop.services.workspace import Workspace

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """For tests that leave it as it is."""
    with shared_workspace(tmp_path_factory.mktemp("shared")) as opened:
        yield opened


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """For one test that changes it."""
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


def shell_on(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    window.activateWindow()
    return window.shell


def on_dataset(shell: Shell, subject: str = "flights") -> DatasetsPage:
    shell.go(Place("datasets", subject))
    page = shell.page
    assert isinstance(page, DatasetsPage)
    QApplication.processEvents()
    return page


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    return shell_on(make_window, workspace)


@pytest.fixture
def page(shell: Shell) -> DatasetsPage:
    return on_dataset(shell)


@pytest.fixture
def own_shell(make_window: MakeWindow, own: Workspace) -> Shell:
    return shell_on(make_window, own)


@pytest.fixture
def mine(own_shell: Shell) -> DatasetsPage:
    return on_dataset(own_shell)


@pytest.fixture
def went(page: DatasetsPage, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where the page leads; nobody goes there."""
    places: list[Place] = []
    monkeypatch.setattr(shell.navigator, "go", places.append)
    return places


def buttons(widget: QWidget) -> dict[str, QAbstractButton]:
    QApplication.processEvents()
    return {one.text() or one.accessibleName(): one for one in widget.findChildren(QAbstractButton) if one.isVisible()}


def texts(widget: QWidget) -> list[str]:
    QApplication.processEvents()
    return [one.text() for one in widget.findChildren(QLabel) if one.isVisible() and one.text()]


def names(page: DatasetsPage) -> list[str]:
    return [entry.name for entry in page.list.datasets.shown]


def choose_in(menu: QMenu, words: str) -> None:
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text().startswith(words)).trigger()


def dialog_of(page: DatasetsPage) -> QDialog:
    return next(one for one in page.window().findChildren(QDialog) if one.isVisible())


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_list_says_what_there_is(page: DatasetsPage) -> None:
    assert names(page) == ["penguins", "flights"]
    assert page.header.sentence.startswith("2 datasets · 3 versions · ")
    assert page.header.sentence.endswith("1 with something to look at")
    assert page.view.head.versions.accessibleName() == "Version 2 of 2, choose another"
    assert texts(page.view.head)[:2] == ["flights", "latest"]
    assert page.path()[-1] == ("v2", None)


def test_a_filter_narrows_the_list_and_esc_empties_it(page: DatasetsPage) -> None:
    press(page.window(), Key.Key_F, CONTROL)
    search = page.list.search
    assert page.window().focusWidget() is search
    write(search, "peng")
    assert names(page) == ["penguins"]
    press(search, Key.Key_Escape)
    assert len(names(page)) == 2
    write(search, "weather")
    assert "No dataset is called “weather”." in texts(page.list)
    press(search, Key.Key_Escape)
    press(search, Key.Key_Down)
    assert page.window().focusWidget() is page.list.view
    press(page.list.view, Key.Key_Up)
    assert page.facts.name == "penguins"
    press(page.list.view, Key.Key_Down)
    assert page.facts.name == "flights"


def test_a_click_chooses_a_dataset(page: DatasetsPage) -> None:
    view = page.list.view
    click(view.viewport(), view.visualRect(page.list.datasets.index(0)).center())
    assert page.facts.name == "penguins"
    assert page.view.rows.version is not None
    assert page.view.rows.version.reference == "penguins@v1"
    assert not page.compare.isVisible(), "there is one version"
    page.view.tabs.setCurrentIndex(CHANGES)
    assert page.view.changes.empty.isVisible()


# --- rows and columns -------------------------------------------------------------------------------------------------


def test_a_column_that_is_asked_for_waits_for_its_dataset(page: DatasetsPage, shell: Shell) -> None:
    page.choose("penguins")
    shell.go(Place("datasets", "flights@v2", {"column": "time_hour"}))
    QApplication.processEvents()
    assert page.view.rows.table.column == "time_hour"
    assert page.view.rows.detail.column == "time_hour"


def test_years_are_not_grouped(page: DatasetsPage) -> None:
    page.choose("penguins")
    page.view.rows.table.choose_column("year")
    facts = dict(column_facts(page.view.rows.version.profile("year")))  # type: ignore[union-attr, arg-type]
    assert facts["Mean ± sd"].startswith("2008 ±")
    assert facts["Lowest · highest"] == "2007 · 2009"


def test_rows_are_filtered_and_the_count_is_said(page: DatasetsPage) -> None:
    tools = page.view.rows.tools
    before = tools.search.geometry()
    write(tools.where, "origin == 'JFK' and dep_delay > 60")
    assert tools.where.tail == "Enter filters"
    press(tools.where, Key.Key_Return)
    assert tools.where.accessibleDescription().endswith(" rows of 3,007")
    assert page.view.rows.rows.total == int(tools.where.tail.split()[0])
    assert (tools.search.geometry(), tools.row.isVisible()) == (before, True), "nothing moves"
    assert page.window().focusWidget() is page.view.rows.table
    assert page.place().how["where"] == "origin == 'JFK' and dep_delay > 60"
    press(page.view.rows.table, Key.Key_Escape)
    assert page.view.rows.rows.where == ""
    assert tools.where.tail == ""


def test_an_emptied_condition_shows_all_rows_at_once(page: DatasetsPage) -> None:
    tools = page.view.rows.tools
    write(tools.where, "x")
    press(tools.where, Key.Key_Backspace)
    assert tools.where.tail == ""
    write(tools.where, "distance > 2000")
    press(tools.where, Key.Key_Return)
    tools.where.setFocus()
    tools.where.selectAll()
    press(tools.where, Key.Key_Delete)
    assert page.view.rows.rows.where == ""
    assert page.view.rows.rows.total == 3007


def test_a_condition_that_is_not_understood_stays_to_be_mended(page: DatasetsPage) -> None:
    tools = page.view.rows.tools
    write(tools.where, "origin = 'JFK'")
    press(tools.where, Key.Key_Return)
    assert tools.refusal
    assert tools.where.text() == "origin = 'JFK'"
    assert page.window().focusWidget() is tools.where
    assert page.view.rows.rows.total == 3007
    press(tools.where, Key.Key_Escape)
    assert tools.refusal == ""


def test_no_row_matches(page: DatasetsPage) -> None:
    tools = page.view.rows.tools
    write(tools.where, "distance > 99999")
    press(tools.where, Key.Key_Return)
    assert "No row of 3,007 matches “distance > 99999”." in texts(page.view.rows)


def test_columns_are_searched_and_hidden(page: DatasetsPage, shell: Shell) -> None:
    rows = page.view.rows
    write(rows.tools.search, "delay")
    assert set(rows.rows.names) == {"dep_delay", "arr_delay"}
    assert rows.detail.column in ("dep_delay", "arr_delay")
    rows.tools.search.selectAll()
    write(rows.tools.search, "delai")
    assert any("The nearest is " in said for said in texts(rows))
    press(rows.tools.search, Key.Key_Escape)
    choose_in(rows.tools.columns.menu(), "tailnum")
    assert "tailnum" not in rows.rows.names
    assert rows.tools.columns.accessibleName() == "Columns, 19 of 20 shown"
    choose_in(rows.tools.columns.menu(), "tailnum")
    assert "tailnum" in rows.rows.names


def test_a_row_is_gone_to(page: DatasetsPage) -> None:
    rows = page.view.rows
    write(rows.tools.row, "3007")
    press(rows.tools.row, Key.Key_Return)
    assert rows.table.currentIndex().row() == 3006
    assert page.window().focusWidget() is rows.table
    write(rows.tools.row, "9999")
    press(rows.tools.row, Key.Key_Return)
    assert "There is no row 9,999: the table ends with row 3,007." in texts(rows)


def test_a_column_has_its_detail(page: DatasetsPage) -> None:
    rows = page.view.rows
    rows.table.choose_column("arr_delay")
    detail = rows.detail
    assert detail.accessibleName() == "Column arr_delay"
    assert "Decides late: left out of runs unless it is chosen" in texts(detail)
    assert detail.histogram.isVisible()
    click(detail.ways.buttons[1])
    assert detail.values.isVisible()
    rows.table.setFocus(Qt.FocusReason.TabFocusReason)
    press(rows.table, Key.Key_Right)
    assert detail.column == rows.table.column == "carrier"
    press(rows.table, Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text() == rows.table.currentIndex().data()


def test_the_columns_tab_keeps_its_column_over_versions(page: DatasetsPage) -> None:
    page.view.rows.table.choose_column("distance")
    page.view.tabs.setFocus(Qt.FocusReason.TabFocusReason)
    press(page.view.tabs, Key.Key_Right)
    columns = page.view.columns
    assert columns.isVisible()
    assert columns.detail.accessibleName() == "Column distance"
    choose_in(page.view.head.versions.menu(), "v1")
    assert page.facts.chosen is not None
    assert page.facts.chosen.number == 1
    assert columns.detail.isVisible(), "the row of distance is still the current one"
    assert columns.detail.column == "distance"
    write(columns.search, "yes or no")
    assert [row.key for row in columns.table.cells.rows] == ["late"]
    press(columns.search, Key.Key_Return)
    assert page.window().focusWidget() is columns.table
    press(columns.table, Key.Key_Return)
    assert page.view.tabs.currentIndex() == ROWS
    assert page.view.rows.table.column == "late"


# --- quality, versions, uses ------------------------------------------------------------------------------------------


def test_findings_lead_to_what_they_are_about(page: DatasetsPage) -> None:
    said = texts(page.panel)
    assert {"Possible leakage: arr_delay", "4 columns may be known too late"} <= set(said)
    click(buttons(page.panel)["Show dep_time"])
    assert page.view.rows.table.column == "dep_time"
    assert page.window().focusWidget() is page.view.rows.table
    link = buttons(page.panel)["Show 4 notes that ask for nothing"]
    click(link)
    assert "Hide the notes" in buttons(page.panel)


def test_a_version_is_chosen_and_remembered(page: DatasetsPage, shell: Shell) -> None:
    row = next(row for row in page.panel.findChildren(VersionRow) if row.accessibleName().startswith("v1, "))
    click(row)
    assert page.place().subject == "flights@v1"
    assert "latest" not in texts(page.view.head)
    assert "No run has used this version yet." in texts(page.panel)
    shell.go_to("home")
    shell.navigator.back()
    assert page.place().subject == "flights@v1"


def test_versions_are_compared(page: DatasetsPage) -> None:
    press(page.window(), Key.Key_D, CONTROL)
    changes = page.view.changes
    assert page.view.tabs.currentIndex() == CHANGES
    assert changes.sentence.text() == "3,007 rows only in v2, 3,007 only in v1, none in both."
    assert changes.summary.text() == "Columns: 18 with other values."
    assert [cell.words for cell in changes.table.cells.rows[0].cells[:2]] == ["day", "Other values"]
    click(changes.cli)
    assert QGuiApplication.clipboard().text() == "mlops datasets diff flights@v1 flights@v2"
    changes.before.setFocus(Qt.FocusReason.TabFocusReason)
    press(changes.before, Key.Key_Home)
    assert changes.before.value == "flights@v2"
    assert changes.sentence.text() == "Choose two versions that differ."
    changes.after.setFocus(Qt.FocusReason.TabFocusReason)
    press(changes.after, Key.Key_End)
    assert changes.sentence.text() == "3,007 rows only in v1, 3,007 only in v2, none in both."
    assert changes.table.isVisible()


def test_what_used_a_version_is_one_click_away(page: DatasetsPage, went: list[Place]) -> None:
    assert "6 runs, 3 model versions" in texts(page.panel)
    click(buttons(page.panel)["flight-late v2"])
    run = page.uses.runs[0].name
    click(buttons(page.panel)[run])
    assert went == [Place("model-version", "flight-late@v2"), Place("run", run)]


def test_hashes_are_copied_whole(page: DatasetsPage, shell: Shell) -> None:
    version = page.facts.chosen
    assert version is not None
    click(page.view.head.copy)
    assert QGuiApplication.clipboard().text() == version.content_hash
    click(buttons(page.panel)["Copy File sha256"])
    assert QGuiApplication.clipboard().text() == version.source.sha256
    choose_in(page.view.head.more.menu(), "Copy the reference")
    assert QGuiApplication.clipboard().text() == "flights@v2"
    choose_in(page.view.head.more.menu(), "Copy as CLI")
    assert QGuiApplication.clipboard().text() == "mlops datasets show flights@v2"


def test_a_run_with_this_version(page: DatasetsPage, went: list[Place]) -> None:
    click(page.view.head.new_run)
    assert went == [Place("new-run", "flights@v2")]


def test_data_are_imported(page: DatasetsPage, went: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: dialog.fileSelected.emit("/data/next.csv"))
    click(page.import_button)
    press(page.window(), Key.Key_Return, CONTROL)
    choose_in(page.view.head.more.menu(), "Import new version")
    assert [place.subject for place in went] == ["/data/next.csv"] * 3
    assert went[-1] == Place("import", "/data/next.csv", {"dataset": "flights"})


def test_the_inspector_comes_and_goes(page: DatasetsPage) -> None:
    press(page.window(), Key.Key_I, CONTROL)
    assert not page.panel.isVisible()
    assert page.panel.scroll_area not in page.panes()
    press(page.window(), Key.Key_I, CONTROL)
    assert page.panel.isVisible()


def test_the_page_by_keyboard_alone(page: DatasetsPage) -> None:
    window = page.window()
    page.list.search.setFocus(Qt.FocusReason.TabFocusReason)
    for pane in (page.list.view, page.view.rows.table, page.panel.scroll_area):
        press(window, Key.Key_F6)
        assert window.focusWidget() is pane
    press(window, Key.Key_F6, SHIFT)
    assert window.focusWidget() is page.view.rows.table
    start = page.import_button
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    while (focus := window.focusWidget()) is not None and (not seen or focus is not start):
        seen.append(focus)
        press(focus, Key.Key_Tab)
    panel = buttons(page.panel)
    order = [
        start, page.list.search, page.list.view, page.view.head.versions, page.view.head.score,
        page.view.head.new_run, page.view.head.more, page.view.tabs, page.view.rows.tools.where,
        page.view.rows.tools.search, page.view.rows.tools.row, page.view.rows.table, panel["Show arr_delay"],
        panel["Compare"], panel["flight-late v1"], panel["Copy Table sha256"],
    ]  # fmt: skip
    assert [widget for widget in seen if widget in order] == order


# --- states -----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_says_why_and_is_tried_again(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait and try again.")

    with monkeypatch.context() as patch:
        patch.setattr(workspace.datasets, "list", refuse)
        page = on_dataset(shell)
        assert page.error.accessibleName() == "Error: Another process has held the registry for 30 s."
        assert page.panes() == []
    click(buttons(page.error)["Try again"])
    assert page.view.rows.table.isVisible()


def test_without_data_there_is_the_way_to_them(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.datasets, "list", list)
    page = on_dataset(shell, "")
    assert page.empty.isVisible()
    assert not page.compare.isVisible()
    assert "Import data" in buttons(page.empty)


def test_a_dataset_that_is_not_there_says_so_and_another_is_shown(shell: Shell) -> None:
    page = on_dataset(shell, "weather")
    assert shell.message.isVisible()
    assert any("weather" in said for said in texts(shell.message))
    assert page.facts.name == "penguins"


# --- name, trash, scores ----------------------------------------------------------------------------------------------


def test_renaming_checks_the_name_and_can_be_undone(mine: DatasetsPage, own: Workspace, own_shell: Shell) -> None:
    choose_in(mine.view.head.more.menu(), "Rename flights")
    dialog = dialog_of(mine)
    assert isinstance(dialog, RenameDatasetDialog)
    assert dialog.focusWidget() is dialog.entry
    for bad, why in (("a/b", "Use letters, digits"), ("penguins", "There is a dataset penguins already")):
        dialog.entry.selectAll()
        write(dialog.entry, bad)
        assert dialog.field.error == ""
        press(dialog.entry, Key.Key_Return)
        assert dialog.isVisible()
        assert dialog.field.error.startswith(why)
    dialog.entry.selectAll()
    write(dialog.entry, "air-traffic")
    press(dialog.entry, Key.Key_Return)
    assert {dataset.name for dataset in own.datasets.list()} == {"air-traffic", "penguins"}
    assert mine.place().subject == "air-traffic@v2"
    assert own_shell.notifications.notice.sentence == "flights is now air-traffic"
    press(mine.window(), Key.Key_Z, CONTROL)
    assert mine.place().subject == "flights@v2"
    assert {dataset.name for dataset in own.datasets.list()} == {"flights", "penguins"}
    choose_in(mine.view.head.more.menu(), "Rename flights")
    press(dialog_of(mine), Key.Key_Escape)
    assert {dataset.name for dataset in own.datasets.list()} == {"flights", "penguins"}


def test_trash_can_be_undone(mine: DatasetsPage, own: Workspace, own_shell: Shell) -> None:
    choose_in(mine.view.head.more.menu(), "Move flights to trash")
    assert [dataset.name for dataset in own.datasets.list()] == ["penguins"]
    assert names(mine) == ["penguins"]
    assert mine.facts.name == "penguins"
    notice = own_shell.notifications.notice
    assert notice.sentence == "flights moved to trash; runs and models keep what they learnt"
    click(notice.button)
    assert len(own.datasets.list()) == 2
    assert mine.place().subject == "flights@v2"
    assert mine.view.rows.rows.total == 3007


def ask_to_score(page: DatasetsPage) -> ScoreDialog:
    click(page.view.head.score)
    dialog = dialog_of(page)
    assert isinstance(dialog, ScoreDialog)
    return dialog


def test_the_score_dialog_says_what_is_wrong_with_the_file(
    page: DatasetsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = ask_to_score(page)
    asked: list[tuple[str, Path]] = []
    dialog.chosen.connect(lambda model, target: asked.append((model, target)))
    assert [words for _, words in dialog.model.options][:2] == [
        "flight-late v2 · champion",
        "flight-late v3 · challenger",
    ]
    (tmp_path / "there.csv").write_text("a")
    (tmp_path / "folder.csv").mkdir()
    for text, why in (
        ("", "Name the file that is to be written"),
        ("~nobody-knows/x.csv", "There is no folder ~nobody-knows"),
        (str(tmp_path / "x.xlsx"), "The name ends in .csv or .parquet"),
        (str(tmp_path / "gone" / "x.csv"), f"There is no folder {tmp_path / 'gone'}"),
        (str(tmp_path / "folder.csv"), f"{tmp_path / 'folder.csv'} is a folder"),
        (str(tmp_path / f"{'x' * 300}.csv"), "The name of the file is too long"),
    ):
        dialog.file.selectAll()
        press(dialog.file, Key.Key_Delete)
        write(dialog.file, text)
        press(dialog.file, Key.Key_Return)
        assert dialog.field.error == why
        assert dialog.isVisible()
        assert dialog.focusWidget() is dialog.file
    monkeypatch.setattr(QFileDialog, "open", lambda asked: asked.fileSelected.emit(str(tmp_path / "there.csv")))
    click(dialog.browse)
    assert dialog.field.help == "This file is there already and is replaced."
    click(dialog.cli)
    line = QGuiApplication.clipboard().text()
    assert line == f"mlops datasets score flight-late@v2 flights@v2 --to {tmp_path / 'there.csv'}"
    press(dialog, Key.Key_Escape)
    assert not dialog.isVisible()
    assert asked == []


def test_rows_are_scored_into_the_file_where_the_model_fits(
    mine: DatasetsPage, own_shell: Shell, tmp_path: Path, qtbot: QtBot
) -> None:
    target = tmp_path / "scored.csv"
    dialog = ask_to_score(mine)
    dialog.model.setFocus(Qt.FocusReason.TabFocusReason)
    press(dialog.model, Key.Key_End)
    assert dialog.reference == "penguin-species@v1"
    dialog.file.setText(str(target))
    click(dialog.primary)
    finish(mine, qtbot)
    assert not target.exists()
    assert any("No file was written." in said for said in texts(own_shell.message))
    dialog = ask_to_score(mine)
    dialog.file.selectAll()
    write(dialog.file, str(target))
    press(dialog.file, Key.Key_Return)
    notice = own_shell.notifications.notice
    assert notice.sentence.endswith("the result goes to scored.csv")
    finish(mine, qtbot)
    lines = target.read_text().splitlines()
    assert len(lines) == 3008
    assert lines[0].startswith("year,month,day,")
    assert "prediction" in lines[0]
    assert notice.sentence == f"3,007 rows scored into {target}"


def finish(page: DatasetsPage, qtbot: QtBot) -> None:
    """Tells the page of its jobs until they have ended: inline there is no feed."""

    def ended() -> bool:
        page.on_changes(tuple(Change(1, ChangeKind.JOB, job) for job in list(page.acts._scoring)))
        return not page.acts._scoring

    wait(qtbot, ended, 60)
