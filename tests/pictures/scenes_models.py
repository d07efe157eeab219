"""Pictures of Models, of one model version, and of what is asked on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.domain.experiments import Run, Validation, ValidationKind
from mlops_desktop.domain.measuring import Ways, doubts
from mlops_desktop.gui.dialogs.register import RegisterDialog
from mlops_desktop.gui.dialogs.set_alias import SetAliasDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.model_version import ModelVersionPage
from mlops_desktop.gui.pages.models import ModelsPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace


def models_page(shell: Shell) -> ModelsPage:
    shell.go_to("models")
    page = shell.page
    assert isinstance(page, ModelsPage)
    return page


def version_page(shell: Shell, reference: str) -> ModelVersionPage:
    shell.go(Place("model-version", reference))
    page = shell.page
    assert isinstance(page, ModelVersionPage)
    return page


def damage(workspace: Workspace, reference: str) -> None:
    """Changes one file of the version's bundle, as a failing disk would."""
    manifest_hash = workspace.models.get(reference).manifest_hash
    (path,) = Path(workspace.folder).rglob(f"{manifest_hash}/model.skops")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")


def models(shell: Shell, workspace: Workspace) -> None:
    workspace.models.set_alias("flight-late@v1", "baseline")
    models_page(shell)


def models_version_row(shell: Shell, workspace: Workspace) -> None:
    page = models_page(shell)
    page.pane.go_to("flight-late@v2")
    page.pane.table.setFocus()


def models_no_match(shell: Shell, workspace: Workspace) -> None:
    models_page(shell).pane.filter.setText("alias:champoin")


def models_serving_none(shell: Shell, workspace: Workspace) -> None:
    models_page(shell).tabs.setCurrentIndex(1)


def models_empty(shell: Shell, workspace: Workspace) -> None:
    workspace.trash.put(Kind.MODEL, [model.name for model in workspace.models.list()])
    models_page(shell)


def models_error(shell: Shell, workspace: Workspace) -> None:
    page = models_page(shell)
    page.facts = None
    error = BusyRegistryError(
        "Another process has held the registry for 30 s.", hint="Wait a moment and try again. Nothing was changed."
    )
    page._on_failed(error)


def model_version(shell: Shell, workspace: Workspace) -> None:
    version_page(shell, "flight-late@v3")


def model_version_champion(shell: Shell, workspace: Workspace) -> None:
    version_page(shell, "flight-late@v2")


def model_version_penguins(shell: Shell, workspace: Workspace) -> None:
    version_page(shell, "penguin-species@v1")


def model_version_files(shell: Shell, workspace: Workspace) -> None:
    page = version_page(shell, "flight-late@v3")
    QApplication.processEvents()
    page.content.bundle.files.click()


def model_version_refused(shell: Shell, workspace: Workspace) -> None:
    damage(workspace, "flight-late@v3")
    version_page(shell, "flight-late@v3")


def model_version_from_file(shell: Shell, workspace: Workspace) -> None:
    target = Path(workspace.folder).parent / "carrier-late.zip"
    workspace.models.export("flight-late@v2", target)
    workspace.models.import_file(target)
    version_page(shell, "carrier-late@v1")


def model_version_gone(shell: Shell, workspace: Workspace) -> None:
    version_page(shell, "flight-late@v9")


def model_version_description(shell: Shell, workspace: Workspace) -> None:
    version_page(shell, "flight-late@v2").content.description.begin()


