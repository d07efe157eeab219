"""Mouse and keyboard of a person, with types."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.widgets.data_table import DataTable

NONE = Qt.KeyboardModifier.NoModifier


def click(widget: QWidget, at: QPoint | None = None, keys: Qt.KeyboardModifier = NONE) -> None:
    """A left click, in the middle unless said."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, keys, at or widget.rect().center())


def click_cell(table: DataTable, row: int, column: int, keys: Qt.KeyboardModifier = NONE) -> None:
    model = table.model()
    assert model is not None
    click(table.viewport(), table.visualRect(model.index(row, column)).center(), keys)


def press(widget: QWidget, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(widget, key, keys)


def write(widget: QWidget, text: str) -> None:
    QTest.keyClicks(widget, text)
