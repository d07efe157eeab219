"""The rows' time line: which rows each fold trains on, which check it, which are set aside for the test."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlops_desktop.gui.readings.folds import CHECK, TEST, TRAIN, FoldPicture
from mlops_desktop.gui.theme.theme import Theme

TOKENS = {TRAIN: "bar", CHECK: "c2", TEST: "c1"}
_GAP, _AXIS, _LABEL = 3, 16, 48
_BLOCKS = 4
"""So many bands are blocks with a gap between them; more are stripes of rows that lie among each other."""


class FoldsView(QWidget):
    """Painted; Up and Down go from fold to fold. `read` carries the sentence of the fold that is looked at."""

    read = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture: FoldPicture | None = None
        self._current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Folds on the time line")
        theme.changed.connect(self.updateGeometry)

    def show_picture(self, picture: FoldPicture | None) -> None:
        if picture == self._picture:
            return
        self._picture, self._current = picture, -1
        sentence = picture.sentence if picture else "nothing to show yet"
        self.setAccessibleName(f"Folds on the time line: {sentence}")
        self.setAccessibleDescription(". ".join(fold.words for fold in picture.folds) if picture else "")
        self.updateGeometry()
        self.update()

    @property
    def _row(self) -> int:
        folds = len(self._picture.folds) if self._picture else 0
        return self._theme.px(22 if folds <= 1 else 14 if folds <= 3 else 11 if folds <= 5 else 9)

    @property
    def _gap(self) -> int:
        return self._theme.px(_GAP)

    def sizeHint(self) -> QSize:
        folds = max(1, len(self._picture.folds) if self._picture else 1)
        axis = self._theme.px(_AXIS if self._picture and self._picture.ticks else 4)
        return QSize(400, folds * self._row + (folds - 1) * self._gap + axis + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        picture, theme = self._picture, self._theme
        if picture is None:
            return
        painter = QPainter(self)
        several = len(picture.folds) > 1
        label = theme.px(_LABEL)
        left = label if several else 0
        width = self.width() - left
        painter.setFont(theme.font("caption"))
        for place, fold in enumerate(picture.folds):
            top = 1 + place * (self._row + self._gap)
            if several:
                painter.setPen(theme.colour("text" if place == self._current else "muted"))
                area = QRectF(0, top - 3, label - 8, self._row + 6)
                painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), f"Fold {place + 1}")
            painter.fillRect(QRectF(left, top, width, self._row), theme.colour("neutral-soft"))
            gap = 1 if len(fold.bands) <= _BLOCKS else 0
            for band in fold.bands:
                first, last = round(band.start * width), round(band.end * width)
                stripe = QRect(left + first, top, max(1, last - first - gap), self._row)
                painter.fillRect(stripe, theme.colour(TOKENS[band.kind]))
            if place == self._current:
                painter.setPen(QPen(theme.colour("focus"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(left, top - 1, width - 1, self._row + 2))
        self._paint_ticks(painter, picture, left, width)

    def _paint_ticks(self, painter: QPainter, picture: FoldPicture, left: int, width: int) -> None:
        folds = len(picture.folds)
        bottom = 1 + folds * self._row + (folds - 1) * self._gap
        painter.setPen(self._theme.colour("muted"))
        reached = -1.0
        for share, words in picture.ticks:
            x = left + share * width
            room = painter.fontMetrics().horizontalAdvance(words)
            start = min(x, self.width() - room)
            if start < reached:
                continue
            painter.fillRect(QRectF(min(x, self.width() - 1), bottom, 1, 3), self._theme.colour("axis"))
            area = QRectF(start, bottom + 3, room + 2, self._theme.px(14))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), words)
            reached = start + room + 8

    def keyPressEvent(self, event: QKeyEvent) -> None:
        folds = len(self._picture.folds) if self._picture else 0
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}.get(
            Qt.Key(event.key()), 0
        )
        if step and folds:
            self._look_at(min(max(self._current + step, 0), folds - 1))
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current < 0 and self._picture and self._picture.folds and self._by_keyboard(event):
            self._look_at(0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._look_at(-1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        folds = len(self._picture.folds) if self._picture else 0
        place = int((event.position().y() - 1) // (self._row + self._gap))
        self._look_at(place if 0 <= place < folds else -1)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._look_at(-1)

    @staticmethod
    def _by_keyboard(event: QFocusEvent) -> bool:
        return event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)

    def _look_at(self, place: int) -> None:
        if place == self._current or self._picture is None:
            return
        self._current = place
        words = self._picture.folds[place].words if 0 <= place < len(self._picture.folds) else ""
        self.read.emit(words)
        self.update()


class Swatch(QWidget):
    """A patch of colour beside the word that says what it stands for."""

    def __init__(self, theme: Theme, kind: str) -> None:
        super().__init__()
        self._theme, self._kind = theme, kind
        self.setFixedSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect().adjusted(0, 1, 0, -1), self._theme.colour(TOKENS[self._kind]))