def _dialog(shell: Shell, kind: type[QDialog]) -> None:
    """Puts the open dialog into the picture of the window, for it is a window of its own."""
    QApplication.processEvents()
    dialog = shell.window.findChild(kind)
    assert dialog is not None
    QApplication.processEvents()  # a note that has just come is laid out
    picture = dialog.grab()
    label = QLabel(shell.window)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setPixmap(picture)
    label.adjustSize()
    label.move((shell.window.width() - label.width()) // 2, (shell.window.height() - label.height()) // 2)
    label.show()
    dialog.close()


def register_dialog(shell: Shell, workspace: Workspace) -> None:
    run = workspace.experiments.runs("late-at-arrival")
    name = next(one.name for one in run if one.status == "finished" and one.spec.estimator == "DecisionTree")
    models_page(shell)
    RegisterDialog(shell.context, workspace, name, shell.window).open()
    _dialog(shell, RegisterDialog)


def _otherwise(workspace: Workspace, name: str) -> Run:
    """The run as if it had been validated by random parts."""
    run = workspace.experiments.run(name)
    return replace(run, spec=replace(run.spec, validation=Validation(ValidationKind.HOLDOUT)))


def register_dialog_doubted(shell: Shell, workspace: Workspace) -> None:
    champion = workspace.experiments.run(workspace.models.get("flight-late@champion").run_name)

    def said(run: str, name: str, ways: Ways | None = None) -> Sequence[str]:
        return doubts(_otherwise(workspace, run), time_column="time_hour", champion=("v2", champion), ways={})

    workspace.models.doubts = said  # type: ignore[method-assign]
    register_dialog(shell, workspace)


def model_version_apart(shell: Shell, workspace: Workspace) -> None:
    """The champion was validated otherwise."""
    champion = _otherwise(workspace, workspace.models.get("flight-late@champion").run_name)
    read = workspace.experiments.run
    workspace.experiments.run = (  # type: ignore[method-assign]
        lambda name: champion if name in (champion.name, champion.id) else read(name)
    )
    version_page(shell, "flight-late@v3")


def register_dialog_refused(shell: Shell, workspace: Workspace) -> None:
    version = workspace.models.get("flight-late@v2")
    models_page(shell)
    RegisterDialog(shell.context, workspace, version.run_name, shell.window).open()
    _dialog(shell, RegisterDialog)


def register_dialog_overtaken(shell: Shell, workspace: Workspace) -> None:
    """Somebody else described the model while a description was written here."""
    run = workspace.experiments.runs("late-at-arrival")
    name = next(one.name for one in run if one.status == "finished" and one.spec.estimator == "DecisionTree")
    models_page(shell)
    dialog = RegisterDialog(shell.context, workspace, name, shell.window)
    dialog.open()
    QApplication.processEvents()
    dialog.description.setPlainText("Says an hour before departure whether a flight lands late.")
    workspace.models.describe(
        "flight-late", "Whether a flight of the three New York airports lands late, for the desk."
    )
    dialog.register()
    _dialog(shell, RegisterDialog)


def register_dialog_choose(shell: Shell, workspace: Workspace) -> None:
    models_page(shell).register()
    _dialog(shell, RegisterDialog)


def alias_dialog(shell: Shell, workspace: Workspace) -> None:
    page = version_page(shell, "flight-late@v3")
    page.ask_alias()
    dialog = shell.window.findChild(SetAliasDialog)
    assert dialog is not None
    dialog.alias.setText("edge")
    dialog.alias.textEdited.emit("edge")
    _dialog(shell, SetAliasDialog)


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "models": models,
    "models-version-row": models_version_row,
    "models-no-match": models_no_match,
    "models-serving-none": models_serving_none,
    "models-empty": models_empty,
    "models-error": models_error,
    "model-version": model_version,
    "model-version-champion": model_version_champion,
    "model-version-penguins": model_version_penguins,
    "model-version-files": model_version_files,
    "model-version-refused": model_version_refused,
    "model-version-from-file": model_version_from_file,
    "model-version-gone": model_version_gone,
    "model-version-description": model_version_description,
    "model-version-apart": model_version_apart,
    "register": register_dialog,
    "register-doubted": register_dialog_doubted,
    "register-refused": register_dialog_refused,
    "register-overtaken": register_dialog_overtaken,
    "register-choose": register_dialog_choose,
    "set-alias": alias_dialog,
}
