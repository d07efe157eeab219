"""Asks for a name, and does something under it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.panel import Panel
from mlops_desktop.gui.widgets.text import Text


class NamePanel(Panel):
    """The primary button does `act` with the name once there is one."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget,
        *,
        title: str,
        help: str,
        verb: str,
        name: str,
        act: Callable[[str], object],
    ) -> None:
        super().__init__(theme, title, parent, width=300)
        self._act = act
        self.entry = QLineEdit(name)
        self.entry.setFont(theme.font("body"))
        self.entry.setAccessibleName("Name")
        self.entry.setPlaceholderText("Name")
        self.entry.selectAll()
        self.body.addWidget(self.entry)
        self.body.addWidget(Text(theme, help, "caption", "muted", wrap=True))
        self.button = self.add_button(verb, self._do, kind="primary")
        self.entry.returnPressed.connect(self.button.click)
        self.entry.setFocus()

    def _do(self) -> None:
        if self.entry.text().strip():
            self._act(self.entry.text().strip())
