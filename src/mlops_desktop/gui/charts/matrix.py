"""A matrix of counts: rows actual, columns predicted; each cell prints its number and its share of the row."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QPen

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.chart import Chart
from mlops_desktop.gui.charts.values import Matrix, ReadLine, ReadOut, Table
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.tokens import contrast
from mlops_desktop.gui.widgets.text import elided

HEATS = 5
LARGEST = QSize(110, 84)
_HEAD = 18.0
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class MatrixChart(Chart):
    """`show_matrix`. Arrow keys walk through the cells in both directions."""

    def __init__(self, theme: Theme, summary: str, *, has_labels: bool = True) -> None:
        super().__init__(theme, summary)
        self.matrix = Matrix((), ())
        self._has_labels = has_labels
        self._cells = QRectF()

    def show_matrix(self, matrix: Matrix, summary: str = "") -> None:
        if matrix == self.matrix and (not summary or summary == self.summary):
            return
        self.matrix = matrix
        if summary:
            self.summarise(summary)
        self.refresh()

    def sizeHint(self) -> QSize:
        count = len(self.matrix.labels)
        px = self.theme.px
        return QSize(px(count * 64 + 70), px(count * 46 + (2 * _HEAD if self._has_labels else 8)))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 70)

    def stops(self) -> int:
        return len(self.matrix.labels) ** 2

    def table(self) -> Table:
        labels, matrix = self.matrix.labels, self.matrix
        heads = (f"{matrix.row_title} \\ {matrix.column_title}", *labels)
        rows = [(label, *map(formats.count, row)) for label, row in zip(labels, matrix.counts, strict=True)]
        return Table(heads, tuple(rows))

    def stop_at(self, at: QPointF) -> int:
        count, cells = len(self.matrix.labels), self._cells
        if not cells.contains(at):
            return -1
        row = int((at.y() - cells.top()) / cells.height() * count)
        column = int((at.x() - cells.left()) / cells.width() * count)
        return min(row, count - 1) * count + min(column, count - 1)

    def anchor(self, stop: int) -> QPointF:
        cell = self._cell(*divmod(stop, len(self.matrix.labels)))
        return QPointF(cell.right() - 8, cell.center().y())

    def read_out(self, stop: int) -> ReadOut:
        matrix = self.matrix
        row, column = divmod(stop, len(matrix.labels))
        share = f"{matrix.share(row, column) * 100:.1f} %"
        return ReadOut(
            formats.count(matrix.counts[row][column]),
            (
                ReadLine(matrix.row_title, matrix.labels[row]),
                ReadLine(matrix.column_title, matrix.labels[column]),
                ReadLine("of the row", share),
            ),
        )

    def lay_out(self, area: QRectF) -> None:
        count = max(1, len(self.matrix.labels))
        left: float = 0
        top = bottom = 0
        if self._has_labels:
            metrics = QFontMetricsF(self.theme.font("caption"))
            widest = max((metrics.horizontalAdvance(label) for label in self.matrix.labels), default=0.0)
            head = self.theme.px(_HEAD)
            left, top, bottom = min(widest + 8, area.width() * 0.32), head, head
        room = area.adjusted(left, top, 0, -bottom)
        width = min(room.width(), count * self.theme.px(LARGEST.width())) if self._has_labels else room.width()
        height = min(room.height(), count * self.theme.px(LARGEST.height()))
        beside = (room.width() - width) / 2 if self._has_labels else 0.0
        self._cells = QRectF(room.left() + beside, room.top(), width, height)

    def paint_body(self, painter: QPainter) -> None:
        count = len(self.matrix.labels)
        for row in range(count):
            for column in range(count):
                self._paint_cell(painter, row, column)
        if self._has_labels:
            self._paint_labels(painter)

    def paint_pointer(self, painter: QPainter, stop: int) -> None:
        painter.setPen(QPen(self.theme.colour("text"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self._cell(*divmod(stop, len(self.matrix.labels))), 3, 3)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Up: -len(self.matrix.labels), Qt.Key.Key_Down: len(self.matrix.labels)}
        way = ways.get(Qt.Key(event.key()))
        if way is None or self.stop < 0:
            super().keyPressEvent(event)
        elif 0 <= self.stop + way < self.stops():
            self.point_at(self.stop + way)

    def _cell(self, row: int, column: int) -> QRectF:
        count, cells = len(self.matrix.labels), self._cells
        width, height = cells.width() / count, cells.height() / count
        return QRectF(cells.left() + column * width, cells.top() + row * height, width, height).adjusted(1, 1, -1, -1)

    def _paint_cell(self, painter: QPainter, row: int, column: int) -> None:
        theme, matrix, cell = self.theme, self.matrix, self._cell(row, column)
        share = matrix.share(row, column)
        ground = theme.colour(f"heat{round(share * (HEATS - 1))}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(cell, 3, 3)
        painter.setPen(_readable(theme, ground))
        number, strong = formats.count(matrix.counts[row][column]), theme.font("number-strong")
        small = theme.font("caption")
        if QFontMetricsF(strong).horizontalAdvance(number) > cell.width() - 4:
            painter.setFont(small)
            fits = QFontMetricsF(small).horizontalAdvance(number) <= cell.width() - 2
            painter.drawText(cell, _CENTRE, number if fits else "")
        elif cell.height() >= theme.px(36) and cell.width() >= theme.px(40):
            painter.setFont(strong)
            painter.drawText(cell.translated(0, -theme.px(8)), _CENTRE, number)
            painter.setFont(small)
            painter.drawText(cell.translated(0, theme.px(8)), _CENTRE, f"{share * 100:.0f} %")
        else:
            painter.setFont(strong)
            painter.drawText(cell, _CENTRE, number)

    def _paint_labels(self, painter: QPainter) -> None:
        theme, matrix, head = self.theme, self.matrix, self.theme.px(_HEAD)
        font = theme.font("caption")
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        for place, label in enumerate(matrix.labels):
            above, beside = self._cell(0, place), self._cell(place, 0)
            shown = elided(metrics, label, Qt.TextElideMode.ElideRight, above.width() + 2)
            painter.drawText(QRectF(above.left(), above.top() - head, above.width(), head - 2), _CENTRE, shown)
            room = beside.left() - 8 - EDGE_LEFT
            shown = elided(metrics, label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(EDGE_LEFT, beside.top(), room, beside.height()), _RIGHT, shown)
        total = formats.plural(sum(map(sum, matrix.counts)), "row")
        foot = QRectF(0, self._cells.bottom() + 3, self._cells.right(), head - 4)
        painter.drawText(foot, _RIGHT, f"rows {matrix.row_title} · {total}")


EDGE_LEFT = 2.0


def _readable(theme: Theme, ground: QColor) -> QColor:
    """Text or its opposite, whichever is easier to read on the ground."""
    choices = (theme.colour("text"), theme.colour("on-accent"), theme.colour("window"))
    return max(choices, key=lambda colour: contrast(colour.name(), ground.name()))
