"""A round choice with its words, as forms and findings have it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QRadioButton, QSizePolicy

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.assistive import HeardButton
from mlops_desktop.gui.widgets.text import elided, plain_caption

_CIRCLE, _GAP = 15, 8


class Radio(HeardButton, QRadioButton):
    """Words beside the circle, a muted note after them where there is room."""

    def __init__(self, theme: Theme, words: str, note: str = "", *, role: str = "table") -> None:
        super().__init__(plain_caption(words))
        self._theme, self._words, self._note = theme, words, note
        self.setFont(theme.font(role))
        self.setAccessibleName(f"{words}, {note}" if note else words)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hear()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self._words)
        return QSize(self._theme.px(_CIRCLE + _GAP) + width + 2, self._theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(24))

    def hitButton(self, pos: object) -> bool:
        return True

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        paint_circle(painter, theme, self.height() / 2, chosen=self.isChecked())
        painter.setFont(self.font())
        painter.setPen(theme.colour("text"))
        area = self.rect().adjusted(theme.px(_CIRCLE + _GAP), 0, 0, 0)
        metrics = painter.fontMetrics()
        shown = elided(metrics, self._words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
        area.setLeft(area.left() + metrics.horizontalAdvance(shown) + theme.px(5))
        if self._note and shown == self._words:
            painter.setPen(theme.colour("muted"))
            note = elided(metrics, f"· {self._note}", Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), note)


def paint_circle(painter: QPainter, theme: Theme, middle: float, *, chosen: bool) -> None:
    """A round box, filled where it is chosen."""
    size = theme.px(_CIRCLE)
    circle = QRectF(0.75, middle - size / 2 + 0.75, size - 1.5, size - 1.5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("accent" if chosen else "control"), 1.5))
    painter.setBrush(theme.colour("surface"))
    painter.drawEllipse(circle)
    if chosen:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.drawEllipse(circle.adjusted(3.2, 3.2, -3.2, -3.2))
    painter.restore()
