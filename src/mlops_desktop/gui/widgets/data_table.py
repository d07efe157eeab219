"""The table of the design: rows by density, ticks by box, Ctrl and Shift, one current row, no zebra."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractItemView, QTableView

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.table_header import TableHeader

DENSITIES = {"compact": 24, "standard": 30, "comfortable": 38}
BOX_WIDTH = 34
Tick = Callable[[Iterable[int], bool | None], None]


class DataTable(QTableView):
    """Moves one current row, and tells `tick` which rows the person marks."""

    escaped = Signal()
    pointed = Signal(QModelIndex)

    def __init__(self, theme: Theme, name: str, tick: Tick | None = None) -> None:
        super().__init__()
        self._theme, self._tick = theme, tick
        self._hovered = -1
        self._anchor = -1
        self.row_height = DENSITIES["standard"]
        self.setAccessibleName(name)
        self.header = TableHeader(theme, has_box=tick is not None)
        self.setHorizontalHeader(self.header)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(20)
        self.setShowGrid(False)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.NoSelection if tick is None else modes.MultiSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.set_density("standard")
        theme.changed.connect(self.fit_rows)

    def set_density(self, density: str) -> None:
        self._density = density
        self.fit_rows()

    def fit_rows(self) -> None:
        """Rows as high as density and zoom want them."""
        self.row_height = self._theme.px(DENSITIES.get(self._density, DENSITIES["compact"]))
        self.verticalHeader().setDefaultSectionSize(self.row_height)
        self.updateGeometry()

    def go_to(self, row: int) -> None:
        """Makes the row current and brings it into view."""
        model = self.model()
        if model is not None and 0 <= row < model.rowCount():
            index = model.index(row, min(2, model.columnCount() - 1))
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(index)

    def paint_ground(
        self,
        painter: QPainter,
        area: QRect,
        index: QModelIndex | QPersistentModelIndex,
        *,
        selected: bool,
        has_line: bool = True,
    ) -> None:
        """Ground, line below, accent bar of the current row, and its ring when the keyboard is here."""
        row, current = index.row(), self.currentIndex().row()
        if selected:
            painter.fillRect(area, self._theme.colour("selected"))
        elif row in (self._hovered, current):
            painter.fillRect(area, self._theme.colour("hover"))
        if has_line:
            painter.fillRect(area.left(), area.bottom(), area.width(), 1, self._theme.colour("border"))
        if row == current and index.column() == 0:
            painter.fillRect(area.left(), area.top(), 3, area.height(), self._theme.colour("accent"))
        keyboard = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if row == current and self.hasFocus() and keyboard:
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            top, bottom = area.top() + 1, area.bottom() - 1
            painter.drawLine(area.left(), top, area.right(), top)
            painter.drawLine(area.left(), bottom, area.right(), bottom)

    def paint_box(self, painter: QPainter, area: QRect, *, ticked: bool) -> None:
        paint_tick_box(painter, self._theme, area, "on" if ticked else "off")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if not index.isValid() or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        modifiers = event.modifiers()
        if self._tick is not None:
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                self._tick_range(index.row())
            elif index.column() == 0 or modifiers & Qt.KeyboardModifier.ControlModifier:
                self._tick([index.row()], None)
        if not modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = index.row()
        if index.column() != 0 or self._tick is None:
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.pointed.emit(index)
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(event.position().toPoint()).column() == 0:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.indexAt(event.position().toPoint()).row())

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, key = self.currentIndex().row(), event.key()
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        if self._tick is not None and key == Qt.Key.Key_Space and row >= 0:
            self._anchor = row
            self._tick([row], None)
            return
        if self._tick is not None and key == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._tick(range(self.model().rowCount()), True)
            return
        if self._tick is not None and extends and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            if self._anchor < 0:
                self._anchor = row
            self.go_to(row + (1 if key == Qt.Key.Key_Down else -1))
            self._tick_range(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()

    def selectionCommand(
        self, index: QModelIndex | QPersistentModelIndex, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Mouse and keyboard mark rows by their ticks; Qt's own selection is left to screen readers."""
        return QItemSelectionModel.SelectionFlag.NoUpdate

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """A row that a screen reader chooses is ticked, or its tick taken away."""
        super().selectionChanged(selected, deselected)
        rows = sorted({index.row() for index in selected.indexes()})
        if rows and self._tick is not None:
            self.selectionModel().clearSelection()
            self._tick(rows, None)

    def _tick_range(self, row: int) -> None:
        if self._tick is not None:
            start = self._anchor if self._anchor >= 0 else row
            self._tick(range(min(start, row), max(start, row) + 1), True)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()


def paint_tick_box(painter: QPainter, theme: Theme, area: QRect, state: str) -> None:
    """A box that is on, off or mixed, in the middle of `area`."""
    box = QRectF(0, 0, theme.px(15), theme.px(15))
    box.moveCenter(QRectF(area).center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    on = state != "off"
    painter.setPen(QPen(theme.colour("accent" if on else "control"), 1.5))
    painter.setBrush(theme.colour("accent" if on else "surface"))
    painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 3.5, 3.5)
    if on:
        painter.setPen(
            QPen(
                theme.colour("on-accent"),
                1.8,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        sign = ((3.8, 7.8), (6.4, 10.4), (11.2, 4.9)) if state == "on" else ((4.0, 7.5), (11.0, 7.5))
        painter.drawPolyline(QPolygonF([box.topLeft() + QPointF(x, y) * theme.zoom for x, y in sign]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
