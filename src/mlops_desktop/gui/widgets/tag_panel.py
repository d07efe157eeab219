"""Tags of the selected runs: those that are there to tick, and a new one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QLineEdit, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.panel import Panel, Tick, TickList

Apply = Callable[[list[str], list[str]], object]


class TagPanel(Panel):
    """`apply` is given the tags to add and to take away. A tag that only some runs have keeps a bar in its box."""

    def __init__(self, theme: Theme, title: str, tags: Sequence[Tick], apply: Apply, parent: QWidget) -> None:
        super().__init__(theme, title, parent)
        self._before = {tag.value: tag.ticked for tag in tags}
        self.entry = QLineEdit()
        self.entry.setFont(theme.font("body"))
        self.entry.setAccessibleName("New tag")
        self.entry.setPlaceholderText("New tag")
        self.body.addWidget(self.entry)
        self.list = TickList(theme, "Tags")
        self.list.show_ticks(tags)
        if not tags:
            self.list.hide()
        self.body.addWidget(self.list)
        button = self.add_button("Tag", lambda: apply(*self._changes()), kind="primary")
        self.entry.returnPressed.connect(button.click)
        self.entry.setFocus()

    def _changes(self) -> tuple[list[str], list[str]]:
        states = [(tag, ticked) for tag, ticked in self.list.ticks() if ticked is not self._before.get(tag)]
        added = [tag for tag, ticked in states if ticked]
        fresh = self.entry.text().strip()
        return [*added, *([fresh] if fresh else [])], [tag for tag, ticked in states if ticked is False]
