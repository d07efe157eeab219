"""What can be done with one dataset version, for the menu, the keys and the palette."""

from __future__ import annotations

from functools import partial

from mlops_desktop.domain.datasets import DatasetVersion
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.dataset_actions import DatasetActions
from mlops_desktop.gui.pages.page import Command
from mlops_desktop.gui.readings.home import quoted

_MENU = (("import_version", "score", "rename"), ("copy_reference", "copy_cli"), ("trash",))


def new_run(context: Context, version: DatasetVersion) -> None:
    context.shell.go(Place("new-run", version.reference))


def version_commands(
    context: Context, actions: DatasetActions, version: DatasetVersion, taken: list[str]
) -> list[Command]:
    """`taken` are the names of all datasets."""
    name, reference = quoted(version.dataset_name), quoted(version.reference)
    shown = version.reference.replace("@", " ")
    train, following = f"mlops experiments run {reference} TARGET", f"mlops datasets import FILE --name {name}"
    import_version = partial(actions.import_version, version.dataset_name)
    line, show = f"mlops datasets score MODEL {reference} --to FILE", f"mlops datasets show {reference}"
    copy_reference = partial(actions.copy, version.reference, "Reference")
    rename = partial(actions.rename, version.dataset_name, taken)
    away = partial(actions.trash, version.dataset_name)
    return [
        Command("new_run_with", f"New run with {shown}", "play", partial(new_run, context, version), train),
        Command("import_version", "Import new version…", "download", import_version, following),
        Command("score", f"Score {shown} with a model…", "table-2", partial(actions.score, version), line),
        Command("rename", f"Rename {version.dataset_name}…", "pencil", rename, f"mlops datasets rename {name} NAME"),
        Command("copy_reference", f"Copy the reference {version.reference}", "copy", copy_reference),
        Command("copy_cli", "Copy as CLI", "square-terminal", partial(actions.copy, show, "Command"), show),
        Command("trash", f"Move {version.dataset_name} to trash", "trash-2", away, f"mlops trash put dataset {name}"),
    ]


def menu_of(commands: list[Command]) -> list[Command]:
    """What is behind the three dots, with lines between what does not belong together."""
    by_name = {command.name: command for command in commands}
    shown: list[Command] = []
    for names in _MENU:
        shown += [Command("", "", "", lambda: None)] if shown else []
        shown += [by_name[name] for name in names if name in by_name]
    return shown
