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


PAGES, MOVING, WORK, WINDOW = "Pages", "Moving about", "On the page", "Window"
KEYS = (
    Key("palette", "Ctrl+K", "Search or run a command", group=WINDOW),
    Key("activity", "Ctrl+J", "Show or hide Activity", group=WINDOW),
    Key("home", "Ctrl+1", "Home", group=PAGES),
    Key("datasets", "Ctrl+2", "Datasets", group=PAGES),
    Key("experiments", "Ctrl+3", "Experiments", group=PAGES),
    Key("models", "Ctrl+4", "Models", group=PAGES),
    Key("deployments", "Ctrl+5", "Deployments", group=PAGES),
    Key("settings", "Ctrl+,", "Settings", group=PAGES),
    Key("settings_too", "Ctrl+8", "Settings", group=PAGES),
    Key("import", "Ctrl+O", "Import data", group=WORK),
    Key("new_run", "Ctrl+N", "New run", group=WORK),
    Key("back", "Alt+Left", "Back", group=MOVING),
    Key("forward", "Alt+Right", "Forward", group=MOVING),
    Key("refresh", "F5", "Read again", group=MOVING),
    Key("next_pane", "F6", "Next pane", group=MOVING),
    Key("last_pane", "Shift+F6", "Pane before", group=MOVING),
    Key("help", "F1", "Help for this page", group=WINDOW),
    Key("keys", "Ctrl+/", "This sheet of keys", group=WINDOW),
    Key("undo", "Ctrl+Z", "Undo what the last notice says", group=WORK),
    Key("zoom_in", "Ctrl+=", "Larger", group=WINDOW),
    Key("zoom_in_too", "Ctrl++", "Larger", group=WINDOW),
    Key("zoom_out", "Ctrl+-", "Smaller", group=WINDOW),
    Key("zoom_none", "Ctrl+0", "Normal size, 100 %", group=WINDOW),
    Key("new_window", "Ctrl+Shift+N", "New window", group=WINDOW),
    Key("quit", "Ctrl+Q", "Close the window", group=WINDOW),
    Key("primary", "Ctrl+Return", "The main button of the page", "page", WORK),
    Key("filter", "Ctrl+F", "Filter or search", "page", WORK),
    Key("inspector", "Ctrl+I", "Show or hide the inspector", "page", WORK),
    Key("compare", "Ctrl+D", "Compare what is selected", "page", WORK),
    Key("deploy", "Ctrl+Shift+D", "Deploy", "page", WORK),
    Key("try_it", "Ctrl+T", "Try it", "page", WORK),
    Key("rerun", "Ctrl+Shift+R", "Run again with changes", "page", WORK),
    Key("log", "Ctrl+`", "Log", "page", WORK),
    Key("trash", "Del", "Move to trash", "page", WORK),
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


def grouped_keys() -> list[tuple[str, list[tuple[tuple[str, ...], str]]]]:
    """The keys under what they are for, those of lists and tables last; a page's own stand with the page's.

    What has two keys stands once, with both.
    """
    groups: dict[str, dict[str, tuple[str, ...]]] = {name: {} for name in (WINDOW, PAGES, MOVING, WORK)}
    for key in KEYS:
        group = groups.setdefault(key.group or WORK, {})
        group[key.does] = (*group.get(key.does, ()), key.sequence)
    lists: list[tuple[tuple[str, ...], str]] = [((sequence,), does) for sequence, does in HINTS]
    shown = [(name, [(keys, does) for does, keys in group.items()]) for name, group in groups.items() if group]
    return [*shown, ("Lists and tables", lists)]
