"""The sidebar: which workspace, and the pages with their counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QListView, QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.ground import NARROW_SIDEBAR, SIDEBAR
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.version_drag import reference_in
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import elided, plain_tip

_GROUPS = {"home": 0, "datasets": 1, "experiments": 1, "models": 1, "deployments": 2}
"""Sections that stand together, with a line between groups."""
_TAKES_VERSIONS = "deployments"
SPRING_MILLISECONDS = 600
"""So long a model version is held over the page before that is shown."""
_ROW, _GAP = 33, 17
_MIDDLE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Entry:
    """One page. `running` is shown as a blue badge in place of the `count`; `mark` is an icon at the right."""

    page: str
    title: str
    icon: str
    keys: str
    count: int | None = None
    running: int = 0
    mark: str = ""


class NavigationItemModel(QAbstractListModel):
    """The pages of the sidebar."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self.entries = list(entries)

    def is_apart(self, row: int) -> bool:
        """Whether a line parts the entry from the one above."""
        groups = [_GROUPS.get(entry.page, 9) for entry in self.entries[max(0, row - 1) : row + 1]]
        return len(groups) == 2 and groups[0] != groups[1]

    def show_count(self, page: str, count: int | None, running: int = 0) -> None:
        for place, entry in enumerate(self.entries):
            if entry.page == page and (entry.count, entry.running) != (count, running):
                self.entries[place] = replace(entry, count=count, running=running)
                self.dataChanged.emit(self.index(place), self.index(place))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            note = f", {entry.running} running" if entry.running else f", {entry.count}" if entry.count else ""
            return entry.title + note
        tip = f"{entry.title} ({entry.keys})" if entry.keys else entry.title
        return plain_tip(tip) if role == Qt.ItemDataRole.ToolTipRole else None


