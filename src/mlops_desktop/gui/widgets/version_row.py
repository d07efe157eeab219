"""A version in a list of versions: its number, what it brought, when and by whom."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided, plain_tip

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class VersionRow(QAbstractButton):
    """A click chooses it; the chosen one stands on the ground of what is selected."""

    def __init__(self, theme: Theme, number: str, title: str, note: str, *, chosen: bool) -> None:
        super().__init__()
        self._theme, self._number, self._title, self._note = theme, number, title, note
        self.setCheckable(True)
        self.setChecked(chosen)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{number}, {title}, {note}{', shown' if chosen else ''}")
        self.setToolTip(plain_tip(title))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, self._theme.px(42))

    def nextCheckState(self) -> None:
        """What is chosen is told from outside."""

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if self.isChecked() else "hover"))
            painter.drawRoundedRect(self.rect(), 6, 6)
        line, top = theme.px(17), theme.px(4)
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.font("table-bold"))
        painter.drawText(QRect(theme.px(8), top, theme.px(30), line), _LEFT, self._number)
        words = QRect(theme.px(38), top, self.width() - theme.px(46), line)
        painter.setFont(theme.font("table-strong"))
        painter.drawText(words, _LEFT, self._elided(painter, self._title, words.width()))
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(words.translated(0, line), _LEFT, self._elided(painter, self._note, words.width()))

    @staticmethod
    def _elided(painter: QPainter, text: str, width: int) -> str:
        return elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, width)
