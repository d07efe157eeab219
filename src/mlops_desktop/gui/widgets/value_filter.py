"""The funnel of a column: distinct values to choose from, a range of numbers, or what is empty."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from mlops_desktop.domain.run_filters import number
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Box
from mlops_desktop.gui.widgets.panel import Panel, Tick, TickList
from mlops_desktop.gui.widgets.search_field import SearchField
from mlops_desktop.gui.widgets.text import Text

Apply = Callable[[list[str]], object]
"""Given the values that were chosen; "" stands for no value."""
Between = Callable[[str, str, bool], object]
"""Given the lower and the upper end as text, and whether only what is empty is wanted."""


class ValuesPanel(Panel):
    """Values with how often they come; without a choice the filter goes."""

    def __init__(self, theme: Theme, title: str, values: Sequence[Tick], apply: Apply, parent: QWidget) -> None:
        super().__init__(theme, f"Filter by {title}", parent)
        self.list = TickList(theme, f"Values of {title}")
        self.list.show_ticks(values)
        if len(values) > 8:
            search = SearchField(theme, "Search values", "Search values")
            search.textChanged.connect(self.list.narrow)
            search.left.connect(self.list.setFocus)
            self.body.addWidget(search)
        self.body.addWidget(self.list)
        self.add_button("Clear", lambda: apply([]), kind="link")
        self.apply = self.add_button("Filter", lambda: apply(self._chosen()), kind="primary")
        self.list.setFocus()

    def _chosen(self) -> list[str]:
        return [value for value, ticked in self.list.ticks() if ticked]


class RangePanel(Panel):
    """From and to, both as they are; either may stay empty."""

    def __init__(
        self, theme: Theme, title: str, parent: QWidget, *, span: tuple[str, str], empty: int, apply: Between
    ) -> None:
        super().__init__(theme, f"Filter by {title}", parent)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.low, self.high = QLineEdit(), QLineEdit()
        for field, words, usual in ((self.low, "From", span[0]), (self.high, "To", span[1])):
            column = QVBoxLayout()
            column.setSpacing(3)
            column.addWidget(Text(theme, words, "caption", "muted"))
            field.setFont(theme.font("number"))
            field.setPlaceholderText(usual)
            field.setAccessibleName(f"{words}, {title}")
            field.returnPressed.connect(self._on_return)
            column.addWidget(field)
            row.addLayout(column)
        self.body.addLayout(row)
        self._wrong = Text(theme, "", "caption", "error", wrap=True)
        self._wrong.hide()
        self.body.addWidget(self._wrong)
        self.empty = Box(theme, f"Only runs without a value ({empty:,})", role="table")
        if empty == 0:
            self.empty.hide()
        self.body.addWidget(self.empty)
        self.add_button("Clear", lambda: apply("", "", False), kind="link")
        self.apply = self.add_button("Filter", self._do, kind="primary")
        self._apply = apply
        self.apply.clicked.disconnect()
        self.apply.clicked.connect(self._on_return)
        self.low.setFocus()

    def _on_return(self) -> None:
        wrong = [text for text in (self.low.text(), self.high.text()) if text.strip() and number(text) is None]
        if wrong:
            self._wrong.setText(f"“{wrong[0]}” is no number.")
            self._wrong.show()
            self.adjustSize()
            return
        self.close()
        self._do()

    def _do(self) -> None:
        self._apply(self.low.text().strip(), self.high.text().strip(), self.empty.isChecked())
