"""What a screen reader does, heard like a click or a key: a box toggled, one of many chosen, a text written."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.hands import click, write

from mlops_desktop.gui import accessible_areas
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.check_card import CheckCard
from mlops_desktop.gui.widgets.controls import Box, LineEntry, Segments
from mlops_desktop.gui.widgets.radios import Radio


def do(button: QAbstractButton) -> None:
    """The first action that a screen reader is offered."""
    interface = QAccessible.queryAccessibleInterface(button)
    assert interface is not None
    actions = interface.actionInterface()
    actions.doAction(actions.actionNames()[0])


@pytest.mark.parametrize("kind", ["box", "card"])
def test_a_box_is_heard_once_whoever_ticks_it(kind: str, theme: Theme, qtbot: QtBot) -> None:
    button = Box(theme, "Hide equal rows") if kind == "box" else CheckCard(theme, "Dummy", "Answers without looking")
    qtbot.addWidget(button)
    told: list[bool] = []
    button.clicked.connect(lambda checked: told.append(checked))  # noqa: PLW0108 - Qt asks how many it takes
    button.setChecked(True)
    assert told == [], "the program's own ticking is no news"
    click(button)
    do(button)
    assert told == [False, True]


def test_one_of_many_is_heard_once(theme: Theme, qtbot: QtBot) -> None:
    ground = QWidget()
    qtbot.addWidget(ground)
    column = QVBoxLayout(ground)
    told: list[str] = []
    for words in ("Keep", "Empty"):
        radio = Radio(theme, words)
        radio.clicked.connect(lambda _=False, words=words: told.append(words))
        column.addWidget(radio)
    first, second = ground.findChildren(Radio)
    first.setChecked(True)
    do(second)
    click(first)
    assert told == ["Empty", "Keep"]


def test_segments_are_heard_once(theme: Theme, qtbot: QtBot) -> None:
    segments = Segments(theme, "Shown", [("all", "All"), ("charts", "Charts")])
    qtbot.addWidget(segments)
    told: list[object] = []
    segments.chosen.connect(told.append)
    segments.show_value("all")
    do(segments.buttons[1])
    click(segments.buttons[0])
    assert told == ["charts", "all"]


def test_a_written_text_is_heard_once(theme: Theme, qtbot: QtBot) -> None:
    entry = LineEntry(theme, "Name")
    qtbot.addWidget(entry)
    told: list[str] = []
    entry.textEdited.connect(told.append)
    entry.show_text("by the program")
    assert told == []
    interface = QAccessible.queryAccessibleInterface(entry)
    assert interface is not None
    interface.setText(QAccessible.Text.Value, "late = x > 1")
    entry.clear()
    write(entry, "ab")
    assert told == ["late = x > 1", "", "a", "ab"]


def test_a_part_of_a_scroll_area_that_has_gone_is_answered_with_none(qtbot: QtBot) -> None:
    accessible_areas.install()
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setAccessibleName("Form")
    area.setWidget(QWidget())
    area.show()
    interface = QAccessible.queryAccessibleInterface(area)
    assert interface is not None
    assert interface.text(QAccessible.Text.Name) == "Form"
    assert interface.childCount() > 0
    assert interface.child(interface.childCount() + 40) is None
