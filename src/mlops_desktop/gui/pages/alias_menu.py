"""The menu that sets, moves and removes aliases of a version, each with what it does said before."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu

from mlops_desktop.domain.models import Model
from mlops_desktop.gui.pages.model_actions import ModelActions
from mlops_desktop.gui.readings.models import CHALLENGER, CHAMPION, alias_effect, alias_order
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import plain_caption

_ICONS = {CHAMPION: "crown", CHALLENGER: "flag"}


def fill_alias_menu(menu: QMenu, theme: Theme, model: Model, number: int, actions: ModelActions) -> None:
    """Everything that can be done with aliases of this version."""
    menu.clear()
    reference = f"{model.name}@v{number}"
    for alias in alias_order({CHAMPION, CHALLENGER, *model.aliases}):
        if model.aliases.get(alias) == number:
            continue
        words = f"Set {alias}: {alias_effect(model, alias, number)}"
        action = menu.addAction(theme.icon(_ICONS.get(alias, "tag"), "muted", 16), plain_caption(words))
        action.triggered.connect(lambda _=False, chosen=alias: actions.set_alias(reference, chosen))
    other = menu.addAction(theme.icon("tag", "muted", 16), "Other alias…")
    other.triggered.connect(lambda: actions.ask_alias(model, reference))
    here = [alias for alias in alias_order(model.aliases) if model.aliases[alias] == number]
    if here:
        menu.addSeparator()
    for alias in here:
        action = menu.addAction(theme.icon("x", "muted", 16), plain_caption(f"Take {alias} away from v{number}"))
        action.triggered.connect(lambda _=False, chosen=alias: actions.remove_alias(model, chosen))
