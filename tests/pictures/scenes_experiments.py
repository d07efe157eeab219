"""Pictures of the runs table in its states."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.experiments import RunStatus, Validation, ValidationKind
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.domain.run_summaries import RunSummary
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


def apart(shell: Shell, workspace: Workspace) -> None:
    """One run was validated otherwise, one stops, one is new and waits because the pointer is over the table."""
    lists, folds = workspace.experiments.lists, Validation(ValidationKind.K_FOLD)
    read = lists.summaries

    def summaries(experiment: str | None = None, *, ids: Sequence[str] | None = None) -> Sequence[RunSummary]:
        made = []
        for run in read(experiment, ids=ids):
            if run.estimator.startswith("LogisticRegression"):
                made.append(dataclasses.replace(run, validation=folds, status=RunStatus.FINISHED))
            elif run.status is RunStatus.CANCELLED:
                made.append(dataclasses.replace(run, status=RunStatus.RUNNING, progress=0.4, cancelling=True))
            else:
                made.append(run)
        return made

    lists.summaries = summaries  # type: ignore[method-assign]
    shell.go(Place("experiments", EXPERIMENT))
    model = shell.experiments.model
    model.hold(True)
    new = dataclasses.replace(model.runs.rows[0], id="new", name="calm-heron-9", status=RunStatus.QUEUED)
    model.put([new])
    QApplication.processEvents()


SCENES: dict[str, Scene] = {
    "runs-selected": selected,
    "runs-filtered": _filtered("status = finished and roc_auc >= 0.5 tree"),
    "runs-no-match": _filtered("roc_auc > 0.99"),
    "runs-mistake": _filtered("roc_ac > 0.5"),
    "runs-typed": typed,
    "runs-all": all_of_them,
    "runs-apart": apart,
}
