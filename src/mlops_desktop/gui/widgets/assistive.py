"""What a screen reader does to a box or a choice counts as what a hand does: Qt toggles it then without a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton as _Button
else:
    _Button = object  # a class has one base of Qt, and that is the button's own


class HeardButton(_Button):
    """Mixed in before the button's own class; `hear` is called once it is made.

    `clicked` then also follows a toggle that came neither from mouse or keys nor from the program's own `setChecked`.
    """

    _is_told = False

    def hear(self) -> None:
        self.toggled.connect(self._on_toggled)

    def nextCheckState(self) -> None:
        self._is_told = True
        super().nextCheckState()
        self._is_told = False

    def setChecked(self, checked: bool) -> None:
        self._is_told = True
        super().setChecked(checked)
        self._is_told = False

    def _on_toggled(self, checked: bool) -> None:
        is_one_of_many = self.autoExclusive() or ((group := self.group()) is not None and group.exclusive())
        if not self._is_told and (checked or not is_one_of_many):
            self.clicked[bool].emit(checked)  # type: ignore[index]
