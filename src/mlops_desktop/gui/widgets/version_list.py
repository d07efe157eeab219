"""The versions of one thing at the left of its page: number, alias, figure, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication, QListView, QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.version_drag import begin_drag
from mlops_desktop.gui.widgets.chips import Chip, chip_width, paint_chip

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class VersionEntry:
    number: int
    when: str
    figure: str = ""
    aliases: tuple[str, ...] = ()


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: tuple[VersionEntry, ...] = ()

    def set_entries(self, entries: Sequence[VersionEntry]) -> None:
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        entry = self.entries[index.row()]
        return ", ".join(part for part in (f"v{entry.number}", *entry.aliases, entry.figure, entry.when) if part)


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: VersionList) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, 48)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, view = self._theme, self._view
        entry = view.versions.entries[index.row()]
        area: QRect = option.rect.adjusted(6, 1, -6, -1)
        current = index.row() == view.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if entry.number == view.shown:
            painter.setBrush(theme.colour("selected"))
            painter.drawRoundedRect(area, 6, 6)
        elif index.row() == view.hovered:
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(area, 6, 6)
        if current and view.shows_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 5, 5)
        self._paint_words(painter, area.adjusted(8, 6, -8, -6), entry)
        painter.restore()

    def _paint_words(self, painter: QPainter, inner: QRect, entry: VersionEntry) -> None:
        theme = self._theme
        first = QRect(inner.left(), inner.top(), inner.width(), 18)
        painter.setFont(theme.font("number"))
        painter.setPen(theme.colour("text"))
        painter.drawText(first, _RIGHT, entry.figure)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(entry.figure) - 8
        painter.setFont(theme.font("title"))
        painter.drawText(first, _LEFT, f"v{entry.number}")
        left = painter.fontMetrics().horizontalAdvance(f"v{entry.number}") + 6
        if entry.aliases and room - left > 30:
            chip = Chip(entry.aliases[0])
            width = min(chip_width(theme, chip), room - left)
            paint_chip(painter, theme, QRect(inner.left() + left, inner.top(), width, 17), chip)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(QRect(inner.left(), inner.top() + 19, inner.width(), 14), _LEFT, entry.when)


class VersionList(QListView):
    """`chosen` carries the number of a version that was clicked, or on which Enter was pressed.

    Where `model_name` is known, a version that is dragged away can be dropped on a host.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._pressed_at = QPoint()
        self.versions = _Model()
        self.model_name = ""
        self.shown = 0
        self.hovered = -1
        self.setObjectName("versions")
        self.setAccessibleName(name)
        self.setModel(self.versions)
        self.setItemDelegate(_Delegate(theme, self))
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.entered.connect(lambda index: self._hover(index.row()))
        self.clicked.connect(lambda index: self.chosen.emit(self.versions.entries[index.row()].number))

    @property
    def shows_keyboard(self) -> bool:
        return self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)

    def show_versions(self, entries: Sequence[VersionEntry], shown: int) -> None:
        self.shown = shown
        if tuple(entries) != self.versions.entries:
            self.versions.set_entries(entries)
        place = next((place for place, entry in enumerate(entries) if entry.number == shown), 0)
        self.selectionModel().setCurrentIndex(self.versions.index(place), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= row < len(self.versions.entries):
            self.chosen.emit(self.versions.entries[row].number)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        index = self.indexAt(self._pressed_at)
        if far and self.model_name and index.isValid() and event.buttons() & Qt.MouseButton.LeftButton:
            begin_drag(self._theme, self, f"{self.model_name}@v{self.versions.entries[index.row()].number}")
            return
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: Any) -> None:
        self._hover(-1)

    def _hover(self, row: int) -> None:
        self.hovered = row
        self.viewport().update()
