"""The command palette: what is found, in which order, and what a person does with it."""

from __future__ import annotations

import shlex

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace, make_run
from tests.gui.hands import click, press, write

from mlops_desktop.cli.main import main as command_line
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.palette.entries import Entry, Kind
from mlops_desktop.gui.palette.matching import candidates, match, words_of
from mlops_desktop.gui.palette.palette import Palette
from mlops_desktop.gui.palette.ranking import Stock, rank, scope_of
from mlops_desktop.gui.palette.rows_view import spoken

CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(window: MainWindow, typed: str = "") -> Palette:
    window.activateWindow()
    press(window, Qt.Key.Key_K, CONTROL)
    palette = window.shell.overlays.palette
    assert palette.isVisible()
    write(palette.field, typed)
    return palette


def titles(palette: Palette, head: str = "") -> list[str]:
    """The titles under the head, or all of them."""
    found, here = [], not head
    for row in palette.rows.entries.rows:
        if row.entry is None:
            here = not head or row.head == head
        elif here:
            found.append(row.entry.title)
    return found


def test_letters_at_the_beginning_of_words_fit_best() -> None:
    scores = {
        text: fit.score
        for text in ("flight-late", "in-flight", "oneflight", "fine low ight")
        if (fit := match(("flight",), text))
    }
    assert list(sorted(scores, key=lambda text: -scores[text]))[:3] == ["flight-late", "in-flight", "oneflight"]
    assert match(("flight",), "churn") is None
    assert match((), "anything") is not None


def test_the_typed_letters_are_marked() -> None:
    fit = match(words_of("Dep fli"), "Deploy flight-late v7…")
    assert fit is not None
    assert sorted(fit.places) == [0, 1, 2, 7, 8, 9]
    loose = match(("gtd",), "Go to Datasets")
    assert loose is not None
    assert sorted(loose.places) == [0, 3, 6]


def test_a_word_that_fits_nowhere_leaves_nothing() -> None:
    assert candidates(("heron", "x"), ["brisk-heron-41", "calm-lark-40"]) == []
    assert candidates(("bh",), ["brisk-heron-41", "calm-lark-40"]) == [0]
    assert candidates(("a",), ["a"] * 900, most=5) == [0, 1, 2, 3, 4]


def test_a_sign_limits_the_search() -> None:
    assert scope_of("#heron") == ("#", "heron")
    assert scope_of("heron") == ("", "heron")
    action = Entry("a", Kind.ACTION, "play", "Run it")
    model = Entry("m", Kind.MODEL, "box", "runner")
    stock = Stock((action,), (model,), ("run-1",))

    def run(place: int) -> Entry:
        return Entry(f"run:{place}", Kind.RUN, "play", stock.run_names[place])

    found = {
        sign: [row.entry.title for row in rank(stock, ("run-1",), run, sign + "ru") if row.entry] for sign in ">#@"
    }
    assert found == {">": ["Run it"], "#": ["run-1"], "@": ["runner"]}
    assert [row.head for row in rank(stock, ("run-1",), run, "ru") if row.head][0] == "Best match"


def test_of_ten_thousand_runs_the_one_that_fits_is_first_and_few_are_weighed() -> None:
    names = tuple(f"brisk-heron-{number}" for number in range(10_000))
    made: list[int] = []

    def run(place: int) -> Entry:
        made.append(place)
        return Entry(f"run:{place}", Kind.RUN, "play", names[place])

    rows = rank(Stock(run_names=names), names, run, "heron 7777")
    assert rows[1].entry is not None
    assert rows[1].entry.title == "brisk-heron-7777"
    made.clear()
    assert len(rank(Stock(run_names=names), names, run, "heron")) < 20
    assert len(made) <= 12


