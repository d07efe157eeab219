"""Pictures of the form of a new run: as suggested, with three estimators, with errors, with nothing to learn from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.domain.experiments import FeatureRole, ValidationKind
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.new_run import NewRunPage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace


def new_run_page(shell: Shell, subject: str = "flights@v2", **how: str) -> NewRunPage:
    shell.go(Place("new-run", subject, how))
    page = shell.page
    assert isinstance(page, NewRunPage)
    return page


def new_run(shell: Shell, workspace: Workspace) -> None:
    new_run_page(shell, target="late")


def new_run_three(shell: Shell, workspace: Workspace) -> None:
    page = new_run_page(shell, target="late", experiment="late-at-arrival")
    order = ("HistGradientBoosting", "LogisticRegression", "RandomForest")
    page.change(
        {"estimators": order, "params": {"HistGradientBoosting": {"max_iter": "300", "l2_regularization": "1"}}}
    )
    page.change({"validation": ValidationKind.TIME_ORDERED, "folds": "3", "test": "20"})
    page.features.table.go_to(13)


def new_run_bottom(shell: Shell, workspace: Workspace) -> None:
    new_run_three(shell, workspace)
    page = new_run_page(shell)
    page.change({"roles": {"month": FeatureRole.CATEGORY}, "included": ("arr_delay",), "without": ("minute",)})
    page.change({"class_weight": True, "seed": "7"})
    QApplication.processEvents()
    page.form.area.verticalScrollBar().setValue(page.form.area.verticalScrollBar().maximum())


def new_run_errors(shell: Shell, workspace: Workspace) -> None:
    page = new_run_page(shell, target="late")
    page.change({"params": {"HistGradientBoosting": {"max_leaf_nodes": "1"}}, "tags": "a/b", "threshold": "2"})
    page.start()


def new_run_rerun(shell: Shell, workspace: Workspace) -> None:
    run = next(run for run in workspace.experiments.runs("late-at-arrival") if run.spec.estimator == "ExtraTrees")
    page = new_run_page(shell, "", rerun_of=run.name)
    page.change({"params": {"ExtraTrees": {"n_estimators": "40"}}, "seed": "1"})


def new_run_all(shell: Shell, workspace: Workspace) -> None:
    page = new_run_page(shell, target="arr_delay")
    page.estimators.more.click()
    page.change({"validation": ValidationKind.GROUPED, "by": "carrier"})


def new_run_bad_target(shell: Shell, workspace: Workspace) -> None:
    new_run_page(shell, target="year")


def new_run_empty(shell: Shell, workspace: Workspace) -> None:
    workspace.trash.put(Kind.DATASET, ["flights", "penguins"])
    new_run_page(shell, "")


def new_run_unreadable(shell: Shell, workspace: Workspace) -> None:
    def refuse() -> None:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait and try again.")

    workspace.datasets.list = refuse  # type: ignore[assignment, method-assign]
    new_run_page(shell, "")


SCENES: dict[str, Callable[[Shell, Workspace], None]] = {
    "new-run": new_run,
    "new-run-three": new_run_three,
    "new-run-bottom": new_run_bottom,
    "new-run-errors": new_run_errors,
    "new-run-rerun": new_run_rerun,
    "new-run-all": new_run_all,
    "new-run-bad-target": new_run_bad_target,
    "new-run-empty": new_run_empty,
    "new-run-unreadable": new_run_unreadable,
}
