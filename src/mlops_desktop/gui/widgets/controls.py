"""Controls of a form: a line of text, a choice from a list, a box, and a row of segments."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QWidget,
)

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.assistive import HeardButton
from mlops_desktop.gui.widgets.text import plain_caption

_BOX, _GAP = 15, 8


class LineEntry(QLineEdit):
    """One line of text. `left` follows when the person is done with it: by leaving, or by Enter.

    `textEdited` also follows what a screen reader or dictation writes; of itself Qt says that only for keys.
    """

    left = Signal()

    def __init__(self, theme: Theme, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.setFont(theme.font("body"))
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self._known = ""
        self.editingFinished.connect(self.left)
        self.textEdited.connect(self._on_edited)
        self.textChanged.connect(self._on_changed)

    def show_text(self, text: str) -> None:
        """Leaves cursor and selection alone where the text is the same."""
        self._known = text
        if text != self.text():
            self.setText(text)

    def _on_edited(self, text: str) -> None:
        self._known = text

    def _on_changed(self, text: str) -> None:
        if text != self._known:
            self.textEdited.emit(text)


_LINE = 17
"""Of body text in a field."""


class TextEntry(QPlainTextEdit):
    """Some lines of plain text; Tab leaves it. `left` follows when the focus goes."""

    left = Signal()

    def __init__(self, theme: Theme, name: str, placeholder: str = "", lines: int = 2) -> None:
        super().__init__()
        self.setFont(theme.font("body"))
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # its lines are wrapped
        self.setFixedHeight(lines * _LINE + 14)
        self.document().setDocumentMargin(0)

    def show_text(self, text: str) -> None:
        if text != self.toPlainText():
            self.setPlainText(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class Choice(QComboBox):
    """One value of some; `chosen` carries the value when a person chose. The wheel is the page's."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._options: tuple[tuple[object, str], ...] = ()
        self.setFont(theme.font("body"))
        self.setAccessibleName(name)
        self.setMinimumContentsLength(4)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMaxVisibleItems(14)
        self.activated.connect(lambda place: self.chosen.emit(self._options[place][0]))

    def set_options(self, options: Sequence[tuple[object, str]], tips: Sequence[str] = ()) -> None:
        """Values with their words; what was chosen stays chosen where it is still there."""
        if tuple(options) == self._options:
            return
        before = self.value
        self._options = tuple(options)
        self.clear()
        for place, (_, words) in enumerate(options):
            self.addItem(words)
            if place < len(tips):
                self.setItemData(place, tips[place], Qt.ItemDataRole.AccessibleDescriptionRole)
        self.show_value(before)

    @property
    def options(self) -> tuple[tuple[object, str], ...]:
        return self._options

    @property
    def value(self) -> object:
        place = self.currentIndex()
        return self._options[place][0] if 0 <= place < len(self._options) else None

    def show_value(self, value: object) -> None:
        place = next((place for place, (known, _) in enumerate(self._options) if known == value), -1)
        if place != self.currentIndex():
            self.setCurrentIndex(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        size = self._theme.px(14)
        place = QRect(self.width() - self._theme.px(23), (self.height() - size) // 2, size, size)
        self._theme.paint_icon(QPainter(self), place, "chevron-down", "muted")


class Box(HeardButton, QCheckBox):
    """A box with its words, as tables have it; a box without words has an accessible name."""

    def __init__(self, theme: Theme, words: str = "", name: str = "", role: str = "body") -> None:
        super().__init__(plain_caption(words))
        self._theme = theme
        self.setFont(theme.font(role))
        self.setAccessibleName(name or words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hear()

    def sizeHint(self) -> QSize:
        words = self.text().replace("&&", "&")
        px = self._theme.px
        width = self.fontMetrics().horizontalAdvance(words) + px(_GAP) if words else 0
        return QSize(px(_BOX) + 1 + width, px(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        from mlops_desktop.gui.widgets.data_table import paint_tick_box

        painter = QPainter(self)
        states = {Qt.CheckState.Checked: "on", Qt.CheckState.PartiallyChecked: "mixed"}
        box, gap = self._theme.px(_BOX), self._theme.px(_GAP)
        paint_tick_box(painter, self._theme, QRect(0, 0, box + 1, self.height()), states.get(self.checkState(), "off"))
        painter.setPen(self._theme.colour("text"))
        area = self.rect().adjusted(box + gap, 0, 0, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), self.text().replace("&&", "&"))


class _Segment(HeardButton, QAbstractButton):
    def __init__(self, theme: Theme, words: str, place: int, last: int) -> None:
        super().__init__()
        self._theme, self._place, self._last = theme, place, last
        self.setText(plain_caption(words))
        self.setFont(theme.font("table-strong"))
        self.setCheckable(True)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hear()

    def sizeHint(self) -> QSize:
        px = self._theme.px
        return QSize(self.fontMetrics().horizontalAdvance(self.text().replace("&&", "&")) + px(21), px(28))

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, chosen = self._theme, self.isChecked()
        area = self.rect()
        ground = theme.colour("selected" if chosen else "surface")
        # The round corners are those of the whole row: each segment paints past its own inner edges.
        whole = area.adjusted(0 if self._place == 0 else -8, 0, 0 if self._place == self._last else 8, 0)
        painter.setPen(QPen(theme.colour("control"), 1))
        painter.setBrush(ground)
        painter.drawRoundedRect(whole.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self._place:
            painter.fillRect(0, 1, 1, area.height() - 2, theme.colour("border"))
        painter.setFont(self.font())
        painter.setPen(theme.colour("text" if chosen else "muted"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self.text().replace("&&", "&"))


class Segments(QWidget):
    """A few ways of which one is taken; Left and Right go through them. `chosen` carries the value."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, name: str, options: Sequence[tuple[object, str]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._values = [value for value, _ in options]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.buttons: list[QAbstractButton] = []
        for place, (value, words) in enumerate(options):
            button = _Segment(theme, words, place, len(options) - 1)
            button.clicked.connect(lambda _=False, value=value: self.chosen.emit(value))
            self._group.addButton(button, place)
            row.addWidget(button)
            self.buttons.append(button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> object:
        place = self._group.checkedId()
        return self._values[place] if place >= 0 else None

    def show_value(self, value: object) -> None:
        if value in self._values:
            self.buttons[self._values.index(value)].setChecked(True)
