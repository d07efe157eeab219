"""Models as a person uses it: rows, filter, aliases, bundles in and out, trash, on a real workspace."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW, demo_endpoint
from tests.gui.hands import click, click_cell, press, write
from tests.real_workspace import real_workspace

from mlops_desktop.domain.deployments import Health
from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.dialogs.register import RegisterDialog
from mlops_desktop.gui.dialogs.set_alias import SetAliasDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.models import ALIASES, CHANGE, FIGURE, NAME, SERVING
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace

CONTROL = Qt.KeyboardModifier.ControlModifier
ROWS = ["flight-late", "flight-late@v3", "flight-late@v2", "flight-late@v1", "penguin-species", "penguin-species@v1"]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    return window.shell


def on_models(shell: Shell) -> ModelsPage:
    shell.go_to("models")
    page = shell.page
    assert isinstance(page, ModelsPage)
    return page


@pytest.fixture
def page(shell: Shell) -> ModelsPage:
    return on_models(shell)


def keys(page: ModelsPage) -> list[str]:
    return [row.key for row in page.pane.rows.rows]


def words(page: ModelsPage, key: str, column: int) -> str:
    index = page.pane.rows.index(page.pane.rows.place_of(key), column)
    return str(index.data())


def choose(menu: QMenu, words: str) -> None:
    """Chooses the entry whose words begin so."""
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text().startswith(words)).trigger()


def notice(shell: Shell) -> str:
    return shell.notifications.notice.sentence


def test_models_show_their_versions_newest_first(shell: Shell, page: ModelsPage) -> None:
    assert keys(page) == ROWS
    assert page.header.sentence == (
        "2 models, 4 versions · champion flight-late v2 is not deployed · 1 model without a champion"
    )
    assert words(page, "flight-late", ALIASES) == "champion v2, challenger v3"
    assert words(page, "flight-late@v2", ALIASES) == "champion"
    assert words(page, "flight-late", FIGURE) == "roc_auc"
    assert words(page, "penguin-species@v1", FIGURE).startswith("mean 0.9")
    assert words(page, "flight-late@v3", CHANGE).startswith("challenger since")
    assert [entry.count for entry in shell.sidebar.navigation.pages.entries if entry.page == "models"] == [2]
    assert page.pane.rows.index(0, NAME).data(Qt.ItemDataRole.AccessibleTextRole) == "Model: flight-late, open"


def test_a_click_on_the_sign_and_the_arrow_keys_open_and_close_a_model(page: ModelsPage) -> None:
    table = page.pane.table
    area = table.visualRect(page.pane.rows.index(0, NAME))
    click(table.viewport(), QPoint(area.left() + 24, area.center().y()))
    assert keys(page) == [ROWS[0], *ROWS[4:]]
    press(table, Qt.Key.Key_Right)
    assert keys(page) == ROWS
    press(table, Qt.Key.Key_Down)
    press(table, Qt.Key.Key_Left)
    assert page.pane.current is not None
    assert page.pane.current.key == "flight-late"
    press(table, Qt.Key.Key_Left)
    assert keys(page) == [ROWS[0], *ROWS[4:]]


def test_a_filter_opens_what_it_finds_and_says_what_is_near(shell: Shell, page: ModelsPage) -> None:
    press(shell.window, Qt.Key.Key_F, CONTROL)
    assert page.pane.filter.hasFocus()
    write(page.pane.filter, "alias:champion")
    assert keys(page) == ["flight-late", "flight-late@v2"]
    page.pane.filter.setText("alias:champoin")
    assert page.pane.table.isHidden()
    assert "The nearest is champion." in page.pane._no_match.accessibleName()
    click(page.pane._no_match.button)
    assert keys(page) == ROWS
    write(page.pane.filter, "penguin")
    press(page.pane.filter, Qt.Key.Key_Return)
    assert page.pane.table.hasFocus()
    press(page.pane.table, Qt.Key.Key_Escape)
    assert page.pane.filter.text() == ""


def test_the_inspector_follows_the_row(page: ModelsPage) -> None:
    assert page.inspector.isVisible()
    click_cell(page.pane.table, 1, FIGURE)
    assert page.inspector.reference == "flight-late@v3"
    assert page.inspector.chart.summary.startswith("roc_auc by version, test part: v1 0.")
    page.pane.go_to("penguin-species")
    assert page.inspector.reference == "penguin-species@v1"
    assert not page.inspector.figures.isVisible()
    page.pane.go_to("flight-late")
    assert page.inspector.reference == "flight-late@v2"
    shown = page.inspector.changes.rows.count()
    click(page.inspector.changes.link)
    assert page.inspector.changes.rows.count() >= shown
    page.toggle_inspector()
    assert not page.inspector.isVisible()


def test_enter_and_a_double_click_lead_to_the_version(shell: Shell, page: ModelsPage) -> None:
    page.pane.go_to("flight-late@v3")
    press(page.pane.table, Qt.Key.Key_Return)
    assert shell.page is not None
    assert shell.page.place() == Place("model-version", "flight-late@v3")
    page = on_models(shell)
    area = page.pane.table.visualRect(page.pane.rows.index(0, SERVING))
    QTest.mouseDClick(page.pane.table.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert shell.page.place() == Place("model-version", "flight-late@v2")


def test_a_place_brings_back_row_and_filter(shell: Shell, page: ModelsPage) -> None:
    page.pane.filter.setText("flight")
    page.pane.go_to("flight-late@v1")
    place = page.place()
    page.pane.filter.setText("")
    page.pane.go_to("penguin-species")
    shell.go(place)
    assert page.pane.filter.text() == "flight"
    assert page.pane.current is not None
    assert page.pane.current.key == "flight-late@v1"
    shell.go(Place("models", "penguin-species"))
    assert page.pane.current.key == "penguin-species"


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_moves_with_its_effect_said_and_comes_back(
    shell: Shell, page: ModelsPage, workspace: Workspace
) -> None:
    page.pane.go_to("flight-late@v3")
    menu = page.inspector.alias_menu
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Set champion: moves from v2 to v3",
        "Other alias…",
        "Take challenger away from v3",
    ]
    choose(menu, "Set champion")
    assert workspace.models.model("flight-late").aliases["champion"] == 3
    assert words(page, "flight-late@v3", ALIASES) == "champion, challenger"
    assert notice(shell) == "champion moved from v2 to v3. Endpoints keep what they run."
    press(shell.window, Qt.Key.Key_Z, CONTROL)
    assert workspace.models.model("flight-late").aliases["champion"] == 2
    assert words(page, "flight-late@v3", ALIASES) == "challenger"


def test_a_new_alias_is_asked_for_and_taken_back(shell: Shell, page: ModelsPage, workspace: Workspace) -> None:
    page.pane.go_to("flight-late@v1")
    choose(page.inspector.alias_menu, "Other alias…")
    dialog = shell.window.findChild(SetAliasDialog)
    assert dialog is not None
    click(dialog.primary)
    assert dialog.field.error.startswith("Use lower-case letters")
    write(dialog.alias, "v2")
    assert dialog.field.error
    dialog.alias.selectAll()
    write(dialog.alias, "edge")
    assert dialog.field.help == "edge set on v1; no version has it now"
    press(dialog.alias, Qt.Key.Key_Return)
    assert workspace.models.get("flight-late@edge").number == 1
    shell.take_back()
    assert "edge" not in workspace.models.model("flight-late").aliases


def test_an_alias_is_taken_away_and_comes_back(shell: Shell, page: ModelsPage, workspace: Workspace) -> None:
    page.pane.go_to("flight-late@v3")
    choose(page.inspector.alias_menu, "Take challenger")
    assert "challenger" not in workspace.models.model("flight-late").aliases
    assert notice(shell) == "challenger taken away from v3"
    shell.take_back()
    assert workspace.models.model("flight-late").aliases["challenger"] == 3


# --- trash ------------------------------------------------------------------------------------------------------------


def test_a_model_goes_to_the_trash_from_its_own_row_and_comes_back(
    shell: Shell, page: ModelsPage, workspace: Workspace
) -> None:
    page.pane.go_to("flight-late@v3")
    page.pane.table.setFocus()
    press(page.pane.table, Qt.Key.Key_Delete)
    assert notice(shell).startswith("Versions stay with their model.")
    page.pane.go_to("flight-late")
    press(page.pane.table, Qt.Key.Key_Delete)
    assert keys(page) == ROWS[4:]
    assert notice(shell) == "flight-late with 3 versions moved to trash"
    shell.take_back()
    assert keys(page) == ROWS
    assert workspace.models.model("flight-late").aliases == {"champion": 2, "challenger": 3}


def test_without_models_the_page_says_what_one_is_and_offers_to_make_it(shell: Shell, workspace: Workspace) -> None:
    workspace.trash.put(Kind.MODEL, ["flight-late", "penguin-species"])
    page = on_models(shell)
    page.refresh()
    assert page.header.sentence == "No model is registered yet"
    assert page.pane.empty.isVisible()
    assert not page.inspector.isVisible()
    click(page.pane.empty.button)
    dialog = shell.window.findChild(RegisterDialog)
    assert dialog is not None
    press(dialog, Qt.Key.Key_Escape)


# --- bundles out and in -----------------------------------------------------------------------------------------------


def ask(shell: Shell, path: Path) -> None:
    """Answers the open file dialog."""
    dialog = next(found for found in shell.window.findChildren(QFileDialog) if found.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.close()


def test_a_version_goes_out_as_a_file_and_comes_in_again(
    shell: Shell, page: ModelsPage, workspace: Workspace, tmp_path: Path
) -> None:
    page.pane.go_to("flight-late@v1")
    choose(page.make_menu(), "Export flight-late v1…")
    target = tmp_path / "carrier@v1.zip"
    ask(shell, target)
    assert target.is_file()
    assert notice(shell).startswith("flight-late v1 exported to carrier@v1.zip, ")
    choose(page.make_menu(), "Import bundle file…")
    ask(shell, target)
    assert notice(shell) == "carrier@v1.zip is carrier v1 now"
    assert shell.page is not None
    assert shell.page.place() == Place("model-version", "carrier@v1")
    assert workspace.models.get("carrier").run_id is None


def test_a_damaged_file_is_refused_in_words(shell: Shell, page: ModelsPage, tmp_path: Path) -> None:
    damaged = tmp_path / "late.zip"
    damaged.write_bytes(b"PK nothing")
    page.actions_.import_file(damaged)
    assert "MD-BND-001" in shell.message.sentence
    assert page.pane.busy.sentence == ""
    assert keys(page) == ROWS


def test_a_damaged_bundle_is_not_exported(shell: Shell, page: ModelsPage, workspace: Workspace, tmp_path: Path) -> None:
    manifest_hash = workspace.models.get("flight-late@v1").manifest_hash
    (bundle,) = workspace.folder.rglob(manifest_hash)
    for path in [bundle, *bundle.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(bundle)
    page.actions_.export("flight-late@v1", tmp_path / "out.zip")
    assert "is missing" in shell.message.sentence
    assert not (tmp_path / "out.zip").exists()


# --- what answers, other states, small windows ------------------------------------------------------------------------


def test_what_answers_is_shown_and_filtered(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = workspace.models.get("flight-late@v2")
    endpoint, deployment = demo_endpoint("late-desk", 8080, version.reference, Health.HEALTHY, 1, 3)
    deployment = type(deployment)(**{**vars(deployment), "model_version_id": version.id})
    monkeypatch.setattr(workspace.deployments, "list", lambda: [(endpoint, deployment)])
    monkeypatch.setattr(workspace.deployments, "is_fresh", lambda pairs: True)
    page = on_models(shell)
    page.refresh()
    assert "every champion answers somewhere" in page.header.sentence
    assert words(page, "flight-late@v2", SERVING) == "late-desk healthy"
    page.tabs.setCurrentIndex(1)
    assert keys(page) == ["flight-late", "flight-late@v2"]
    wanted: list[str] = []
    page.inspector.deployments_wanted.connect(wanted.append)
    monkeypatch.setattr(shell.navigator, "go", lambda place: None)
    click(page.inspector.serving.link)
    assert wanted == [""]
    monkeypatch.setattr(workspace.deployments, "is_fresh", lambda pairs: False)
    page.refresh()
    assert words(page, "flight-late@v2", SERVING) == "late-desk unknown"


def test_nothing_answering_is_said(page: ModelsPage) -> None:
    page.tabs.setCurrentIndex(1)
    assert page.pane._idle.isVisible()
    assert page.pane.current is None


def test_what_cannot_be_read_is_said_and_tried_again(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Try again.")

    with monkeypatch.context() as broken:
        broken.setattr(workspace.models, "list", busy)
        page = on_models(shell)
        assert page.header.sentence == "The models could not be read."
        assert page.pane._error.isVisible()
    click(page.pane._error.retry)
    assert keys(page) == ROWS


def test_a_small_window_moves_buttons_into_more(make_window: MakeWindow, workspace: Workspace) -> None:
    window = make_window(open_folder=lambda folder: workspace, size=(1100, 700))
    window.shell.open(workspace.folder)
    page = on_models(window.shell)
    assert not page.deploy_button.isVisible()
    assert page.pane.table.isColumnHidden(CHANGE)
    page.pane.go_to("flight-late@v3")
    texts = [action.text() for action in page.make_menu().actions()]
    assert "Deploy flight-late v3…" in texts
    assert "Compare versions" in texts


def test_other_processes_show(page: ModelsPage, workspace: Workspace) -> None:
    from mlops_desktop.domain.changes import Change, ChangeKind

    workspace.models.set_alias("flight-late@v1", "edge")
    page.on_changes((Change(1, ChangeKind.JOB, "x"),))
    assert words(page, "flight-late@v1", ALIASES) == "—"
    page.on_changes((Change(2, ChangeKind.MODEL, "x"),))
    assert words(page, "flight-late@v1", ALIASES) == "edge"


def test_by_keyboard_alone(shell: Shell, workspace: Workspace) -> None:
    """From Home to an alias set, a version opened and back, with no hand on the mouse."""
    window = shell.window
    press(window, Qt.Key.Key_4, CONTROL)
    page = shell.page
    assert isinstance(page, ModelsPage)
    focus: list[QWidget | None] = []
    for _ in page.panes():
        press(window, Qt.Key.Key_F6)
        focus.append(window.focusWidget())
    assert page.pane.table in focus
    page.pane.table.setFocus(Qt.FocusReason.TabFocusReason)
    press(page.pane.table, Qt.Key.Key_Down)
    assert page.inspector.reference == "flight-late@v3"
    press(window, Qt.Key.Key_Return, CONTROL)
    dialog = window.findChild(RegisterDialog)
    assert dialog is not None
    press(dialog, Qt.Key.Key_Escape)
    press(page.pane.table, Qt.Key.Key_Return)
    assert shell.page is not page
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shell.page is page
    assert page.pane.current is not None
    assert page.pane.current.key == "flight-late@v3"


def test_the_clock_of_the_page_is_the_windows(page: ModelsPage) -> None:
    assert page.facts is not None
    assert page.facts.read_at == NOW
