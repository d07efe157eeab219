"""Settings on a real workspace: what a person changes, checks, brings back and erases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, press, write
from tests.real_workspace import real_workspace

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.domain.verification import Problem, Verification
from mlops_desktop.gui.dialogs.erase import EraseDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.settings import SettingsPage
from mlops_desktop.gui.settings.about import AboutSection
from mlops_desktop.gui.settings.general import GeneralSection
from mlops_desktop.gui.settings.record import RecordSection
from mlops_desktop.gui.settings.trash import TrashSection
from mlops_desktop.gui.settings.workspace import WorkspaceSection
from mlops_desktop.gui.state import load_state
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace

Show = Callable[[str], MainWindow]


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as workspace:
        yield workspace


@pytest.fixture
def show(real: Workspace, make_window: MakeWindow) -> Show:
    """A window on the section of Settings of the real workspace."""

    def shown(section: str) -> MainWindow:
        window = make_window(None, open_folder=lambda _: real)
        window.shell.begin(real.folder)
        window.shell.open(real.folder)
        window.shell.go(Place("settings", section))
        return window

    return shown


def page(window: MainWindow) -> SettingsPage:
    assert isinstance(window.shell.page, SettingsPage)
    return window.shell.page


def test_what_is_changed_holds_at_once_and_is_kept(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    window.activateWindow()
    press(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    section = page(window).current
    assert isinstance(section, GeneralSection)
    click(section.look.buttons[2])
    assert theme.name == "dark"
    click(section.rows.buttons[2])
    click(section.asks)
    state = load_state(window.state_folder)
    assert (state.look, state.density, state.asks_on_close) == ("dark", "comfortable", False)


def test_every_section_is_walked_by_keys_and_kept_in_the_history(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.shell.go_to("settings")
    sections = page(window).sections
    sections.setFocus()
    press(sections, Qt.Key.Key_End)
    assert window.shell.top.parts == ["Settings", "About"]
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.shell.top.parts == ["Settings", "General"]


def test_verify_says_in_words_what_was_checked(show: Show, real: Workspace, qtbot: QtBot) -> None:
    window = show("workspace")
    section = page(window).current
    assert isinstance(section, WorkspaceSection)
    click(section.verify)
    assert section.verify_row.help.text().startswith("Sound at ")
    problem = Problem("artifact", "abc", "It is missing.")
    section._on_verified(Verification(3, 1, 4, (problem,)))
    assert "1 problem" in section.verify_row.help.text()
    section._on_verify_failed(DiskFullError("The disk is full."))
    assert section.verify_row.help.text() == "Not verified: The disk is full."


def test_a_backup_is_written_and_said(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    window = show("workspace")
    section = page(window).current
    assert isinstance(section, WorkspaceSection)
    section.write_backup(tmp_path / "copy.zip")
    assert (tmp_path / "copy.zip").is_file()
    assert "copy.zip" in section.backup_row.help.text()
    assert window.shell.notice.sentence.startswith("Workspace backed up to copy.zip")
    section._on_backup_failed(DiskFullError("The disk is full."))
    assert section.backup_row.help.text() == "Not backed up: The disk is full. Nothing in the workspace was changed."
    assert section.backup.isVisible()


def test_jobs_at_once_are_a_setting_of_the_workspace(show: Show, real: Workspace) -> None:
    section = page(show("workspace")).current
    assert isinstance(section, WorkspaceSection)
    section.jobs.chosen.emit(3)
    assert real.settings.get("jobs.concurrent") == 3
    assert section.jobs.value == 3


def test_what_is_in_the_trash_comes_back_and_goes_again_by_undo(show: Show, real: Workspace, qtbot: QtBot) -> None:
    window = show("trash")
    section = page(window).current
    assert isinstance(section, TrashSection)
    name = real.trash.list()[0].name
    assert section.named.text() == name
    assert section._parts["What stays"].text().endswith("one line: what, who and when.")
    click(section.restore)
    assert section.nothing.isVisible()
    assert window.shell.notice.sentence == f"Run {name} restored"
    window.shell.take_back()
    assert [item.name for item in section.items] == [name]


def test_nothing_is_erased_before_its_name_is_typed(show: Show, real: Workspace, qtbot: QtBot) -> None:
    window = show("trash")
    section = page(window).current
    assert isinstance(section, TrashSection)
    name = real.trash.list()[0].name
    click(section.erase)
    dialog = window.findChildren(EraseDialog)[-1]
    write(dialog.entry, name[:-1])
    press(dialog.entry, Qt.Key.Key_Return)
    assert not dialog.erase.isEnabled()
    assert real.trash.list()
    write(dialog.entry, name[-1])
    click(dialog.erase)
    assert not real.trash.list()
    assert window.shell.notice.sentence.startswith("Erased 1 thing")


def test_the_trash_is_emptied_with_the_workspaces_name_unless_something_needs_it(
    show: Show, real: Workspace, qtbot: QtBot
) -> None:
    real.trash.put(Kind.DATASET, ["penguins"])
    window = show("trash")
    section = page(window).current
    assert isinstance(section, TrashSection)
    section.search.setText("penguins")
    assert [row.cells[0].text for row in section.table.cells.rows] == ["penguins"]
    section.search.setText("xylophone")
    assert section.no_match.isVisible()
    click(section.no_match.button)
    click(section.empty)
    dialog = window.findChildren(EraseDialog)[-1]
    write(dialog.entry, real.name)
    click(dialog.erase)
    assert len(real.trash.list()) == 2
    assert "MD-EDT-001" in window.shell.message.sentence


def test_the_record_is_searched(show: Show, real: Workspace, qtbot: QtBot) -> None:
    window = show("record")
    section = page(window).current
    assert isinstance(section, RecordSection)
    all_rows = len(section.table.cells.rows)
    assert all_rows == len(real.audit())
    window.activateWindow()
    press(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    write(section.search, "champion")
    assert 0 < len(section.table.cells.rows) < all_rows
    write(section.search, "zzz")
    assert section.nothing.isVisible()


def test_a_diagnosis_is_copied_without_names(show: Show, real: Workspace, qtbot: QtBot) -> None:
    section = page(show("about")).current
    assert isinstance(section, AboutSection)
    click(section.copy_diagnosis)
    copied = json.loads(QGuiApplication.clipboard().text())
    assert copied["counts"]["models"] == 2
    assert "flight-late" not in json.dumps(copied)
    assert "no problem found" in section.diagnosis_row.help.text()
    assert {"pyside6-essentials", "sqlalchemy"} <= {row.key.lower() for row in section.table.cells.rows}
