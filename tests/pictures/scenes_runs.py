"""Pictures of a run and of runs side by side, in their states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.domain.experiments import MetricPoint, MetricSummary, Run, RunStatus
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


def _as_if(workspace: Workspace, **changes: Any) -> None:
    """Every run is read as it would be with these changes."""
    before = workspace.experiments.run
    workspace.experiments.run = lambda name: replace(before(name), **changes)  # type: ignore[method-assign]


def live(shell: Shell, workspace: Workspace) -> None:
    """In the second of three folds."""
    name = name_of(workspace, "HistGradientBoosting")
    points = [
        MetricPoint(metric.key, fold, value)
        for metric in workspace.experiments.run(name).metrics
        for fold, value in enumerate(metric.folds[:2])
    ]
    _as_if(
        workspace, status=RunStatus.RUNNING, progress=0.55, metrics=(), evaluation_hash=None, bundle_hash=None,
        started_at=datetime.now(UTC) - timedelta(seconds=14), finished_at=None, environment=None,
    )  # fmt: skip
    workspace.experiments.points = lambda name: points  # type: ignore[method-assign]
    _show(shell, Place("run", name))


def cancelling(shell: Shell, workspace: Workspace) -> None:
    """Asked to stop, and still at it."""
    workspace.experiments.is_cancelling = lambda run: True  # type: ignore[method-assign]
    live(shell, workspace)


def queued(shell: Shell, workspace: Workspace) -> None:
    name = name_of(workspace, "HistGradientBoosting")
    _as_if(
        workspace, status=RunStatus.QUEUED, progress=None, metrics=(), evaluation_hash=None, bundle_hash=None,
        started_at=None, finished_at=None, environment=None,
    )  # fmt: skip
    workspace.experiments.points = lambda name: []  # type: ignore[method-assign]
    workspace.experiments.log = lambda name: ""  # type: ignore[method-assign]
    _show(shell, Place("run", name))


def cancelled(shell: Shell, workspace: Workspace) -> None:
    _show(shell, Place("run", name_of(workspace, "DecisionTree", RunStatus.CANCELLED)))


def _busy(*_: Any, **__: Any) -> Any:
    raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait a moment and try again.")


def unreadable(shell: Shell, workspace: Workspace) -> None:
    name = name_of(workspace, "HistGradientBoosting")
    workspace.experiments.run = _busy  # type: ignore[method-assign]
    _show(shell, Place("run", name))


def compare_unreadable(shell: Shell, workspace: Workspace) -> None:
    name = name_of(workspace, "HistGradientBoosting")
    workspace.experiments.compare = _busy  # type: ignore[method-assign]
    _show(shell, Place("compare", name))


def _compare_eight(view: str) -> Scene:
    """The four finished ones, and each once more with other params and figures."""

    def scene(shell: Shell, workspace: Workspace) -> None:
        service = workspace.experiments
        first = [service.run(name_of(workspace, estimator)) for estimator in FOUR]
        again = {f"{word}-{place}": run.name for place, (word, run) in enumerate(zip(AGAIN, first, strict=True), 12)}
        read, evaluation = service.run, service.evaluation
        service.run = lambda name: _other(read(again[name]), name) if name in again else read(name)  # type: ignore[method-assign]
        service.evaluation = lambda name: evaluation(again.get(name, name))  # type: ignore[method-assign]
        _show(shell, Place("compare", ",".join([*(run.name for run in first), *again]), {"view": view}))

    return scene


def _other(run: Run, name: str) -> Run:
    def moved(metric: MetricSummary) -> MetricSummary:
        return replace(metric, mean=metric.mean * 0.97, folds=tuple(value * 0.97 for value in metric.folds))

    spec = replace(run.spec, params={**run.spec.params, "random_state": 7})
    return replace(run, id=f"{run.id[:-1]}x", name=name, spec=spec, metrics=tuple(map(moved, run.metrics)))


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


AGAIN = ("mild-otter", "quick-heron", "brave-pipit", "silent-dunlin")
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
    "one-run-live": live,
    "one-run-cancelling": cancelling,
    "one-run-queued": queued,
    "one-run-cancelled": cancelled,
    "one-run-unreadable": unreadable,
    "compare": _compare(*FOUR),
    "compare-two": _compare("HistGradientBoosting", "LogisticRegression"),
    "compare-charts": _compare(*FOUR, view="charts"),
    "compare-differences": _compare(*FOUR, view="differences"),
    "compare-apart": apart,
    "compare-empty": nothing_to_compare,
    "compare-eight": _compare_eight("all"),
    "compare-eight-charts": _compare_eight("charts"),
    "compare-eight-differences": _compare_eight("differences"),
    "compare-unreadable": compare_unreadable,
}
