"""Pictures of the runs table in its states."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace

Scene = Callable[[Shell, Workspace], None]
EXPERIMENT = "late-at-arrival"


def _filtered(text: str) -> Scene:
    def scene(shell: Shell, workspace: Workspace) -> None:
        shell.go(Place("experiments", EXPERIMENT))
        shell.experiments.runs.filter.set_text(text)
        QApplication.processEvents()

    return scene


def selected(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("experiments", EXPERIMENT))
    page = shell.experiments
    page.model.sort_by(SortKey("metric:roc_auc", True), SortKey("metric:log_loss"))
    page.runs.show_rows()
    page.model.tick([0, 1, 2], True)
    QApplication.processEvents()


def typed(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("experiments", EXPERIMENT))
    field = shell.experiments.runs.filter.edit
    field.setFocus()
    field.setText("status = f")
    field.setCursorPosition(10)
    field.suggest()
    QApplication.processEvents()


def all_of_them(shell: Shell, workspace: Workspace) -> None:
    shell.go(Place("experiments", ""))
    QApplication.processEvents()


SCENES: dict[str, Scene] = {
    "runs-selected": selected,
    "runs-filtered": _filtered("status = finished and roc_auc >= 0.5 tree"),
    "runs-no-match": _filtered("roc_auc > 0.99"),
    "runs-mistake": _filtered("roc_ac > 0.5"),
    "runs-typed": typed,
    "runs-all": all_of_them,
}
