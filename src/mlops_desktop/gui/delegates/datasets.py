"""Paints a dataset in the list: name and version, its size, what was found."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.datasets import DatasetItemModel
from mlops_desktop.gui.readings.datasets import entry_line, entry_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.marks import paint_sign
from mlops_desktop.gui.widgets.text import elided

HEIGHT = 68
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class DatasetDelegate(QStyledItemDelegate):
    """Three lines; the chosen one stands on the ground of what is selected."""

    def __init__(self, theme: Theme, view: QListView, datasets: DatasetItemModel) -> None:
        super().__init__(view)
        self._theme, self._view, self._datasets = theme, view, datasets
        self.hovered = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._theme.px(HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, entry = self._theme, self._datasets.shown[index.row()]
        area: QRect = option.rect.adjusted(theme.px(8), 0, -theme.px(8), -theme.px(2))
        current = index.row() == self._view.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if current or index.row() == self.hovered:
            painter.setBrush(theme.colour("selected" if current else "hover"))
            painter.drawRoundedRect(area, 6, 6)
        if current and self._shows_keyboard():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 5, 5)
        icon = QRect(area.left() + theme.px(10), area.top() + theme.px(9), theme.px(16), theme.px(16))
        theme.paint_icon(painter, icon, "database", "accent-text" if current else "muted")
        words = area.adjusted(theme.px(35), theme.px(7), -theme.px(10), 0)
        line = theme.px(18)
        first = QRect(words.left(), words.top(), words.width(), line)
        version = f"v{entry.latest}" if entry.latest else ""
        self._paint_line(painter, first, version, "number", "muted", right=True)
        room = first.adjusted(0, 0, -QFontMetrics(theme.font("number")).horizontalAdvance(version) - theme.px(6), 0)
        self._paint_line(painter, room, entry.name, "label", "text")
        size = entry_line(entry)
        if QFontMetrics(theme.font("number")).horizontalAdvance(size) > words.width():
            size = size.partition(" · ")[0]  # rows and columns say more than bytes
        self._paint_line(painter, first.translated(0, theme.px(17)), size, "number", "muted")
        painter.setFont(theme.font("table"))
        paint_sign(painter, theme, first.translated(0, theme.px(36)), entry_sign(entry))
        painter.restore()

    def _paint_line(
        self, painter: QPainter, area: QRect, text: str, role: str, token: str, *, right: bool = False
    ) -> None:
        painter.setFont(self._theme.font(role))
        painter.setPen(self._theme.colour(token))
        shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT if right else _LEFT, shown)

    def _shows_keyboard(self) -> bool:
        view = self._view
        return view.hasFocus() and view.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
