"""Alias chips: painted in cells, and as buttons with a menu."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided, plain_tip

HEIGHT = 18
_ICONS = {"champion": "crown", "challenger": "flag"}
_TONES = {"champion": ("on-accent", "accent", "accent"), "challenger": ("note", "note-soft", "note")}
_PLAIN = ("text", "surface", "border")
_PAD, _ICON, _GAP = 6, 11, 4


@dataclass(frozen=True)
class Chip:
    """An alias, and what stands after it: `champion v6`."""

    alias: str
    after: str = ""

    @property
    def words(self) -> str:
        return f"{self.alias} {self.after}".strip()


def chip_width(theme: Theme, chip: Chip) -> int:
    words = QFontMetrics(theme.font("caption-strong")).horizontalAdvance(chip.words)
    return 2 * theme.px(_PAD) + words + (theme.px(_ICON) + theme.px(_GAP) if chip.alias in _ICONS else 0)


def paint_chip(painter: QPainter, theme: Theme, area: QRect, chip: Chip) -> None:
    """The whole of `area` is the chip; its words are shortened where it is too narrow."""
    ink, ground, edge = _TONES.get(chip.alias, _PLAIN)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(edge), 1))
    painter.setBrush(theme.colour(ground))
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    pad, size = theme.px(_PAD), theme.px(_ICON)
    words = area.adjusted(pad, 0, -pad + 1, 0)
    icon = _ICONS.get(chip.alias)
    if icon:
        theme.paint_icon(painter, QRect(words.left(), area.center().y() - size // 2, size, size), icon, ink)
        words.setLeft(words.left() + size + theme.px(_GAP))
    painter.setFont(theme.font("caption-strong"))
    painter.setPen(theme.colour(ink))
    shown = elided(painter.fontMetrics(), chip.words, Qt.TextElideMode.ElideRight, words.width())
    painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)


class ChipButton(QAbstractButton):
    """An alias of a model version; a click asks what to do with it."""

    def __init__(self, theme: Theme, chip: Chip, tip: str = "") -> None:
        super().__init__()
        self._theme, self.chip = theme, chip
        self.setAccessibleName(f"Alias {chip.words}")
        self.setToolTip(plain_tip(tip))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(chip_width(self._theme, self.chip), self._theme.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        height = self._theme.px(HEIGHT + 2)
        area = QRect(0, (self.height() - height) // 2, self.width(), height)
        paint_chip(QPainter(self), self._theme, area, self.chip)


class ChipSign(QWidget):
    """An alias that is only shown."""

    def __init__(self, theme: Theme, chip: Chip) -> None:
        super().__init__()
        self._theme, self._chip = theme, chip
        self.setAccessibleName(f"Alias {chip.words}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(chip_width(self._theme, self._chip), self._theme.px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(QPainter(self), self._theme, self.rect(), self._chip)
