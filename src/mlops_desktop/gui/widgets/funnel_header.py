"""A table's head whose columns sort by several keys and carry a funnel; all of it by keyboard too."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.table_header import TableHeader

_FUNNEL = 22


class FunnelHeader(TableHeader):
    """`sort_asked` carries the section and whether it is to be added to the order; `funnel_asked` the section.

    Left and Right go through the sections, Enter sorts, Shift+Enter adds, Alt+Down opens the funnel.
    """

    sort_asked = Signal(int, bool)
    funnel_asked = Signal(int)
    rings_sorted = False

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, has_box=True)
        self._at, self._over, self._adds = 1, -1, False
        self._orders: Mapping[int, tuple[int, bool]] = {}
        self._funnels: frozenset[int] = frozenset()
        self._filtered: frozenset[int] = frozenset()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sectionClicked.connect(lambda section: self.sort_asked.emit(section, self._adds))

    def show_orders(self, orders: Mapping[int, tuple[int, bool]]) -> None:
        """By section: which key it is, counted from 1, and whether the largest comes first."""
        self._orders = orders
        first = next((section for section, (rank, _) in orders.items() if rank == 1), -1)
        self.show_order(first, orders[first][1] if first >= 0 else False)

    def show_funnels(self, possible: frozenset[int], filtered: frozenset[int]) -> None:
        self._funnels, self._filtered = possible, filtered
        self.viewport().update()

    def section_rect(self, section: int) -> QRect:
        left = self.sectionViewportPosition(section)
        return QRect(left, 0, self.sectionSize(section), self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._adds = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        at = event.position().toPoint()
        section = self.logicalIndexAt(at)
        if section in self._funnels and self._funnel_area(section).contains(at):
            self.funnel_asked.emit(section)
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.logicalIndexAt(event.position().toPoint()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._at = max(0, min(self.count() - 1, self._at + (1 if key == Qt.Key.Key_Right else -1)))
            self.viewport().update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self._at == 0:
                self.box_clicked.emit()
            else:
                self.sort_asked.emit(self._at, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Down and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            if self._at in self._funnels:
                self.funnel_asked.emit(self._at)
        else:
            super().keyPressEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        super().paintSection(painter, rect, logicalIndex)
        painter.save()
        rank, _ = self._orders.get(logicalIndex, (0, False))
        if rank > 1:
            self._paint_rank(painter, rect, logicalIndex, rank)
        here = self._at if self.hasFocus() else -1
        if logicalIndex in self._funnels and (logicalIndex in self._filtered or logicalIndex in (self._over, here)):
            self._paint_funnel(painter, logicalIndex)
        if self.hasFocus() and logicalIndex == min(self._at, self.count() - 1):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -2), 4, 4)
        painter.restore()

    def _paint_rank(self, painter: QPainter, rect: QRect, section: int, rank: int) -> None:
        """The arrow of a further key with its number, at the side where the title leaves room."""
        theme = self._theme
        width = theme.px(24)
        right = rect.right() - width - (theme.px(20) if section in self._filtered else 2)
        left = rect.left() + 4 if section in self._numeric else right
        area = QRect(left, rect.top() + 1, width, rect.height() - 3)
        painter.fillRect(area, theme.colour("subtle"))
        painter.setFont(theme.font("caption-bold"))
        painter.setPen(theme.colour("text"))
        painter.drawText(area.adjusted(14, 0, 0, 0), int(Qt.AlignmentFlag.AlignVCenter), str(rank))
        icon = "arrow-down" if self._orders[section][1] else "arrow-up"
        theme.paint_icon(painter, QRect(area.left() + 1, area.center().y() - 5, 12, 12), icon, "text")

    def _paint_funnel(self, painter: QPainter, section: int) -> None:
        area = self._funnel_area(section)
        theme, on = self._theme, section in self._filtered
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent-soft" if on else "subtle"))
        painter.drawRoundedRect(QRectF(area).adjusted(1, 3, -1, -4), 4, 4)
        picture = QRect(0, 0, theme.px(13), theme.px(13))
        picture.moveCenter(area.center())
        theme.paint_icon(painter, picture, "list-filter", "accent-text" if on else "muted")

    def _funnel_area(self, section: int) -> QRect:
        """At the left of numbers and at the right of words, where the title is not."""
        area = self.section_rect(section)
        width = self._theme.px(_FUNNEL)
        if section in self._numeric:
            return QRect(area.left() + 1, area.top(), width, area.height())
        return QRect(area.right() - width, area.top(), width, area.height())

    def _hover(self, section: int) -> None:
        if section != self._over:
            self._over = section
            self.viewport().update()
