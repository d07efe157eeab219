"""What every chart is: legend, hover line and read-out, keys, menu, table, summary; kinds paint their own body."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from mlops_desktop.gui.charts.legend import Legend
from mlops_desktop.gui.charts.tip import paint_read_out
from mlops_desktop.gui.charts.values import ReadOut, Table
from mlops_desktop.gui.theme.theme import Theme

REDRAW_SECONDS = 0.25
EDGE = 4
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}


class Chart(QWidget):
    """Paints its body into a picture when values, size or theme changed, and the pointer over it.

    `file_made` carries the path a person chose and the content for it; without `can_save` nothing is offered to save.
    """

    file_made = Signal(str, bytes)
    pointed = Signal(int)
    menu_wanted = Signal(QPointF)

    def __init__(self, theme: Theme, summary: str, *, has_legend: bool = False) -> None:
        super().__init__()
        self.theme = theme
        self.title = summary
        self.can_save = False
        self.stop = -1
        self.empty_words = "Nothing to show"
        self.legend = Legend(theme) if has_legend else None
        self._picture: QPixmap | None = None
        self._painted = QElapsedTimer()
        self._later = QTimer(self, singleShot=True, interval=round(REDRAW_SECONDS * 1000))
        self._later.timeout.connect(self._repaint)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.summarise(summary)
        theme.changed.connect(self._repaint)

    # What a kind of chart says of itself

    @property
    def is_empty(self) -> bool:
        return self.stops() == 0

    def table(self) -> Table:
        """The values as text."""
        return Table()

    def stops(self) -> int:
        """How many places the pointer can stand at."""
        return 0

    def stop_at(self, at: QPointF) -> int:
        """The place nearest to a point, -1 where there is none."""
        return -1

    def anchor(self, stop: int) -> QPointF:
        """Where the read-out of a place belongs."""
        return QPointF()

    def read_out(self, stop: int) -> ReadOut:
        return ReadOut("")

    def lay_out(self, area: QRectF) -> None:
        """Called before painting, and whenever the area changed."""

    def paint_body(self, painter: QPainter) -> None:
        """Everything but legend and pointer, as laid out."""

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        """The hover line or the ring at a place."""

    def reset(self) -> None:
        """Back to the whole view."""

    # For whoever shows it

    @property
    def summary(self) -> str:
        return self.accessibleName()

    def summarise(self, sentence: str) -> None:
        """The sentence a screen reader says for the chart."""
        self.setAccessibleName(sentence)

    def refresh(self) -> None:
        """The values are others now; painted at once, but at most four times a second."""
        if self.stop >= self.stops():
            self.stop = -1
        if self.legend is not None:
            self.updateGeometry()
        wait = REDRAW_SECONDS * 1000 - self._painted.elapsed() if self._painted.isValid() else 0
        if wait <= 0 or not self.isVisible():
            self._repaint()
        else:
            self._place()  # what is pointed at is new at once, only the picture waits
            if not self._later.isActive():
                self._later.start(round(wait))

    def point_at(self, stop: int) -> None:
        """Stands the pointer at a place; -1 takes it away."""
        if stop == self.stop:
            return
        self.stop = stop
        words = self.read_out(stop).sentence if stop >= 0 else ""
        self.setAccessibleDescription(words)
        if words and self.hasFocus() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self.pointed.emit(stop)
        self.update()

    def render_to(self, painter: QPainter, size: QSize, *, title: str = "") -> None:
        """Paints everything but the pointer into another picture, with a ground and a title."""
        area = QRectF(0, 0, size.width(), size.height())
        painter.fillRect(area, self.theme.colour("surface"))
        area.adjust(12, 10, -12, -10)
        if title:
            painter.setFont(self.theme.font("title"))
            painter.setPen(self.theme.colour("text"))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), title)
            area.setTop(area.top() + self.theme.px(26))
        self._paint_all(painter, area)
        self._place()

    def make_menu(self) -> QMenu:
        """What can be done with the chart; also what a right click shows."""
        from mlops_desktop.gui.charts.menus import chart_menu

        return chart_menu(self)

    # Painting

    def _repaint(self) -> None:
        self._later.stop()
        self._picture = None
        self._place()
        self.update()

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(EDGE, EDGE, -EDGE, -EDGE)

    def _place(self) -> None:
        self.lay_out(self._below_legend(self._area()))

    def _below_legend(self, area: QRectF) -> QRectF:
        if self.legend is None or self.is_empty:
            return area
        height = self.legend.lay_out(area)
        return area.adjusted(0, height, 0, 0)

    def _paint_all(self, painter: QPainter, area: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.lay_out(self._below_legend(area))
        if self.is_empty:
            painter.setFont(self.theme.font("table"))
            painter.setPen(self.theme.colour("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(area, flags, self.empty_words)
            return
        if self.legend is not None:
            self.legend.paint(painter)
        self.paint_body(painter)

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._painted.start()
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._picture)
            self._paint_all(inner, self._area())
            inner.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if 0 <= self.stop < self.stops():
            self.paint_pointer(painter, self.stop)
            paint_read_out(painter, self.theme, self.read_out(self.stop), self.anchor(self.stop), QRectF(self.rect()))
        if self.hasFocus() and self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            painter.setPen(QPen(self.theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint()

    # Pointer and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self.legend is not None and self.legend.name_at(at):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        self.point_at(self.stop_at(at) if not self.is_empty else -1)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.point_at(-1)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.point_at(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        name = self.legend.name_at(event.position()) if self.legend is not None else ""
        if event.button() is Qt.MouseButton.LeftButton and name:
            self.toggle(name)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        name = self.legend.name_at(event.position()) if self.legend is not None else ""
        if name:
            self.isolate(name)
        else:
            self.reset()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = Qt.Key(event.key()), self.stops()
        if key in _STEPS and count:
            fresh = 0 if self.stop < 0 and _STEPS[key] > 0 else count - 1 if self.stop < 0 else self.stop + _STEPS[key]
            self.point_at(min(max(fresh, 0), count - 1))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and count:
            self.point_at(0 if key == Qt.Key.Key_Home else count - 1)
        elif key == Qt.Key.Key_Escape and self.stop >= 0:
            self.point_at(-1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            menu = self.make_menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.mapToGlobal(self.rect().center()))
        else:
            super().keyPressEvent(event)

    # Series that are hidden

    @property
    def hidden(self) -> frozenset[str]:
        return self.legend.hidden if self.legend is not None else frozenset()

    def toggle(self, name: str) -> None:
        """Hides a series, or shows it again; the last one stays."""
        if self.legend is not None:
            self.legend.toggle(name)
            self._after_hiding()

    def isolate(self, name: str) -> None:
        """Shows this series alone, or all again where it is alone."""
        if self.legend is not None:
            self.legend.isolate(name)
            self._after_hiding()

    def names(self) -> Sequence[str]:
        """The series of the legend."""
        return [entry.name for entry in self.legend.entries] if self.legend is not None else []

    def _after_hiding(self) -> None:
        if self.stop >= self.stops():
            self.stop = -1
        self._repaint()
