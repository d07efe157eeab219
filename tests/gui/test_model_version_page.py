"""One model version as a person sees it: lineage, figures beside the champion, bundle, description, aliases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import demo_endpoint
from tests.gui.hands import click, press, write
from tests.pictures.scenes_models import damage
from tests.real_workspace import real_workspace

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.deployments import Health
from mlops_desktop.domain.experiments import Run, Validation, ValidationKind
from mlops_desktop.gui.dialogs import deploy
from mlops_desktop.gui.dialogs.set_alias import SetAliasDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.pages.model_version import ModelVersionPage
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.pages.new_run import NewRunPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.widgets.chips import ChipButton
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    return window.shell


def on_version(shell: Shell, reference: str) -> ModelVersionPage:
    shell.go(Place("model-version", reference))
    page = shell.page
    assert isinstance(page, ModelVersionPage)
    return page


@pytest.fixture
def page(shell: Shell) -> ModelVersionPage:
    return on_version(shell, "flight-late@v3")


@pytest.fixture
def went(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where the page leads from now on; nobody goes there."""
    places: list[Place] = []
    monkeypatch.setattr(shell.navigator, "go", places.append)
    return places


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a deployment was asked for, without the dialog."""
    asked: list[str] = []

    class FakeDeployDialog(QDialog):
        def __init__(self, context: object, workspace: Workspace, reference: str, parent: QWidget) -> None:
            super().__init__(parent)
            asked.append(reference)

        def open(self) -> None:
            self.deleteLater()

    monkeypatch.setattr(deploy, "DeployDialog", FakeDeployDialog)
    return asked


def texts(menu: QMenu) -> list[str]:
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.text()]


def choose(menu: QMenu, words: str) -> None:
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text().startswith(words)).trigger()


def notice(shell: Shell) -> str:
    return shell.notifications.notice.sentence


def rows(page: ModelVersionPage) -> dict[str, str]:
    """Metric and what is said of it."""
    model = page.content.metrics.table.cells
    return {row.key: " ".join(cell.words for cell in row.cells[1:]) for row in model.rows}


def chips(page: ModelVersionPage) -> list[str]:
    return [chip.chip.alias for chip in page.header.findChildren(ChipButton) if chip.isVisible()]


def test_a_version_says_where_it_comes_from_and_how_good_it_is(page: ModelVersionPage) -> None:
    assert page.header.sentence.startswith("From run ")
    assert page.header.sentence.endswith("by ada · not deployed")
    assert chips(page) == ["challenger"]
    assert [link.what for link in page.content.strip.links] == ["Dataset version", "Run", "Model version", "Deployment"]
    assert page.content.strip.links[0].title == "flights v2"
    figures = rows(page)
    assert next(iter(figures)) == "roc_auc"
    assert any(figures["roc_auc"].endswith(verdict) for verdict in ("Same", "Worse", "Better"))
    assert "than that of champion v2; the folds differ by ±" in page.content.metrics.words.text()
    assert page.content.drivers.bars.bars
    assert page.content.decisions.matrix.matrix.labels == ("false", "true")
    assert "Says true from a probability of 0.5 on" in page.content.decisions.words.text()


def test_a_champion_that_was_validated_otherwise_leads_to_a_run_that_can_be_compared(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion, read = workspace.models.get("flight-late@v2").run_name, workspace.experiments.run

    def run(name: str) -> Run:
        found = read(name)
        folds = replace(found.spec, validation=Validation(ValidationKind.K_FOLD, folds=4))
        return replace(found, spec=folds) if found.name == champion else found

    monkeypatch.setattr(workspace.experiments, "run", run)
    page = on_version(shell, "flight-late@v3")
    assert page.content.metrics.words.text().startswith("champion v2 cannot be compared: they were validated in")
    assert not any(figures.endswith(("Same", "Worse", "Better")) for figures in rows(page).values())
    assert page.content.metrics.alike.text() == "New run validated as champion v2…"
    click(page.content.metrics.alike)
    assert isinstance(shell.page, NewRunPage)
    assert shell.page.draft.rerun_of == workspace.models.get("flight-late@v3").run_name
    assert (shell.page.draft.validation, shell.page.draft.folds) == (ValidationKind.K_FOLD, "4")


def test_the_signature_has_types_examples_and_what_training_saw(page: ModelVersionPage) -> None:
    cells = {row.key: [cell.text for cell in row.cells] for row in page.content.signature.table.cells.rows}
    assert cells["→ prediction"] == ["→ prediction", "text", "false or true", "output"]
    assert cells["origin"][1:3] == ["text", "EWR, JFK, LGA"]
    click(page.content.signature.copy)
    copied = json.loads(QGuiApplication.clipboard().text())
    assert {"name": "origin", "type": "text"}.items() <= next(
        field for field in copied["inputs"] if field["name"] == "origin"
    ).items()
    assert [field["name"] for field in copied["outputs"]][0] == "prediction"


def test_the_bundle_is_checked_and_its_files_are_shown(page: ModelVersionPage, qtbot: QtBot) -> None:
    bundle = page.content.bundle
    assert bundle.status.accessibleName() == "Verified"
    assert ("Format", "skops, no pickle") in bundle.facts.facts
    assert "numpy" in dict(bundle.pins.facts)
    click(bundle.files)
    assert page.content.files.isVisible()
    names = [row.key for row in page.content.files.table.cells.rows]
    assert "model.skops" in names
    wait(qtbot, lambda: page.content.area and page.content.area.verticalScrollBar().value() > 0)
    click(bundle.files)
    assert not page.content.files.isVisible()


def test_every_link_leads_on(page: ModelVersionPage, went: list[Place], deployed: list[str]) -> None:
    assert page.facts is not None
    for button in page.content.strip.buttons:
        click(button)
    assert went == [Place("datasets", "flights@v2"), Place("run", page.facts.version.run_name)]
    assert deployed == ["flight-late@v3"]


def test_the_titles_menu_and_the_list_lead_to_siblings(shell: Shell, page: ModelVersionPage) -> None:
    assert texts(page._title_menu) == ["v3  challenger", "v2  champion", "v1"]
    choose(page._title_menu, "v1")
    assert page.facts is not None
    assert page.facts.version.number == 1
    assert not chips(page)
    index = page.versions.versions.index(1)
    click(page.versions.viewport(), page.versions.visualRect(index).center())
    assert page.facts.version.number == 2
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).startswith("v2, champion, 0.")
    assert page.content.metrics.sub.text().endswith("beside challenger v3")
    shell.navigator.back()
    assert page.facts.version.number == 1


def test_an_alias_may_stand_for_the_version(shell: Shell) -> None:
    page = on_version(shell, "flight-late@champion")
    assert page.facts is not None
    assert page.facts.version.number == 2
    assert page.place() == Place("model-version", "flight-late@champion")
    assert [name for name, _ in page.path()] == ["Models", "flight-late", "v2"]


def test_aliases_are_set_moved_and_removed_from_the_chips(
    shell: Shell, page: ModelVersionPage, workspace: Workspace
) -> None:
    choose(page.alias_menu, "Set champion: moves from v2 to v3")
    assert chips(page) == ["champion", "challenger"]
    assert page.content.metrics.sub.text().endswith("beside v2")
    shell.take_back()
    assert chips(page) == ["challenger"]
    (chip,) = [chip for chip in page.header.findChildren(ChipButton) if chip.isVisible()]
    click(chip)
    assert page.alias_menu.isVisible()
    page.alias_menu.close()
    choose(page.alias_menu, "Take challenger away from v3")
    assert not chips(page)
    assert "challenger" not in workspace.models.model("flight-late").aliases


# --- the description --------------------------------------------------------------------------------------------------


def test_the_description_is_changed_in_place_and_comes_back(
    shell: Shell, page: ModelVersionPage, workspace: Workspace
) -> None:
    card = page.content.description
    assert card.words.text() == "Says whether a flight lands late."
    click(card.edit)
    card.entry.selectAll()
    write(card.entry, "For the desk.")
    press(card.entry, Qt.Key.Key_Tab)
    assert card.words.text() == "For the desk."
    assert workspace.models.model("flight-late").description == "For the desk."
    assert notice(shell) == "Description of flight-late kept"
    shell.take_back()
    assert card.words.text() == "Says whether a flight lands late."
    click(card.edit)
    card.entry.selectAll()
    write(card.entry, "Never.")
    press(card.entry, Qt.Key.Key_Escape)
    assert card.words.text() == "Says whether a flight lands late."
    assert card.edit.hasFocus()
    click(card.edit)
    write(card.entry, "Yes. ")
    press(card.entry, Qt.Key.Key_Return, CONTROL)
    assert workspace.models.model("flight-late").description == "Yes. Says whether a flight lands late."


# --- what else can be done --------------------------------------------------------------------------------------------


def test_more_actions_copy_and_export(
    shell: Shell, page: ModelVersionPage, went: list[Place], workspace: Workspace, tmp_path: Path
) -> None:
    menu = page.make_menu()
    assert texts(menu) == ["Export…", "Copy reference", "Copy as CLI", "Move flight-late with 3 versions to trash"]
    choose(menu, "Copy reference")
    assert QGuiApplication.clipboard().text() == "flight-late@v3"
    choose(menu, "Copy as CLI")
    assert QGuiApplication.clipboard().text() == "mlops models show flight-late@v3"
    choose(menu, "Export…")
    dialog = next(found for found in shell.window.findChildren(QFileDialog) if found.isVisible())
    dialog.fileSelected.emit(str(tmp_path / "out.zip"))
    dialog.close()
    assert (tmp_path / "out.zip").is_file()
    assert page.busy.sentence == ""
    assert went == []


def test_the_model_goes_to_the_trash_and_comes_back(shell: Shell, page: ModelVersionPage, workspace: Workspace) -> None:
    press(shell.window, Qt.Key.Key_Delete)
    assert isinstance(shell.page, ModelsPage)
    assert [model.name for model in workspace.models.list()] == ["penguin-species"]
    press(shell.window, Qt.Key.Key_Z, CONTROL)
    assert len(workspace.models.list()) == 2
    assert page.facts is not None


def test_a_served_version_is_tried_and_its_endpoint_opened(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = workspace.models.get("flight-late@v3")
    endpoint, deployment = demo_endpoint("late-desk", 8080, version.reference, Health.DEGRADED, 1, 3)
    deployment = replace(deployment, model_version_id=version.id)
    with monkeypatch.context() as served:
        served.setattr(workspace.deployments, "list", lambda: [(endpoint, deployment)])
        served.setattr(workspace.deployments, "is_fresh", lambda pairs: True)
        page = on_version(shell, "flight-late@v3")
        assert page.header.sentence.endswith("answers behind late-desk")
        assert page.content.strip.links[-1].sign is not None
        assert page.content.strip.links[-1].sign.word.startswith("Degraded, since")
        places: list[Place] = []
        served.setattr(shell.navigator, "go", places.append)
        click(page.try_button)
        click(page.content.strip.buttons[-1])
        assert places == [Place("try-it", "late-desk"), Place("deployments", "late-desk")]


# --- refused, missing, from elsewhere ---------------------------------------------------------------------------------


def test_a_bundle_that_differs_from_its_manifest_is_refused_in_words(
    shell: Shell, workspace: Workspace, deployed: list[str], tmp_path: Path
) -> None:
    damage(workspace, "flight-late@v3")
    page = on_version(shell, "flight-late@v3")
    assert page.header.sentence.startswith("Refused: its bundle does not match its manifest · From run ")
    assert page.content.bundle.status.accessibleName() == "Refused"
    assert "does not match its manifest: changed: model.skops" in page.content.error.accessibleName()
    assert page.content.signature.words.text().startswith("Not read: the bundle is refused.")
    assert not page.content.signature.table.isVisible()
    click(page.deploy_button)
    assert deployed == []
    assert "MD-BND-001" in shell.message.sentence
    page.actions_.export("flight-late@v3", tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()
    page = on_version(shell, "flight-late@v2")
    assert page.content.bundle.status.accessibleName() == "Verified"
    assert not page.content.error.isVisible()


def test_a_version_from_a_file_says_what_is_not_here(shell: Shell, workspace: Workspace, tmp_path: Path) -> None:
    workspace.models.export("flight-late@v2", tmp_path / "carrier.zip")
    workspace.models.import_file(tmp_path / "carrier.zip")
    page = on_version(shell, "carrier")
    assert page.header.sentence.startswith("From a bundle file")
    assert [link.act for link in page.content.strip.links] == ["Open Datasets", "New run", "", "Deploy…"]
    assert page.content.metrics.words.text() == "No figures came with this version."
    assert "not in this workspace" in page.content.drivers.words.text()
    assert not page.content.decisions.isVisible()
    assert not page.compare_button.isVisible()
    assert page.content.bundle.status.accessibleName() == "Verified"
    assert page.content.description.words.text().startswith("Nothing is said yet.")


def test_a_run_in_the_trash_can_be_looked_for_there(shell: Shell, workspace: Workspace) -> None:
    workspace.trash.put(Kind.RUN, [workspace.models.get("flight-late@v3").run_name])
    page = on_version(shell, "flight-late@v3")
    assert page.content.strip.links[1].act == "Open trash"
    assert page.content.strip.links[1].place == Place("settings", "trash")


def test_a_version_that_is_not_there_is_said_to_be_missing(shell: Shell) -> None:
    page = on_version(shell, "flight-late@v9")
    assert page.header.sentence == "This model version could not be read."
    assert page.error.isVisible()
    assert page.error.accessibleName() == "Error: There is no flight-late@v9."
    assert not page.deploy_button.isVisible()
    assert page.commands() == []
    page = on_version(shell, "flight-late@v1")
    assert page.deploy_button.isVisible()


def test_changes_elsewhere_show(page: ModelVersionPage, workspace: Workspace) -> None:
    workspace.models.set_alias("flight-late@v3", "edge")
    page.on_changes((Change(1, ChangeKind.JOB, "x"),))
    assert chips(page) == ["challenger"]
    page.on_changes((Change(2, ChangeKind.MODEL, "x"),))
    assert chips(page) == ["challenger", "edge"]


# --- sizes, lanes, keyboard -------------------------------------------------------------------------------------------


def test_a_small_window_has_two_columns_and_the_rest_in_more(make_window: MakeWindow, workspace: Workspace) -> None:
    window = make_window(open_folder=lambda folder: workspace, size=(1100, 700))
    window.shell.open(workspace.folder)
    page = on_version(window.shell, "flight-late@v3")
    QApplication.processEvents()
    assert not page.versions.isVisible()
    assert not page.compare_button.isVisible()
    assert texts(page.make_menu())[0] == "Compare with champion v2"
    area = page.content.area
    assert area is not None
    assert page.content.width() <= area.viewport().width()
    assert page.content.drivers.y() >= 0


def test_in_real_lanes_the_page_fills_when_it_was_read(
    make_window: MakeWindow, workspace: Workspace, qtbot: QtBot
) -> None:
    window = make_window(open_folder=lambda folder: workspace, lanes=Lanes())
    window.shell.open(workspace.folder)
    wait(qtbot, lambda: window.shell.workspace is not None)
    page = on_version(window.shell, "flight-late@v3")
    assert page.facts is None
    wait(qtbot, lambda: page.facts is not None)
    wait(qtbot, lambda: page.content.bundle.status.accessibleName() == "Verified", 30)


def test_by_keyboard_alone(shell: Shell, page: ModelVersionPage, workspace: Workspace, deployed: list[str]) -> None:
    """Through the panes, to a sibling, an alias set by its dialog, the description said, deployed."""
    window = shell.window
    reached: set[QWidget | None] = set()
    for _ in range(len(page.panes()) + 3):
        press(window, Qt.Key.Key_F6)
        reached.add(window.focusWidget())
    assert {page.versions, page.content.metrics.table, page.content.bundle.files} <= reached
    page.versions.setFocus(Qt.FocusReason.TabFocusReason)
    press(page.versions, Qt.Key.Key_Down)
    press(page.versions, Qt.Key.Key_Down)
    press(page.versions, Qt.Key.Key_Return)
    assert page.facts is not None
    assert page.facts.version.number == 1
    next(command for command in page.commands() if command.name == "alias").act()
    dialog = window.findChild(SetAliasDialog)
    assert dialog is not None
    write(dialog.alias, "baseline")
    press(dialog.alias, Qt.Key.Key_Return)
    assert workspace.models.get("flight-late@baseline").number == 1
    page.content.description.edit.setFocus(Qt.FocusReason.TabFocusReason)
    press(page.content.description.edit, Qt.Key.Key_Space)
    write(page.content.description.entry, "Tries. ")
    press(page.content.description.entry, Qt.Key.Key_Tab)
    assert workspace.models.model("flight-late").description.startswith("Tries.")
    press(window, Qt.Key.Key_Return, CONTROL)
    assert deployed == ["flight-late@v1"]
