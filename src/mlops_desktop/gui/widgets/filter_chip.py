"""One condition of the filter: field, sign and value, each a place to write in; Tab goes from one to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.gui.readings.run_filters import Parts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.filter_field import FilterField
from mlops_desktop.gui.widgets.suggestions import Suggestions

WIDEST = 240
Known = Callable[[str], list[str]]


class FilterChip(QWidget):
    """`known` tells for each place what it may be.

    `edited` follows every key, `entered` when the person is done with a place, `removed` the cross.
    """

    edited = Signal()
    entered = Signal()
    removed = Signal()

    def __init__(self, theme: Theme, parts: Parts, suggestions: Suggestions, known: tuple[Known, Known, Known]) -> None:
        super().__init__()
        self._theme = theme
        self.parts = parts
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 1, 0)
        row.setSpacing(0)
        self.fields: list[FilterField] = []
        texts = (parts.field, parts.sign, parts.value)
        places = list(zip(("Field", "Sign", "Value"), texts, known, strict=True))
        for name, text, words in places if parts.field else places[2:]:
            field = FilterField(theme, name, _whole(words), suggestions)
            field.setProperty("chip", "true")
            field.setProperty(BY_ITSELF, True)
            field.setFrame(False)
            if name == "Value":
                field.setFont(theme.font("table-bold"))
            field.setText(text)
            field.textChanged.connect(self._on_text)
            field.entered.connect(self.entered)
            field.lost.connect(self.entered)
            field.escaped.connect(self.entered)
            self.fields.append(field)
            row.addWidget(field)
        self.cross = IconButton(theme, "x", "Remove this filter", size=20, picture=12)
        self.cross.clicked.connect(self.removed)
        row.addWidget(self.cross)
        self._name_parts()
        self._fit()

    @property
    def written(self) -> Parts:
        """The condition as it stands in its places now."""
        texts = [field.text() for field in self.fields]
        return Parts(*texts) if len(texts) == 3 else Parts("", "", texts[0])

    def show_parts(self, parts: Parts) -> None:
        self.parts = parts
        for field, text in zip(self.fields, (parts.field, parts.sign, parts.value)[-len(self.fields) :], strict=True):
            if field.text() != text:
                field.setText(text)
        self._name_parts()

    def sizeHint(self) -> QSize:
        fields = sum(field.width() for field in self.fields)
        return QSize(fields + self._theme.px(6) + self.cross.width() + 1, self._theme.px(22))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = any(field.hasFocus() for field in self.fields)
        painter.setPen(QPen(self._theme.colour("focus" if inside else "accent-soft"), 1))
        painter.setBrush(self._theme.colour("accent-soft"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _name_parts(self) -> None:
        said = " ".join(part for part in (self.parts.field, self.parts.sign, self.parts.value) if part)
        self.setAccessibleName(f"Filter {said}")
        self.cross.setAccessibleName(f"Remove the filter {said}")
        for field in self.fields:
            field.setToolTip("")

    def _fit(self) -> None:
        for field in self.fields:
            room = field.fontMetrics().horizontalAdvance(field.text() or " ") + self._theme.px(7)
            field.setFixedSize(min(self._theme.px(WIDEST), room), self._theme.px(20))
            if not field.hasFocus():
                field.setCursorPosition(0)
        if len(self.fields) == 3:
            self.fields[2].setVisible(self.fields[1].text() not in ("is missing", "is not missing"))
        self.resize(self.sizeHint())

    def _on_text(self) -> None:
        self._fit()
        self.edited.emit()


def _whole(known: Known) -> Callable[[str, int], tuple[int, list[str]]]:
    """The whole place is one piece."""
    return lambda text, caret: (0, known(text[:caret]))
