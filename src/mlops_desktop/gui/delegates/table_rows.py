"""Paints the cells of a stored table: text left, numbers right, "empty", bars where a page is read, its failure."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.table_rows import TableRowItemModel, said
from mlops_desktop.gui.readings import dataset_columns as reading
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_PAD = 8
_SAID_EVERY = 10


class TableRowDelegate(QStyledItemDelegate):
    """The chosen column has a ground of its own, the current cell another."""

    def __init__(self, theme: Theme, table: DataTable, rows: TableRowItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._rows = theme, table, rows
        self.chosen = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, rows, row, column = self._theme, self._rows, index.row(), index.column()
        area: QRect = option.rect
        painter.save()
        failure = rows.failure(row)
        current = self._table.currentIndex()
        if failure is not None:
            painter.fillRect(area, theme.colour("subtle"))
        elif row == current.row() and column == current.column():
            painter.fillRect(area, theme.colour("selected"))
        elif column == self.chosen or row == current.row():
            painter.fillRect(area, theme.colour("hover"))
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, theme.colour("border"))
        inner = area.adjusted(theme.px(_PAD), 0, -theme.px(_PAD), -1)
        if failure is not None:
            self._paint_failure(painter, area, row, failure)
        elif not rows.is_loaded(row):
            self._paint_loading(painter, inner, row, column)
        else:
            self._paint_value(painter, inner, row, column)
        self._paint_ring(painter, area, index)
        painter.restore()

    def _paint_value(self, painter: QPainter, area: QRect, row: int, column: int) -> None:
        theme, rows = self._theme, self._rows
        kind = rows.kind(column)
        number = kind.is_numeric
        text = rows.text(row, column)
        is_empty = not text and rows.value(row, column) is None
        painter.setFont(theme.font("number" if number or kind.is_temporal else "table"))
        painter.setPen(theme.colour("muted" if is_empty else "text"))
        shown = elided(
            painter.fontMetrics(),
            reading.EMPTY if is_empty else text.replace("\n", " "),
            Qt.TextElideMode.ElideRight,
            area.width(),
        )
        painter.drawText(area, _RIGHT if number else _LEFT, shown)

    def _paint_loading(self, painter: QPainter, area: QRect, row: int, column: int) -> None:
        """Bars after a moment; before it nothing, so that a quick page does not flicker."""
        if not self._rows.is_slow:
            return
        share = 0.45 + 0.1 * ((row * 7 + column * 3) % 4)
        width = area.width() * share
        left = area.right() - width if self._rows.kind(column).is_numeric else area.left()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.colour("neutral-soft"))
        painter.drawRoundedRect(QRectF(left, area.center().y() - 3.5, width, 8), 4, 4)

    def _paint_failure(self, painter: QPainter, area: QRect, row: int, failure: BaseException) -> None:
        """Every tenth row says why, over all its cells: each cell paints its part of the sentence."""
        if not (self._rows.is_first_failed(row) or row % _SAID_EVERY == 0):
            return
        theme = self._theme
        painter.setClipRect(area)
        size = theme.px(14)
        icon = QRect(theme.px(_PAD), area.top() + (area.height() - size) // 2, size, size)
        theme.paint_icon(painter, icon, "circle-x", "error")
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("error"))
        room = QRect(icon.right() + theme.px(6), area.top(), self._table.viewport().width(), area.height() - 1)
        painter.drawText(room, _LEFT, f"These rows could not be read: {said(failure)}")

    def _paint_ring(self, painter: QPainter, area: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        keyboard = self._table.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if index == self._table.currentIndex() and self._table.hasFocus() and keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            painter.drawRect(area.adjusted(1, 1, -1, -2))