class NavigationDelegate(QStyledItemDelegate):
    """Icon, word and count; an accent bar at the current page."""

    def __init__(self, theme: Theme, view: Navigation) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, self._theme.px(_ROW + (_GAP if self._view.pages.is_apart(index.row()) else 0)))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, view = self._theme, self._view
        entry = view.pages.entries[index.row()]
        area: QRect = option.rect.adjusted(view.edge, 0, -view.edge, -1)
        if view.pages.is_apart(index.row()):
            line = area.top() + theme.px(_GAP) // 2
            painter.fillRect(area.left() + 8, line, area.width() - 16, 1, theme.colour("border"))
            area.setTop(area.top() + theme.px(_GAP))
        current = index.row() == view.currentIndex().row()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if current or index.row() == view.hovered:
            painter.setBrush(theme.colour("selected" if current else "hover"))
            painter.drawRoundedRect(area, 6, 6)
        if current:
            painter.setBrush(theme.colour("accent"))
            painter.drawRoundedRect(QRectF(0, area.top() + 6, 3, area.height() - 12), 1.5, 1.5)
        if current and view.shows_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 5, 5)
        size = theme.px(17)
        picture = QRect(area.left() + 10, area.top(), size, area.height())
        if view.is_narrow:
            picture.moveLeft(area.center().x() - size // 2)
        theme.paint_icon(painter, picture, entry.icon, "accent-text" if current else "muted")
        if not view.is_narrow:
            painter.setFont(theme.font("label"))
            painter.setPen(theme.colour("text" if current else "muted"))
            painter.drawText(area.adjusted(20 + size, 0, -10, 0), _MIDDLE, entry.title)
        if entry.mark:
            end = QRect(area.right() - 10 - theme.px(14), area.top(), theme.px(14), area.height())
            theme.paint_icon(painter, end, entry.mark, "muted")
        self._paint_count(painter, area, entry)
        painter.restore()

    def _paint_count(self, painter: QPainter, area: QRect, entry: Entry) -> None:
        theme, narrow = self._theme, self._view.is_narrow
        if entry.running:
            font = theme.font("badge" if narrow else "caption-bold")
            height = theme.px(14 if narrow else 18)
            width = max(height, QFontMetrics(font).horizontalAdvance(str(entry.running)) + (6 if narrow else 10))
            badge = QRectF(area.right() - width - 7, area.center().y() - height / 2 + 1, width, height)
            if narrow:
                badge.moveTo(area.right() - width, area.top())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent-soft"))
            painter.drawRoundedRect(badge, height / 2, height / 2)
            painter.setFont(font)
            painter.setPen(theme.colour("accent-text"))
            painter.drawText(badge, int(Qt.AlignmentFlag.AlignCenter), str(entry.running))
        elif entry.count and not narrow:
            painter.setFont(theme.font("number"))
            painter.setPen(theme.colour("muted"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(area.adjusted(0, 0, -10, 0), right, formats.count(entry.count))


class Navigation(QListView):
    """The list of pages. `chosen` carries the page's name.

    A model version that is dragged over the page of deployments leads there after a moment, and is dropped on a host;
    `dropped` carries one that is let go here already.
    """

    chosen = Signal(str)
    dropped = Signal(str)

    def __init__(self, theme: Theme, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self.pages = NavigationItemModel(entries)
        self.is_narrow = False
        self.hovered = -1
        self._walks = False
        self.setObjectName("navigation")
        self.setAccessibleName("Pages")
        self.setModel(self.pages)
        self.setItemDelegate(NavigationDelegate(theme, self))
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.entered.connect(self._on_entered)
        self.clicked.connect(lambda index: self.chosen.emit(self.pages.entries[index.row()].page))
        self.setAcceptDrops(True)
        self._spring = QTimer(self, singleShot=True, interval=SPRING_MILLISECONDS)
        self._spring.timeout.connect(lambda: self.chosen.emit(_TAKES_VERSIONS))

    @property
    def edge(self) -> int:
        return 6 if self.is_narrow else 8

    @property
    def shows_keyboard(self) -> bool:
        return self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)

    def show_page(self, page: str) -> None:
        """Marks the page's entry; none where it is not in this list."""
        row = next((place for place, entry in enumerate(self.pages.entries) if entry.page == page), -1)
        if row != self.currentIndex().row():
            flags = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self.pages.index(row), flags)
            self.viewport().update()

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        if self._walks and current.isValid():
            self.chosen.emit(self.pages.entries[current.row()].page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Only keys lead on: Qt makes an entry current too when the list merely gets the focus."""
        self._walks = True
        super().keyPressEvent(event)
        self._walks = False

    # A model version that is dragged here

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if reference_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        takes = index.isValid() and self.pages.entries[index.row()].page == _TAKES_VERSIONS
        self._hover(index.row() if takes else -1)
        if not takes:
            self._spring.stop()
            event.ignore()
            return
        event.acceptProposedAction()
        if not self._spring.isActive():
            self._spring.start()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._spring.stop()
        self._hover(-1)

    def dropEvent(self, event: QDropEvent) -> None:
        self._spring.stop()
        self._hover(-1)
        reference = reference_in(event.mimeData())
        if reference:
            event.acceptProposedAction()
            self.dropped.emit(reference)

    def leaveEvent(self, event: Any) -> None:
        self._hover(-1)

    def _on_entered(self, index: QModelIndex) -> None:
        self._hover(index.row())

    def _hover(self, row: int) -> None:
        before, self.hovered = self.hovered, row
        for place in (before, row):
            self.update(self.pages.index(place))


class WorkspaceButton(Button):
    """Which workspace this is; opens the menu of the window."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "", kind="workspace")
        self._theme = theme
        self._name, self._note = "", ""
        self._narrow = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(40)
        self.setAccessibleName("Workspace menu")

    def show_workspace(self, name: str, note: str, tip: str) -> None:
        self._name, self._note = name, note
        self.setAccessibleName(f"Workspace {name}, menu" if name else "Workspace menu")
        self.setToolTip(plain_tip(tip))
        self.update()

    def set_narrow(self, narrow: bool) -> None:
        self._narrow = narrow
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme, area = self._theme, self.rect()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = theme.px(24)
        logo = QRect(8, (area.height() - size) // 2, size, size)
        if self._narrow:
            logo.moveLeft((area.width() - size) // 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.drawRoundedRect(logo, 6, 6)
        if self._name:
            painter.setFont(theme.font("caption-bold"))
            painter.setPen(theme.colour("on-accent"))
            painter.drawText(logo, int(Qt.AlignmentFlag.AlignCenter), formats.initials(self._name))
        else:
            theme.paint_icon(painter, logo.adjusted(5, 5, -5, -5), "box", "on-accent")
        if self._narrow:
            return
        words = area.adjusted(16 + size, 4, -28, -4)
        self._paint_line(painter, words.adjusted(0, 0, 0, -words.height() // 2), "title", "text", self._name)
        self._paint_line(painter, words.adjusted(0, words.height() // 2 + 1, 0, 0), "caption", "muted", self._note)
        theme.paint_icon(painter, QRect(area.right() - 23, 0, 14, area.height()), "chevron-down", "muted")

    def _paint_line(self, painter: QPainter, area: QRect, role: str, token: str, text: str) -> None:
        painter.setFont(self._theme.font(role))
        painter.setPen(self._theme.colour(token))
        mode = Qt.TextElideMode.ElideMiddle if role == "caption" else Qt.TextElideMode.ElideRight
        painter.drawText(area, _MIDDLE, elided(painter.fontMetrics(), text, mode, area.width()))


class Sidebar(QWidget):
    """Workspace button above, pages below, settings at the foot."""

    def __init__(self, theme: Theme, entries: tuple[Entry, ...]) -> None:
        super().__init__()
        self._theme = theme
        self.entries = entries
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty(BY_ITSELF, True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 1, 8)
        column.setSpacing(0)
        self._frame = QVBoxLayout()
        self._frame.setContentsMargins(8, 0, 8, 8)
        self.workspace = WorkspaceButton(theme)
        self._frame.addWidget(self.workspace)
        column.addLayout(self._frame)
        self.navigation = Navigation(theme, tuple(entry for entry in entries if entry.page != "settings"))
        column.addWidget(self.navigation, 1)
        self.foot = Navigation(theme, tuple(entry for entry in entries if entry.page == "settings"))
        self.foot.setAccessibleName("Settings")
        self.foot.setProperty(BY_ITSELF, True)
        column.addWidget(self.foot)
        self.foot.setHidden(not self.foot.pages.entries)
        self.set_narrow(False)

    def show_page(self, page: str) -> None:
        self.navigation.show_page(page)
        self.foot.show_page(page)

    def set_narrow(self, narrow: bool) -> None:
        self.setFixedWidth(self._theme.px(NARROW_SIDEBAR if narrow else SIDEBAR))
        self.foot.setFixedHeight(self._theme.px(_ROW) + 2)
        side = 6 if narrow else 8
        self._frame.setContentsMargins(side, 0, side, 8)
        self.navigation.is_narrow = self.foot.is_narrow = narrow
        self.workspace.set_narrow(narrow)
