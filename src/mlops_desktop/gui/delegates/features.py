"""Paints the columns of a dataset version as features: box, name, type tag, share of empty cells, chip."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.features import BOX, EMPTY, NAME, NOTE, ROLE, ROLE_TAGS, FeatureItemModel, FeatureRow
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.text import elided
from mlops_desktop.gui.widgets.type_tags import paint_type_tag

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
MANY_EMPTY = 0.5


class FeatureDelegate(QStyledItemDelegate):
    """What is left out is muted; why stands in the last column."""

    def __init__(self, theme: Theme, table: DataTable, model: FeatureItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._model = theme, table, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area: QRect = option.rect
        row = self._model.rows[index.row()]
        painter.save()
        self._table.paint_ground(painter, area, index, selected=False)
        pad = self._theme.px(8)
        inner = area.adjusted(pad, 0, -pad, -1)
        match index.column():
            case 0:
                self._table.paint_box(painter, area.adjusted(6, 0, 0, 0), ticked=row.taken)
            case 1:
                self._paint_name(painter, inner, row)
            case 2:
                self._paint_tag(painter, inner, row)
            case 3:
                self._paint_empty(painter, inner, row)
            case _:
                self._paint_note(painter, inner, row)
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRect, row: FeatureRow) -> None:
        painter.setFont(self._theme.font("table-strong" if row.taken else "table"))
        painter.setPen(self._theme.colour("text" if row.taken else "muted"))
        room = area.width() - (10 if row.changed else 0)
        shown = elided(painter.fontMetrics(), row.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(area, _LEFT, shown)
        if row.changed:
            left = area.left() + painter.fontMetrics().horizontalAdvance(shown) + 5
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.colour("accent"))
            painter.drawEllipse(QRectF(left, area.center().y() - 2.5, 6, 6))

    def _paint_tag(self, painter: QPainter, area: QRect, row: FeatureRow) -> None:
        px = self._theme.px
        width = paint_type_tag(painter, self._theme, area.left(), area.center().y() - px(8), ROLE_TAGS[row.role])
        if len(row.roles) > 1:
            size = px(11)
            place = QRect(area.left() + width + px(4), area.center().y() - size // 2, size, size)
            self._theme.paint_icon(painter, place, "chevron-down", "muted")

    def _paint_empty(self, painter: QPainter, area: QRect, row: FeatureRow) -> None:
        many = row.empty >= MANY_EMPTY
        painter.setFont(self._theme.font("number-strong" if many else "number"))
        painter.setPen(self._theme.colour("warn" if many else "text" if row.taken else "muted"))
        painter.drawText(area, _RIGHT, row.empty_words)

    def _paint_note(self, painter: QPainter, area: QRect, row: FeatureRow) -> None:
        painter.setFont(self._theme.font("caption"))
        if row.tone == "muted":
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(
                area, _LEFT, elided(painter.fontMetrics(), row.note, Qt.TextElideMode.ElideRight, area.width())
            )
            return
        shown = elided(painter.fontMetrics(), row.note, Qt.TextElideMode.ElideRight, area.width() - 12)
        chip = QRectF(area.left(), area.center().y() - 8, painter.fontMetrics().horizontalAdvance(shown) + 12, 17)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if row.tone != "outline" else QPen(self._theme.colour("border"), 1))
        painter.setBrush(self._theme.colour("surface" if row.tone == "outline" else f"{row.tone}-soft"))
        painter.drawRoundedRect(chip, 4, 4)
        painter.setPen(self._theme.colour("muted" if row.tone == "outline" else row.tone))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), shown)


WIDTHS = {BOX: 34, NAME: 0, ROLE: 64, EMPTY: 56, NOTE: 108}
"""NAME takes what is left."""
