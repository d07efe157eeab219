"""Sets an alias of the person's own on a version, and says what that moves."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.errors import InvalidNameError
from mlops_desktop.domain.models import Model
from mlops_desktop.domain.names import check_alias
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.readings.models import alias_effect
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field

_HELP = "A name that moves from version to version, such as champion or edge."


class SetAliasDialog(Sheet):
    """`chosen` carries the version's reference and the alias."""

    chosen = Signal(str, str)

    def __init__(self, theme: Theme, model: Model, reference: str, parent: QWidget) -> None:
        super().__init__(theme, "tag", f"Set an alias of {model.name}", parent, width=440)
        self._model = model
        self.alias = LineEntry(theme, "Alias")
        self.field = Field(theme, "Alias", self.alias, _HELP)
        self.version = Choice(theme, "Version")
        numbers = range(model.latest_number, 0, -1)
        self.version.set_options([(number, f"v{number}") for number in numbers])
        self.version.show_value(int(reference.rpartition("@v")[2]))
        self.body.addWidget(self.field)
        self.body.addWidget(Field(theme, "Version", self.version))
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.primary = self.add_button("Set alias", kind="primary", icon="tag")
        self.cancel.clicked.connect(self.reject)
        self.primary.clicked.connect(self._on_set)
        self.primary.setDefault(True)
        self.alias.textEdited.connect(self._on_typed)
        self.version.chosen.connect(self._on_typed)
        self.alias.setFocus()

    def _on_typed(self) -> None:
        text = self.alias.text()
        if not text.strip():
            self.field.clear_error()
            self.field.show_help(_HELP)
            return
        try:
            alias = check_alias(text)
        except InvalidNameError as error:
            self.field.show_error(error.hint)
            return
        self.field.clear_error()
        self.field.show_help(f"{alias} {alias_effect(self._model, alias, self._number)}")

    @property
    def _number(self) -> int:
        value = self.version.value
        return value if isinstance(value, int) else self._model.latest_number

    def _on_set(self) -> None:
        try:
            alias = check_alias(self.alias.text())
        except InvalidNameError as error:
            self.field.show_error(error.hint)
            self.alias.setFocus()
            return
        self.chosen.emit(f"{self._model.name}@v{self._number}", alias)
        self.accept()
