"""The list of the palette: groups with heads, one chosen entry, typed letters marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.palette.entries import Entry, Row
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.key_cap import paint_key, spoken_keys
from mlops_desktop.gui.widgets.text import elided

ROW, HEAD, _EDGE, _WORDS = 38, 27, 14, 42
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_MIDDLE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class RowItemModel(QAbstractListModel):
    """Heads and entries; heads cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def set_rows(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and self.rows[index.row()].entry is None:
            return Qt.ItemFlag.NoItemFlags
        return super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.entry.title if row.entry else row.head
        return spoken(row.entry) if role == Qt.ItemDataRole.AccessibleTextRole and row.entry else None


def spoken(entry: Entry) -> str:
    """What a screen reader says of the entry."""
    return ", ".join(part for part in (entry.title, entry.note, spoken_keys(entry.keys) if entry.keys else "") if part)


class RowsView(QListView):
    """Keeps no focus of its own: the field above moves in it. `picked` carries the entry that was clicked."""

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.entries = RowItemModel()
        self.setObjectName("paletterows")
        self.setAccessibleName("Matches")
        self.setModel(self.entries)
        self.setItemDelegate(_RowDelegate(theme, self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self._theme = theme

    @property
    def chosen(self) -> Entry | None:
        row = self.currentIndex().row()
        return self.entries.rows[row].entry if 0 <= row < len(self.entries.rows) else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Another list; its first entry is chosen."""
        self.entries.set_rows(list(rows))
        self.choose(next((place for place, row in enumerate(rows) if row.entry), -1))

    def step(self, way: int) -> None:
        """To the next entry, or the one before, around the end."""
        places = [place for place, row in enumerate(self.entries.rows) if row.entry]
        if places:
            here = self.currentIndex().row()
            now = places.index(here) if here in places else 0
            place = now + way
            if abs(way) == 1:
                place %= len(places)
            self.choose(places[max(0, min(len(places) - 1, place))])

    def choose(self, row: int) -> None:
        index = self.entries.index(row)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
        if index.isValid():
            if row == 1:
                self.scrollToTop()
            self.scrollTo(index)
        self.viewport().update()

    def wanted_height(self) -> int:
        zoom = self._theme.zoom
        return sum(round((ROW if row.entry else HEAD) * zoom) for row in self.entries.rows)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.entries.rows[index.row()].entry and index != self.currentIndex():
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.button() is Qt.MouseButton.LeftButton:
            entry = self.entries.rows[index.row()].entry
            if entry is not None:
                self.picked.emit(entry)


class _RowDelegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: RowsView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = self._view.entries.rows[index.row()]
        return QSize(0, self._theme.px(ROW if row.entry else HEAD))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, row = self._theme, self._view.entries.rows[index.row()]
        area: QRect = option.rect
        edge = theme.px(_EDGE)
        painter.save()
        if row.entry is None:
            painter.setFont(theme.font("caption-strong"))
            painter.setPen(theme.colour("muted"))
            painter.drawText(area.adjusted(edge, theme.px(5), -edge, 0), _MIDDLE, row.head)
        else:
            chosen = index.row() == self._view.currentIndex().row()
            if chosen:
                painter.fillRect(area, theme.colour("selected"))
            self._paint_entry(painter, area, row, row.entry, chosen)
        painter.restore()

    def _paint_entry(self, painter: QPainter, area: QRect, row: Row, entry: Entry, chosen: bool) -> None:
        theme = self._theme
        edge, size = theme.px(_EDGE), theme.px(17)
        right = float(area.right() - edge)
        keys = spoken_keys(entry.keys) if entry.keys else "Enter" if chosen else ""
        if keys:
            right = paint_key(painter, theme, right, area.center().y() + 0.5, keys) - 10
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        token = entry.token if entry.token != "muted" else "accent-text" if chosen else "muted"
        theme.paint_icon(painter, QRect(area.left() + edge, area.top(), size, area.height()), entry.icon, token)
        left = area.left() + theme.px(_WORDS)
        left = self._paint_title(painter, QRect(left, area.top(), round(right) - left, area.height()), row, entry)
        room = QRect(left + 6, area.top(), round(right) - left - 6, area.height())
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(
            room, _MIDDLE, elided(painter.fontMetrics(), entry.note, Qt.TextElideMode.ElideRight, room.width())
        )

    def _paint_title(self, painter: QPainter, room: QRect, row: Row, entry: Entry) -> int:
        """The title with its typed letters marked; answers where it ends."""
        theme, left = self._theme, room.left()
        plain, bold = QFontMetrics(theme.font("label")), QFontMetrics(theme.font("title"))
        if bold.horizontalAdvance(entry.title) > room.width():
            shown = elided(bold, entry.title, Qt.TextElideMode.ElideRight, room.width())
        else:
            shown = entry.title
        for marked, part in _parts(shown, row.places):
            painter.setFont(theme.font("title" if marked else "label"))
            painter.setPen(theme.colour("accent-text" if marked else "text"))
            width = (bold if marked else plain).horizontalAdvance(part)
            painter.drawText(QRect(left, room.top(), width + 2, room.height()), _MIDDLE, part)
            left += width
        return left


def _parts(text: str, places: frozenset[int]) -> list[tuple[bool, str]]:
    """The text in runs of letters that were typed and letters that were not."""
    parts: list[tuple[bool, str]] = []
    for place, letter in enumerate(text):
        marked = place in places
        if parts and parts[-1][0] is marked:
            parts[-1] = marked, parts[-1][1] + letter
        else:
            parts.append((marked, letter))
    return parts
