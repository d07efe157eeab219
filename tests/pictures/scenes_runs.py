"""Pictures of a run and of runs side by side, in their states."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.run import RunPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace

Scene = Callable[[Shell, Workspace], None]


def name_of(workspace: Workspace, estimator: str, status: RunStatus = RunStatus.FINISHED) -> str:
    """The run of that estimator."""
    runs = workspace.experiments.runs(statuses=[status])
    return next(run.name for run in runs if run.spec.estimator == estimator)


def _show(shell: Shell, place: Place) -> None:
    shell.go(place)
    QApplication.processEvents()


def run(shell: Shell, workspace: Workspace) -> None:
    _show(shell, Place("run", name_of(workspace, "HistGradientBoosting")))
    page = shell.page
    assert isinstance(page, RunPage)
    page.overview.folds.chart.point_at(1)


def _tab(name: str) -> Scene:
    def scene(shell: Shell, workspace: Workspace) -> None:
        _show(shell, Place("run", name_of(workspace, "HistGradientBoosting"), {"tab": name}))

    return scene


def failed(shell: Shell, workspace: Workspace) -> None:
    _show(shell, Place("run", name_of(workspace, "KNeighbors", RunStatus.FAILED)))


def multiclass(shell: Shell, workspace: Workspace) -> None:
    run = next(run for run in workspace.experiments.runs("species"))
    _show(shell, Place("run", run.name))


def gone(shell: Shell, workspace: Workspace) -> None:
    _show(shell, Place("run", "nobody-knows-1"))


SCENES: dict[str, Scene] = {
    "one-run": run,
    "one-run-params": _tab("params"),
    "one-run-metrics": _tab("metrics"),
    "one-run-artifacts": _tab("artifacts"),
    "one-run-log": _tab("log"),
    "one-run-environment": _tab("environment"),
    "one-run-failed": failed,
    "one-run-multiclass": multiclass,
    "one-run-gone": gone,
}
