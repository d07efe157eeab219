"""Tabs with counts, painted flat with a line under the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QTabBar

from mlops_desktop.gui import formats
from mlops_desktop.gui.theme.theme import Theme

_HEIGHT, _PAD, _GAP = 33, 10, 6


class Tabs(QTabBar):
    """A tab bar whose tabs may carry a count."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._counts: dict[int, str] = {}
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setFont(theme.font("label"))
        self.setUsesScrollButtons(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_count(self, place: int, number: int) -> None:
        text = formats.count(number)
        if self._counts.get(place) != text:
            self._counts[place] = text
            self.setAccessibleTabName(place, f"{self.tabText(place)}, {text}")
            # Qt measures tabs again only when something about them changed.
            self.setTabText(place, self.tabText(place))
            self.updateGeometry()
            self.update()

    def count_of(self, place: int) -> int | None:
        """The number that the tab carries."""
        text = self._counts.get(place)
        return None if text is None else int(text.replace(",", ""))

    def forget_counts(self) -> None:
        self._counts.clear()

    def tabSizeHint(self, index: int) -> QSize:
        width = 2 * _PAD + self.fontMetrics().horizontalAdvance(self.tabText(index))
        count = self._counts.get(index)
        return QSize(width + (_GAP + self._count_width(count) if count else 0), self._theme.px(_HEIGHT))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for index in range(self.count()):
            self._paint_tab(painter, index, self.tabRect(index))

    def _paint_tab(self, painter: QPainter, index: int, area: QRect) -> None:
        chosen = index == self.currentIndex()
        painter.setFont(self.font())
        painter.setPen(self._theme.colour("text" if chosen else "muted"))
        words = area.adjusted(_PAD, 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), self.tabText(index))
        if chosen:
            painter.fillRect(area.left(), area.bottom() - 1, area.width(), 2, self._theme.colour("accent"))
        if count := self._counts.get(index):
            self._paint_count(painter, count, area)
        if chosen and self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(self._theme.colour("focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1.5, 3.5, -1.5, -4.5), 4, 4)

    def _paint_count(self, painter: QPainter, count: str, area: QRect) -> None:
        width = self._count_width(count)
        height = self._theme.px(16)
        chip = QRectF(area.right() - _PAD - width + 1, area.center().y() + 0.5 - height / 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("neutral-soft"))
        painter.drawRoundedRect(chip, height / 2, height / 2)
        painter.setFont(self._theme.font("caption-bold"))
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), count)

    def _count_width(self, count: str) -> int:
        return QFontMetrics(self._theme.font("caption-bold")).horizontalAdvance(count) + 12
