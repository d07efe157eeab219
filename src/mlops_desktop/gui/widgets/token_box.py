"""A token that is shown once, with a button that copies it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text


class TokenBox(QFrame):
    """Says what the token is for, and that it is not shown again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "info")
        self.setAccessibleName("Token, shown this once")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 10, 9)
        row.setSpacing(10)
        row.addWidget(Icon(theme, "key-round", "accent-text", 16), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(4)
        self._words = Text(theme, "", "table", wrap=True)
        self._token = ElidedText(theme, "", "mono", mode=Qt.TextElideMode.ElideMiddle)
        column.addWidget(self._words)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._token, 1)
        self.copy = CopyButton(theme, "", "Copy token")
        line.addWidget(self.copy)
        column.addLayout(line)
        row.addLayout(column, 1)

    @property
    def token(self) -> str:
        return self.copy.text_to_copy

    def show_token(self, endpoint: str, token: str) -> None:
        self._words.setText(
            f"Token of {endpoint}, shown this once. This computer keeps it for its own requests; "
            "other programs need it to ask the endpoint."
        )
        self._token.setText(token)
        self._token.setToolTip("")
        self._token.setAccessibleName("Token")
        self.copy.text_to_copy = token
        self.copy.setToolTip("")
