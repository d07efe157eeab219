"""Paints the rows of the Models page: a sign that opens them, chips, signs of health, figures."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.models import FIGURE, NAME, ModelsItemModel, TreeCell, TreeRow
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.chips import HEIGHT, chip_width, paint_chip
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.marks import paint_sign
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
PAD, SIGN = 8, 12
LEAST_CHIP = 44


class ModelDelegate(QStyledItemDelegate):
    """`edge` is where the first column begins, as the page's head does."""

    def __init__(self, theme: Theme, table: DataTable, model: ModelsItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._model = theme, table, model
        self.edge = 20

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def opener(self, area: QRect) -> QRect:
        """Where a click opens or closes the row."""
        return QRect(area.left(), area.top(), self._theme.px(self.edge + SIGN + 8), area.height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = self._model.row(index.row())
        if row is None:
            return
        area: QRect = option.rect
        painter.save()
        current = index.row() == self._table.currentIndex().row()
        if not row.number:
            painter.fillRect(area, self._theme.colour("subtle"))
        self._table.paint_ground(painter, area, index, selected=current)
        pad = self._theme.px(PAD)
        inner = area.adjusted(pad, 0, -pad, -1)
        cell = row.cells[index.column()]
        if index.column() == NAME:
            self._paint_name(painter, area, row, cell)
        elif cell.chips:
            self._paint_chips(painter, inner, cell)
        elif cell.signs:
            self._paint_signs(painter, inner, cell)
        else:
            self._paint_text(painter, inner, cell, numeric=index.column() == FIGURE)
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRect, row: TreeRow, cell: TreeCell) -> None:
        px = self._theme.px
        left = area.left() + px(self.edge)
        if not row.number:
            size = px(SIGN)
            sign = QRect(left - px(4), area.center().y() - size // 2, size, size)
            opened = self._model.is_open(row)
            self._theme.paint_icon(painter, sign, "chevron-down" if opened else "chevron-right", "muted")
        left += px(SIGN + (0 if not row.number else 8))
        painter.setFont(self._theme.font("table-bold" if not row.number else "table-strong"))
        painter.setPen(self._theme.colour(cell.token))
        words = QRect(left, area.top(), area.right() - left - 4, area.height() - 1)
        shown = elided(painter.fontMetrics(), cell.text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, _LEFT, shown)

    def _paint_text(self, painter: QPainter, area: QRect, cell: TreeCell, *, numeric: bool) -> None:
        painter.setFont(self._theme.font("number" if numeric else "table"))
        painter.setPen(self._theme.colour(cell.token))
        shown = elided(painter.fontMetrics(), cell.text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT if numeric else _LEFT, shown)

    def _paint_chips(self, painter: QPainter, area: QRect, cell: TreeCell) -> None:
        left = area.left()
        for place, chip in enumerate(cell.chips):
            room = area.right() - left
            rest = len(cell.chips) - place
            if room < LEAST_CHIP:
                self._paint_rest(painter, area, left, f"+{rest}")
                return
            width = min(chip_width(self._theme, chip), room)
            height = self._theme.px(HEIGHT)
            paint_chip(painter, self._theme, QRect(left, area.center().y() - height // 2, width, height), chip)
            left += width + 4

    def _paint_signs(self, painter: QPainter, area: QRect, cell: TreeCell) -> None:
        left = area.left()
        painter.setFont(self._theme.font("table"))
        for place, sign in enumerate(cell.signs):
            width = painter.fontMetrics().horizontalAdvance(sign.word) + 19
            room = area.right() - left
            if place and width > room:
                self._paint_rest(painter, area, left, f"+{len(cell.signs) - place}")
                return
            words = elided(painter.fontMetrics(), sign.word, Qt.TextElideMode.ElideRight, room - 19)
            paint_sign(painter, self._theme, QRect(left, area.top(), room, area.height()), sign.__class__(
                sign.icon, sign.token, ""))  # fmt: skip
            painter.setPen(self._theme.colour("text"))
            painter.drawText(QRect(left + 19, area.top(), room - 19, area.height()), _LEFT, words)
            left += width + 10

    def _paint_rest(self, painter: QPainter, area: QRect, left: int, words: str) -> None:
        painter.setFont(self._theme.font("caption"))
        painter.setPen(self._theme.colour("muted"))
        painter.drawText(QRect(left, area.top(), max(0, area.right() - left + PAD), area.height()), _LEFT, words)
