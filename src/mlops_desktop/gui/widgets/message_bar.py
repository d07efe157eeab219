"""The message bar above a page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.text import Text, bounded, plain_tip

_LONGEST = 360
"""Letters: three lines of a narrow window; the tooltip has the rest."""


class MessageBar(QFrame):
    """What happened and what to do, above the content while its cause lasts, with at most one action.

    `stood` says if it is shown.
    """

    stood = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "error")
        self._act: Callable[[], None] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 8, 5)
        row.setSpacing(10)
        self._icon = Icon(theme, "circle-x", "error", 16)
        self._words = Text(theme, "", wrap=True)
        self.action = Button(theme, "", kind="link", small=True)
        self.close_button = IconButton(theme, "x", "Close this message", size=24, picture=14)
        row.addWidget(self._icon)
        row.addWidget(self._words, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)
        self.action.clicked.connect(self._on_action)
        self.close_button.clicked.connect(self.hide)
        self.hide()

    def say(
        self, sentence: str, *, severity: str = "error", action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        icons = {"error": "circle-x", "warn": "triangle-alert", "info": "info"}
        self._icon.set_sign(icons[severity], "accent-text" if severity == "info" else severity)
        self.setProperty("card", severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self._words.setText(bounded(sentence, _LONGEST))
        self._words.setToolTip(plain_tip(sentence) if len(sentence) > _LONGEST else "")
        self._act = act
        self.action.set_caption(action)
        self.action.setVisible(bool(action))
        self.setAccessibleName(sentence)
        self.show()
        announce(self, sentence)

    def setVisible(self, visible: bool) -> None:
        super().setVisible(visible)
        self.stood.emit(visible)

    @property
    def sentence(self) -> str:
        return self._words.text()

    def _on_action(self) -> None:
        self.hide()
        if self._act:
            self._act()
