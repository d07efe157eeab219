"""The sheet of keys, made from the one registry of keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.keys import HINTS, KEYS
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import Text


class KeysDialog(QDialog):
    """What each key does."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        column.addWidget(Text(theme, "Keys", "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(6)
        native = QKeySequence.SequenceFormat.NativeText
        rows = [(QKeySequence(key.sequence).toString(native), key.does) for key in KEYS]
        for place, (keys, does) in enumerate([*rows, *HINTS]):
            row, side = place % 9, place // 9 * 2
            grid.addWidget(Text(theme, keys, "table-strong", "muted"), row, side)
            grid.addWidget(Text(theme, does, "body"), row, side + 1)
        column.addLayout(grid)
        foot = QHBoxLayout()
        foot.addStretch(1)
        close = Button(theme, "Close")
        close.clicked.connect(self.accept)
        foot.addWidget(close)
        column.addLayout(foot)
