"""Cards, rows in cards, and lists of facts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_tip


class Card(QFrame):
    """A titled surface. `body` takes what is in it, `head` may take more at its right."""

    def __init__(self, theme: Theme, title: str = "", sub: str = "") -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.setAccessibleName(title)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(13, 10, 13, 8)
        self.head.setSpacing(8)
        self.title = Text(theme, title, "title")
        self.sub = ElidedText(theme, sub, "table", "muted")
        if title:
            self.head.addWidget(self.title)
            self.head.addWidget(self.sub)
            self.head.addStretch(1)
            outer.addLayout(self.head)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        outer.addLayout(self.body, 1)


class FactList(QWidget):
    """Labels at the left, values at the right; rows are kept and filled again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Text, ElidedText]] = []
        self.facts: Sequence[tuple[str, str]] = ()

    def show_facts(self, facts: Sequence[tuple[str, str]], tips: dict[str, str] | None = None) -> None:
        """`tips` maps a label to what its value's tooltip says."""
        if facts == self.facts and not tips:
            return
        self.facts = tuple(facts)
        while len(self._rows) < len(facts):
            self._add_row()
        for place, (name, value) in enumerate(self._rows):
            shown = place < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                label, text = facts[place]
                name.setText(label)
                value.setText(text)
                value.setAccessibleName(f"{label}: {text}")
                if tips and label in tips:
                    value.setToolTip(plain_tip(tips[label]))

    def _add_row(self) -> None:
        name = Text(self._theme, "", "table", "muted")
        value = ElidedText(self._theme, "", "table")
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        place = len(self._rows)
        self._grid.addWidget(name, place, 0)
        self._grid.addWidget(value, place, 1)
        self._rows.append((name, value))
