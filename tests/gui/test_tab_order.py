"""The way of the Tab key through parts that were made in any order."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from tests.gui.hands import press

from mlops_desktop.gui.tab_order import go, stops_of


class Window(QWidget):
    def focusNextPrevChild(self, next: bool) -> bool:
        return go(self, forward=next)


def named(kind: type[QWidget], name: str) -> QWidget:
    widget = kind()
    widget.setAccessibleName(name)
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return widget


def order(window: QWidget) -> str:
    return " ".join(stop.accessibleName() for stop in stops_of(window))


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    made = Window()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    column.addWidget(named(QLineEdit, "last"))
    row = QHBoxLayout()
    row.addWidget(named(QPushButton, "second"))
    row.insertWidget(0, named(QPushButton, "first"))
    column.insertLayout(0, row)
    made.show()
    made.activateWindow()
    QApplication.processEvents()
    return made


def test_what_was_made_later_comes_where_it_is_laid(window: Window) -> None:
    assert order(window) == "first second last"


def test_tab_goes_round_and_back(window: Window) -> None:
    first, second, last = stops_of(window)
    first.setFocus()
    for expected in (second, last, first):
        press(window.focusWidget() or window, Qt.Key.Key_Tab)
        assert window.focusWidget() is expected
    press(first, Qt.Key.Key_Backtab)
    assert window.focusWidget() is last


def test_what_cannot_be_used_is_passed(window: Window) -> None:
    first, second, _ = stops_of(window)
    first.setEnabled(False)
    second.hide()
    assert order(window) == "last"


def test_of_one_of_many_only_the_chosen_one(window: Window) -> None:
    first, second, _ = stops_of(window)
    group = QButtonGroup(window)
    for button in (first, second):
        assert isinstance(button, QPushButton)
        button.setCheckable(True)
        group.addButton(button)
    assert order(window) == "first second last"
    second.setChecked(True)  # type: ignore[attr-defined]
    assert order(window) == "second last"


def test_grids_go_row_by_row_stacks_show_one_page_and_splitters_go_by_place(window: Window) -> None:
    column = window.layout()
    assert isinstance(column, QVBoxLayout)
    grid = QGridLayout()
    grid.addWidget(named(QPushButton, "d"), 1, 1)
    grid.addWidget(named(QPushButton, "c"), 1, 0)
    grid.addWidget(named(QPushButton, "a"), 0, 0, 1, 2)
    column.addLayout(grid)
    stack = QStackedWidget()
    for name in ("hidden", "shown"):
        stack.addWidget(named(QCheckBox, name))
    stack.setCurrentIndex(1)
    column.addWidget(stack)
    split = QSplitter()
    split.addWidget(named(QPushButton, "right"))
    split.insertWidget(0, named(QPushButton, "left"))
    column.addWidget(split)
    QApplication.processEvents()
    assert order(window) == "first second last a c d shown left right"


def test_what_gets_the_focus_is_scrolled_into_sight(window: Window, qtbot: QtBot) -> None:
    ground = QWidget()
    inner = QVBoxLayout(ground)
    buttons = [named(QPushButton, str(number)) for number in range(40)]
    for button in buttons:
        inner.addWidget(button)
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(ground)
    column = window.layout()
    assert column is not None
    column.addWidget(area)
    window.resize(300, 260)
    QApplication.processEvents()
    first = next(stops_of(window))
    first.setFocus()
    press(first, Qt.Key.Key_Backtab)
    assert window.focusWidget() is buttons[-1]
    qtbot.waitUntil(lambda: buttons[-1].visibleRegion().boundingRect().height() > 10)
