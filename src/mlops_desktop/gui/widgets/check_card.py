"""A card that is chosen by its box: a name, a few words in two lines whose whole is in the tip, and a note."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QTextLayout
from PySide6.QtWidgets import QCheckBox, QSizePolicy

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.assistive import HeardButton
from mlops_desktop.gui.widgets.data_table import paint_tick_box
from mlops_desktop.gui.widgets.text import elided, plain_tip

_HEIGHT, _LINE = 82, 14


class CheckCard(HeardButton, QCheckBox):
    """The whole card is clickable; Space chooses it."""

    def __init__(self, theme: Theme, name: str, sentence: str, chip: str = "", *, brief: str = "") -> None:
        super().__init__()
        self._brief = brief or sentence
        self._theme, self._name, self._sentence, self._chip = theme, name, sentence, chip
        self._note = ""
        self.setAccessibleName(f"{name}, {chip.lower()}" if chip else name)
        self.setAccessibleDescription(sentence)
        self.setToolTip(plain_tip(sentence))
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hear()

    def show_note(self, note: str, description: str = "") -> None:
        """A few words beside the box, with an icon of time."""
        self._note = note
        self.setAccessibleDescription(f"{self._sentence} {description}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(150), self._theme.px(_HEIGHT))

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        width = 2 if on else 1
        painter.setPen(QPen(theme.colour("accent" if on else "border"), width))
        painter.setBrush(theme.colour("accent-soft" if on else "hover" if self.underMouse() else "surface"))
        edge = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), 6, 6)
        px = theme.px
        inner = self.rect().adjusted(px(9), px(8), -px(8), -px(8))
        painter.setFont(theme.font("table-bold"))
        painter.setPen(theme.colour("text"))
        shown = elided(painter.fontMetrics(), self._name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), shown)
        painter.setPen(theme.colour("muted"))
        area = QRectF(inner.left(), inner.top() + px(20), inner.width(), 2 * px(_LINE))
        paint_lines(painter, theme.font("caption"), area, self._brief, 2)
        self._paint_foot(painter, QRect(inner.left(), inner.bottom() - px(17), inner.width(), px(18)), on)

    def _paint_foot(self, painter: QPainter, area: QRect, on: bool) -> None:
        theme, px = self._theme, self._theme.px
        paint_tick_box(painter, theme, QRect(area.left(), area.top(), px(16), area.height()), "on" if on else "off")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("caption"))
        right = area.right()
        if self._chip:
            wide = painter.fontMetrics().horizontalAdvance(self._chip) + px(10)
            if area.left() + px(28) + painter.fontMetrics().horizontalAdvance(self._note) + wide < right:
                chip = QRectF(right - wide + 1, area.center().y() - px(7.5), wide, px(16))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.colour("ok-soft"))
                painter.drawRoundedRect(chip, 4, 4)
                painter.setPen(theme.colour("ok"))
                painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), self._chip)
                right = round(chip.left()) - 4
        if self._note:
            left = area.left() + px(24)
            if left + px(16) + painter.fontMetrics().horizontalAdvance(self._note) < right:
                theme.paint_icon(painter, QRect(left, area.center().y() - px(6), px(12), px(12)), "clock", "muted")
                left += px(16)
            painter.setPen(theme.colour("muted"))
            room = QRect(left, area.top(), right - left, area.height())
            note = elided(painter.fontMetrics(), self._note, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), note)


def paint_lines(painter: QPainter, font: QFont, area: QRectF, text: str, lines: int) -> None:
    """Wraps the text; the last line that has room ends with an ellipsis."""
    layout = QTextLayout(text, font)
    layout.beginLayout()
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    step = area.height() / lines
    for place in range(lines):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(area.width())
        start, end = line.textStart(), line.textStart() + line.textLength()
        words = text[start:end] if place < lines - 1 else text[start:]
        shown = elided(metrics, words.rstrip(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(QPointF(area.left(), area.top() + place * step + metrics.ascent()), shown)
    layout.endLayout()
