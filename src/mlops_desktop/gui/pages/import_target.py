"""The likely target: what a model would be asked to predict, suggested and changeable."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.previews import PreviewColumn
from mlops_desktop.domain.targets import likely_target, made_from
from mlops_desktop.gui.readings.dataset_columns import TAGS
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text

LATER = "Decide later"


class TargetChooser(QWidget):
    """Until a person chooses, the suggestion follows what is read."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._chosen: str | None = None
        self._is_chosen = False
        self._columns: tuple[PreviewColumn, ...] = ()
        self._derived: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(Text(theme, "Likely target", "title"))
        head.addStretch(1)
        self._wand = Icon(theme, "wand", "accent-text", 13)
        self._suggested = Text(theme, "Suggested", "table-strong", "accent-text")
        head.addWidget(self._wand)
        head.addWidget(self._suggested)
        column.addLayout(head)
        self.choice = Choice(theme, "Likely target")
        self.choice.chosen.connect(self._on_chosen)
        column.addWidget(self.choice)
        self._note = ElidedText(theme, "", "table", "muted")
        column.addWidget(self._note)
        column.addStretch(1)

    @property
    def target(self) -> str | None:
        """None where that is left for later."""
        return self._chosen if self._is_chosen else likely_target(self._columns)

    def start(self, target: str | None) -> None:
        """With what a recipe says; None lets it be suggested."""
        self._chosen, self._is_chosen = target, target is not None
        self._columns = ()

    def show_columns(self, columns: Sequence[PreviewColumn], derived: Sequence[str]) -> None:
        self._columns = tuple(column for column in columns if not column.is_left_out)
        self._derived = tuple(derived)
        if self._is_chosen and self._chosen not in (None, *(column.name for column in self._columns)):
            self._is_chosen = False
        options: list[tuple[object, str]] = [(None, LATER)]
        newest = [column for column in self._columns if column.is_derived]
        others = [column for column in self._columns if not column.is_derived]
        options += [(column.name, f"{column.name}   {TAGS[column.type]}") for column in (*newest, *others)]
        self.choice.set_options(options)
        self._show()

    def _show(self) -> None:
        target = self.target
        self.choice.show_value(target)
        suggested = target is not None and target == likely_target(self._columns)
        self._wand.setVisible(suggested)
        self._suggested.setVisible(suggested)
        sources = made_from(target, self._derived) if target else ()
        if sources:
            what = " and ".join((", ".join(sources[:-1]), sources[-1])) if len(sources) > 1 else sources[0]
            self._note.setText(f"Made from {what}, so {'these are' if len(sources) > 1 else 'that is'} no feature")
        elif target is None:
            self._note.setText("What a model will predict; a run asks for it again")
        else:
            self._note.setText("What a model will predict from the other columns")

    def _on_chosen(self, value: object) -> None:
        self._chosen, self._is_chosen = (str(value) if value is not None else None), True
        self._show()
        self.changed.emit()
