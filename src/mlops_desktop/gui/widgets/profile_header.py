"""Heads of a stored table: columns with type, small picture and share of empty cells; rows with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.column_bars import paint_profile
from mlops_desktop.gui.readings import dataset_columns as reading
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.widgets.table_header import TableHeader
from mlops_desktop.gui.widgets.text import elided
from mlops_desktop.gui.widgets.type_tags import paint_type_tag, tag_width

if TYPE_CHECKING:
    from mlops_desktop.gui.item_models.table_rows import TableRowItemModel

HEIGHT = 80
NARROWEST, WIDEST = 84, 240
_PAD = 8
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class ProfileHeader(TableHeader):
    """The chosen column stands on the ground of what is selected."""

    def __init__(self, theme: Theme, rows: TableRowItemModel) -> None:
        super().__init__(theme, has_box=False)
        self._rows = rows
        self.chosen = -1
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(self.defaultSectionSize(), self._theme.px(HEIGHT))  # Qt would ask every section in sight

    def show_chosen(self, section: int) -> None:
        if section != self.chosen:
            self.chosen = section
            self.viewport().update()

    def fitting_width(self, section: int) -> int:
        """Room for the whole name beside its tag, within limits."""
        theme, kind = self._theme, self._rows.kind(section)
        name = QFontMetrics(theme.font("table-bold")).horizontalAdvance(self._rows.name(section))
        wanted = name + tag_width(theme, reading.TAGS[kind]) + theme.px(2 * _PAD + 16)
        profile = self._rows.profile(section)
        below = QFontMetrics(theme.font("caption")).horizontalAdvance(reading.caption(profile)) if profile else 0
        if kind is ColumnType.DATETIME:
            moment = QFontMetrics(theme.font("number")).horizontalAdvance("2013-01-01 10:00")
            wanted = max(wanted, moment + theme.px(2 * _PAD + 2))
        return max(theme.px(NARROWEST), min(theme.px(WIDEST), max(wanted, below + theme.px(2 * _PAD + 2))))

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        if not 0 <= logicalIndex < len(self._rows.names):
            return
        theme, chosen = self._theme, logicalIndex == self.chosen
        painter.save()
        painter.fillRect(rect, theme.colour("selected" if chosen else "subtle"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.colour("border"))
        area = rect.adjusted(theme.px(_PAD), theme.px(6), -theme.px(_PAD), -theme.px(5))
        self._paint_name(painter, area, logicalIndex)
        profile = self._rows.profile(logicalIndex)
        if profile is not None:
            line = theme.px(16)
            height = area.height() - 2 * line - theme.px(8)
            picture = QRectF(area.left(), area.top() + line + theme.px(5), area.width(), height)
            paint_profile(painter, theme, picture, profile)
            much = reading.missing_share(profile) >= reading.MOSTLY
            painter.setFont(theme.font("caption-bold" if much else "caption"))
            painter.setPen(theme.colour("warn" if much else "muted"))
            words = elided(painter.fontMetrics(), reading.caption(profile), Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(QRect(area.left(), area.bottom() - line + 1, area.width(), line), _LEFT, words)
        painter.restore()

    def _paint_name(self, painter: QPainter, area: QRect, section: int) -> None:
        theme = self._theme
        width = paint_type_tag(painter, theme, area.left(), area.top(), reading.TAGS[self._rows.kind(section)])
        left = area.left() + width + theme.px(6)
        painter.setFont(theme.font("table-bold"))
        painter.setPen(theme.colour("text"))
        room = area.right() - left + 1
        name = elided(painter.fontMetrics(), self._rows.name(section), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, area.top(), room, theme.px(16)), _LEFT, name)


class RowNumbers(QHeaderView):
    """Which row of the table this is, from 1; of filtered rows too."""

    def __init__(self, theme: Theme, rows: TableRowItemModel) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._theme, self._rows = theme, rows
        self.setProperty(BY_ITSELF, True)
        self.current = -1
        self.setAccessibleName("Row numbers")
        self.setMinimumSectionSize(20)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(False)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), self.defaultSectionSize())  # Qt would ask two hundred rows

    def fit(self, most: int) -> None:
        """As wide as the largest number needs."""
        metrics = QFontMetrics(self._theme.font("caption-bold"))
        self.setFixedWidth(max(self._theme.px(40), metrics.horizontalAdvance(formats.count(most)) + self._theme.px(18)))

    def show_current(self, row: int) -> None:
        if row != self.current:
            self.current = row
            self.viewport().update()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        theme = self._theme
        number = self._rows.row_number(logicalIndex)
        current = logicalIndex == self.current
        painter.save()
        painter.fillRect(rect, theme.colour("subtle"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.colour("border"))
        painter.fillRect(rect.right(), rect.top(), 1, rect.height(), theme.colour("border"))
        if number is not None:
            painter.setFont(theme.font("caption-bold" if current else "caption-number"))
            painter.setPen(theme.colour("text" if current else "muted"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(rect.adjusted(0, 0, -theme.px(8), -1), right, formats.count(number))
        painter.restore()
