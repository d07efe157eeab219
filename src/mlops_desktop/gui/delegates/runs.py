"""Paints the cells of the runs table: tick box, status with word, best mark, progress, sparkline of folds."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.gui.item_models.columns import Column
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.marks import paint_progress, paint_sign, paint_spark

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_PAD = 8


class RunDelegate(QStyledItemDelegate):
    """Asks the item model directly: one call a cell instead of one a role."""

    def __init__(self, theme: Theme, table: DataTable, model: RunItemModel) -> None:
        super().__init__(table)
        self._theme, self._table, self._model = theme, table, model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(60, self._table.row_height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        run = self._model.run_at(index.row())
        if run is None:
            return
        area: QRect = option.rect
        painter.save()
        self._table.paint_ground(painter, area, index, selected=self._model.is_ticked(index.row()))
        if index.column() == 0:
            self._table.paint_box(painter, area, ticked=self._model.is_ticked(index.row()))
        else:
            column = self._model.shown[index.column() - 1]
            self._paint_cell(painter, area.adjusted(_PAD, 0, -_PAD, -1), run, column)
        painter.restore()

    def _paint_cell(self, painter: QPainter, area: QRect, run: Run, column: Column) -> None:
        theme = self._theme
        if column.name == "status":
            painter.setFont(theme.font("table-strong"))
            paint_sign(painter, theme, area, run_sign(run.status))
        elif column.name == "name":
            self._paint_name(painter, area, run)
        elif column.name == "folds":
            self._paint_folds(painter, area, run, column)
        elif self._model.is_best(run, column):
            self._paint_best(painter, area, self._model.text(run, column))
        else:
            self._paint_text(painter, area, run, column)

    def _paint_text(self, painter: QPainter, area: QRect, run: Run, column: Column) -> None:
        theme = self._theme
        painter.setFont(theme.font("number" if column.numeric else "table"))
        token = "text" if column.numeric else "muted"
        if column.metric and run.status is RunStatus.RUNNING:
            token = "accent-text"
        text = self._model.text(run, column)
        if text == "—":
            token = "muted"
        painter.setPen(theme.colour(token))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT if column.numeric else _LEFT, shown)

    def _paint_name(self, painter: QPainter, area: QRect, run: Run) -> None:
        theme = self._theme
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("text"))
        room = area.width() - (44 if run.status is RunStatus.RUNNING else 0)
        name = painter.fontMetrics().elidedText(run.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(area, _LEFT, name)
        if run.status is RunStatus.RUNNING:
            left = area.left() + painter.fontMetrics().horizontalAdvance(name) + 8
            paint_progress(painter, theme, QRectF(left, area.center().y() - 1.5, 34, 4), run.progress)

    def _paint_best(self, painter: QPainter, area: QRect, text: str) -> None:
        theme = self._theme
        painter.setFont(theme.font("number-strong"))
        width = painter.fontMetrics().horizontalAdvance(text) + 26
        chip = QRectF(area.right() + 6 - width, area.center().y() - 8.5, width, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ok-soft"))
        painter.drawRoundedRect(chip, 4, 4)
        star = QRect(round(chip.left()) + 5, area.center().y() - 5, 12, 12)
        theme.paint_icon(painter, star, "star", "ok")
        painter.setPen(theme.colour("ok"))
        painter.drawText(area, _RIGHT, text)

    def _paint_folds(self, painter: QPainter, area: QRect, run: Run, column: Column) -> None:
        metric = run.metric(column.metric)
        if metric is None or len(metric.folds) < 2:
            painter.setFont(self._theme.font("table"))
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(area, _LEFT, "—")
            return
        drawing = QRectF(area.left() - 2, area.center().y() - 8, 58, 17)
        token = "accent-text" if run.status is RunStatus.RUNNING else "muted"
        paint_spark(painter, drawing, metric.folds, self._theme.colour(token), dots=True)
