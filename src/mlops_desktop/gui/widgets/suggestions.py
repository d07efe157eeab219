"""What may be written next, in a list under the caret; the field above keeps the focus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListWidget, QListWidgetItem, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF


class Suggestions(QListWidget):
    """Lies over the window. `picked` carries the text that was clicked."""

    picked = Signal(str)

    def __init__(self, theme: Theme, over: QWidget) -> None:
        super().__init__(over)
        self._theme = theme
        self.setProperty(BY_ITSELF, True)
        self.setObjectName("suggestions")
        self.setAccessibleName("Suggestions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFont(theme.font("table"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.itemClicked.connect(lambda item: self.picked.emit(item.text()))
        self.hide()

    @property
    def words(self) -> list[str]:
        return [self.item(place).text() for place in range(self.count())]

    @property
    def current(self) -> str:
        """What the person moved to; nothing before that."""
        item = self.currentItem()
        return item.text() if item and self.isVisible() else ""

    def show_words(self, words: Sequence[str], field: QLineEdit, at: int) -> None:
        """Below `field`, its left side at `at` pixels in it; without words it goes."""
        if not words:
            self.hide()
            return
        if list(words) != self.words or not self.isVisible():
            self.clear()
            for word in words:
                QListWidgetItem(word, self)
            self.setCurrentRow(-1)
        widest = max(self.fontMetrics().horizontalAdvance(word) for word in words)
        row = self._theme.px(26)
        for place in range(self.count()):
            self.item(place).setSizeHint(QSize(row, row))
        over = self.parentWidget()
        self.setFixedSize(max(self._theme.px(140), widest + self._theme.px(34)), row * len(words) + 10)
        corner = field.mapTo(over, QPoint(at, field.height() + 5)) if over else QPoint()
        if over is not None:
            corner.setX(max(0, min(corner.x(), over.width() - self.width() - 8)))
        self.move(corner)
        self.show()
        self.raise_()

    def step(self, way: int) -> None:
        """One further, round the ends."""
        if self.count():
            here = self.currentRow()
            self.setCurrentRow(self.count() - 1 if here < 0 and way < 0 else (here + way) % self.count())
