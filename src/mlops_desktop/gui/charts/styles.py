"""How series differ: colour, dash and marker by their place in the order; the eighth begins again, thinner."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from mlops_desktop.gui.theme.theme import Theme

SERIES = 7
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 3), (2, 3), (8, 3, 2, 3), (1, 3), (10, 4), (4, 2))
_POLYGONS: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    2: ((0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)),
    3: ((0, -1.2), (1.2, 1), (-1.2, 1)),
    4: ((0, 1.2), (1.2, -1), (-1.2, -1)),
}


def series_colour(theme: Theme, style: int) -> QColor:
    return theme.colour(f"c{style % SERIES + 1}")


def series_pen(theme: Theme, style: int) -> QPen:
    width = (2.0 if style < SERIES else 1.2) * theme.zoom
    pen = QPen(series_colour(theme, style), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dash := _DASHES[style % SERIES]:
        pen.setDashPattern([length * theme.zoom / width for length in dash])
    return pen


def paint_marker(painter: QPainter, theme: Theme, style: int, at: QPointF, size: float = 3.5) -> None:
    """The marker of a series, about twice `size` wide."""
    colour, kind, size = series_colour(theme, style), style % SERIES, size * theme.zoom
    if kind in (5, 6):
        painter.setPen(QPen(colour, 2.0))
        reach = size * (1.0 if kind == 5 else 1.25)
        arms = ((-1, -1, 1, 1), (-1, 1, 1, -1)) if kind == 5 else ((-1, 0, 1, 0), (0, -1, 0, 1))
        for left, top, right, bottom in arms:
            painter.drawLine(at + QPointF(left, top) * reach, at + QPointF(right, bottom) * reach)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if kind == 0:
        painter.drawEllipse(at, size, size)
    else:
        painter.drawPolygon(QPolygonF([at + QPointF(x, y) * size for x, y in _POLYGONS[kind]]))


def paint_key(painter: QPainter, theme: Theme, style: int, area: QRectF, *, line: bool = True) -> None:
    """The sign of a series in a legend: a piece of its line with its marker."""
    middle = area.center()
    if line:
        painter.setPen(series_pen(theme, style))
        painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
    paint_marker(painter, theme, style, middle)
