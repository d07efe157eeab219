"""The shell: opening, keys, ways, themes, and what every part of it owes to keyboard and screen reader."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, press

from mlops_desktop.domain.errors import BusyRegistryError, WorkspaceError
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.gui.keys import KEYS
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.book import PAGES, SECTIONS
from mlops_desktop.gui.state import WindowState, load_state
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.key_cap import KeyCap, KeyCaps, spoken_keys
from mlops_desktop.gui.widgets.keys_sheet import KeysDialog
from mlops_desktop.services.workspace import Workspace


def test_an_open_workspace_is_named_and_counted(window: MainWindow, workspace: FakeWorkspace) -> None:
    assert window.windowTitle() == "nyc-delays — MLOps Desktop"
    assert window.shell.sidebar.workspace.accessibleName() == "Workspace nyc-delays, menu"
    assert window.shell.status.workspace.accessibleName() == "Workspace open"
    assert window.shell.status.deployments.accessibleName() == "2 of 3 deployments healthy"
    entry = next(e for e in window.shell.sidebar.navigation.pages.entries if e.page == "experiments")
    assert (entry.count, entry.running) == (25, 2)
    assert window.shell.top.running.text() == "2 running"
    assert window.state.recent == (str(workspace.folder),)


def test_only_pages_that_exist_are_in_the_sidebar(window: MainWindow) -> None:
    sidebar = window.shell.sidebar
    assert [entry.page for entry in sidebar.entries] == [section.page for section in SECTIONS]
    assert [entry.title for entry in sidebar.foot.pages.entries] == ["Settings"]
    assert {section.page for section in SECTIONS} <= set(PAGES)


def test_nothing_on_show_is_disabled_but_the_ways_that_lead_nowhere(window: MainWindow) -> None:
    for page in ("home", "experiments"):
        window.shell.go_to(page)
        off = [w for w in window.findChildren(QWidget) if w.isVisible() and not w.isEnabled()]
        assert set(off) <= {window.shell.top.back, window.shell.top.forward}


def test_keys_lead_to_pages_and_back(window: MainWindow, qtbot: QtBot) -> None:
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    press(window, Qt.Key.Key_3, control)
    assert window.shell.top.parts == ["Experiments", "late-at-arrival"]
    press(window, Qt.Key.Key_1, control)
    assert window.shell.top.parts == ["Home"]
    press(window, Qt.Key.Key_Left, alt)
    assert window.shell.top.parts == ["Experiments", "late-at-arrival"]
    press(window, Qt.Key.Key_Right, alt)
    assert window.shell.top.parts == ["Home"]


def test_the_way_back_keeps_filter_order_and_row(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.go_to("experiments")
    page = window.shell.experiments
    page.runs.filter.set_text("v3")
    page.model.sort_by(SortKey("run"))
    page.runs.table.go_to(2)
    run = page.inspector.run
    page.choose("")
    page.runs.filter.set_text("")
    page.model.sort_by(SortKey("started", True))
    click(window.shell.top.back)
    assert page.title == "late-at-arrival"
    assert page.runs.filter.text == "v3"
    assert page.model.order == (SortKey("run"),)
    assert page.inspector.run == run


def test_the_path_leads_up(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.go_to("experiments")
    button = next(b for b in window.shell.top.findChildren(QAbstractButton) if b.accessibleName() == "Experiments")
    click(button)
    assert window.shell.experiments.title == "All experiments"


def test_what_runs_is_one_click_away(window: MainWindow, qtbot: QtBot) -> None:
    click(window.shell.top.running)
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    assert len(panel.cards()) == 2


def test_f6_goes_through_the_panes_and_around(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.shell.go_to("settings")
    page = window.shell.page
    assert page is not None
    expected = [window.shell.sidebar.navigation, *page.panes(), window.shell.top.search]
    for pane in [*expected, expected[0]]:
        press(window, Qt.Key.Key_F6)
        assert window.focusWidget() is pane
    press(window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is window.shell.top.search


def test_the_sidebar_is_walked_with_arrows(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.shell.sidebar.navigation.setFocus()
    press(window.shell.sidebar.navigation, Qt.Key.Key_Down)
    assert window.shell.top.parts[0] == window.shell.sidebar.entries[1].title
    press(window.shell.sidebar.navigation, Qt.Key.Key_Up)
    assert window.shell.top.parts == ["Home"]


def test_no_two_keys_are_the_same_in_one_context() -> None:
    pressed = [(key.sequence, key.context) for key in KEYS]
    for sequence, _ in pressed:
        contexts = [context for other, context in pressed if other == sequence]
        assert len(contexts) == len(set(contexts))
        assert "window" not in contexts or len(contexts) == 1
    assert len({key.name for key in KEYS}) == len(KEYS)


def test_the_sheet_of_keys_lists_every_key(window: MainWindow, qtbot: QtBot) -> None:
    press(window, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    dialog = next(iter(window.findChildren(KeysDialog)))
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    assert {key.does for key in KEYS} <= set(shown)
    assert [shown.count(does) for does in ("Settings", "Larger")] == [1, 1]
    caps = [cap.accessibleName() for cap in dialog.findChildren(KeyCap)]
    assert {spoken_keys(key.sequence) for key in KEYS} <= set(caps)
    settings = next(row for row in dialog.findChildren(KeyCaps) if row.findChildren(QLabel))
    assert [cap.accessibleName() for cap in settings.findChildren(KeyCap)] == ["Ctrl =", "Ctrl +"]
    dialog.accept()


def walk(window: QWidget) -> list[QWidget]:
    return [window, *window.findChildren(QWidget)]


CONTROLS = (QAbstractButton, QLineEdit, QAbstractItemView, QTabBar)


@pytest.mark.parametrize("scene", ["home", "experiments", "empty home", "empty experiments", "welcome"])
def test_every_text_is_plain_and_every_control_has_a_name(make_window: MakeWindow, scene: str) -> None:
    workspace = None if scene == "welcome" else FakeWorkspace(empty=scene.startswith("empty"))
    window = make_window(workspace)
    if scene.endswith("experiments"):
        window.shell.go_to("experiments")
        window.shell.experiments.model.tick([0, 5], True)
        window.shell.say("3 runs moved to trash", "trash-2", lambda: None)
        window.shell.message.say("It is so.", severity="info", action="Do it")
    for widget in walk(window):
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText, widget.text()
        if isinstance(widget, CONTROLS) and widget.isVisible():
            interface = QAccessible.queryAccessibleInterface(widget)
            name = widget.accessibleName() or (interface.text(QAccessible.Text.Name) if interface else "")
            assert name, f"{widget} has no name"
            if isinstance(widget, QAbstractButton):
                assert min(widget.width(), widget.height()) >= 18, f"{name} is {widget.size()}"


def test_u_01_markup_in_names_is_shown_as_it_is(make_window: MakeWindow) -> None:
    workspace = FakeWorkspace()
    workspace.change_run("red-plover-26", failure=Failure("MD-RUN-001", "<img src=x> " * 40), tags=("<b>",))
    window = make_window(workspace)
    window.shell.show_activity()
    window.shell.say("<b>bold</b> moved to trash")
    assert window.shell.notice.sentence == "<b>bold</b> moved to trash"
    texts = [label.text() for label in window.findChildren(QLabel)]
    assert any(text.startswith("<img src=x> <img") for text in texts)
    tips = [widget.toolTip() for widget in walk(window)]
    assert not [tip for tip in tips if "<img" in tip or "<b>" in tip]


def test_both_looks_are_chosen_in_the_menu_and_remembered(window: MainWindow, theme: Theme) -> None:
    assert window.shell.menu is not None
    window.shell.menu.fill()
    looks = submenu(window.shell.menu, "Look")
    next(action for action in looks.actions() if action.text() == "Dark").trigger()
    assert theme.name == "dark"
    assert load_state(window.state_folder).look == "dark"
    theme.choose(Look.LIGHT)
    rows = submenu(window.shell.menu, "Rows")
    next(action for action in rows.actions() if action.text() == "Standard").trigger()
    assert load_state(window.state_folder).density == "standard"


def submenu(menu: QMenu, title: str) -> QMenu:
    return next(found for found in menu.findChildren(QMenu) if found.title() == title)


def test_other_workspaces_are_asked_for_in_the_menu(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    window.shell.remember(
        WindowState(recent=("/other", str(window.shell.workspace.folder) if window.shell.workspace else ""))
    )
    asked: list[tuple[Path, str]] = []
    window.shell.other_wanted.connect(lambda folder, name: asked.append((folder, name)))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" next ", True))
    assert window.shell.menu is not None
    window.shell.menu.fill()
    actions = {action.text(): action for action in window.shell.menu.actions()}
    actions["Open workspace…"].trigger()
    actions["New workspace…"].trigger()
    submenu(window.shell.menu, "Recent workspaces").actions()[0].trigger()
    assert asked == [(tmp_path, ""), (tmp_path / "next", "next"), (Path("/other"), "")]
    actions["Copy folder path"].trigger()
    assert QApplication.clipboard().text() == "/home/ds-lead/MLOps/nyc-delays"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    actions["Open workspace…"].trigger()
    actions["New workspace…"].trigger()
    assert len(asked) == 3


def test_a_folder_that_cannot_be_opened_says_why_and_offers_another(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    def refuse(folder: Path) -> Workspace:
        raise WorkspaceError("This folder is no workspace.", hint="Make one.")

    window = make_window(workspace, open_folder=refuse)
    assert window.shell.welcome is not None
    assert window.shell.welcome.error is not None
    assert window.shell.welcome.error.accessibleName() == "Error: This folder is no workspace."
    assert window.shell.welcome.isEnabled()


def test_the_first_start_opens_a_chosen_folder_or_makes_one(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    window = make_window(
        None, state=WindowState(recent=("/a/one", "/a/two")), open_folder=lambda _: workspace.as_workspace()
    )
    welcome = window.shell.welcome
    assert welcome is not None
    asked: list[tuple[Path, str]] = []
    window.shell.other_wanted.connect(lambda folder, name: asked.append((folder, name)))
    click(welcome.elsewhere)
    welcome.name.setText("flights")
    click(welcome.make)
    assert asked == [(tmp_path / "flights", "flights")]
    (tmp_path / "flights").mkdir()
    (tmp_path / "flights" / "workspace.json").write_text("{}", "utf-8")
    click(welcome.sample)
    assert asked[1:] == [(tmp_path / "flights", "")]
    window.shell.beginning.then = None
    assert [b.text() for b in welcome.findChildren(QAbstractButton) if b.text() in ("one", "two")] == ["one", "two"]
    click(welcome.open)
    assert window.windowTitle().startswith("nyc-delays")
    assert window.shell.home.isVisible()


def test_a_registry_that_does_not_answer_is_said_until_it_does(window: MainWindow) -> None:
    window.shell.events.broken.emit(BusyRegistryError("Busy.", hint="Wait."))
    assert window.shell.status.workspace.accessibleName() == "Not reachable"
    assert window.shell.message.isVisible()
    window.shell.events.mended.emit()
    assert window.shell.status.workspace.accessibleName() == "Workspace open"
    assert not window.shell.message.isVisible()


def test_an_error_of_ours_goes_to_the_crash_boundary(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.shell.failed) as blocker:
        window.shell.show_failure(ZeroDivisionError())
    assert isinstance(blocker.args[0], ZeroDivisionError)


def test_the_message_bar_does_what_it_offers(window: MainWindow, qtbot: QtBot) -> None:
    done: list[str] = []
    window.shell.message.say(
        "2 colleagues changed this page.", severity="info", action="Show", act=lambda: done.append("x")
    )
    click(window.shell.message.action)
    assert done == ["x"]
    assert not window.shell.message.isVisible()


def test_the_ring_follows_the_keyboard_and_not_the_mouse(window: MainWindow, qapp: QApplication) -> None:
    window.activateWindow()
    window.shell.go_to("experiments")
    qapp.processEvents()
    ring, button = window.shell.ring, window.shell.experiments.runs.columns_button
    window.shell.experiments.focus_filter()
    press(window.shell.experiments.runs.filter, Qt.Key.Key_Tab)
    assert window.focusWidget() is button
    assert ring.isVisible()
    assert ring.geometry().contains(button.mapTo(window, QPoint(2, 2)))
    ring.grab()
    window.shell.experiments.inspector.close_button.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not ring.isVisible()


def test_the_width_decides_what_the_sidebar_shows(window: MainWindow, qapp: QApplication) -> None:
    assert window.shell.sidebar.width() == 204
    window.resize(1100, 700)
    qapp.processEvents()
    assert window.shell.sidebar.width() == 52
    window.resize(1440, 900)
    qapp.processEvents()
    assert window.shell.sidebar.width() == 204


def test_size_and_place_are_remembered_when_it_closes(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    window = make_window(workspace)
    window.resize(1234, 640)
    window.close()
    assert workspace.closed
    state = load_state(window.state_folder)
    again = make_window(None, state=state)
    again._restore_size()
    assert state.geometry
    # The screen of the tests is 800 wide, and a window never comes back wider than the screen.
    assert again.height() == 640


def test_a_first_window_is_no_higher_than_the_screen_and_one_left_elsewhere_comes_back(
    qapp: QApplication, tmp_path: Path
) -> None:
    room = qapp.primaryScreen().availableGeometry()
    first = MainWindow(WindowState(), tmp_path)
    assert room.height() < 900
    assert first.height() <= room.height()
    assert first.width() == first.minimumWidth()  # the screen of the tests is narrower than any window
    first.setGeometry(5000, 4000, 900, 600)
    kept = base64.b64encode(first.saveGeometry().data()).decode()
    assert room.intersects(MainWindow(WindowState(geometry=kept), tmp_path).geometry())


def test_slow_reading_does_not_hold_up_the_window(make_window: MakeWindow, qtbot: QtBot) -> None:
    workspace, lanes = FakeWorkspace(), Lanes()
    slow = workspace.experiments.list

    def wait_long() -> object:
        time.sleep(4.0)
        return slow()

    workspace.experiments.list = wait_long  # type: ignore[method-assign, assignment]
    window = make_window(workspace, lanes=lanes, opens=False)
    longest = 0.0
    start = time.monotonic()
    window.shell.open(workspace.folder)
    while window.shell.home.facts is None and time.monotonic() - start < 10:
        before = time.monotonic()
        QApplication.processEvents()
        longest = max(longest, time.monotonic() - before)
        time.sleep(0.001)
    assert window.shell.home.facts is not None
    assert longest < 2.0, f"the window stood still for {longest:.2f} s"
    wait(qtbot, lambda: lanes.is_idle)


def test_where_the_path_has_no_room_its_far_parts_go_first(window: MainWindow) -> None:
    top = window.shell.top
    top.show_path([(name, lambda: None) for name in ("Experiments", "late-at-arrival", "amber-falcon-27")])

    def shown() -> list[str]:
        return [part.text() for way in top._ways for part in way if isinstance(part, Button) and part.isVisible()]

    assert shown() == ["Experiments", "late-at-arrival"]
    window.resize(860, 560)
    window.shell.set_zoom(150)
    QApplication.processEvents()
    assert shown() != ["Experiments", "late-at-arrival"]
    for way in top._ways:
        assert all(part.width() >= part.minimumSizeHint().width() for part in way if part.isVisible())
    window.shell.set_zoom(100)
    window.resize(1440, 900)
    QApplication.processEvents()
    assert shown() == ["Experiments", "late-at-arrival"]
