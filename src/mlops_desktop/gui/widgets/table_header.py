"""A table's head: 26 px, titles at the side of their numbers, an arrow on the sorted column, a box for all rows."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QHeaderView

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

HEIGHT = 26


class TableHeader(QHeaderView):
    """`state` of the box is off, on or mixed; `box_clicked` says that it was clicked."""

    box_clicked = Signal()
    rings_sorted = True

    def __init__(self, theme: Theme, *, has_box: bool) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme, self._has_box = theme, has_box
        self._box = "off"
        self.first_pad = 8
        self._numeric: frozenset[int] = frozenset()
        self._sorted, self._descending = -1, False
        self.setAccessibleName("Columns")
        self.setFixedHeight(HEIGHT)
        self.setMinimumSectionSize(30)
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setFont(theme.font("table-strong"))
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_order(self, section: int, descending: bool) -> None:
        self._sorted, self._descending = section, descending
        self.viewport().update()

    def show_numeric(self, sections: frozenset[int]) -> None:
        self._numeric = sections
        self.viewport().update()

    def show_box(self, state: str) -> None:
        self._box = state
        self.viewport().update()

    def sizeHint(self) -> QSize:
        return QSize(self.defaultSectionSize(), self._theme.px(HEIGHT))  # Qt would ask every section in sight

    def title_width(self, title: str) -> int:
        """Room that a title needs, with its arrow."""
        return QFontMetrics(self._theme.font("table-strong")).horizontalAdvance(title) + self._theme.px(18)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._has_box and self.logicalIndexAt(event.position().toPoint()) == 0:
            self.box_clicked.emit()
            return
        super().mousePressEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        theme = self._theme
        painter.save()
        painter.fillRect(rect, theme.colour("subtle"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.colour("border"))
        if self._has_box and logicalIndex == 0:
            from mlops_desktop.gui.widgets.data_table import paint_tick_box

            paint_tick_box(painter, theme, rect, self._box)
        elif (model := self.model()) is not None:
            title = str(model.headerData(logicalIndex, Qt.Orientation.Horizontal) or "")
            self._paint_title(painter, rect, logicalIndex, title)
        painter.restore()

    def _paint_title(self, painter: QPainter, rect: QRect, section: int, title: str) -> None:
        theme, chosen = self._theme, section == self._sorted
        painter.setFont(theme.font("table-strong"))
        painter.setPen(theme.colour("text" if chosen else "muted"))
        last = all(self.isSectionHidden(other) for other in range(section + 1, self.count()))
        px = theme.px
        area = rect.adjusted(px(self.first_pad if section == 0 else 8), 0, -px(self.first_pad if last else 8), -1)
        size = theme.px(12)
        arrow = size + 3 if chosen else 0
        shown = elided(painter.fontMetrics(), title, Qt.TextElideMode.ElideRight, area.width() - arrow)
        width = painter.fontMetrics().horizontalAdvance(shown)
        left = area.right() + 1 - width - arrow if section in self._numeric else area.left()
        painter.drawText(QRect(left, area.top(), width + 2, area.height()), int(Qt.AlignmentFlag.AlignVCenter), shown)
        if chosen:
            place = QRect(left + width + 3, area.center().y() - size // 2, size, size)
            theme.paint_icon(painter, place, "arrow-down" if self._descending else "arrow-up", "text")
        if self.rings_sorted and self.hasFocus() and chosen:
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -2), 4, 4)
