"""The command palette over the window: a field, what fits, and the same as a command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.palette.entries import Entry
from mlops_desktop.gui.palette.ranking import SCOPES, Stock, rank, scope_of
from mlops_desktop.gui.palette.rows_view import RowsView, spoken
from mlops_desktop.gui.palette.stock import StockRoom
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.palette import Findable, read_findable
from mlops_desktop.gui.widgets.key_cap import KeyCap
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.gui.shell import Shell

WIDTH, TOP, FIELD, FOOT = 676, 66, 52, 38
"""`TOP` and the title bar of the desktop make the 96 px of the design."""
PAGE_STEP = 8


class Palette(QWidget):
    """Lies over the whole window while it is open; a click beside it or Esc closes it."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell.window)
        self._shell, self._theme = shell, shell.context.theme
        self._findable = Findable()
        self._room = StockRoom(shell, self._findable)
        self._stock = Stock()
        self._before: QWidget | None = None
        self._query = Query(shell.context.lanes, self._read, self._on_read, shell.show_failure, self)
        self.setAccessibleName("Command palette")
        self._build()
        shell.window.installEventFilter(self)
        shell.events.changed.connect(self._on_changes)
        self.hide()

    def open(self, typed: str = "") -> None:
        """Shows the palette and reads what can be found; until that is read, the actions are there."""
        if not self.isVisible():
            self._before = self._shell.window.focusWidget()
        self._prepare()
        self.field.setText(typed)
        self._show_matches()
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._shell.workspace is not None:
            self._query.ask()

    def toggle(self) -> None:
        if self.isVisible():
            self.close_palette()
        else:
            self.open()

    def close_palette(self) -> None:
        """Gives the focus back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)

    def pick(self, entry: Entry) -> None:
        """Does what the entry says, and remembers it."""
        self.close_palette()
        state = self._shell.state
        self._shell.remember(replace(state, chosen=state.with_chosen(entry.key)))
        entry.act()

    # Events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._on_key(event)
        if watched is self._shell.window and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self._theme.colour("scrim"))

    def _on_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -PAGE_STEP, Qt.Key.Key_PageDown: PAGE_STEP}
        key, chosen = Qt.Key(event.key()), self.rows.chosen
        if key in steps:
            self.rows.step(steps[key])
            self._show_chosen()
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if chosen is not None:
                self.pick(chosen)
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            if chosen is not None:
                self.field.setText(scope_of(self.field.text())[0] + chosen.title.rstrip("…"))
        else:
            return False
        return True

    # Reading

    def _read(self) -> Findable:
        if self._shell.workspace is None:
            return Findable()
        return read_findable(self._shell.workspace)

    def _on_read(self, findable: Findable) -> None:
        self._findable = findable
        self._prepare()
        if self.isVisible():
            chosen = self.rows.chosen
            self._show_matches()
            place = next((p for p, row in enumerate(self.rows.entries.rows) if row.entry == chosen), -1)
            if chosen is not None and place >= 0:
                self.rows.choose(place)
                self._show_chosen()

    def _on_changes(self, changes: tuple[Change, ...]) -> None:
        if self.isVisible():
            self._query.ask_soon()

    def _prepare(self) -> None:
        self._room = StockRoom(self._shell, self._findable)
        self._stock = self._room.stock()

    # Showing

    def _build(self) -> None:
        theme = self._theme
        self.panel = QFrame(self)
        self.panel.setProperty("card", "popup")
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QWidget()
        head.setFixedHeight(FIELD)
        row = QHBoxLayout(head)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(10)
        row.addWidget(Icon(theme, "search", "muted", 18))
        self.field = QLineEdit()
        self.field.setObjectName("palettefield")
        self.field.setFont(theme.font("search"))
        self.field.setAccessibleName("Search or run a command")
        self.field.setPlaceholderText("Search or run a command")
        self.field.textChanged.connect(self._show_matches)
        self.field.installEventFilter(self)
        row.addWidget(self.field, 1)
        self._scope = Text(theme, "All", "caption-strong", "muted")
        self._scope.setProperty("chip", "outline")
        row.addWidget(self._scope, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(ElidedText(theme, "type > for actions, # for runs, @ for models", "table", "muted"))
        column.addWidget(head)
        column.addWidget(_line())
        self.rows = RowsView(theme)
        self.rows.picked.connect(self.pick)
        column.addWidget(self.rows, 1)
        self._nothing = Text(theme, "", "body", "muted")
        self._nothing.setContentsMargins(14, 14, 14, 14)
        column.addWidget(self._nothing)
        column.addWidget(self._make_foot())

    def _make_foot(self) -> QFrame:
        theme = self._theme
        foot = QFrame()
        foot.setObjectName("palettefoot")
        foot.setFixedHeight(FOOT)
        row = QHBoxLayout(foot)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(4)
        for keys, does in ((("↑", "↓"), "choose"), (("Tab",), "fill in"), (("Esc",), "close")):
            for key in keys:
                row.addWidget(KeyCap(theme, key))
            row.addWidget(Text(theme, does, "table", "muted"))
            row.addSpacing(10)
        row.addStretch(1)
        self.line = ElidedText(theme, "", "mono", "muted")
        row.addWidget(self.line)
        return foot

    def _show_matches(self) -> None:
        typed = self.field.text()
        rows = rank(self._stock, self._findable.lowered, self._room.run, typed)
        self.rows.show_rows(rows)
        self._scope.setText(SCOPES.get(scope_of(typed)[0], "All"))
        self.rows.setVisible(bool(rows))
        self._nothing.setVisible(not rows)
        many = formats.plural(len(self._findable.runs), "run")
        self._nothing.setText(f"Nothing fits. Searched all actions, objects and {many}.")
        self._place()
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.rows.chosen
        self.line.setText(chosen.line if chosen else "")
        self.field.setAccessibleDescription(spoken(chosen) if chosen else self._nothing.text())
        if chosen and self.isVisible():
            announce(self.rows, spoken(chosen))

    def _place(self) -> None:
        window, theme = self._shell.window, self._theme
        self.setGeometry(window.rect())
        width = min(theme.px(WIDTH), window.width() - 40)
        fixed = theme.px(FIELD) + theme.px(FOOT) + 3
        body = self.rows.wanted_height() + 8 if self.rows.entries.rows else self._nothing.sizeHint().height()
        room = window.height() - TOP - 40
        height = min(fixed + body, max(room, fixed + 80))
        self.panel.setGeometry(QRect((window.width() - width) // 2, TOP, width, height))


def _line() -> QFrame:
    made = QFrame()
    made.setProperty("line", True)
    made.setFixedHeight(1)
    return made
