"""The lines of a log, painted as far as they are in sight: a hundred thousand cost no more than a hundred."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from mlops_desktop.gui.readings.log import LogLine, found_places, row_starts
from mlops_desktop.gui.theme.theme import Theme

LINE, PAD, GAP = 19, 12, 12
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class LogLines(QAbstractScrollArea):
    """Rows of one height, or more of them for a line that is wrapped; a run of lines can be marked and copied.

    `nothing` stands where no line is.
    """

    moved_up = Signal()

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.lines: Sequence[LogLine] = ()
        self.needle = ""
        self.wraps = False
        self.nothing = ""
        self.current = self._anchor = -1
        self._rows: list[int] = []
        self._line = LINE
        self._sign = 7.0
        self._font = theme.font("mono")
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def show_lines(self, lines: Sequence[LogLine]) -> None:
        self.lines = lines
        if self.current >= len(lines):
            self.current = self._anchor = -1
        self._measure()

    def set_needle(self, needle: str) -> None:
        self.needle = needle
        self.viewport().update()

    def set_wraps(self, wraps: bool) -> None:
        """Stays at the line that is on top."""
        top = self._line_at(self.verticalScrollBar().value())
        self.wraps = wraps
        self._measure()
        self.verticalScrollBar().setValue(self._row_of(top))
        self.horizontalScrollBar().setValue(0)

    def go_to(self, place: int) -> None:
        """Makes a line current and brings it into view."""
        if not 0 <= place < len(self.lines):
            return
        self.current = self._anchor = place
        self._show_current()

    def go_to_end(self) -> None:
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    @property
    def is_at_end(self) -> bool:
        return self.verticalScrollBar().value() >= self.verticalScrollBar().maximum()

    @property
    def marked(self) -> Sequence[LogLine]:
        """The marked lines; all of them where none is."""
        if self.current < 0:
            return self.lines
        first, last = sorted((self.current, self._anchor))
        return self.lines[first : last + 1]

    def copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(line.whole for line in self.marked))

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(400, 8 * self._line)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 3 * self._line)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self._font)
        if not self.lines and self.nothing:
            painter.setPen(self._theme.colour("muted"))
            painter.drawText(QRect(PAD, 0, self.viewport().width() - PAD, self._line), _LEFT, self.nothing)
        row = self.verticalScrollBar().value()
        place = self._line_at(row)
        y = (self._row_of(place) - row) * self._line
        while place < len(self.lines) and y < self.viewport().height():
            y += self._paint_line(painter, place, y)
            place += 1
        keyboard = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        if self.hasFocus() and keyboard:
            painter.setPen(QPen(self._theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def _paint_line(self, painter: QPainter, place: int, y: int) -> int:
        line, theme = self.lines[place], self._theme
        height = self._height(place) * self._line
        area = QRect(0, y, self.viewport().width(), height)
        first, last = sorted((self.current, self._anchor))
        if self.current >= 0 and first <= place <= last:
            painter.fillRect(area, theme.colour("selected"))
        elif line.is_error or line.is_warning:
            painter.fillRect(area, theme.colour("error-soft" if line.is_error else "warn-soft"))
        left = PAD - self.horizontalScrollBar().value()
        for words, signs, token in self._columns(line):
            painter.setPen(theme.colour(token))
            painter.drawText(QRect(round(left), y, 4000, self._line), _LEFT, words)
            left += round(signs * self._sign) + GAP
        text = _shown(line)
        starts = row_starts(text, self._signs_a_row(line)) if self.wraps else [0]
        if self.needle:
            self._paint_found(painter, text, starts, round(left), y)
        painter.setPen(theme.colour("text"))
        for row, (start, end) in enumerate(pairwise([*starts, len(text)])):
            painter.drawText(QRect(round(left), y + row * self._line, 100_000, self._line), _LEFT, text[start:end])
        return height

    def _paint_found(self, painter: QPainter, text: str, starts: Sequence[int], left: int, y: int) -> None:
        for row, column, signs in found_places(text, self.needle, starts):
            width = round(signs * self._sign)
            box = QRect(round(left + column * self._sign), y + row * self._line + 1, width, self._line - 2)
            painter.fillRect(box, self._theme.colour("selected"))
            painter.fillRect(box.left(), box.bottom(), width, 1, self._theme.colour("accent-text"))

    def _columns(self, line: LogLine) -> list[tuple[str, int, str]]:
        """Words, width in signs and colour of what stands before the text."""
        columns = []
        if line.time:
            columns.append((line.time, len(line.time), "muted"))
        if line.level:
            token = "error" if line.is_error else "warn" if line.is_warning else "muted"
            columns.append((line.level.upper()[:7], 7, token))
        if line.source:
            columns.append((line.source, max(8, len(line.source)), "muted"))
        return columns

    # Where lines lie

    def _on_theme_changed(self) -> None:
        self._line = self._theme.px(LINE)
        self._font = QFont(self._theme.font("mono"))
        self._font.setFeature(QFont.Tag("calt"), 0)  # a log shows <= as it was written
        self._sign = QFontMetricsF(self._font).horizontalAdvance("0")
        self._measure()

    def _measure(self) -> None:
        if self.wraps:
            heights = (len(row_starts(_shown(line), self._signs_a_row(line))) for line in self.lines)
            self._rows = list(accumulate(heights, initial=0))
        total = self._rows[-1] if self.wraps else len(self.lines)
        room = max(1, self.viewport().height() // self._line)
        self.verticalScrollBar().setRange(0, max(0, total - room))
        self.verticalScrollBar().setPageStep(room)
        longest = 0 if self.wraps else max((len(line.text) for line in self.lines), default=0)
        wanted = round((longest + 24) * self._sign) + 2 * PAD if longest else 0
        self.horizontalScrollBar().setRange(0, max(0, wanted - self.viewport().width()))
        self.horizontalScrollBar().setPageStep(self.viewport().width())
        self.horizontalScrollBar().setSingleStep(24)
        self.viewport().update()

    def _signs_a_row(self, line: LogLine) -> int:
        before = sum(signs * self._sign + GAP for _, signs, _ in self._columns(line))
        return max(20, int((self.viewport().width() - before - 2 * PAD) / self._sign))

    def _height(self, place: int) -> int:
        return self._rows[place + 1] - self._rows[place] if self.wraps else 1

    def _row_of(self, place: int) -> int:
        return self._rows[place] if self.wraps and self._rows else place

    def _line_at(self, row: int) -> int:
        if not self.wraps:
            return row
        return max(0, min(bisect_right(self._rows, row) - 1, len(self.lines) - 1)) if self._rows else 0

    def _show_current(self) -> None:
        row, bar = self._row_of(self.current), self.verticalScrollBar()
        room = max(1, self.viewport().height() // self._line)
        if row < bar.value():
            bar.setValue(row)
        elif row >= bar.value() + room:
            bar.setValue(row - room // 2)
        self.setAccessibleDescription(self.lines[self.current].whole)
        self.viewport().update()

    # Keys and mouse

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        at_end = self.is_at_end
        self._measure()
        if at_end:
            self.go_to_end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and place >= 0:
            self.current = place
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._anchor < 0:
                self._anchor = place
            self._show_current()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position().toPoint())
        if event.buttons() & Qt.MouseButton.LeftButton and place >= 0:
            self.current = place
            self._show_current()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, room = Qt.Key(event.key()), max(1, self.viewport().height() // self._line)
        last = len(self.lines) - 1
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -room, Qt.Key.Key_PageDown: room}
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_C:
            self.copy()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_A and last >= 0:
            self._anchor, self.current = 0, last
            self.viewport().update()
        elif key in steps and last >= 0:
            fresh = self._line_at(self.verticalScrollBar().value()) if self.current < 0 else self.current + steps[key]
            self._step_to(min(max(fresh, 0), last), event)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self._step_to(0 if key == Qt.Key.Key_Home else last, event)
        elif key == Qt.Key.Key_Escape and self.current >= 0:
            self.current = self._anchor = -1
            self.viewport().update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _step_to(self, place: int, event: QKeyEvent) -> None:
        if place < self.current:
            self.moved_up.emit()
        self.current = place
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = place
        self._show_current()

    def _place_at(self, at: QPoint) -> int:
        place = self._line_at(self.verticalScrollBar().value() + at.y() // self._line)
        return place if 0 <= place < len(self.lines) else -1


def _shown(line: LogLine) -> str:
    return line.text.replace("\t", "    ")
