"""Paints the cells of a preview: numbers at the right, empty ones muted, what does not fit on amber."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.gui.item_models.preview import Gap, PreviewItemModel
from mlops_desktop.gui.readings.import_preview import zeros_of
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
PAD = 8


class PreviewDelegate(QStyledItemDelegate):
    """Derived columns stand on the ground of what is chosen."""

    def __init__(self, theme: Theme, table: DataTable, rows: PreviewItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._rows = theme, table, rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, area = self._theme, QRect(option.rect)
        painter.save()
        item = self._rows.row(index.row())
        if isinstance(item, Gap):
            painter.fillRect(area, theme.colour("subtle"))
            painter.fillRect(area.left(), area.bottom(), area.width(), 1, theme.colour("border"))
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            seen = area.intersected(self._table.viewport().rect())  # also when scrolled sideways
            painter.drawText(seen.adjusted(theme.px(14), 0, 0, -1), _LEFT, item.words)
        else:
            self._paint_cell(painter, area, index)
        painter.restore()

    def _paint_cell(self, painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        theme, column = self._theme, self._rows.column(index.column())
        self._table.paint_ground(painter, area, index, selected=False)
        words, is_empty, is_odd = self._rows.cell(index.row(), index.column())
        if column is not None and (column.is_derived or is_odd):
            ground = "warn-soft" if is_odd else "accent-soft"
            painter.fillRect(area.adjusted(0, 0, 0, -1), theme.colour(ground))
        numeric = column is None or column.type.is_numeric
        token = "muted" if column is None or is_empty or column.is_left_out else "warn" if is_odd else "text"
        strong = is_odd or (column is not None and column.type is ColumnType.BOOLEAN and words == "true")
        painter.setFont(theme.font(("number-strong" if strong else "number") if numeric else _role(strong=strong)))
        painter.setPen(theme.colour(token))
        room = area.adjusted(theme.px(PAD), 0, -theme.px(PAD), -1)
        shown = elided(painter.fontMetrics(), words, Qt.TextElideMode.ElideRight, room.width())
        zeros = len(words) - len(words.lstrip("0")) if column is not None and zeros_of(column) and not is_empty else 0
        if zeros and shown == words:
            self._paint_zeros(painter, room, words, zeros)
        else:
            painter.drawText(room, _RIGHT if numeric else _LEFT, shown)
        self._paint_ring(painter, area, index)

    def _paint_zeros(self, painter: QPainter, room: QRect, words: str, zeros: int) -> None:
        """Zeros that a number would lose stand out."""
        theme = self._theme
        painter.setFont(theme.font("number-strong"))
        painter.setPen(theme.colour("warn"))
        painter.drawText(room, _LEFT, words[:zeros])
        room = room.adjusted(painter.fontMetrics().horizontalAdvance(words[:zeros]), 0, 0, 0)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.colour("text"))
        painter.drawText(room, _LEFT, words[zeros:])

    def _paint_ring(self, painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        keyboard = self._table.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if index == self._table.currentIndex() and self._table.hasFocus() and keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -2))


def _role(*, strong: bool) -> str:
    return "table-bold" if strong else "table"
