"""The rail of a dialog with steps: where one is, what is done, what comes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_HEIGHT, _DISC = 50, 20
_CHECK = (QPointF(5.5, 10.5), QPointF(8.8, 13.8), QPointF(14.5, 7))
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class _Step(QAbstractButton):
    def __init__(self, theme: Theme, number: int, title: str) -> None:
        super().__init__()
        self._theme, self._number = theme, number
        self.title, self.note, self.state = title, "", "coming"
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_state(self, state: str, note: str, *, can_return: bool) -> None:
        """`state` is done, here or coming."""
        self.state, self.note = state, note
        self.setEnabled(can_return)
        words = {"done": "done", "here": "this step", "coming": "to come"}[state]
        self.setAccessibleName(f"Step {self._number}, {self.title}: {words}{', ' + note if note else ''}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.rect().adjusted(0, 1, 0, -1)
        if self.state == "here":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected"))
            painter.drawRoundedRect(area, 6, 6)
        self._paint_disc(painter, QRectF(10, 8, _DISC, _DISC))
        self._paint_words(painter, area.adjusted(40, 6, -8, -6))
        if self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_disc(self, painter: QPainter, disc: QRectF) -> None:
        theme = self._theme
        grounds = {"done": "ok", "here": "accent", "coming": "subtle"}
        painter.setPen(QPen(theme.colour("control"), 1) if self.state == "coming" else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(theme.colour(grounds[self.state]))
        painter.drawEllipse(disc)
        painter.setFont(theme.font("caption-bold"))
        if self.state == "done":
            painter.setPen(QPen(theme.colour("surface"), 1.8))
            painter.drawPolyline(QPolygonF([disc.topLeft() + point for point in _CHECK]))
        else:
            painter.setPen(theme.colour("on-accent" if self.state == "here" else "muted"))
            painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), str(self._number))

    def _paint_words(self, painter: QPainter, words: QRect) -> None:
        theme = self._theme
        first = QRect(words.left(), words.top(), words.width(), words.height() // 2)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.colour("muted" if self.state == "coming" else "text"))
        painter.drawText(first, _LEFT, self._shortened(painter, self.title, first.width()))
        second = first.translated(0, first.height())
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(second, _LEFT, self._shortened(painter, self.note, second.width()))

    @staticmethod
    def _shortened(painter: QPainter, text: str, width: int) -> str:
        return elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, width)


class Stepper(QWidget):
    """`chosen` carries the place of a done step that the person goes back to."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, titles: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName("dialograil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(204)
        self.here = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 14, 11, 14)
        column.setSpacing(6)
        self.steps = [_Step(theme, place + 1, title) for place, title in enumerate(titles)]
        for place, step in enumerate(self.steps):
            step.clicked.connect(lambda _=False, at=place: self.chosen.emit(at))
            column.addWidget(step)
        column.addStretch(1)

    def show_place(self, here: int, notes: Sequence[str], *, can_return: bool) -> None:
        """Steps before `here` are done; they can be opened again until work has begun."""
        self.here = here
        for place, (step, note) in enumerate(zip(self.steps, notes, strict=True)):
            state = "done" if place < here else "here" if place == here else "coming"
            step.show_state(state, note, can_return=can_return and place < here)

    def finish(self) -> None:
        """All is done, the last step too."""
        for step in self.steps:
            step.show_state("done", step.note, can_return=False)
