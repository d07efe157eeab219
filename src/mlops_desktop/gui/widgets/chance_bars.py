"""Probabilities as bars from 0 to 1, the predicted one strong, with a mark at the decision threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_ROW, _BAR, _AXIS, _GAP = 26, 12, 16, 10
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
MOST = 8


@dataclass(frozen=True)
class Chance:
    """`mark` is the threshold on this bar, if there is one."""

    label: str
    share: float
    strong: bool = False
    mark: float | None = None


class ChanceBars(QWidget):
    """Also said in words, as its accessible name."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.chances: tuple[Chance, ...] = ()
        self._more = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_chances(self, chances: Sequence[Chance]) -> None:
        self.chances = tuple(chances[:MOST])
        self._more = len(chances) - len(self.chances)
        words = ", ".join(f"{one.label} {formats.number(one.share, 4)}" for one in chances)
        self.setAccessibleName(f"Probabilities: {words}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self.chances) * _ROW + _AXIS + (_AXIS if self._more else 0)
        return QSize(240, self._theme.px(rows))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("table-bold"))
        metrics = painter.fontMetrics()
        widest = max((metrics.horizontalAdvance(one.label) for one in self.chances), default=0)
        left = min(widest + _GAP + 2, self.width() // 3)
        number = metrics.horizontalAdvance("0.0000") + _GAP
        bar = QRect(left, 0, max(20, self.width() - left - number), 0)
        row = theme.px(_ROW)
        for place, one in enumerate(self.chances):
            area = QRect(0, place * row, self.width(), row)
            self._paint_row(painter, area, bar, one)
        self._paint_axis(painter, bar, len(self.chances) * row)

    def _paint_row(self, painter: QPainter, area: QRect, bar: QRect, one: Chance) -> None:
        theme = self._theme
        painter.setFont(theme.font("table-bold" if one.strong else "table"))
        painter.setPen(theme.colour("text"))
        label = elided(painter.fontMetrics(), one.label, Qt.TextElideMode.ElideRight, bar.left() - _GAP)
        painter.drawText(QRect(0, area.top(), bar.left(), area.height()), _LEFT, label)
        height = theme.px(_BAR)
        ground = QRectF(bar.left(), area.center().y() - height / 2 + 1, bar.width(), height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("neutral-soft"))
        painter.drawRoundedRect(ground, 3, 3)
        share = min(1.0, max(0.0, one.share))
        if share:
            done = QRectF(ground)
            done.setWidth(max(2.0, ground.width() * share))
            painter.setBrush(theme.colour("bar-strong" if one.strong else "bar"))
            painter.drawRoundedRect(done, 3, 3)
        if one.mark is not None:
            at = round(ground.left() + ground.width() * one.mark)
            painter.fillRect(QRectF(at - 1, ground.top() - 4, 2, ground.height() + 8), theme.colour("text"))
        painter.setFont(theme.font("number-strong" if one.strong else "number"))
        painter.setPen(theme.colour("text"))
        painter.drawText(area, _RIGHT, formats.number(one.share, 4))

    def _paint_axis(self, painter: QPainter, bar: QRect, top: int) -> None:
        theme = self._theme
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("muted"))
        area = QRect(bar.left(), top, bar.width(), theme.px(_AXIS))
        painter.drawText(area, _LEFT, "0")
        painter.drawText(area, _RIGHT, "1")
        if self._more:
            rest = QRect(0, top + theme.px(_AXIS), self.width(), theme.px(_AXIS))
            painter.drawText(rest, _LEFT, f"and {formats.plural(self._more, 'class', 'classes')} less probable")
