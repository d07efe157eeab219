"""What every section of Settings is, and the rows that its cards are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.gui.theme.theme import Theme
    from mlops_desktop.services.workspace import Workspace

WIDTH = 900


class Section(QWidget):
    """`fills` sections take the whole room and scroll by themselves; the others are cards one below the other."""

    fills = False

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context, self._theme = context, context.theme
        self._workspace: Workspace | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(12)

    @property
    def workspace(self) -> Workspace:
        """Raises RuntimeError before there is one."""
        if self._workspace is None:
            raise RuntimeError("the section was used before a workspace was open")
        return self._workspace

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def refresh(self) -> None:
        """Reads and shows again; comes whenever the section is shown."""

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        """What any process committed, while the section is shown."""

    def panes(self) -> Sequence[QWidget]:
        return ()

    def focus_search(self) -> None:
        """To the field that narrows the section, where there is one."""

    def card(self, title: str, sub: str = "") -> Card:
        made = Card(self._theme, title, sub)
        made.setMaximumWidth(WIDTH)
        self.column.addWidget(made)
        return made


class SettingRow(QFrame):
    """Label and help at the left, the control at the right; what it says may change."""

    def __init__(self, theme: Theme, label: str, help_text: str, *controls: QWidget) -> None:
        super().__init__()
        self.setProperty("row", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 14, 9)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(Text(theme, label, "label"))
        self.help = Text(theme, help_text, "table", "muted", wrap=True)
        self.help.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.addWidget(self.help)
        row.addLayout(words, 1)
        row.addSpacing(8)
        for control in controls:
            row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)
        self.help.setVisible(bool(help_text))

    def say(self, sentence: str, tone: str = "muted") -> None:
        self.help.setText(sentence)
        self.help.set_tone(tone)
        self.help.setVisible(bool(sentence))
