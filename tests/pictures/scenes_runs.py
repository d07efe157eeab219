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
    """The run of that estimator that says whether a flight is late."""
    runs = workspace.experiments.runs("late-at-arrival", statuses=[status])
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


def _compare(*estimators: str, view: str = "all") -> Scene:
    def scene(shell: Shell, workspace: Workspace) -> None:
        names = ",".join(name_of(workspace, estimator) for estimator in estimators)
        _show(shell, Place("compare", names, {"view": view}))

    return scene


def apart(shell: Shell, workspace: Workspace) -> None:
    """Runs of other questions on other data."""
    species = workspace.experiments.runs("species")[0].name
    _show(shell, Place("compare", f"{name_of(workspace, 'HistGradientBoosting')},{species}"))


def nothing_to_compare(shell: Shell, workspace: Workspace) -> None:
    _show(shell, Place("compare"))


FOUR = ("HistGradientBoosting", "LogisticRegression", "DecisionTree", "ExtraTrees")
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
    "compare": _compare(*FOUR),
    "compare-two": _compare("HistGradientBoosting", "LogisticRegression"),
    "compare-charts": _compare(*FOUR, view="charts"),
    "compare-differences": _compare(*FOUR, view="differences"),
    "compare-apart": apart,
    "compare-empty": nothing_to_compare,
}
