"""Small painted signs: icons, status with word, progress bars, sparklines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme


class Icon(QWidget):
    """A picture beside words that say the same."""

    def __init__(self, theme: Theme, name: str, token: str = "muted", size: int = 16) -> None:
        super().__init__()
        self._theme, self._name, self._token = theme, name, token
        self.setFixedSize(size, size)

    def set_sign(self, name: str, token: str) -> None:
        self._name, self._token = name, token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._theme.paint_icon(QPainter(self), self.rect(), self._name, self._token)


class StatusWord(QWidget):
    """Icon and word in the status colour."""

    def __init__(self, theme: Theme, sign: Sign | None = None, role: str = "table-strong") -> None:
        super().__init__()
        self._theme, self._sign, self._role = theme, sign, role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(role))
        if sign:
            self.set_sign(sign)

    def set_sign(self, sign: Sign) -> None:
        self._sign = sign
        self.setAccessibleName(sign.word)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        word = self._sign.word if self._sign else ""
        picture = 19 if self._sign and self._sign.icon else 0
        return QSize(self.fontMetrics().horizontalAdvance(word) + self._theme.px(picture + 2), self._theme.px(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._sign:
            painter = QPainter(self)
            painter.setFont(self._theme.font(self._role))
            paint_sign(painter, self._theme, self.rect(), self._sign)


def paint_sign(painter: QPainter, theme: Theme, area: QRect, sign: Sign) -> None:
    """Icon, if the sign has one, and word, the painter's font, at the left of `area`."""
    words = area
    if sign.icon:
        size = theme.px(14)
        picture = QRect(area.left(), area.top() + (area.height() - size) // 2, size, size)
        theme.paint_icon(painter, picture, sign.icon, sign.token)
        words = area.adjusted(size + theme.px(5), 0, 0, 0)
    painter.setPen(theme.colour(sign.token))
    painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), sign.word)


class Progress(QWidget):
    """A thin bar; without a share it shows only its ground."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._share: float | None = None
        self.setFixedHeight(6)
        self.setAccessibleName(name)

    def set_share(self, share: float | None) -> None:
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_progress(painter, self._theme, QRectF(self.rect()), self._share)


def paint_progress(painter: QPainter, theme: Theme, area: QRectF, share: float | None) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    radius = area.height() / 2
    painter.setBrush(theme.colour("neutral-soft"))
    painter.drawRoundedRect(area, radius, radius)
    if share:
        done = QRectF(area)
        done.setWidth(max(area.height(), area.width() * min(1.0, share)))
        painter.setBrush(theme.colour("bar-strong"))
        painter.drawRoundedRect(done, radius, radius)


class Spark(QWidget):
    """A line without axes; the sentence says in words what it shows."""

    def __init__(self, theme: Theme, size: QSize) -> None:
        super().__init__()
        self._theme = theme
        self.values: Sequence[float] = ()
        self.setFixedSize(size)

    def show_values(self, values: Sequence[float], sentence: str) -> None:
        self.values = values
        self.setAccessibleName(sentence)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_spark(painter, QRectF(self.rect()), self.values, self._theme.colour("accent-text"), filled=True)


def paint_spark(
    painter: QPainter,
    area: QRectF,
    values: Sequence[float],
    colour: QColor,
    *,
    filled: bool = False,
    dots: bool = False,
) -> None:
    if len(values) < 2:
        return
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = (area.width() - 6) / (len(values) - 1)
    points = [
        QPointF(area.left() + 3 + place * step, area.bottom() - 3 - (value - low) / span * (area.height() - 6))
        for place, value in enumerate(values)
    ]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if filled:
        ground = QColor(colour)
        ground.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        ends = [QPointF(points[-1].x(), area.bottom()), QPointF(points[0].x(), area.bottom())]
        painter.drawPolygon(QPolygonF([*points, *ends]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPolyline(QPolygonF(points))
    if dots:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for point in points:
            painter.drawEllipse(point, 1.8, 1.8)
