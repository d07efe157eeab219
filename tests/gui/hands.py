"""Mouse and keyboard of a person, with types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mlops_desktop.gui.widgets.data_table import DataTable

T = TypeVar("T")
NONE = Qt.KeyboardModifier.NoModifier


def click(widget: QWidget, at: QPoint | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
    """A left click, in the middle unless said."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, keys, at or widget.rect().center())


def click_cell(table: DataTable, row: int, column: int, keys: Qt.KeyboardModifier = NONE) -> None:
    model = table.model()
    assert model is not None
    click(table.viewport(), table.visualRect(model.index(row, column)).center(), keys)


def point_at(widget: QWidget) -> None:
    """The pointer rests over the middle."""
    QTest.mouseMove(widget, widget.rect().center())
    QApplication.processEvents()


def press(widget: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(widget, key, keys)


def write(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)


def kept(opened: list[T]) -> Callable[[T], None]:
    """In place of a dialog's `open`: the dialog is kept and not shown."""

    def keep(dialog: T) -> None:
        opened.append(dialog)

    return keep
