"""Paints the cells of the runs table: tick box, status with word, versions, best mark, progress, sparkline of folds."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.domain.run_summaries import Registered, RunSummary
from mlops_desktop.gui.item_models.columns import Column
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.data_table import DataTable
from mlops_desktop.gui.widgets.marks import paint_progress, paint_sign, paint_spark
from mlops_desktop.gui.widgets.text import elided

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_PAD = 8
_SPARK = QSize(56, 16)
_BAR = 34
_TONES = {"champion": ("accent", "on-accent", "accent"), "challenger": ("note-soft", "note", "note")}
"""Ground, text and edge of a version's chip by its alias."""


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
        row, section = index.row(), index.column()
        run = self._model.run_at(row)
        if run is None:
            return
        area: QRect = option.rect
        ticked = self._model.is_ticked(row)
        painter.save()
        self._table.paint_ground(painter, area, index, selected=ticked)
        if section == 0:
            self._table.paint_box(painter, area, ticked=ticked)
        else:
            column = self._model.shown[section - 1]
            pad = self._theme.px(_PAD)
            self._paint_cell(painter, area.adjusted(pad, 0, -pad, -1), run, column)
        painter.restore()

    def _paint_cell(self, painter: QPainter, area: QRect, run: RunSummary, column: Column) -> None:
        theme = self._theme
        if column.name == "status":
            painter.setFont(theme.font("table-strong"))
            paint_sign(painter, theme, area, run_sign(run.status, cancelling=run.cancelling))
        elif column.name == "run":
            self._paint_name(painter, area, run)
        elif column.name == "folds":
            self._paint_folds(painter, area, run, column)
        elif self._model.is_best(run, column):
            self._paint_best(painter, area, self._model.text(run, column))
        else:
            self._paint_text(painter, area, run, column)

    def _paint_text(self, painter: QPainter, area: QRect, run: RunSummary, column: Column) -> None:
        theme = self._theme
        painter.setFont(theme.font("number" if column.numeric else "table"))
        token = "text" if column.numeric else "muted"
        if column.metric and run.status is RunStatus.RUNNING:
            token = "accent-text"
        text = self._model.text(run, column)
        if text == "—":
            token = "muted"
        painter.setPen(theme.colour(token))
        shown = elided(painter.fontMetrics(), text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _RIGHT if column.numeric else _LEFT, shown)

    def _paint_name(self, painter: QPainter, area: QRect, run: RunSummary) -> None:
        """The name, then progress while it runs, or the versions made of it as far as there is room."""
        theme = self._theme
        painter.setFont(theme.font("table"))
        painter.setPen(theme.colour("text"))
        running = run.status is RunStatus.RUNNING
        made = self._model.registered.get(run.id, ())
        beside = theme.px(_BAR) + 10 if running else self._chip_width(painter, made[0]) + 8 if made else 0
        room = area.width() - beside
        name = elided(painter.fontMetrics(), run.name, Qt.TextElideMode.ElideRight, max(40, room))
        painter.drawText(area, _LEFT, name)
        left = area.left() + painter.fontMetrics().horizontalAdvance(name) + 8
        if running:
            bar = QRectF(left, area.center().y() - 1.5, theme.px(_BAR), theme.px(4))
            paint_progress(painter, theme, bar, run.progress)
        for version in made:
            left = self._paint_chip(painter, area, left, version)

    def _chip_width(self, painter: QPainter, made: Registered) -> int:
        px = self._theme.px
        icon = px(15) if "champion" in made.aliases else 0
        return painter.fontMetrics().horizontalAdvance(_number(made)) + px(12) + icon

    def _paint_chip(self, painter: QPainter, area: QRect, left: int, made: Registered) -> int:
        """`v7`, coloured by its alias; gives where the next one may stand."""
        theme = self._theme
        alias = next((alias for alias in _TONES if alias in made.aliases), "")
        ground, words, edge = _TONES.get(alias, ("neutral-soft", "muted", "neutral-soft"))
        painter.setFont(theme.font("table-strong"))
        width = self._chip_width(painter, made)
        if left + width > area.right() + 4:
            return left
        height, size = theme.px(17), theme.px(12)
        chip = QRectF(left + 0.5, area.center().y() - height // 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour(edge), 1))
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(chip, 4, 4)
        painter.setPen(theme.colour(words))
        inner = chip.toRect().adjusted(theme.px(6), 0, -theme.px(6), 0)
        if alias == "champion":
            picture = QRect(inner.left() - 1, inner.center().y() - size // 2 + 1, size, size)
            theme.paint_icon(painter, picture, "crown", words)
            inner.adjust(theme.px(15), 0, 0, 0)
        painter.drawText(inner, _LEFT, _number(made))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        return left + width + 5

    def _paint_best(self, painter: QPainter, area: QRect, text: str) -> None:
        theme = self._theme
        painter.setFont(theme.font("number-strong"))
        width = painter.fontMetrics().horizontalAdvance(text) + theme.px(26)
        chip = QRectF(area.right() + 6 - width, area.center().y() - theme.px(8.5), width, theme.px(18))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("ok-soft"))
        painter.drawRoundedRect(chip, 4, 4)
        size = theme.px(12)
        star = QRect(round(chip.left()) + theme.px(5), area.center().y() - size // 2 + 1, size, size)
        theme.paint_icon(painter, star, "star", "ok")
        painter.setPen(theme.colour("ok"))
        painter.drawText(area, _RIGHT, text)

    def _paint_folds(self, painter: QPainter, area: QRect, run: RunSummary, column: Column) -> None:
        metric = run.metric(column.metric)
        if metric is None or len(metric.folds) < 2:
            painter.setFont(self._theme.font("table"))
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(area, _LEFT, "—")
            return
        size = _SPARK * self._theme.zoom
        drawing = QRectF(area.left() - 2, area.center().y() - size.height() / 2, size.width(), size.height())
        token = "accent-text" if run.status is RunStatus.RUNNING else "muted"
        paint_spark(painter, drawing, metric.folds, self._theme.colour(token), dots=True)


def _number(made: Registered) -> str:
    return made.reference.rpartition("@")[2]
