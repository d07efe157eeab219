"""The menu that leads a model version to a host: by keyboard what dragging it there is by mouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QMenu

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.widgets.text import plain_caption


def add_deploy_menu(menu: QMenu, context: Context, deploy: Callable[[str], object]) -> QMenu | None:
    """`Deploy to`, with every host that is known; none where there is only this computer."""
    facts = context.shell.host_watch.facts
    if not facts.added:
        return None
    made = menu.addMenu(context.theme.icon("rocket", "muted", 16), "Deploy to")
    made.setAccessibleName("Deploy to")
    now = context.clock()
    for state in facts.states:
        name, sign = state.host.name, facts.sign(state, now)
        words = reading.title(name) if reading.can_serve(state) else f"{reading.title(name)} ({sign.word.lower()})"
        action = made.addAction(context.theme.icon(reading.icon(state), "muted", 16), plain_caption(f"{words}…"))
        action.setData(name)
        action.triggered.connect(partial(_chosen, deploy, name))
    return made


def _chosen(deploy: Callable[[str], object], host: str, _checked: bool = False) -> None:
    deploy(host)
