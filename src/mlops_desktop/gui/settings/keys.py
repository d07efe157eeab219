"""Settings, Keys: every key by what it is for."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.keys import grouped_keys
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.key_cap import KeyCaps
from mlops_desktop.gui.widgets.text import Text


class KeysSection(Section):
    """A card for each group."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        for group, keys in grouped_keys():
            card = self.card(group)
            holder = QWidget()
            grid = QGridLayout(holder)
            grid.setContentsMargins(14, 0, 14, 12)
            grid.setHorizontalSpacing(16)
            grid.setVerticalSpacing(7)
            grid.setColumnStretch(1, 1)
            grid.setColumnStretch(3, 1)
            half = (len(keys) + 1) // 2
            for place, (sequences, does) in enumerate(keys):
                row, side = place % half, place // half * 2
                grid.addWidget(KeyCaps(theme, sequences), row, side)
                grid.addWidget(Text(theme, does), row, side + 1)
            card.body.addWidget(holder)
        self.column.addStretch(1)
