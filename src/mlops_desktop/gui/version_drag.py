"""A model version on its way from where it is shown to the host that it is dropped on."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QDrag, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.theme.theme import Theme

MIME = "application/x-mlops-model-version"


def mime_of(reference: str) -> QMimeData:
    """`flight-late@v3` as what is carried; as text, too, for other programs."""
    carried = QMimeData()
    carried.setData(MIME, reference.encode())
    carried.setText(reference)
    return carried


def reference_in(carried: QMimeData) -> str:
    """The version that is carried; empty where something else is."""
    return bytes(carried.data(MIME).data()).decode("utf-8", errors="replace") if carried.hasFormat(MIME) else ""


def begin_drag(theme: Theme, source: QWidget, reference: str) -> None:
    """Goes on until the version is dropped or let go."""
    drag = QDrag(source)
    drag.setMimeData(mime_of(reference))
    picture = _picture(theme, source, reference.replace("@v", " v"))
    drag.setPixmap(picture)
    drag.setHotSpot(QPoint(-12, -8))
    drag.exec(Qt.DropAction.CopyAction)


def _picture(theme: Theme, source: QWidget, words: str) -> QPixmap:
    font, ratio = theme.font("label"), source.devicePixelRatioF()
    width, height = QFontMetrics(font).horizontalAdvance(words) + theme.px(44), theme.px(30)
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.colour("accent"))
    painter.setBrush(theme.colour("accent-soft"))
    painter.drawRoundedRect(0, 0, width - 1, height - 1, 6, 6)
    size = theme.px(16)
    theme.paint_icon(painter, QRect(theme.px(9), (height - size) // 2, size, size), "box", "accent-text")
    painter.setFont(font)
    painter.setPen(theme.colour("text"))
    painter.drawText(QRect(theme.px(32), 0, width, height), int(Qt.AlignmentFlag.AlignVCenter), words)
    painter.end()
    return made
