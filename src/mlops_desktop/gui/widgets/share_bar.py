"""Who gets which share, as one bar with a word in each part."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_HEIGHT, _LEAST = 26, 46
_GAP = 2


class ShareBar(QWidget):
    """Two parts: the one that answers, and the one on trial."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._words = ("", "")
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, first: str, second: str, share: float) -> None:
        """`share` is that of the second, 0 to 1."""
        percent = round(100 * share)
        self._words, self._share = (f"{first} · {100 - percent} %", f"{second} · {percent} %"), share
        self.setAccessibleName(f"Share of connections: {self._words[0]}, {self._words[1]}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self._theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(2 * _LEAST), self._theme.px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        painter.setFont(theme.font("caption"))
        metrics = painter.fontMetrics()
        area = QRectF(self.rect())
        needed = max(theme.px(_LEAST), metrics.horizontalAdvance(self._words[1]) + theme.px(16))
        second = min(max(area.width() * self._share, needed), area.width() / 2)
        left = area.adjusted(0, 0, -second - _GAP, 0)
        right = QRectF(area.right() - second, area.top(), second, area.height())
        parts = (
            (left, "accent", "on-accent", self._words[0]),
            (right, "note-soft", "note", self._words[1]),
        )
        clip = QPainterPath()
        clip.addRoundedRect(area, theme.px(5), theme.px(5))
        painter.setClipPath(clip)
        for part, ground, text, words in parts:
            painter.fillRect(part, theme.colour(ground))
            painter.setPen(theme.colour(text))
            room = part.adjusted(theme.px(8), 0, -theme.px(8), 0)
            shown = elided(metrics, words, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
