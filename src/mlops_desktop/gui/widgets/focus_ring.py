"""The ring around the focused control, two pixels away from it, and only after the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from mlops_desktop.gui.theme.theme import Theme

_AWAY = 4


class FocusRing(QWidget):
    """Lies over the window and lets everything through. Lists, tables, tabs and fields draw their own."""

    def __init__(self, theme: Theme, window: QWidget, app: QApplication) -> None:
        super().__init__(window)
        self._theme = theme
        self._target: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        app.focusChanged.connect(self._on_focus_changed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Hide, QEvent.Type.Show)
        if event.type() in kinds:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("focus"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _on_focus_changed(self, before: QWidget | None, now: QWidget | None) -> None:
        if self._target is not None:
            self._target.removeEventFilter(self)
        self._target = now if isinstance(now, QAbstractButton) and now.window() is self.window() else None
        if self._target is not None:
            self._target.installEventFilter(self)
        self._place()

    def _place(self) -> None:
        target, window = self._target, self.window()
        keyboard = window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if target is None or not keyboard or not target.isVisible():
            self.hide()
            return
        corner = target.mapTo(window, QPoint(0, 0))
        area = QRect(corner, target.size()).adjusted(-_AWAY, -_AWAY, _AWAY, _AWAY)
        self.setGeometry(area.intersected(window.rect()))
        self.show()
        self.raise_()
