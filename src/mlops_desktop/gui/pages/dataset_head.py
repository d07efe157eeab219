"""The head of one dataset: its name, which version is shown, what can be done with it, its size and hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.pages.page import Command
from mlops_desktop.gui.readings.datasets import DatasetFacts, change_words, imported_words
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.text import ElidedText, Text, plain_caption


class DatasetHead(QWidget):
    """`version_chosen` carries a number; what the menu does is given as commands."""

    version_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._facts = DatasetFacts("")
        self._commands: Sequence[Command] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 11, 12, 4)
        column.setSpacing(3)
        column.addLayout(self._make_first())
        column.addLayout(self._make_second())

    def show_facts(self, facts: DatasetFacts, now: datetime) -> None:
        self._facts, version = facts, facts.chosen
        self._name.setText(facts.name)
        for part in (self.versions, self._size, self._hash, self.copy, self._imported):
            part.setVisible(version is not None)
        self._latest.setVisible(version is not None and version.number == facts.latest)
        if version is None:
            return
        self.versions.set_caption(f"v{version.number}")
        self.versions.setAccessibleName(f"Version {version.number} of {facts.latest}, choose another")
        rows, columns = formats.plural(version.rows, "row"), formats.plural(len(version.columns), "column")
        self._size.setText(f"{rows} · {columns} · {formats.size(version.size)} ·")
        self._hash.setText(f"sha256 {formats.short_hash(version.content_hash)}")
        self._hash.setAccessibleName(f"sha256 {version.content_hash}")
        self._imported.setText(f"· {imported_words(version, now)}")

    def show_more(self, commands: Sequence[Command]) -> None:
        """What is behind the three dots; a command without a name is a line between."""
        self._commands = commands

    def set_small(self, small: bool) -> None:
        self._imported.setHidden(small or self._facts.chosen is None)

    def _make_first(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(7)
        self._name = ElidedText(theme, "", "section")
        self.versions = Button(theme, "", icon="chevron-down", small=True)
        self.versions.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_versions)
        self.versions.setMenu(self._menu)
        self._latest = Text(theme, "latest", "table-strong")
        self._latest.setProperty("chip", "accent")
        self.new_run = Button(theme, "New run with this", icon="play", small=True)
        self.score = Button(theme, "Score…", icon="table-2", small=True)
        self.more = IconButton(theme, "ellipsis", "More actions", size=26)
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self._more = QMenu(self)
        self._more.aboutToShow.connect(self._fill_more)
        self.more.setMenu(self._more)
        row.addWidget(self._name)
        row.addWidget(self.versions)
        row.addWidget(self._latest)
        row.addStretch(1)
        for button in (self.score, self.new_run, self.more):
            row.addWidget(button)
        return row

    def _make_second(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(5)
        self._size = Text(theme, "", "number", "muted")
        self._hash = Text(theme, "", "mono", "muted")
        self.copy = IconButton(theme, "copy", "Copy the hash of the version", size=24, picture=13)
        self._imported = ElidedText(theme, "", "number", "muted")
        for part in (self._size, self._hash, self.copy):
            row.addWidget(part)
        row.addWidget(self._imported, 1)
        row.addStretch(0)
        return row

    def _fill_versions(self) -> None:
        self._menu.clear()
        chosen = self._facts.chosen.number if self._facts.chosen else 0
        for note in self._facts.versions:
            action = self._menu.addAction(plain_caption(f"v{note.number}   {change_words(note)}"))
            action.setCheckable(True)
            action.setChecked(note.number == chosen)
            action.triggered.connect(lambda _=False, number=note.number: self.version_chosen.emit(number))

    def _fill_more(self) -> None:
        self._more.clear()
        for command in self._commands:
            if not command.name:
                self._more.addSeparator()
                continue
            action = self._more.addAction(self._theme.icon(command.icon, "muted", 16), plain_caption(command.title))
            action.triggered.connect(lambda _=False, act=command.act: act())
