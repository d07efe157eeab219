"""Sentences that warn, each with its sign; they stand for themselves and ask nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text


class Warnings(QWidget):
    """`lines` are those on show."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: tuple[str, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.hide()

    def show_lines(self, lines: Sequence[str]) -> None:
        """Shows these in place of those before, and nothing where there are none."""
        if tuple(lines) == self.lines:
            return
        self.lines = tuple(lines)
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for words in self.lines:
            self._column.addWidget(self._line(words))
        self.setVisible(bool(lines))

    def _line(self, words: str) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Icon(self._theme, "triangle-alert", "warn", 14), 0, Qt.AlignmentFlag.AlignTop)
        text = Text(self._theme, words, "table", "warn", wrap=True)
        text.setAccessibleName(f"Warning: {words}")
        row.addWidget(text, 1)
        return holder
