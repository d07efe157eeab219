"""The sheet of keys, made from the one registry of keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.keys import grouped_keys
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.key_cap import KeyCaps
from mlops_desktop.gui.widgets.text import Text

COLUMNS = ((0, 1), (2, 4), (3,))
"""Which groups stand below each other."""
FEWER = ((0, 1, 2, 4, 3),)
"""The same in a window that is narrower than this at its zoom."""
NARROW = 1000


class KeysDialog(QDialog):
    """What each key does, under what it is for."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        column.addWidget(Text(theme, "Keys", "section"))
        ground = QWidget()
        ground.setObjectName("inspectorbody")
        row = QHBoxLayout(ground)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(32)
        groups = grouped_keys()
        for places in FEWER if parent.width() < theme.px(NARROW) else COLUMNS:
            below = QVBoxLayout()
            below.setSpacing(18)
            for place in places:
                below.addLayout(_group(theme, *groups[place]))
            below.addStretch(1)
            row.addLayout(below)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName("Keys by what they are for")
        scroll.setWidget(ground)
        column.addWidget(scroll, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        close = Button(theme, "Close")
        close.clicked.connect(self.accept)
        foot.addWidget(close)
        column.addLayout(foot)
        wanted = ground.sizeHint()
        self.resize(
            min(parent.width() - 40, wanted.width() + theme.px(60)),
            min(parent.height() - 40, wanted.height() + theme.px(120)),
        )


def _group(theme: Theme, title: str, keys: list[tuple[tuple[str, ...], str]]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(7)
    column.addWidget(Text(theme, title, "title"))
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(1, 1)
    for place, (sequences, does) in enumerate(keys):
        grid.addWidget(KeyCaps(theme, sequences), place, 0)
        grid.addWidget(Text(theme, does), place, 1)
    column.addLayout(grid)
    return column
