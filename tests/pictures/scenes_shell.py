"""Pictures of the window itself: palette, Activity, settings, closing, zoom, first start."""

from __future__ import annotations

from collections.abc import Callable

from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.settings import SettingsPage
from mlops_desktop.gui.settings.record import RecordSection
from mlops_desktop.gui.settings.workspace import WorkspaceSection
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace

Scene = Callable[[Shell, Workspace], None]


def settings_page(shell: Shell) -> SettingsPage:
    assert isinstance(shell.page, SettingsPage)
    return shell.page


def home(shell: Shell, workspace: Workspace) -> None:
    shell.go_to("home")


def palette(shell: Shell, workspace: Workspace) -> None:
    shell.overlays.palette.open()


def palette_typed(shell: Shell, workspace: Workspace) -> None:
    shell.overlays.palette.open("deploy fli")


def palette_runs(shell: Shell, workspace: Workspace) -> None:
    shell.overlays.palette.open("#")


def palette_nothing(shell: Shell, workspace: Workspace) -> None:
    shell.overlays.palette.open("xylophone")


def activity(shell: Shell, workspace: Workspace) -> None:
    shell.say("Run flat-dunnock-15 moved to trash", "trash-2", lambda: None)
    shell.show_activity()


def activity_done(shell: Shell, workspace: Workspace) -> None:
    from mlops_desktop.gui.readings.activity import State

    shell.show_activity(State.DONE)


def activity_failed(shell: Shell, workspace: Workspace) -> None:
    from mlops_desktop.gui.readings.activity import State

    shell.show_activity(State.FAILED)
    card = shell.overlays.activity.cards()[0]
    card.log_button.click()


def zoomed(shell: Shell, workspace: Workspace) -> None:
    shell.set_zoom(150)


def closing(shell: Shell, workspace: Workspace) -> None:
    from mlops_desktop.gui.closing import GoingOn

    shell.overlays.ask_to_close(GoingOn(("a", "b"), ("flight-late",)), lambda stops, asks: None)


def settings(section: str) -> Scene:
    return lambda shell, workspace: shell.go(Place("settings", section))


def trash_with_more(shell: Shell, workspace: Workspace) -> None:
    from mlops_desktop.services.trash import Kind

    workspace.trash.put(Kind.DATASET, ["penguins"])
    shell.go(Place("settings", "trash"))


def trash_empty(shell: Shell, workspace: Workspace) -> None:
    for item in workspace.trash.list():
        workspace.trash.restore(item.kind, [item.name])
    shell.go(Place("settings", "trash"))


def record_no_match(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("settings", "record"))
    section = settings_page(shell).current
    assert isinstance(section, RecordSection)
    section.search.setText("xylophone")


def verified(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("settings", "workspace"))
    section = settings_page(shell).current
    assert isinstance(section, WorkspaceSection)
    section.verify.click()


SCENES = {
    "shell-settings-general": settings("general"),
    "shell-settings-workspace": settings("workspace"),
    "shell-settings-verified": verified,
    "shell-settings-trash": trash_with_more,
    "shell-settings-trash-empty": trash_empty,
    "shell-settings-record": settings("record"),
    "shell-settings-record-nothing": record_no_match,
    "shell-settings-keys": settings("keys"),
    "shell-settings-about": settings("about"),
    "shell-home": home,
    "shell-palette": palette,
    "shell-palette-typed": palette_typed,
    "shell-palette-runs": palette_runs,
    "shell-palette-nothing": palette_nothing,
    "shell-activity": activity,
    "shell-activity-done": activity_done,
    "shell-activity-failed": activity_failed,
}
