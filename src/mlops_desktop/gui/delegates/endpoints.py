"""Paints the endpoints of a host: name and version, below them how it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.item_models.endpoints import EndpointItemModel
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
HEIGHT = 48


class EndpointDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: QListView, model: EndpointItemModel) -> None:
        super().__init__(view)
        self._theme, self._view, self._model = theme, view, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._theme.px(HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.row() >= len(self._model.rows):
            return
        theme, row = self._theme, self._model.rows[index.row()]
        state: QStyle.StateFlag = option.state
        whole: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, whole.adjusted(8, 1, -8, -1), state)
        area = whole.adjusted(18, 6, -18, -6)
        first = QRect(area.left(), area.top(), area.width(), area.height() // 2)
        second = QRect(area.left(), first.bottom() + 1, area.width(), area.height() // 2)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.colour("text"))
        name = self._shortened(painter, row.name, first.width())
        painter.drawText(first, _LEFT, name)
        rest = first.adjusted(painter.fontMetrics().horizontalAdvance(name) + 8, 0, 0, 0)
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(rest, _RIGHT, self._version(painter, row.version, max(0, rest.width())))
        self._paint_sign(painter, second, row.sign, row.note)
        painter.restore()

    def _paint_ground(self, painter: QPainter, area: QRect, state: QStyle.StateFlag) -> None:
        theme = self._theme
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("selected" if chosen else "hover"))
            painter.drawRoundedRect(area, 6, 6)
        keyboard = self._view.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if chosen and self._view.hasFocus() and keyboard:
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)

    def _paint_sign(self, painter: QPainter, area: QRect, sign: Sign, note: str) -> None:
        theme = self._theme
        size = theme.px(14)
        picture = QRect(area.left(), area.center().y() - size // 2 + 1, size, size)
        theme.paint_icon(painter, picture, sign.icon, sign.token)
        painter.setFont(theme.font("table-strong"))
        painter.setPen(theme.colour(sign.token))
        words = area.adjusted(size + 5, 0, 0, 0)
        painter.drawText(words, _LEFT, sign.word)
        left = words.left() + painter.fontMetrics().horizontalAdvance(sign.word) + 8
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("muted"))
        rest = QRect(left, area.top(), max(0, area.right() - left), area.height())
        painter.drawText(rest, _RIGHT, self._shortened(painter, note, rest.width()))

    def _version(self, painter: QPainter, version: str, width: int) -> str:
        """Whole, else its number alone: the name of the endpoint goes before that of the model."""
        if painter.fontMetrics().horizontalAdvance(version) <= width:
            return version
        return self._shortened(painter, version.rpartition(" ")[2], width)

    @staticmethod
    def _shortened(painter: QPainter, text: str, width: int) -> str:
        return elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, width)
