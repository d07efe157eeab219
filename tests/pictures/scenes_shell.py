"""Pictures of the window itself: palette, Activity, settings, closing, zoom, first start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from tests.pictures.scenes_models import _dialog

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.gui.crash import CrashDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.importing import judge
from mlops_desktop.gui.pages.settings import SettingsPage
from mlops_desktop.gui.pages.welcome import WelcomePage
from mlops_desktop.gui.settings.record import RecordSection
from mlops_desktop.gui.settings.workspace import WorkspaceSection
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.widgets.guide import GuideDialog
from mlops_desktop.gui.widgets.keys_sheet import KeysDialog
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


def closing_asked(shell: Shell, workspace: Workspace) -> None:
    from mlops_desktop.gui.closing import ClosingDialog

    closing(shell, workspace)
    _dialog(shell, ClosingDialog)


def key_sheet(shell: Shell, workspace: Workspace) -> None:
    shell.show_keys()
    _dialog(shell, KeysDialog)


def crash(shell: Shell, workspace: Workspace) -> None:
    error = RuntimeError("list index out of range")
    log = Path("/home/ada/.local/state/mlops-desktop/window.log")
    CrashDialog(shell.context.theme, error, log, shell.window).open()
    _dialog(shell, CrashDialog)


def dragged_over(shell: Shell, workspace: Workspace) -> None:
    shell.drops.overlay.show_verdict(judge([QUrl.fromLocalFile("/home/ada/Downloads/flights-october.csv")]))


def dragged_over_refused(shell: Shell, workspace: Workspace) -> None:
    shell.drops.overlay.show_verdict(judge([QUrl.fromLocalFile("/home/ada/Downloads/holiday.jpg")]))


def guide(page: str) -> Scene:
    def show(shell: Shell, workspace: Workspace) -> None:
        shell.show_guide(page)
        _dialog(shell, GuideDialog)

    return show


def notice(shell: Shell, workspace: Workspace) -> None:
    shell.say("Run flat-dunnock-15 moved to trash", "trash-2", lambda: None)


def first_start(shell: Shell) -> WelcomePage:
    shell._show_welcome()  # noqa: SLF001 - as where a folder could not be opened
    assert shell.welcome is not None
    return shell.welcome


def welcome_reading(shell: Shell, workspace: Workspace) -> None:
    page = first_start(shell)
    page.import_file("/home/ada/Downloads/flights-october.csv")
    page.show_waiting(True)


def welcome_error(shell: Shell, workspace: Workspace) -> None:
    sentence = "old-study was made by a newer MLOps Desktop (registry 14, this program knows 12)."
    first_start(shell).show_error(WorkspaceError(sentence, hint="Install the newer program. Nothing was changed."))


SCENES = {
    "shell-closing": closing_asked,
    "shell-key-sheet": key_sheet,
    "shell-crash": crash,
    "shell-drop": dragged_over,
    "shell-drop-refused": dragged_over_refused,
    "shell-guide": guide("deployments"),
    "shell-guide-contents": guide("welcome"),
    "shell-guide-table": guide("home"),
    "shell-notice": notice,
    "shell-welcome-reading": welcome_reading,
    "shell-welcome-error": welcome_error,
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
