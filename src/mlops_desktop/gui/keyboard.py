"""What each key of the window does, and the way through its panes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.commands import window_commands
from mlops_desktop.gui.keys import KEYS, Key

if TYPE_CHECKING:
    from mlops_desktop.gui.shell import Shell

Act = Callable[[], object]


def wire_keys(shell: Shell) -> None:
    """Makes every key of the registry do what it says: the window's own here, a page's by the page's commands."""
    acts = _acts(shell)
    by_sequence: dict[str, list[Key]] = {}
    for key in KEYS:
        by_sequence.setdefault(key.sequence, []).append(key)
    for sequence, keys in by_sequence.items():
        # One shortcut for each sequence: two of the same would make Qt do neither.
        shortcut = QShortcut(QKeySequence(sequence), shell.window)
        shortcut.activated.connect(partial(_press, shell, keys, acts))


def next_pane(shell: Shell, way: int) -> None:
    """Gives the focus to the pane after, or before, the one that has it."""
    page, window = shell.page, shell.window
    panes: list[QWidget] = [
        shell.sidebar.navigation,
        *(page.panes() if page else []),
        *([shell.overlays.shown_activity.tabs] if shell.overlays.shown_activity else []),
        shell.top.search,
    ]
    focus = window.focusWidget()
    here = next((place for place, pane in enumerate(panes) if focus and _holds(pane, focus)), -1)
    start = here if here >= 0 else (0 if way < 0 else -1)
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    panes[(start + way) % len(panes)].setFocus(Qt.FocusReason.ShortcutFocusReason)


def _acts(shell: Shell) -> dict[str, Act]:
    acts: dict[str, Act] = {command.name: command.act for command in window_commands(shell)}
    acts |= {
        "palette": lambda: shell.overlays.palette.toggle(),  # noqa: PLW0108 - made when it is first wanted
        "next_pane": lambda: next_pane(shell, 1),
        "last_pane": lambda: next_pane(shell, -1),
        "zoom_in_too": lambda: shell.zoom(1),
    }
    if "settings" in acts:
        acts["settings_too"] = acts["settings"]
    return acts


def _press(shell: Shell, keys: Sequence[Key], acts: Mapping[str, Act]) -> None:
    """Does what the first key that has something to do here says. Without a workspace only closing works."""
    for key in keys:
        if not shell.frame.shows_shell and key.name != "quit":
            continue
        act = acts.get(key.name) if key.context == "window" else _page_act(shell, key)
        if act is not None:
            act()
            return


def _page_act(shell: Shell, key: Key) -> Act | None:
    page = shell.page
    if page is None or key.context not in ("page", page.name):
        return None
    return next((command.act for command in page.commands() if command.name == key.name), None)


def _holds(pane: QWidget, focus: QWidget) -> bool:
    return pane is focus or pane.isAncestorOf(focus)
