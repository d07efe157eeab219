"""The one notification at the bottom right, with a way back."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text, elided, plain_tip

SECONDS = 8
GAP = 10
MOST_UP = 240
"""In pixels, how far it goes up to leave the buttons of the page free."""


def announce(widget: QWidget, sentence: str) -> None:
    """Has a screen reader say it."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, sentence))


class Notice(QFrame):
    """Shown for eight seconds, longer under the pointer; a new one takes the place of the last.

    `acted` says that its button was pressed, `dismissed` that it went.
    """

    acted = Signal()
    dismissed = Signal()

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self.setProperty("card", "notice")
        self._theme = theme
        self._left = 0
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(10)
        self._icon = Icon(theme, "info", "muted", 16)
        self._words = Text(theme, "")
        self.button = Button(theme, "Undo", small=True)
        self._rest = Text(theme, "", "number", "muted")
        self._rest.setMinimumWidth(22)
        self.close_button = IconButton(theme, "x", "Close this notice", size=24, picture=14)
        for part in (self._icon, self._words, self.button, self._rest, self.close_button):
            row.addWidget(part)
        self.button.clicked.connect(self.acted)
        self.close_button.clicked.connect(self.dismiss)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        window.installEventFilter(self)
        self.hide()

    @property
    def sentence(self) -> str:
        return self.accessibleName() if not self.isHidden() else ""

    def show_line(self, sentence: str, icon: str, token: str, action: str) -> None:
        self.setAccessibleName(sentence)
        self._icon.set_sign(icon, token)
        self.button.set_caption(action or "Undo")
        self.button.setAccessibleName(f"{action}: {sentence}")
        self.button.setVisible(bool(action))
        self._left = SECONDS
        self._rest.setText(f"{self._left} s")
        self._place()
        self.show()
        self.raise_()
        self._clock.start()
        announce(self, sentence)

    def dismiss(self) -> None:
        self._clock.stop()
        if not self.isHidden():
            self.hide()
            self.dismissed.emit()

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
        else:
            self._place()  # the page below may have got its buttons since

    def _place(self) -> None:
        """At the bottom right, over the status bar; a long sentence is cut to the window."""
        window = self.parentWidget()
        if window is None:
            return
        theme, sentence = self._theme, self.accessibleName()
        room = min(theme.px(560), window.width() - theme.px(240))
        shown = elided(self._words.fontMetrics(), sentence, Qt.TextElideMode.ElideRight, room)
        self._words.setText(shown)
        self._words.setToolTip("" if shown == sentence else plain_tip(sentence))
        self.adjustSize()
        area = QRect(QPoint(0, 0), self.size())
        area.moveBottomRight(QPoint(window.width() - 20, window.height() - theme.px(42)))
        self.move(_free_of_buttons(area, self._buttons_below(window)).topLeft())

    def _buttons_below(self, window: QWidget) -> list[QRect]:
        return [
            QRect(button.mapTo(window, QPoint(0, 0)), button.size())
            for button in window.findChildren(QPushButton)
            if button.isVisible() and not self.isAncestorOf(button)
        ]


def _free_of_buttons(area: QRect, buttons: list[QRect]) -> QRect:
    """The area, or where it would hide a button, the first place above that hides none."""
    moved = QRect(area)
    while hidden := [button for button in buttons if button.intersects(moved)]:
        moved.moveBottom(min(button.top() for button in hidden) - GAP)
        if moved.top() < area.top() - MOST_UP:
            return area
    return moved
