"""Settings, Keys: every key by what it is for."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.keys import grouped_keys
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.key_cap import KeyCaps
from mlops_desktop.gui.widgets.text import Text

NARROW = 1000
"""In a window narrower than this at its zoom the keys of a card stand below each other."""


class KeysSection(Section):
    """A card for each group."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        self._groups: list[tuple[QGridLayout, list[tuple[KeyCaps, Text]]]] = []
        self._columns = 0
        for group, keys in grouped_keys():
            card = self.card(group)
            holder = QWidget()
            grid = QGridLayout(holder)
            grid.setContentsMargins(14, 0, 14, 12)
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(7)
            grid.setColumnStretch(1, 1)
            grid.setColumnStretch(3, 1)
            self._groups.append((grid, [(KeyCaps(theme, sequences), Text(theme, does)) for sequences, does in keys]))
            card.body.addWidget(holder)
        self._arrange(2)
        self.column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(1 if self.window().width() < self._theme.px(NARROW) else 2)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for grid, keys in self._groups:
            grid.setColumnStretch(3, columns - 1)
            a_column = -(-len(keys) // columns)
            for place, (caps, does) in enumerate(keys):
                row, side = place % a_column, place // a_column * 2
                grid.addWidget(caps, row, side)
                grid.addWidget(does, row, side + 1)
