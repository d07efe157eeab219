"""The one notification at the bottom right, with a way back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

SECONDS = 8


def announce(widget: QWidget, sentence: str) -> None:
    """Has a screen reader say it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, sentence))


class Notice(QFrame):
    """Shown for eight seconds, longer under the pointer; a new one takes the place of the last."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("card", "notice")
        self._undo: Callable[[], None] | None = None
        self._left = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(10)
        self._icon = Icon(theme, "info", "muted", 16)
        self._words = Text(theme, "")
        self.undo = Button(theme, "Undo", small=True)
        self._rest = Text(theme, "", "number", "muted")
        self._rest.setFixedWidth(22)
        self.close_button = IconButton(theme, "x", "Close this notice", size=24, picture=14)
        for part in (self._icon, self._words, self.undo, self._rest, self.close_button):
            row.addWidget(part)
        self.undo.clicked.connect(self.take_back)
        self.close_button.clicked.connect(self.dismiss)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        window.installEventFilter(self)
        self.hide()

    def say(self, sentence: str, icon: str = "info", undo: Callable[[], None] | None = None) -> None:
        self._undo = undo
        self._words.setText(sentence)
        self._icon.set_sign(icon, "muted")
        self.undo.setVisible(undo is not None)
        self._left = SECONDS
        self._rest.setText(f"{self._left} s")
        self.setAccessibleName(sentence)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._clock.start()
        announce(self, sentence)

    def take_back(self) -> None:
        """Undoes what the notice spoke of, if it still stands."""
        undo = self._undo
        self.dismiss()
        if undo:
            undo()

    def dismiss(self) -> None:
        self._clock.stop()
        self._undo = None
        self.hide()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._clock.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if self.isVisible():
            self._clock.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _on_second(self) -> None:
        self._left -= 1
        self._rest.setText(f"{self._left} s")
        if self._left <= 0:
            self.dismiss()

    def _place(self) -> None:
        window = self.parentWidget()
        if window is not None:
            self.move(window.width() - self.width() - 20, window.height() - self.height() - 42)
