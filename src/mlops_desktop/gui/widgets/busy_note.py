"""What is being done at this moment, with a turning arc; there only while it is."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.notices import announce
from mlops_desktop.gui.widgets.text import ElidedText


class BusyNote(QWidget):
    """Shows the newest of what is under way; gone when all has ended."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._open: list[str] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._words = ElidedText(theme, "", "table", "accent-text")
        row.addWidget(Arc(theme, 14))
        row.addWidget(self._words, 1)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._words.text() if self._open else ""

    def begin(self, sentence: str) -> None:
        self._open.append(sentence)
        self._show()
        announce(self, sentence)

    def end(self, sentence: str) -> None:
        if sentence in self._open:
            self._open.remove(sentence)
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._open))
        if self._open:
            self._words.setText(self._open[-1])
            self.setAccessibleName(self._open[-1])
