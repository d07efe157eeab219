"""Every key of the window, in one place; the sheet of keys is made from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """`context` is window, the page it works on, or `page`: every page that offers a command of that name.

    `group` is where the sheet of keys shows it; keys of one context may share a sequence with another page's.
    """

    name: str
    sequence: str
    does: str
    context: str = "window"
    group: str = ""


KEYS = (
    Key("home", "Ctrl+1", "Home"),
    Key("experiments", "Ctrl+3", "Experiments"),
    Key("back", "Alt+Left", "Back"),
    Key("forward", "Alt+Right", "Forward"),
    Key("refresh", "F5", "Read again"),
    Key("next_pane", "F6", "Next pane"),
    Key("last_pane", "Shift+F6", "Pane before"),
    Key("keys", "Ctrl+/", "This sheet of keys"),
    Key("undo", "Ctrl+Z", "Undo what the last notice says"),
    Key("quit", "Ctrl+Q", "Close the window"),
    Key("filter", "Ctrl+F", "Filter the runs", "experiments"),
    Key("inspector", "Ctrl+I", "Show or hide the inspector", "experiments"),
    Key("trash", "Del", "Move the selected runs to trash", "experiments"),
)
HINTS = (
    ("Up, Down", "Row before, next row"),
    ("Space", "Select the row"),
    ("Shift+Up, Shift+Down", "Extend the selection"),
    ("Ctrl+A", "Select all rows"),
    ("Esc", "One level out: filter, selection"),
)
"""Keys that lists and tables have of themselves."""


def sequence(name: str) -> str:
    return next(key.sequence for key in KEYS if key.name == name)
