"""The head of a preview: each column's type as a tag that opens a menu, its name, and what its values are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from mlops_desktop.domain.previews import PreviewColumn
from mlops_desktop.gui.readings.import_preview import column_note, tag_of, type_entries
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.table_header import TableHeader
from mlops_desktop.gui.widgets.text import elided, plain_caption
from mlops_desktop.gui.widgets.type_tags import paint_type_tag, tag_width

if TYPE_CHECKING:
    from mlops_desktop.gui.item_models.preview import PreviewItemModel

HEIGHT = 76
NARROWEST, WIDEST = 62, 190
_PAD, _TAG = 8, 20


class TypedHeader(TableHeader):
    """`menu_asked` carries the section whose type is to be chosen."""

    menu_asked = Signal(int)

    def __init__(self, theme: Theme, rows: PreviewItemModel) -> None:
        super().__init__(theme, has_box=False)
        self._rows = rows
        self.current = -1
        self.opened = -1
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Columns and their types")

    def sizeHint(self) -> QSize:
        return QSize(self.defaultSectionSize(), self._theme.px(HEIGHT))  # Qt would ask every section in sight

    def fitting_width(self, column: PreviewColumn) -> int:
        """Room for name, note and tag, within limits."""
        theme = self._theme
        name = QFontMetrics(theme.font("table-bold")).horizontalAdvance(column.name)
        note = QFontMetrics(theme.font("caption-strong")).horizontalAdvance(column_note(column)[0])
        wanted = max(name, note, self._tag_width(column)) + theme.px(2 * _PAD + 4)
        return max(theme.px(NARROWEST), min(theme.px(WIDEST), wanted))

    def tag_area(self, section: int) -> QRect:
        """Where the tag stands, in the header's viewport."""
        column = self._rows.column(section)
        if column is None:
            return QRect()
        theme = self._theme
        left = self.sectionViewportPosition(section) + theme.px(_PAD)
        width = self._tag_width(column)
        if column.type.is_numeric:
            left = self.sectionViewportPosition(section) + self.sectionSize(section) - theme.px(_PAD) - width
        return QRect(left, theme.px(7), width, theme.px(_TAG))

    def show_current(self, section: int) -> None:
        if section != self.current:
            self.current = section
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        section = self.logicalIndexAt(event.position().toPoint())
        area = self.tag_area(section).adjusted(-4, -4, 4, 4)
        if event.button() is Qt.MouseButton.LeftButton and area.contains(event.position().toPoint()):
            self.menu_asked.emit(section)
            return
        super().mousePressEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        theme, column = self._theme, self._rows.column(logicalIndex)
        painter.save()
        painter.fillRect(rect, theme.colour(_ground(column)))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.colour("border"))
        pad = theme.px(_PAD)
        area = rect.adjusted(pad, theme.px(32), -pad, 0)
        line = theme.px(17)
        if column is None:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRect(area.left(), area.top(), area.width(), line), _side(numeric=True), "Row")
        else:
            self._paint_tag(painter, logicalIndex, column)
            note, token = column_note(column)
            self._line(
                painter, QRect(area.left(), area.top(), area.width(), line), column, column.name, ("text", "table-bold")
            )
            below = QRect(area.left(), area.top() + line, area.width(), line)
            self._line(painter, below, column, note, (token, "caption" if token == "muted" else "caption-bold"))
        painter.restore()

    def _paint_tag(self, painter: QPainter, section: int, column: PreviewColumn) -> None:
        theme, area = self._theme, self.tag_area(section)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = section == self.opened
        painter.setPen(QPen(theme.colour("focus" if ring else "control"), 2 if ring else 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(theme.font("tag"))
        painter.setPen(theme.colour("muted" if column.is_left_out else "text"))
        words = area.adjusted(theme.px(5), 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), tag_of(column))
        if not column.is_derived:
            arrow = QRect(area.right() - theme.px(13), area.top(), theme.px(10), area.height())
            theme.paint_icon(painter, arrow, "chevron-down", "muted")

    def _line(self, painter: QPainter, area: QRect, column: PreviewColumn, text: str, style: tuple[str, str]) -> None:
        token, role = style
        painter.setFont(self._theme.font(role))
        painter.setPen(self._theme.colour("muted" if column.is_left_out else token))
        shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _side(numeric=column.type.is_numeric), shown)

    def _tag_width(self, column: PreviewColumn) -> int:
        return tag_width(self._theme, tag_of(column)) + (0 if column.is_derived else self._theme.px(13))


class TypeMenu(QMenu):
    """The types of a column, what no value fits off with the reason. `chosen` carries a type, None to leave it out."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, column: PreviewColumn, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries = type_entries(column)
        self.setObjectName("types")
        self.setAccessibleName(f"Type of {column.name}")
        for entry in self._entries:
            note = f"\t{entry.note}" if entry.note else ""
            action = self.addAction(plain_caption(entry.words) + note)
            action.setEnabled(entry.is_possible)
            if entry.is_chosen:
                self.setActiveAction(action)
                action.setFont(theme.font("table-bold"))
            action.triggered.connect(lambda _=False, kind=entry.type: self.chosen.emit(kind))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        for action, entry in zip(self.actions(), self._entries, strict=True):
            area = self.actionGeometry(action)
            painter.setOpacity(1.0 if entry.is_possible else 0.6)
            paint_type_tag(painter, self._theme, area.left() + 8, area.center().y() - 8, entry.tag)


def _ground(column: PreviewColumn | None) -> str:
    if column is None:
        return "subtle"
    if column.is_derived:
        return "accent-soft"
    return "warn-soft" if column_note(column)[1] == "warn" else "subtle"


def _side(*, numeric: bool) -> int:
    side = Qt.AlignmentFlag.AlignRight if numeric else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