def test_it_opens_by_its_key_and_by_the_field_and_closes_by_esc(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    before = window.shell.sidebar.navigation
    before.setFocus()
    palette = opened(window)
    assert window.focusWidget() is palette.field
    press(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.focusWidget() is before
    click(window.shell.top.search)
    assert palette.isVisible()
    click(palette, QPoint(5, palette.height() - 5))
    assert not palette.isVisible()


def test_actions_objects_and_runs_are_found_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, "flight")
    shown = titles(palette)
    assert "Deploy flight-late v7…" in shown
    assert "flight-late" in shown
    palette.field.setText("falcon")
    assert titles(palette, "Best match") == ["amber-falcon-27"]
    palette.field.setText("#")
    assert len(titles(palette)) == 25
    palette.field.setText("@")
    assert titles(palette) == ["churn", "flight-late", "penguins"]


def test_enter_does_it_and_it_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    asked: list[Place] = []
    palette = opened(window, "falcon")
    window.shell.navigator.go = asked.append  # type: ignore[method-assign, assignment]
    press(palette.field, Qt.Key.Key_Return)
    assert asked == [Place("run", "amber-falcon-27")]
    assert not palette.isVisible()
    palette = opened(window)
    assert titles(palette, "Recent") == ["amber-falcon-27"]


def test_up_and_down_go_around_and_tab_fills_in(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, "zoom")
    first = palette.rows.chosen
    press(palette.field, Qt.Key.Key_Up)
    last = palette.rows.chosen
    assert last is not None
    assert last != first
    press(palette.field, Qt.Key.Key_Down)
    assert palette.rows.chosen == first
    press(palette.field, Qt.Key.Key_PageDown)
    press(palette.field, Qt.Key.Key_Tab)
    chosen = palette.rows.chosen
    assert chosen is not None
    assert palette.field.text() == chosen.title
    assert palette.field.accessibleDescription() == spoken(chosen)


def test_a_click_does_it_and_the_same_command_stands_below(window: MainWindow, qtbot: QtBot) -> None:
    done: list[str] = []
    window.shell.deploy = done.append  # type: ignore[method-assign, assignment]
    palette = opened(window, "churn")
    QApplication.processEvents()
    row = next(
        place for place, row in enumerate(palette.rows.entries.rows) if row.entry and "Deploy" in row.entry.title
    )
    palette.rows.choose(row)
    palette._show_chosen()
    assert palette.line.text() == "mlops deployments deploy churn@v3"
    area = palette.rows.visualRect(palette.rows.entries.index(row))
    click(palette.rows.viewport(), area.center())
    assert done == ["churn@v3"]


def test_the_pages_own_commands_come_first(window: MainWindow, qtbot: QtBot) -> None:
    window.shell.go_to("experiments")
    palette = opened(window)
    assert window.shell.page is not None
    assert titles(palette)[0] == window.shell.page.commands()[0].title


def test_nothing_found_says_what_was_searched(window: MainWindow, qtbot: QtBot) -> None:
    palette = opened(window, "xylophone")
    assert palette._nothing.text() == "Nothing fits. Searched all actions, objects and 25 runs."
    assert palette._nothing.isVisible()


def test_what_another_process_did_is_found_while_it_is_open(
    window: MainWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    palette = opened(window, "new-owl")
    workspace.all_runs.append(make_run("new-owl-1"))
    window.shell.events.changed.emit((workspace.change_run("new-owl-1"),))
    assert titles(palette) == ["new-owl-1"]


def test_it_fits_a_small_window(make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    window = make_window(workspace, size=(860, 560))
    palette = opened(window, "e")
    assert window.rect().contains(palette.panel.geometry())
    assert palette.rows.height() >= 80
    window.grab()


@pytest.mark.parametrize("sign", [">", "@", "#", "flight"])
def test_every_line_it_shows_is_one_of_the_command_line(
    window: MainWindow, sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    palette = opened(window, sign)
    lines = {row.entry.line for row in palette.rows.entries.rows if row.entry and row.entry.line}
    assert lines
    for verb in sorted({tuple(shlex.split(line)[1:3]) for line in lines}):
        words = [word for word in verb if not word.startswith("--") and word.islower() or "-" not in word]
        known = [word for word in words if word.isascii() and word == word.lower()]
        assert command_line([*known, "--help"]) == 0, verb
        capsys.readouterr()


@pytest.mark.parametrize(
    ("typed", "title"),
    [("theme", "Look: Dark"), ("shortcuts", "Show all keys"), ("delete", "Trash"), ("csv", "Import data…")],
)
def test_an_action_is_found_by_what_others_call_it(typed: str, title: str, window: MainWindow) -> None:
    assert any(title.lower() in found.lower() for found in titles(opened(window, typed)))
