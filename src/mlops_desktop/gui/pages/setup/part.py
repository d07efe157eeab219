"""What every part of the form is: a card that shows a draft and tells its changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.fields import Field, number_sign


class Pane:
    """Gives the focus on to `first`. A focus proxy would do so too, but Tab would then pass over what is before it."""

    first: QWidget | None = None

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.first is not None:
            self.first.setFocus(event.reason())


class Part(Pane, Card):
    """`changed` carries what the person changed, as the draft's fields by name."""

    changed = Signal(object)

    def __init__(self, context: Context, number: str = "", title: str = "", sub: str = "") -> None:
        super().__init__(context.theme, title, sub)
        self._context = context
        self.fields: dict[str, Field] = {}
        if number and title:
            self.head.insertWidget(0, number_sign(context.theme, number))

    @property
    def theme(self) -> Theme:
        return self._context.theme

    def show_setup(self, setup: Setup) -> None:
        raise NotImplementedError

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Errors at the fields that have one; the others show their help."""
        for name, field in self.fields.items():
            if name in problems:
                field.show_error(problems[name])
            elif field.error:
                field.clear_error()

    def tell(self, **changes: Any) -> None:
        self.changed.emit(changes)

    def first_problem(self) -> QWidget | None:
        """The control of the first field with an error."""
        return next((field.control for field in self.fields.values() if field.error), None)
