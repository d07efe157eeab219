"""Before something is erased for good: what goes, what stays, and its name to type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.text import Text, plain_tip


@dataclass(frozen=True)
class Erasure:
    """`word` is what has to be typed, `verb` what the red button says."""

    title: str
    sentences: Sequence[str]
    word: str
    verb: str


class EraseDialog(Sheet):
    """`erase` is done once the word was typed and the red button pressed."""

    def __init__(self, theme: Theme, what: Erasure, erase: Callable[[], object], parent: QWidget) -> None:
        super().__init__(theme, "trash-2", what.title, parent, width=500)
        self._word, self._act = what.word, erase
        word = what.word
        for sentence in what.sentences:
            self.body.addWidget(Text(theme, sentence, "body", "muted", wrap=True))
        self.body.addWidget(Text(theme, f"Type {word} to confirm", "table-strong"))
        self.entry = LineEntry(theme, f"Type {word} to confirm")
        self.entry.textChanged.connect(self._on_typed)
        self.entry.returnPressed.connect(self._on_erase)
        self.body.addWidget(self.entry)
        self.foot.addStretch(1)
        self.keep = self.add_button("Keep")
        self.keep.clicked.connect(self.reject)
        self.erase = self.add_button(what.verb, kind="destroy")
        self.erase.setEnabled(False)
        self.erase.setToolTip(plain_tip(f"Type {word} above first"))
        self.erase.clicked.connect(self._on_erase)
        self.entry.setFocus()

    def _on_typed(self, typed: str) -> None:
        self.erase.setEnabled(typed.strip() == self._word)

    def _on_erase(self) -> None:
        if self.entry.text().strip() == self._word:
            self.accept()
            self._act()
