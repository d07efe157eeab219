"""Paints the hosts of Deployments: name and how much is live, below them what it is and how it is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui import formats
from mlops_desktop.gui.item_models.hosts import HostItemModel, HostRow
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_HEIGHT, _BAR_LINE = 70, 17
_LINE, _ICON, _GAP = 18, 17, 8
_BAR, _BAR_NAME, _BAR_SHARE = 4, 34, 40
_BARS = ("CPU", "Mem")


def height_of(theme: Theme, row: HostRow) -> int:
    return theme.px(_HEIGHT + (len(_BARS) * _BAR_LINE + 2 if row.use is not None else 0))


class HostDelegate(QStyledItemDelegate):
    """`drop_row` is the one that a model version would be dropped on."""

    def __init__(self, theme: Theme, view: QListView, model: HostItemModel) -> None:
        super().__init__(view)
        self._theme, self._view, self._model = theme, view, model
        self.drop_row = -1

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        known = index.row() < len(self._model.rows)
        return QSize(0, height_of(self._theme, self._model.rows[index.row()]) if known else self._theme.px(_HEIGHT))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        if index.row() >= len(self._model.rows):
            return
        px = self._theme.px
        row = self._model.rows[index.row()]
        whole: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, whole.adjusted(8, 1, -8, -1), state, dropping=index.row() == self.drop_row)
        area = whole.adjusted(18, px(8), -18, 0)
        size = px(_ICON)
        self._theme.paint_icon(painter, QRect(area.left(), area.top(), size, size), row.icon, "muted")
        words = area.adjusted(size + _GAP, 0, 0, 0)
        self._paint_words(painter, words, row)
        for place, share in enumerate(row.use or ()):
            top = words.top() + 3 * px(_LINE) + place * px(_BAR_LINE) + px(2)
            self._paint_bar(painter, QRect(words.left(), top, words.width(), px(_BAR_LINE)), _BARS[place], share)
        painter.restore()

    def _paint_bar(self, painter: QPainter, area: QRect, name: str, share: float) -> None:
        theme, px = self._theme, self._theme.px
        self._choose(painter, "caption", "muted")
        self._text(painter, area, name)
        self._text(painter, area, formats.percent(share), _RIGHT)
        whole = QRectF(area.adjusted(px(_BAR_NAME), 0, -px(_BAR_SHARE), 0))
        whole = QRectF(whole.left(), whole.center().y() - px(_BAR) / 2, whole.width(), px(_BAR))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("border"))
        painter.drawRoundedRect(whole, px(_BAR) / 2, px(_BAR) / 2)
        painter.setBrush(theme.colour("accent"))
        filled = max(px(_BAR), whole.width() * min(1.0, share))
        painter.drawRoundedRect(QRectF(whole.left(), whole.top(), filled, whole.height()), px(_BAR) / 2, px(_BAR) / 2)

    def _paint_words(self, painter: QPainter, area: QRect, row: HostRow) -> None:
        theme, high = self._theme, self._theme.px(_LINE)
        lines = [QRect(area.left(), area.top() + place * high, area.width(), high) for place in range(3)]
        self._choose(painter, "table", "muted")
        used = self._text(painter, lines[0], row.count, _RIGHT)
        self._choose(painter, "label", "text")
        self._text(painter, lines[0].adjusted(0, 0, -used - 8, 0), row.title)
        self._choose(painter, "table", "muted")
        self._text(painter, lines[1], row.kind)
        size = theme.px(14)
        picture = QRect(lines[2].left(), lines[2].center().y() - size // 2 + 1, size, size)
        theme.paint_icon(painter, picture, row.sign.icon, row.sign.token)
        words = lines[2].adjusted(size + 5, 0, 0, 0)
        self._choose(painter, "table-strong", row.sign.token)
        used = self._text(painter, words, row.sign.word)
        self._choose(painter, "table", "muted")
        self._text(painter, words.adjusted(used + 8, 0, 0, 0), row.note, _RIGHT)

    def _choose(self, painter: QPainter, role: str, token: str) -> None:
        painter.setFont(self._theme.font(role))
        painter.setPen(self._theme.colour(token))

    def _text(self, painter: QPainter, area: QRect, text: str, align: int = _LEFT) -> int:
        """Shortened to its room; says how wide it became."""
        shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, max(0, area.width()))
        painter.drawText(area, align, shown)
        return painter.fontMetrics().horizontalAdvance(shown)

    def _paint_ground(self, painter: QPainter, area: QRect, state: QStyle.StateFlag, *, dropping: bool) -> None:
        theme = self._theme
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or dropping or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent-soft" if dropping else "selected" if chosen else "hover"))
            painter.drawRoundedRect(area, 6, 6)
        keyboard = self._view.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        ring = chosen and self._view.hasFocus() and keyboard
        if ring or dropping:
            painter.setPen(QPen(theme.colour("focus" if ring else "accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)
