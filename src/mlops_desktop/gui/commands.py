"""What can be done anywhere in the window, for the keys and the palette."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.page import Command

if TYPE_CHECKING:
    from mlops_desktop.gui.shell import Shell

LOOKS = {"system": ("As the system", "monitor"), "light": ("Light", "sun"), "dark": ("Dark", "moon")}


def window_commands(shell: Shell) -> list[Command]:
    """By the names of `keys.KEYS` where there is a key for it."""
    return [*_work(shell), *_pages(shell), *_window(shell), *_looks(shell)]


def _work(shell: Shell) -> list[Command]:
    commands = [
        Command("import", "Import data…", "download", shell.import_data, "mlops datasets import FILE"),
        Command(
            "new_run", "New run", "plus", lambda: shell.go(Place("new-run")), "mlops experiments run DATASET TARGET"
        ),
    ]
    return [
        *commands,
        Command("add_host", "Add host…", "server", partial(_add_host, shell), "mlops hosts add NAME --kind KIND"),
        Command("activity", "Show or hide Activity", "activity", shell.toggle_activity, "mlops jobs list"),
    ]


def _add_host(shell: Shell) -> None:
    """Asks for a host and tries it."""
    from mlops_desktop.gui.dialogs.add_host import AddHostDialog

    if shell.workspace is not None:
        AddHostDialog(shell.context, shell.workspace, shell.window).open()


def _pages(shell: Shell) -> list[Command]:
    sections = [
        Command(entry.page, f"Go to {entry.title}", entry.icon, partial(shell.go_to, entry.page))
        for entry in shell.sidebar.entries
    ]
    parts = (
        ("hosts", "Open the hosts", "server", "mlops hosts list"),
        ("trash", "Open the trash", "trash-2", "mlops trash list"),
        ("record", "Open the record of decisions", "shield-check", "mlops audit"),
        ("about", "About MLOps Desktop", "info", "mlops --version"),
    )
    return sections + [
        Command(f"open_{part}", title, icon, partial(shell.go, Place("settings", part)), line)
        for part, title, icon, line in parts
    ]


def _window(shell: Shell) -> list[Command]:
    return [
        Command("refresh", "Read again", "rotate-cw", shell.refresh),
        Command("undo", "Undo what the last notice says", "undo-2", shell.take_back),
        Command("back", "Back", "arrow-left", shell.navigator.back),
        Command("forward", "Forward", "arrow-right", shell.navigator.forward),
        Command("help", "Help for this page", "book-open", shell.show_help),
        Command("keys", "Show all keys", "keyboard", shell.show_keys),
        Command("new_window", "New window", "app-window", shell.new_window),
        Command("open_workspace", "Open another workspace…", "folder-open", shell.menu.ask_for_workspace),
        Command(
            "make_workspace", "Make a workspace…", "folder", shell.menu.ask_for_new, "mlops workspace create FOLDER"
        ),
        Command("zoom_in", "Zoom in", "zoom-in", lambda: shell.zoom(1)),
        Command("zoom_out", "Zoom out", "zoom-out", lambda: shell.zoom(-1)),
        Command("zoom_none", "Zoom to 100 %", "zoom-in", lambda: shell.zoom(0)),
        Command("quit", "Close the window", "x", shell.leaving.ask),
    ]


def _looks(shell: Shell) -> list[Command]:
    looks = [
        Command(f"look_{name}", f"Look: {words}", icon, partial(shell.set_look, name))
        for name, (words, icon) in LOOKS.items()
    ]
    densities = [
        Command(f"density_{name}", f"Rows: {name}", "columns-3", partial(shell.set_density, name))
        for name in ("compact", "standard", "comfortable")
    ]
    return [*looks, *densities]
