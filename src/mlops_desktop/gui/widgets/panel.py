"""A small panel under a button: asks one thing, goes on a click beside it or Esc."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.theme.zoom import BY_ITSELF
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.text import Text

ROWS = 10
_VALUE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Tick:
    """An entry to tick; `ticked` None stands for some of the things it is about. `note` stands behind the words."""

    value: str
    words: str
    ticked: bool | None = False
    note: str = ""


class TickList(QListWidget):
    """Entries with boxes. Space ticks; where it `moves`, dragging and Alt+Up, Alt+Down change the order."""

    changed = Signal()

    def __init__(self, theme: Theme, name: str, *, moves: bool = False) -> None:
        super().__init__()
        self._theme, self._moves = theme, moves
        self.setProperty(BY_ITSELF, True)
        self.setAccessibleName(name)
        self.setFont(theme.font("table"))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if moves:
            self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
            self.model().rowsMoved.connect(self._on_moved)
        self.itemChanged.connect(lambda _: self.changed.emit())

    def show_ticks(self, ticks: Sequence[Tick]) -> None:
        self.blockSignals(True)
        self.clear()
        for tick in ticks:
            item = QListWidgetItem(f"{tick.words}   {tick.note}".rstrip(), self)
            item.setData(_VALUE, tick.value)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
            item.setFlags(flags | Qt.ItemFlag.ItemIsDragEnabled if self._moves else flags)
            states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
            item.setCheckState(states.get(bool(tick.ticked)) or Qt.CheckState.Unchecked)
            if tick.ticked is None:
                item.setCheckState(Qt.CheckState.PartiallyChecked)
        self.setCurrentRow(0)
        self.blockSignals(False)
        self.setFixedHeight(self._theme.px(26) * max(2, min(ROWS, len(ticks))) + 4)

    def ticks(self) -> list[tuple[str, bool | None]]:
        """Every value and whether it is ticked, in the order of the list."""
        states = {Qt.CheckState.Checked: True, Qt.CheckState.Unchecked: False}
        return [(str(item.data(_VALUE)), states.get(item.checkState())) for item in self._items()]

    def narrow(self, words: str) -> None:
        """Shows only the entries that have every word."""
        wanted = words.casefold().split()
        for item in self._items():
            item.setHidden(not all(word in item.text().casefold() for word in wanted))
        first = next((place for place, item in enumerate(self._items()) if not item.isHidden()), -1)
        if self.currentItem() is None or self.currentItem().isHidden():
            self.setCurrentRow(first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if self._moves and way and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            row = self.currentRow()
            if 0 <= row + way < self.count():
                item = self.takeItem(row)
                self.insertItem(row + way, item)
                self.setCurrentRow(row + way)
                self.changed.emit()
            return
        super().keyPressEvent(event)

    def _on_moved(self) -> None:
        self.changed.emit()

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(place) for place in range(self.count())]


class Panel(QFrame):
    """`body` takes what is asked; `foot` its buttons, the one that does it last."""

    def __init__(self, theme: Theme, title: str, parent: QWidget, *, width: int = 260) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._theme = theme
        self.setObjectName("panel")
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(theme.px(width))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addWidget(Text(theme, title, "title"))
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        column.addLayout(self.body)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(8)
        self.foot.addStretch(1)
        column.addLayout(self.foot)

    def add_button(self, words: str, act: Callable[[], object], *, kind: str = "normal") -> Button:
        """Does `act`, then the panel goes."""
        button = Button(self._theme, words, kind=kind, small=True)

        def do() -> None:
            self.close()
            act()

        button.clicked.connect(do)
        if kind == "link":
            self.foot.insertWidget(0, button)
        else:
            self.foot.addWidget(button)
        return button

    def open_below(self, anchor: QWidget, place: QRect | None = None) -> None:
        """Under the anchor, or under a part of it, inside the window."""
        part = place or anchor.rect()
        self.adjustSize()
        corner = anchor.mapToGlobal(part.bottomLeft() + QPoint(0, 4))
        window = anchor.window().frameGeometry()
        left = max(window.left() + 8, min(corner.x(), window.right() - self.width() - 8))
        top = max(window.top() + 8, min(corner.y(), window.bottom() - self.height() - 8))
        self.move(left, top)
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)
