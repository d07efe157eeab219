"""The page of one run on a real workspace: what came out, from what, what can be done; live, failed and gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, kept, press
from tests.pictures.scenes_runs import name_of
from tests.real_workspace import real_workspace

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.experiments import MetricPoint, Run, RunStatus
from mlops_desktop.gui.dialogs.register import RegisterDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.run import TABS, RunPage
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.widgets.chips import ChipButton
from mlops_desktop.services.experiments import ExperimentService
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
    window.activateWindow()
    return window.shell


def on_run(shell: Shell, name: str, **how: str) -> RunPage:
    shell.go(Place("run", name, how))
    page = shell.page
    assert isinstance(page, RunPage)
    return page


@pytest.fixture
def page(shell: Shell, workspace: Workspace) -> RunPage:
    return on_run(shell, name_of(workspace, "HistGradientBoosting"))


@pytest.fixture
def went(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where the page leads from now on; nobody goes there."""
    places: list[Place] = []
    monkeypatch.setattr(shell.navigator, "go", places.append)
    return places


def play(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """The run as it would be with these changes."""
    before = ExperimentService.run
    monkeypatch.setattr(ExperimentService, "run", lambda self, name: replace(before(self, name), **changes))


def running(monkeypatch: pytest.MonkeyPatch, points: list[MetricPoint]) -> None:
    play(
        monkeypatch, status=RunStatus.RUNNING, progress=0.5, metrics=(), evaluation_hash=None, bundle_hash=None,
        finished_at=None, environment=None,
    )  # fmt: skip
    monkeypatch.setattr(ExperimentService, "points", lambda self, name: points)


def test_the_head_says_how_it_came_out(page: RunPage) -> None:
    sentence = page.head.header.sentence
    assert sentence.startswith("roc_auc 0.6358 ± 0.0361, number 2 of 4 runs in late-at-arrival")
    assert "HistGradientBoosting on flights@v2" in sentence
    assert sentence.endswith("by ada")
    assert page.path()[1] == ("late-at-arrival", Place("experiments", "late-at-arrival"))


def test_the_tabs_that_exist_have_counts(page: RunPage) -> None:
    assert all(page.tabs.isTabVisible(place) for place in range(len(TABS)))
    assert page.tabs.accessibleTabName(1) == "Params, 13"
    assert page.tabs.accessibleTabName(2) == "Metrics, 9"


def test_a_model_version_is_one_click_away(page: RunPage, went: list[Place]) -> None:
    (chip,) = page.head.findChildren(ChipButton)
    assert chip.accessibleName() == "Model version flight-late@v2, champion"
    click(chip)
    assert went == [Place("model-version", "flight-late@v2")]


def test_the_data_is_one_click_away(page: RunPage, went: list[Place]) -> None:
    click(page.overview.side.dataset.link)
    assert went == [Place("datasets", "flights@v2")]


def test_folds_follow_the_chosen_metric(page: RunPage) -> None:
    card = page.overview.folds
    assert card.chart.summary.startswith("roc_auc over 3 folds: mean 0.6358 ± 0.0361, test 0.5762")
    segments = card._segments  # noqa: SLF001 - the choice in the head
    assert segments is not None
    click(segments.buttons[2])
    assert card.chart.summary.startswith("log_loss over 3 folds")
    assert page.overview.all_metrics.text() == "All 9"
    click(page.overview.all_metrics)
    assert page.stack.currentWidget() is page.metrics


def test_the_confusion_matrix_follows_the_threshold(page: RunPage) -> None:
    card = page.overview.quality
    assert card.matrix.matrix.counts == ((1218, 110), (376, 48))
    segments = card._segments  # noqa: SLF001 - the choice in the head
    assert segments is not None
    click(segments.buttons[1])
    assert card.matrix.matrix.counts != ((1218, 110), (376, 48))
    assert sum(map(sum, card.matrix.matrix.counts)) == 1752
    assert "balanced" in card.words.text()


def test_importance_says_what_matters_most(page: RunPage) -> None:
    bars = page.overview.importance.bars
    assert bars.bars[0].name == "sched_dep_time"
    assert bars.summary.endswith("sched_dep_time matters most.")


def test_a_param_that_differs_has_its_dot_and_comes_first(page: RunPage) -> None:
    first = page.overview.side.param_list.rows[0]
    assert (first.name.text(), first.value.text()) == ("max_iter", "30")
    assert first.dot.isVisible()
    assert first.value.accessibleName() == "max_iter: 30, differs from the default 100"
    assert not page.overview.side.param_list.rows[1].dot.isVisible()
    page.show_tab("params")
    assert page.params.table.cells.cell(0, 3).words == "● differs from default"
    assert page.params.left_table.cells.rows[0].key == "year"


def test_the_files_are_those_of_the_bundle(page: RunPage) -> None:
    page.show_tab("artifacts")
    names = [row.key for row in page.artifacts.table.cells.rows]
    assert "model.skops" in names
    assert "every file checked" in page.artifacts.files.sub.text()
    page.show_tab("environment")
    assert "scikit-learn" in [row.key for row in page.environment.table.cells.rows]


def test_curves_of_the_metrics_tab_have_sentences(page: RunPage) -> None:
    page.show_tab("metrics")
    assert page.metrics.roc.summary.startswith("ROC, area under the curve: true 0.")
    assert page.metrics.pr.summary.startswith("Precision over recall, average precision: true 0.")
    assert not page.metrics.calibration.is_empty
    assert page.metrics.words.text().startswith("The registered model is refitted")


def test_register_opens_its_dialog(page: RunPage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[RegisterDialog] = []
    monkeypatch.setattr(RegisterDialog, "open", kept(opened))
    click(page.head.register)
    press(page.window(), Qt.Key.Key_Return, CONTROL)
    assert len(opened) == 2
    for dialog in opened:
        dialog.deleteLater()


def test_rerun_leads_to_the_new_run(page: RunPage, monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    asked: list[str] = []
    other = workspace.experiments.run(name_of(workspace, "DecisionTree"))

    def rerun(self: ExperimentService, name: str) -> Run:
        asked.append(name)
        return other

    monkeypatch.setattr(ExperimentService, "rerun", rerun)
    name = page.place().subject
    click(page.head.rerun)
    assert asked == [name]
    assert page.place().subject == other.name


def test_changes_lead_to_the_form(page: RunPage, went: list[Place]) -> None:
    name = page.place().subject
    click(page.head.change)
    press(page.window(), Qt.Key.Key_R, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    how = {"rerun_of": name, "experiment": "late-at-arrival"}
    assert went == [Place("new-run", "flights@v2", how)] * 2


def test_compare_leads_to_both(page: RunPage, went: list[Place], workspace: Workspace) -> None:
    best = name_of(workspace, "LogisticRegression")
    assert page.against.text() == f"Compare with the best, {best}"
    click(page.against)
    assert went == [Place("compare", f"{page.place().subject},{best}")]


def test_the_menu_copies_and_trashes(page: RunPage, workspace: Workspace, shell: Shell) -> None:
    name = page.place().subject
    click(page.head.more)
    menu = next(menu for menu in page.findChildren(QMenu) if menu.isVisible())
    entries = {action.text(): action for action in menu.actions() if action.text()}
    entries["Copy as CLI"].trigger()
    assert QGuiApplication.clipboard().text() == f"mlops experiments rerun {name}"
    entries["Copy name"].trigger()
    assert QGuiApplication.clipboard().text() == name
    menu.close()
    page.trash()
    assert name not in [run.name for run in workspace.experiments.runs()]
    assert shell.page is not page


def test_a_failed_run_opens_its_log_at_the_error(shell: Shell, workspace: Workspace, went: list[Place]) -> None:
    went.clear()
    page = RunPageAt(shell, name_of(workspace, "KNeighbors", RunStatus.FAILED))
    assert page.overview.failure.isVisible()
    assert page.overview.failure.accessibleName().startswith("Error: Run ")
    log = page.overview.log
    assert log.lines.lines[log.lines.current].is_error
    assert not page.overview.cards.isVisible()
    assert not page.tabs.isTabVisible(3), "there is no bundle"
    assert not page.head.register.isVisible()
    click(page.overview.change)
    assert went[-1].page == "new-run"


def RunPageAt(shell: Shell, name: str) -> RunPage:  # noqa: N802 - made where nobody goes anywhere
    page = shell.navigator.page("run")
    assert isinstance(page, RunPage)
    shell.frame.pages.setCurrentWidget(page)
    page.go(Place("run", name))
    return page


def test_a_run_that_goes_on_fills_the_same_places(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [MetricPoint("roc_auc", 0, 0.6), MetricPoint("roc_auc", 1, 0.7), MetricPoint("f1", 0, 0.3)]
    running(monkeypatch, points)
    page = on_run(shell, name_of(workspace, "HistGradientBoosting"))
    assert "over 2 folds so far" in page.head.header.sentence
    assert page.overview.folds.sub.text() == "live"
    assert page.overview.quality.waiting.isVisible()
    assert page.overview.importance.waiting.isVisible()
    assert page.head.cancel.isVisible()
    assert not page.head.register.isVisible()
    points.append(MetricPoint("roc_auc", 2, 0.8))
    run_id = page.facts.run.id if page.facts else ""
    page.on_changes((Change(1, ChangeKind.RUN, run_id),))
    assert "over 3 folds so far" in page.head.header.sentence
    asked: list[str] = []
    monkeypatch.setattr(ExperimentService, "cancel", lambda self, name: asked.append(name))
    click(page.head.cancel)
    assert asked == [page.place().subject]
    assert page.head.cancel.text() == "Cancelling…"
    assert not page.head.cancel.isEnabled()
    monkeypatch.undo()


def test_a_regression_shows_predicted_over_actual(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops_desktop.domain.experiments import MetricSummary, Task

    before = ExperimentService.run

    def run(self: ExperimentService, name: str) -> Run:
        found = before(self, name)
        spec = replace(found.spec, task=Task.REGRESSION, positive_label=None)
        return replace(found, spec=spec, metrics=(MetricSummary("rmse", 40.0, 2.0, folds=(38.0, 42.0)),))

    def evaluation(self: ExperimentService, name: str) -> Mapping[str, Any]:
        return {
            "validation": "2 folds", "fitted_on": "All rows.", "labels": [], "positive_label": None,
            "importance": {"metric": "rmse", "sentence": "Loss of rmse.", "columns": []},
            "residuals": {
                "histogram": {"edges": [-2.0, 0.0, 2.0], "counts": [3, 4]}, "mean": 0.1, "std": 1.0,
                "sample": {"actual": [1.0, 2.0], "predicted": [1.5, 1.5]},
            },
        }  # fmt: skip

    monkeypatch.setattr(ExperimentService, "run", run)
    monkeypatch.setattr(ExperimentService, "evaluation", evaluation)
    page = on_run(shell, name_of(workspace, "HistGradientBoosting"))
    card = page.overview.quality
    assert card.title.text() == "Predicted and actual"
    assert not card.matrix.isVisible()
    assert card.left.isVisible()
    assert card.left.summary == "Actual minus predicted: mean 0.10 ± 1.00."
    page.show_tab("metrics")
    assert not page.metrics.roc.isVisible()
    monkeypatch.undo()


def test_a_run_that_is_gone_says_so(shell: Shell) -> None:
    page = on_run(shell, "nobody-knows-1")
    assert page.stack.currentWidget() is page.error
    assert page.error_box.accessibleName() == "Error: There is no run called nobody-knows-1."
    assert not page.tabs.isVisible()
    assert page.commands() == ()


def test_places_remember_the_tab(page: RunPage, shell: Shell) -> None:
    page.show_tab("metrics")
    name = page.place().subject
    shell.go_to("home")
    shell.navigator.back()
    assert shell.page is page
    assert page.place() == Place("run", name, {"tab": "metrics"})


def test_the_page_by_keyboard_alone(page: RunPage, shell: Shell) -> None:
    window = shell.window
    press(window, Qt.Key.Key_F, CONTROL)
    assert window.focusWidget() is page.overview.log.search
    press(window, Qt.Key.Key_QuoteLeft, CONTROL)
    assert page.stack.currentWidget() is page.log_page
    page.show_tab("overview")
    page.tabs.setFocus(Qt.FocusReason.TabFocusReason)
    press(page.tabs, Qt.Key.Key_Right)
    assert page.stack.currentWidget() is page.params
    press(page.tabs, Qt.Key.Key_Left)
    press(window, Qt.Key.Key_F6)
    chart = page.overview.folds.chart
    assert window.focusWidget() is chart
    press(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "Fold 1, roc_auc 0.5944"
    press(window, Qt.Key.Key_F6)
    assert window.focusWidget() is page.overview.quality.curve
    press(window, Qt.Key.Key_F6)
    assert window.focusWidget() is page.overview.log.lines


def test_hidden_it_waits_with_reading(page: RunPage, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = page.facts.run.id if page.facts else ""
    shell.go_to("home")
    asked: list[str] = []
    before = ExperimentService.run

    def run(self: ExperimentService, name: str) -> Run:
        asked.append(name)
        return before(self, name)

    monkeypatch.setattr(ExperimentService, "run", run)
    page.on_changes((Change(1, ChangeKind.RUN, run_id),))
    assert asked == []
    shell.navigator.back()
    assert asked


def test_metrics_so_far_have_means_and_spread() -> None:
    from mlops_desktop.domain.experiments import Task

    points = [MetricPoint("f1", 1, 0.4), MetricPoint("roc_auc", 0, 0.6), MetricPoint("f1", 0, 0.2)]
    first, second = reading.measured_so_far(points, Task.BINARY)
    assert (first.key, first.mean, first.std) == ("roc_auc", 0.6, None)
    assert second.folds == (0.2, 0.4)
    assert second.std == pytest.approx(0.1414, abs=1e-4)


def test_defaults_are_compared_by_value_and_kind(page: RunPage) -> None:
    assert page.facts is not None
    form: list[Mapping[str, Any]] = [
        {"name": "max_iter", "default": 100},
        {"name": "warm", "default": False},
        {"name": "loss", "default": "x"},
    ]
    run = replace(page.facts.run, spec=replace(page.facts.run.spec, params={"max_iter": 100, "warm": 0, "odd": 1}))
    rows = {row.name: row.differs for row in reading.param_rows(run, form)}
    assert rows == {"warm": True, "max_iter": False, "loss": False, "odd": None}
    assert [row.name for row in reading.param_rows(run, ())] == ["max_iter", "odd", "warm"]
    assert reading.run_sentence(page.facts, datetime.now(UTC)).count(" · ") == 2
