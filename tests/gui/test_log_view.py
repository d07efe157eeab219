"""A log under mouse and keyboard: levels, search, following, wrapping, copying, saving, a hundred thousand lines."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, kept, press, write

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings.log import LogLine, found_places, parse_log, row_starts
from mlops_desktop.gui.widgets.log_view import LogView

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
Level = Callable[[LogView, int], None]


def many(count: int, **levels: int) -> tuple[LogLine, ...]:
    """`error=3` makes the line 3 an error."""
    special = {place: level for level, place in levels.items()}
    return tuple(
        LogLine(f"10:00:{place % 60:02}", special.get(place, "info"), f"line {place} of the log")
        for place in range(count)
    )


@pytest.fixture
def context(make_window: MakeWindow, workspace: FakeWorkspace) -> Context:
    return make_window(workspace).shell.context


@pytest.fixture
def view(context: Context, qtbot: QtBot) -> LogView:
    made = LogView(context, "Log of the run", title="Log")
    qtbot.addWidget(made)
    made.resize(760, 240)
    made.show()
    QApplication.processEvents()
    return made


def search(view: LogView, text: str) -> None:
    view.search.clear()
    write(view.search, text)
    press(view.search, Qt.Key.Key_Return)


def test_lines_are_taken_apart() -> None:
    lines = parse_log(["09:18:41 info: 84 of 3,007 rows", "a line: of its own", "10:00:01 WARNING: late"])
    assert lines[0] == LogLine("09:18:41", "info", "84 of 3,007 rows")
    assert lines[1] == LogLine("", "", "a line: of its own")
    assert lines[2].is_warning
    assert lines[0].whole == "09:18:41 INFO 84 of 3,007 rows"


def test_an_empty_log_says_so(view: LogView) -> None:
    assert view.empty.isVisible()
    assert not view.bar.isVisible()
    view.show_lines(many(3))
    assert not view.empty.isVisible()
    assert view.sub.text() == "3 lines"


def test_it_follows_the_end_until_somebody_scrolls_up(view: LogView) -> None:
    followed: list[bool] = []
    view.followed.connect(followed.append)
    view.show_lines(many(200))
    assert view.lines.is_at_end
    view.show_lines(many(400))
    assert view.lines.is_at_end
    view.lines.verticalScrollBar().setValue(10)
    assert followed == [False]
    view.show_lines(many(600))
    assert view.lines.verticalScrollBar().value() == 10
    click(view.follow)
    assert view.lines.is_at_end
    assert followed == [False, True]


def test_it_opens_at_the_first_error(view: LogView) -> None:
    view.show_lines(many(500, error=300))
    assert view.lines.current == 300
    assert not view.follows
    assert "line 300" in view.lines.accessibleDescription()


def test_levels_filter_and_count(view: LogView) -> None:
    view.show_lines(many(50, error=30, warning=10))
    levels = view._levels.buttons  # noqa: SLF001 - the three buttons of the level
    assert [button.text() for button in levels] == ["All", "Warnings 1", "Errors 1"]
    click(levels[1])
    assert [line.level for line in view.lines.lines] == ["warning", "error"]
    click(levels[2])
    assert [line.level for line in view.lines.lines] == ["error"]
    click(levels[0])
    assert len(view.lines.lines) == 50


def test_search_counts_and_steps_around_the_end(view: LogView) -> None:
    view.show_lines(many(200))
    search(view, "line 19")
    assert view.lines.current == 19
    assert view.search.accessibleDescription() == "found: 1 of 11"
    press(view.search, Qt.Key.Key_Return, SHIFT)
    assert view.lines.current == 199
    click(view.after)
    assert view.lines.current == 19
    click(view.before)
    assert view.lines.current == 199
    view.grab()
    search(view, "nowhere")
    assert view.search.accessibleDescription() == "found: none"
    press(view.search, Qt.Key.Key_Escape)
    assert view.search.text() == ""


def test_lines_are_marked_by_keys_and_mouse_and_copied(view: LogView) -> None:
    view.show_lines(many(30))
    lines = view.lines
    press(lines, Qt.Key.Key_Home)
    press(lines, Qt.Key.Key_Down, SHIFT)
    press(lines, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text().splitlines() == [
        "10:00:00 INFO line 0 of the log", "10:00:01 INFO line 1 of the log",
    ]  # fmt: skip
    press(lines, Qt.Key.Key_A, CONTROL)
    click(view.copy)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 30
    press(lines, Qt.Key.Key_Escape)
    assert lines.current == -1
    press(lines, Qt.Key.Key_Home)
    click(lines.viewport(), QPoint(100, 50))
    assert lines.current == 2
    press(lines, Qt.Key.Key_End)
    assert lines.current == 29


def test_going_up_by_keys_stops_following(view: LogView) -> None:
    view.show_lines(many(300))
    press(view.lines, Qt.Key.Key_End)
    assert view.follows
    press(view.lines, Qt.Key.Key_PageUp)
    assert not view.follows


def test_long_lines_wrap_and_keep_their_place(view: LogView) -> None:
    view.show_lines([LogLine("10:00:00", "info", f"{place} " + "word " * 100) for place in range(50)])
    bar = view.lines.verticalScrollBar()
    before = bar.maximum()
    assert view.lines.horizontalScrollBar().maximum() > 0
    click(view.wrap)
    assert bar.maximum() > before
    assert view.lines.horizontalScrollBar().maximum() == 0
    search(view, "word")
    view.grab()
    click(view.wrap)
    assert bar.maximum() == before


def test_lines_are_broken_between_words_and_within_one_only_where_it_is_longer_than_a_row() -> None:
    def rows(text: str, wide: int = 20) -> list[str]:
        starts = row_starts(text, wide)
        return [text[start:end] for start, end in pairwise([*starts, len(text)])]

    assert rows("") == [""]
    assert rows("twenty signs, no mor") == ["twenty signs, no mor"]
    assert rows("a model that answers in a process") == ["a model that answers ", "in a process"]
    assert rows("two   blanks  between   words") == ["two   blanks  ", "between   words"]
    assert rows("see " + "x" * 45 + " end") == ["see ", "x" * 20, "x" * 20, "xxxxx end"]
    assert rows("    " + "x" * 30) == ["    " + "x" * 16, "x" * 14]


def test_what_is_found_is_marked_where_it_stands_in_broken_lines() -> None:
    text = "a model that answers in a process " + "x" * 30
    starts = row_starts(text, 20)
    assert starts == [0, 21, 34, 54]
    assert list(found_places(text, "PROCESS", starts)) == [(1, 5, 7)]
    assert list(found_places(text, "answers in", starts)) == [(0, 13, 8), (1, 0, 2)]
    assert list(found_places(text, "x" * 25, starts)) == [(2, 0, 20), (3, 0, 5)]
    assert list(found_places(text, "a", [0])) == [(0, place, 1) for place in (0, 10, 13, 24)]
    assert list(found_places(text, "nowhere", starts)) == []


def test_wrapped_lines_are_as_high_as_they_are_painted(view: LogView) -> None:
    """Also a line without time and level, which has more room, and one with tabs, which needs more."""
    lines = view.lines
    view.show_lines(
        [
            LogLine("10:00:00", "info", "word " * 60),
            LogLine("", "", "word " * 60),
            LogLine("10:00:00", "info", "a\tb " * 40),
        ]
    )
    click(view.wrap)
    heights = [lines._height(place) for place in range(3)]  # noqa: SLF001 - what the claim is about
    assert heights[1] < heights[0]
    room = lines._signs_a_row(lines.lines[2])  # noqa: SLF001
    assert heights[2] == len(row_starts("a    b " * 40, room))


def test_it_is_saved_whole(view: LogView, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view.show_lines(many(5, error=2))
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", kept(opened))
    click(view.save)
    assert opened[0].acceptMode() is QFileDialog.AcceptMode.AcceptSave
    opened[0].fileSelected.emit(str(tmp_path / "run.log"))
    assert (tmp_path / "run.log").read_text("utf-8").splitlines()[2] == "10:00:02 ERROR line 2 of the log"
    failures: list[BaseException] = []
    monkeypatch.setattr(type(context.shell), "show_failure", lambda _, error: failures.append(error))
    view.save_to(str(tmp_path / "nowhere" / "run.log"))
    assert "could not be written" in str(failures[0])


def test_a_hundred_thousand_lines_paint_only_what_is_in_sight(view: LogView, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = view.lines
    view.show_lines(many(100_000))
    painted: list[int] = []
    paint = type(lines)._paint_line  # noqa: SLF001 - what the claim is about

    def counted(self: object, painter: object, place: int, y: int) -> int:
        painted.append(place)
        return paint(self, painter, place, y)  # type: ignore[arg-type]

    monkeypatch.setattr(type(lines), "_paint_line", counted)
    lines.verticalScrollBar().setValue(50_000)
    lines.grab()
    assert 0 < len(painted) < 40
    assert painted[0] == 50_000


def test_another_log_begins_anew(view: LogView) -> None:
    view.show_lines(many(500, error=3))
    search(view, "line 7")
    view.clear()
    assert view.count == 0
    assert view.search.text() == ""
    view.show_lines(many(300))
    assert view.lines.is_at_end
