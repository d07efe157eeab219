"""Icons: stroke drawings (Lucide, ISC) tinted when they are painted."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from mlops_desktop.resources import resource


class Icons:
    """Pictures by name, colour, size and the screen's pixel ratio; each is drawn once."""

    def __init__(self) -> None:
        self._drawings: dict[str, str] = {}
        self._pictures: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        key = (name, colour, size, ratio)
        picture = self._pictures.get(key)
        if picture is None:
            picture = self._pictures[key] = self._draw(name, colour, size, ratio)
        return picture

    def _draw(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        drawing = self._drawings.get(name)
        if drawing is None:
            drawing = self._drawings[name] = resource("icons", f"{name}.svg").read_text("utf-8")
        renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
        picture = QPixmap(round(size * ratio), round(size * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        return picture
