"""Which columns a table shows and in what order: search, tick, drag."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.panel import Panel, Tick, TickList
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.text import Text


class ColumnPicker(Panel):
    """`chosen` is given the names of the columns to show, in order, at each change; `reset` means the usual ones."""

    def __init__(
        self,
        theme: Theme,
        columns: Sequence[Tick],
        chosen: Callable[[list[str]], object],
        reset: Callable[[], object],
        parent: QWidget,
    ) -> None:
        super().__init__(theme, "Columns", parent)
        self.search = SearchField(theme, "Search columns", "Search columns")
        self.list = TickList(theme, "Columns to show", moves=True)
        self.list.show_ticks(columns)
        self.search.textChanged.connect(self.list.narrow)
        self.search.left.connect(self.list.setFocus)
        self.list.changed.connect(lambda: chosen([name for name, ticked in self.list.ticks() if ticked]))
        self.body.addWidget(self.search)
        self.body.addWidget(self.list)
        help = "Drag, or Alt+Up and Alt+Down, to move. Space shows or hides."
        self.body.addWidget(Text(theme, help, "caption", "muted", wrap=True))
        self.add_button("Usual columns", reset, kind="link")
        self.add_button("Close", lambda: None)
        self.search.setFocus()
