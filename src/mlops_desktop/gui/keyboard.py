"""What each key of the window does, and the way through its panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.keys import KEYS, Key

if TYPE_CHECKING:
    from mlops_desktop.gui.main_window import MainWindow

Act = Callable[[], object]


def wire_keys(window: MainWindow) -> None:
    """Makes every key of the registry do what it says."""
    acts = _acts(window)
    for key in KEYS:
        shortcut = QShortcut(QKeySequence(key.sequence), window)
        shortcut.activated.connect(lambda pressed=key: _do(window, pressed, acts[pressed.name]))


def next_pane(window: MainWindow, way: int) -> None:
    """Gives the focus to the pane after, or before, the one that has it."""
    page = window.page()
    panes: list[QWidget] = [window.sidebar.navigation, *(page.panes() if page else []), window.top.keys]
    focus = window.focusWidget()
    here = next((place for place, pane in enumerate(panes) if focus and _holds(pane, focus)), -1)
    start = here if here >= 0 else (0 if way < 0 else -1)
    window.setAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    panes[(start + way) % len(panes)].setFocus(Qt.FocusReason.ShortcutFocusReason)


def _acts(window: MainWindow) -> dict[str, Act]:
    return {
        "home": lambda: window.go_to("home"),
        "experiments": lambda: window.go_to("experiments"),
        "back": window.go_back,
        "forward": window.go_forward,
        "refresh": window.refresh,
        "next_pane": lambda: next_pane(window, 1),
        "last_pane": lambda: next_pane(window, -1),
        "keys": window.show_keys,
        "undo": window.take_back,
        "quit": window.close,
        "filter": lambda: window.experiments.focus_filter(),  # noqa: PLW0108 - the page is made when it is needed
        "inspector": lambda: window.experiments.toggle_inspector(),  # noqa: PLW0108 - likewise
        "trash": lambda: window.experiments.trash_chosen(),  # noqa: PLW0108 - likewise
    }


def _do(window: MainWindow, key: Key, act: Act) -> None:
    """Keys of a page work on that page only; before a workspace is open, none but closing does."""
    if not window.frame.shows_shell and key.name != "quit":
        return
    page = window.page()
    if key.context == "window" or (page is not None and page.name == key.context):
        act()


def _holds(pane: QWidget, focus: QWidget) -> bool:
    return pane is focus or pane.isAncestorOf(focus)
