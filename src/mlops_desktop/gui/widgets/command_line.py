"""A command as code, with a button that copies it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import ElidedText, plain_tip

COPIED_SECONDS = 2.0


class CopyButton(Button):
    """Copies its text and says so for two seconds."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        caption: str = "Copy",
        *,
        what: str = "",
        kind: str = "normal",
        small: bool = True,
    ) -> None:
        super().__init__(theme, caption, icon="copy", small=small, kind=kind)
        self.set_text(text)
        self._caption = caption
        self._name = f"{caption} {what}".strip()
        self.setAccessibleName(self._name)
        self._back = QTimer(self, singleShot=True, interval=round(COPIED_SECONDS * 1000))
        self._back.timeout.connect(self._on_time)
        self.clicked.connect(self._on_clicked)

    def set_text(self, text: str) -> None:
        self.text_to_copy = text
        self.setToolTip(plain_tip(f"Copies: {text}"))

    def _on_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text_to_copy)
        self.set_caption("Copied")
        self._back.start()

    def _on_time(self) -> None:
        self.set_caption(self._caption)
        self.setAccessibleName(self._name)


class CommandLine(QFrame):
    """One command of `mlops`, in mono, ready to copy."""

    def __init__(self, theme: Theme, command: str) -> None:
        super().__init__()
        self.command = command
        self.setProperty("card", "code")
        row = QHBoxLayout(self)
        row.setContentsMargins(11, 4, 5, 4)
        row.setSpacing(10)
        text = ElidedText(theme, command, "mono")
        text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        row.addWidget(text, 1)
        self.copy = CopyButton(theme, command, what=f"the command {command}")
        row.addWidget(self.copy)
