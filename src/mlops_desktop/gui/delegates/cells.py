"""Paints the finished cells of the small tables: text, sign, chip."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.cells import Cell, CellItemModel
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.chips import HEIGHT, Chip, chip_width, paint_chip
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.marks import paint_sign
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
FIRST_PAD, PAD = 14, 8


class CellDelegate(QStyledItemDelegate):
    """The first column stands under the card's title."""

    def __init__(self, theme: Theme, table: DataTable, model: CellItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._model = theme, table, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area: QRect = option.rect
        last_row = index.row() == len(self._model.rows) - 1
        painter.save()
        self._table.paint_ground(painter, area, index, selected=False, has_line=not last_row)
        px = self._theme.px
        left = px(FIRST_PAD if index.column() == 0 else PAD)
        right = px(FIRST_PAD if self._is_last(index.column()) else PAD)
        cell = self._model.cell(index.row(), index.column())
        if cell.ground:
            painter.fillRect(area.adjusted(0, 0, 0, 0 if last_row else -1), self._theme.colour(cell.ground))
        self._paint_cell(painter, area.adjusted(left, 0, -right, -1), cell, self._model.heads[index.column()].numeric)
        painter.restore()

    def _is_last(self, column: int) -> bool:
        """Whether no column is shown after it."""
        return all(self._table.isColumnHidden(other) for other in range(column + 1, len(self._model.heads)))

    def _paint_cell(self, painter: QPainter, area: QRect, cell: Cell, numeric: bool) -> None:
        theme = self._theme
        if cell.sign is not None:
            painter.setFont(theme.font("table-strong"))
            paint_sign(painter, theme, area, cell.sign)
            return
        if cell.best:
            self._paint_best(painter, area, cell.text)
            return
        painter.setFont(theme.font("number" if numeric else "table-strong" if cell.strong else "table"))
        painter.setPen(theme.colour(cell.token))
        shown = elided(painter.fontMetrics(), cell.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT if numeric else _LEFT, shown)
        left = area.left() + painter.fontMetrics().horizontalAdvance(shown) + 6
        if cell.after:
            painter.setFont(theme.font("table"))
            painter.setPen(theme.colour("muted"))
            room = QRect(left, area.top(), max(0, area.right() - left), area.height())
            after = elided(painter.fontMetrics(), cell.after, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, _LEFT, after)
            left += painter.fontMetrics().horizontalAdvance(after) + 6
        if cell.chip:
            self._paint_chip(painter, left, area, cell.chip)

    def _paint_best(self, painter: QPainter, area: QRect, text: str) -> None:
        """A star and the number on their own ground, at the right as the others."""
        theme = self._theme
        painter.setFont(theme.font("number-strong"))
        star = theme.px(12)
        width = min(painter.fontMetrics().horizontalAdvance(text) + star + 12, area.width() + 12)
        chip = QRectF(area.right() + 6 - width, area.center().y() - theme.px(8.5), width, theme.px(18))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ok-soft"))
        painter.drawRoundedRect(chip, 4, 4)
        theme.paint_icon(
            painter, QRect(round(chip.left()) + 4, area.center().y() - star // 2, star, star), "star", "ok"
        )
        painter.setPen(theme.colour("ok"))
        painter.drawText(area, _RIGHT, text)

    def _paint_chip(self, painter: QPainter, left: int, area: QRect, words: str) -> None:
        chip = Chip(words)
        width, height = chip_width(self._theme, chip), self._theme.px(HEIGHT)
        if left + width <= area.right():
            paint_chip(painter, self._theme, QRect(left, area.center().y() - height // 2, width, height), chip)
