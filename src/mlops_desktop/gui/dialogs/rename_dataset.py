"""Asks for another name of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.errors import InvalidNameError
from mlops_desktop.domain.names import check_name
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.fields import Field

_HELP = "Versions, runs and models keep what they are; only the name changes."


class RenameDatasetDialog(Sheet):
    """`chosen` carries the new name."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, name: str, taken: Sequence[str], parent: QWidget) -> None:
        super().__init__(theme, "pencil", f"Rename {name}", parent, width=420)
        self._name, self._taken = name, frozenset(taken) - {name}
        self.entry = LineEntry(theme, "Name")
        self.entry.setText(name)
        self.entry.selectAll()
        self.field = Field(theme, "Name", self.entry, _HELP)
        self.body.addWidget(self.field)
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.primary = self.add_button("Rename dataset", kind="primary")
        self.primary.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.primary.clicked.connect(self._on_rename)
        self.entry.textEdited.connect(lambda _: self.field.clear_error())
        self.entry.setFocus()

    def _on_rename(self) -> None:
        try:
            name = check_name(self.entry.text(), "dataset")
        except InvalidNameError as error:
            self.field.show_error(error.hint or error.message)
            self.entry.setFocus()
            return
        if name in self._taken:
            self.field.show_error(f"There is a dataset {name} already")
            self.entry.setFocus()
            return
        if name != self._name:
            self.chosen.emit(name)
        self.accept()
