"""Registering a run by point and click: the name checked while typing, the alias's effect, drafts, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, press, write
from tests.real_workspace import real_workspace

from mlops_desktop.gui.dialogs import deploy
from mlops_desktop.gui.dialogs.register import RegisterDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    return window.shell


@pytest.fixture
def run(workspace: Workspace) -> str:
    """The finished run that is no version yet."""
    taken = {version.run_name for version in workspace.models.versions("flight-late")}
    runs = workspace.experiments.runs("late-at-arrival")
    return next(one.name for one in runs if one.status.value == "finished" and one.name not in taken)


def opened(shell: Shell, workspace: Workspace, run: str) -> RegisterDialog:
    dialog = RegisterDialog(shell.context, workspace, run, shell.window)
    dialog.open()
    return dialog


def say_name(dialog: RegisterDialog, name: str) -> None:
    dialog.name.line.selectAll()
    write(dialog.name.line, name)


def test_a_run_becomes_the_next_version_with_its_alias(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    assert dialog.name.currentText() == "flight-late"
    assert dialog.name_field.help == "Makes flight-late v4."
    assert "outside the test part" in dialog._refit.text()
    assert dialog.description.toPlainText() == "Says whether a flight lands late."
    click(dialog.alias.buttons[2])
    assert dialog.alias_field.help == "champion moves from v2 to v4. Endpoints keep what they run."
    click(dialog.primary)
    version = workspace.models.get("flight-late@v4")
    assert (version.run_name, version.aliases) == (run, ("champion",))
    assert shell.page is not None
    assert shell.page.place() == Place("model-version", "flight-late@v4")
    assert shell.notifications.notice.sentence == "flight-late v4 registered as champion"


def test_what_speaks_against_its_figures_is_said_before_it_is_registered(
    shell: Shell, workspace: Workspace, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        workspace.models, "doubts", lambda run, name: (f"unlike {name}",) if name == "flight-late" else ()
    )
    dialog = opened(shell, workspace, run)
    assert dialog.doubts.lines == ("unlike flight-late",)
    assert dialog.doubts.isVisible()
    say_name(dialog, "night-late")
    assert not dialog.doubts.isVisible()
    click(dialog.cancel)


def test_a_run_like_its_champion_is_not_doubted(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    assert dialog.doubts.lines == ()
    click(dialog.cancel)


def test_a_name_is_checked_while_it_is_typed(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    say_name(dialog, "night/late")
    assert dialog.name_field.error.startswith("Use letters, digits")
    press(dialog.name.line, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog._attention.text() == "1 field needs attention"
    say_name(dialog, "night-late")
    assert dialog.name_field.help == "A new model; this is its v1."
    assert dialog.description.toPlainText() == ""
    write(dialog.description, "For nights.")
    click(dialog.primary)
    assert workspace.models.model("night-late").description == "For nights."


def test_a_run_that_is_a_version_already_leads_to_it(shell: Shell, workspace: Workspace) -> None:
    dialog = opened(shell, workspace, workspace.models.get("flight-late@v2").run_name)
    assert dialog.name_field.error.endswith("is flight-late v2 already.")
    click(dialog.name_field._fix)
    assert shell.page is not None
    assert shell.page.place() == Place("model-version", "flight-late@v2")
    assert workspace.models.model("flight-late").latest_number == 3


def test_what_was_typed_is_there_again(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    say_name(dialog, "night-late")
    press(dialog, Qt.Key.Key_Escape)
    dialog = opened(shell, workspace, run)
    assert dialog.name.currentText() == "night-late"
    click(dialog.primary)
    assert not shell.state.drafts
    assert workspace.models.model("night-late").latest_number == 1


def test_a_refusal_stands_at_the_field_and_nothing_is_lost(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    workspace.trash.put(Kind.MODEL, ["flight-late"])
    click(dialog.primary)
    assert "flight-late is in the trash" in dialog.name_field.error
    assert dialog.isVisible()
    assert dialog.name.currentText() == "flight-late"
    press(dialog, Qt.Key.Key_Escape)


def test_s_16_a_description_that_nobody_touched_here_is_not_sent(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    assert dialog.description_field.help == "Shown with every version of the model."
    workspace.models.describe("flight-late", "Late by 15 minutes")
    click(dialog.primary)
    model = workspace.models.model("flight-late")
    assert (model.latest_number, model.description) == (4, "Late by 15 minutes")


def test_s_16_who_describes_while_registering_what_somebody_else_described_since_is_told(
    shell: Shell, workspace: Workspace, run: str
) -> None:
    dialog = opened(shell, workspace, run)
    dialog.description.selectAll()
    write(dialog.description, "Late by 30 minutes")
    assert dialog.description_field.help == "Takes the place of: Says whether a flight lands late."
    workspace.models.describe("flight-late", "Late by\n15 minutes")
    click(dialog.primary)
    assert "changed by somebody else" in dialog.error.accessibleName()
    model = workspace.models.model("flight-late")
    assert (model.latest_number, model.description) == (3, "Late by\n15 minutes")
    assert dialog.description.toPlainText() == "Late by 30 minutes"
    assert dialog.description_field.help == "Takes the place of: Late by 15 minutes"
    click(dialog.primary)  # now on purpose
    assert workspace.models.model("flight-late").description == "Late by 30 minutes"


def test_s_16_a_model_that_somebody_else_made_meanwhile_keeps_its_description(
    shell: Shell, workspace: Workspace, run: str
) -> None:
    dialog = opened(shell, workspace, run)
    say_name(dialog, "night-late")
    write(dialog.description, "For nights.")
    other = workspace.models.get("flight-late@v2").run_name
    workspace.models.register(other, "night-late", description="For the night desk.")
    click(dialog.primary)
    assert "changed by somebody else" in dialog.error.accessibleName()
    model = workspace.models.model("night-late")
    assert (model.latest_number, model.description) == (1, "For the night desk.")
    assert dialog.name.currentText() == "night-late"
    press(dialog, Qt.Key.Key_Escape)


def test_a_description_can_be_cleared(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, run)
    dialog.description.selectAll()
    press(dialog.description, Qt.Key.Key_Delete)
    click(dialog.primary)
    assert workspace.models.model("flight-late").description == ""


def test_a_damaged_bundle_is_refused_in_words(shell: Shell, workspace: Workspace, run: str) -> None:
    manifest_hash = workspace.experiments.run(run).bundle_hash
    (path,) = workspace.folder.rglob(f"{manifest_hash}/recipe.json")
    path.chmod(0o644)
    path.write_text("{}")
    dialog = opened(shell, workspace, run)
    click(dialog.primary)
    assert "does not match its manifest: changed: recipe.json" in dialog.error.accessibleName()
    assert workspace.models.model("flight-late").latest_number == 3
    press(dialog, Qt.Key.Key_Escape)


def test_without_a_run_it_asks_for_one(shell: Shell, workspace: Workspace, run: str) -> None:
    dialog = opened(shell, workspace, "")
    assert dialog.run.value == run
    names = [value for value, _ in dialog.run.options]
    species = next(one for one in names if one == workspace.models.get("penguin-species").run_name)
    dialog.run.show_value(species)
    dialog.run.chosen.emit(species)
    assert dialog.name.currentText() == "penguin-species"
    assert dialog.name_field.error.endswith("is penguin-species v1 already.")
    press(dialog, Qt.Key.Key_Escape)


def test_registering_goes_on_to_deploying_by_keyboard(
    shell: Shell, workspace: Workspace, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class FakeDeployDialog(QDialog):
        def __init__(self, context: object, workspace: Workspace, reference: str, parent: QWidget) -> None:
            super().__init__(parent)
            asked.append(reference)

        def open(self) -> None:
            self.deleteLater()

    monkeypatch.setattr(deploy, "DeployDialog", FakeDeployDialog)
    dialog = opened(shell, workspace, run)
    dialog.deploy.setFocus(Qt.FocusReason.TabFocusReason)
    press(dialog.deploy, Qt.Key.Key_Space)
    assert asked == ["flight-late@v4"]


def test_in_a_low_window_the_body_scrolls_and_head_and_buttons_stay(
    make_window: MakeWindow, workspace: Workspace, run: str
) -> None:
    window = make_window(open_folder=lambda folder: workspace, size=(900, 560))
    window.shell.open(workspace.folder)
    window.shell.set_zoom(150)
    dialog = opened(window.shell, workspace, run)
    assert dialog.height() <= window.height()
    assert dialog.rect().contains(dialog._ground.geometry())
    assert dialog.rect().contains(dialog.close_button.geometry())
    press(dialog.name.line, Qt.Key.Key_Tab)
    press(dialog.description, Qt.Key.Key_Tab)
    now = window.shell.window.focusWidget() or dialog.focusWidget()
    assert now is not None
    assert now.visibleRegion().boundingRect().size() == now.size(), "what has the focus is scrolled into sight"
    window.shell.set_zoom(100)
    dialog.reject()
