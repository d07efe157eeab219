"""Experiments as a person uses it: choose, filter, sort, select, put away, take back, look."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace, demo_runs, make_run
from tests.gui.hands import click, click_cell, point_at, press, write

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.errors import BusyRegistryError, ConflictError
from mlops_desktop.domain.experiments import RunStatus, Validation, ValidationKind
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.experiments import ExperimentsPage
from mlops_desktop.gui.widgets.column_picker import ColumnPicker


@pytest.fixture
def page(window: MainWindow) -> ExperimentsPage:
    window.shell.go_to("experiments")
    return window.shell.experiments


def names(page: ExperimentsPage) -> list[str]:
    return [run.name for row in range(page.model.rowCount()) if (run := page.model.run_at(row))]


def test_it_opens_on_the_newest_experiment_and_says_its_best(page: ExperimentsPage) -> None:
    assert page.title == "late-at-arrival"
    assert page.header.sentence == (
        "Will a flight from NYC land more than 15 min late? · 25 runs · 3 in progress · "
        "best roc_auc 0.7075 by amber-falcon-27"
    )
    assert page.model.rowCount() == 25


def test_a_click_on_a_head_sorts_the_better_end_first_and_again_turns_it(page: ExperimentsPage, qtbot: QtBot) -> None:
    header = page.runs.table.header
    for metric, first, second in (
        ("roc_auc", "amber-falcon-27", "flat-dunnock-15"),
        ("log_loss", "deep-merlin-30", "grey-pipit-20"),
    ):
        section = [column.name for column in page.model.shown].index(f"metric:{metric}") + 1
        place = QPoint(header.sectionViewportPosition(section) + 60, 12)
        for expected in (first, second):
            click(header.viewport(), place)
            assert names(page)[3] == expected


def test_typing_filters_and_nothing_found_says_so_with_a_way_out(page: ExperimentsPage, qtbot: QtBot) -> None:
    page.focus_filter()
    write(page.runs.filter.edit, "forest v2")
    assert names(page) == ["late-curlew-16"]
    page.runs.filter.clear()
    write(page.runs.filter.edit, "lightgbm")
    assert page.runs._no_match.isVisible()
    assert "0 of 25 runs match lightgbm" in page.runs._no_match.accessibleName()
    click(page.runs._no_match.button)
    assert page.model.rowCount() == 25
    assert page.runs.table.isVisible()


def test_escape_empties_the_filter_then_leaves_it(page: ExperimentsPage, qtbot: QtBot, qapp: QApplication) -> None:
    page.window().activateWindow()
    page.focus_filter()
    field = page.runs.filter.edit
    write(field, "forest")
    press(field, Qt.Key.Key_Escape)  # what is proposed
    press(field, Qt.Key.Key_Escape)
    assert page.runs.filter.text == ""
    press(field, Qt.Key.Key_Escape)
    assert page.runs.table.hasFocus()


def test_rows_are_selected_by_box_control_shift_and_space(page: ExperimentsPage, qtbot: QtBot) -> None:
    table = page.runs.table
    click_cell(table, 4, 0)
    click_cell(table, 6, 2, Qt.KeyboardModifier.ControlModifier)
    assert [page.model.row_of(run.id) for run in page.model.ticks] == [4, 6]
    click_cell(table, 9, 2, Qt.KeyboardModifier.ShiftModifier)
    assert len(page.model.ticks) == 5
    assert page.runs.bar.isVisible()
    table.go_to(12)
    press(table, Qt.Key.Key_Space)
    assert len(page.model.ticks) == 6
    press(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(page.model.ticks) == 7
    press(table, Qt.Key.Key_Escape)
    assert not page.model.ticks
    assert not page.runs.bar.isVisible()
    press(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(page.model.ticks) == 25
    header = table.header
    click(header.viewport(), QPoint(15, 12))
    assert not page.model.ticks


def test_a_plain_click_opens_the_run_and_keeps_the_selection(page: ExperimentsPage, qtbot: QtBot) -> None:
    click_cell(page.runs.table, 4, 0)
    click_cell(page.runs.table, 8, 2)
    shown, wanted = page.inspector.run, page.model.run_at(8)
    assert shown
    assert wanted
    assert shown.id == wanted.id
    assert len(page.model.ticks) == 1


def test_runs_go_to_the_trash_and_come_back_by_undo(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    page.model.tick([3, 4, 5], True)
    gone = [run.name for run in page.model.ticks]
    click(page.runs.bar.trash)
    assert not set(gone) & set(names(page))
    assert window.shell.notice.accessibleName() == "3 runs moved to trash"
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert set(gone) <= set(names(page))
    assert not window.shell.notice.isVisible()


def test_delete_puts_away_the_current_run_and_leaves_one_in_progress_alone(
    window: MainWindow, page: ExperimentsPage, qtbot: QtBot
) -> None:
    page.runs.table.go_to(0)
    page.work.trash()
    assert page.model.rowCount() == 25
    assert window.shell.notice.accessibleName() == "A run in progress stays; cancel it first."
    page.runs.table.go_to(4)
    run = page.inspector.run
    assert run is not None
    click(page.inspector.trash)
    assert run.name not in names(page)


def test_a_run_in_progress_is_asked_to_stop_and_says_so_at_once(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    page.runs.table.go_to(0)
    name = names(page)[0]
    click(page.inspector.cancel)
    assert [call for call in workspace.calls if call[0] == "cancel"] == [("cancel", name)]
    assert page.inspector.cancel.text() == "Cancelling…"
    assert page.model.data(page.model.index(0, 1)) == "Cancelling…"
    page.runs.table.go_to(1)
    page.runs.table.go_to(0)
    assert page.inspector._note.text() == "Cancelling…"
    workspace.change_run(name, status=RunStatus.CANCELLED, progress=None)
    page.refresh()
    assert page.inspector.run is not None
    assert not page.inspector.cancel.isVisible()
    page.model.tick([0, 1], True)
    click(page.runs.bar.cancel)
    assert len([call for call in workspace.calls if call[0] == "cancel"]) == 3


def test_a_refused_action_is_said_above_the_page(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConflictError("The run serves.", hint="Stop the deployment first.")

    monkeypatch.setattr(workspace.trash, "put", refuse)
    page.model.tick([4], True)
    click(page.runs.bar.trash)
    assert window.shell.message.sentence.startswith("The run serves. Stop the deployment first.")
    assert page.model.rowCount() == 25


def test_the_inspector_tells_metrics_params_environment_and_failure(page: ExperimentsPage) -> None:
    run = next(run for run in demo_runs() if run.name == "amber-falcon-27")
    page.go(Place("experiments", run.experiment_name, {"run": run.id}))
    inspector = page.inspector
    facts = dict(inspector._facts.facts)
    assert [row[:2] for row in inspector._links.rows] == [
        ("Dataset version", "flights v4"), ("Model version", "flight-late@v7 · challenger"),
    ]  # fmt: skip
    assert facts["Validation"] == "By time, 5 folds"
    assert inspector._metrics.isVisible()
    inspector.tabs.setCurrentIndex(1)
    assert dict(inspector._facts.facts)["learning_rate"] == "0.1"
    inspector.tabs.setCurrentIndex(2)
    assert dict(inspector._facts.facts)["scikit-learn"] == "1.9.1"
    assert dict(inspector._facts.facts)["Commit"].endswith("changed files")
    inspector.tabs.setCurrentIndex(0)
    failed = next(run for run in demo_runs() if run.status is RunStatus.FAILED)
    page.go(Place("experiments", failed.experiment_name, {"run": failed.id}))
    assert inspector._failure.isVisible()
    assert inspector._failure.accessibleName() == "Error: MLPClassifier got empty cells in prev_arr_delay."


def test_a_waiting_run_has_no_log_and_no_environment_yet(page: ExperimentsPage) -> None:
    page.runs.table.go_to(2)
    assert page.inspector.run is not None
    assert page.inspector.run.status is RunStatus.QUEUED
    assert not page.inspector.log.isVisible()
    page.inspector.tabs.setCurrentIndex(2)
    assert page.inspector._nothing.isVisible()


def test_live_changes_keep_selection_current_row_and_order(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace
) -> None:
    page.model.tick([5], True)
    page.runs.table.go_to(7)
    before, current = names(page), page.inspector.run
    change = workspace.change_run("brisk-heron-41", progress=0.9)
    workspace.calls.clear()
    window.shell.events.changed.emit((change,))
    assert workspace.calls == [("read", 1)]
    assert names(page) == before
    assert [page.model.row_of(run.id) for run in page.model.ticks] == [5]
    assert page.inspector.run == current
    new = make_run("new-owl-42", RunStatus.RUNNING, seconds=1, progress=0.1, hours_ago=0)
    workspace.all_runs.append(new)
    window.shell.events.changed.emit((Change(2, ChangeKind.RUN, new.id),))
    assert names(page) == before
    assert page.views.news.text() == "Show 1 new run"
    press(page.views.news, Qt.Key.Key_Space)
    assert names(page)[0] == "new-owl-42"
    assert not page.views.news.isVisible()
    assert page.inspector.run == current
    assert page.runs.table.currentIndex().row() == 8


def test_no_row_moves_under_the_pointer(window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    table = page.runs.table
    point_at(table.viewport())
    before = names(page)
    new = make_run("new-owl-42", RunStatus.RUNNING, seconds=1, progress=0.1, hours_ago=0)
    workspace.all_runs.append(new)
    window.shell.events.changed.emit((Change(2, ChangeKind.RUN, new.id),))
    assert names(page) == before
    assert "Show 1 new run" in [command.title for command in page.commands()]
    click_cell(table, 5, 2)
    assert page.inspector.run is not None
    assert page.inspector.run.name == before[5]
    click(page.views.news)
    assert names(page)[0] == "new-owl-42"
    point_at(page.header)


def test_what_is_done_here_moves_rows_at_once(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace
) -> None:
    page.model.tick([5], True)
    page.work.rerun()
    assert any(name.endswith("-again") for name in names(page))
    assert not page.views.news.isVisible()


def test_the_row_that_is_looked_at_stays_where_it_is_in_a_table_that_is_scrolled(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace
) -> None:
    window.resize(1100, 520)
    QApplication.processEvents()
    point_at(page.header)
    table = page.runs.table
    table.go_to(24)
    page.runs.table.verticalScrollBar().setValue(8)
    table.go_to_quietly(20)
    before = table.visualRect(table.currentIndex()).top()
    new = make_run("new-owl-42", RunStatus.RUNNING, seconds=1, progress=0.1, hours_ago=0)
    workspace.all_runs.append(new)
    window.shell.events.changed.emit((Change(2, ChangeKind.RUN, new.id),))
    assert names(page)[0] == "new-owl-42"
    assert table.currentIndex().row() == 21
    assert table.visualRect(table.currentIndex()).top() == before


def test_a_run_is_best_only_of_those_that_were_validated_alike(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace
) -> None:
    leaky = make_run("leaky-mole-43", estimator="LogisticRegression", metrics={"roc_auc": 0.99}, hours_ago=0)
    validation = Validation(ValidationKind.HOLDOUT)
    leaky = dataclasses.replace(leaky, spec=dataclasses.replace(leaky.spec, validation=validation))
    workspace.all_runs.append(leaky)
    window.shell.events.changed.emit((Change(2, ChangeKind.RUN, leaky.id),))
    assert page.header.sentence.endswith("best roc_auc 0.7075 by amber-falcon-27 (By time, 5 folds)")
    assert "validation" in [column.name for column in page.model.shown]
    column = next(column for column in page.model.shown if column.name == "metric:roc_auc")
    assert [run.name for run in page.model.runs.rows if page.model.is_best(run, column)] == ["amber-falcon-27"]
    page.go(Place("experiments", leaky.experiment_name, {"run": leaky.id}))
    assert [line.partition(":")[0] for line in page.inspector._doubts.lines] == [
        "Its figures come from rows taken at random, though time_hour orders the rows",
        "It cannot be compared with the 20 other finished runs for late, measured otherwise "
        "(5 growing windows by time_hour).",
    ]
    assert page.inspector._doubts.isVisible()
    assert not page.inspector._metrics._against.isVisible()
    page.model.tick([page.model.row_of(leaky.id), page.model.row_of(leaky.id) + 1], True)
    assert page.runs.bar._note.text() == "Not measured in the same way: not comparable"


def test_the_columns_are_the_persons_choice_and_remembered(
    window: MainWindow, page: ExperimentsPage, make_window: MakeWindow, workspace: FakeWorkspace
) -> None:
    click(page.runs.columns_button)
    panel = page.runs.columns_button.findChild(ColumnPicker)
    assert panel is not None
    write(panel.search, "learning")
    shown = [item.text().split()[0] for item in panel.list._items() if not item.isHidden()]
    assert shown == ["learning_rate"]
    press(panel.list, Qt.Key.Key_Space)
    panel.close()
    columns = [column.name for column in page.model.shown]
    assert columns[-1] == "param:learning_rate"
    page.runs.columns.choose([name for name in columns if name != "folds"][::-1])
    again = make_window(workspace, state=window.state)
    again.shell.go_to("experiments")
    now = [column.name for column in again.shell.experiments.model.shown]
    assert now == [name for name in columns if name != "folds"][::-1]
    page.runs.columns.choose(None)
    assert [column.name for column in page.model.shown] == columns[:-1]


def test_a_column_is_moved_by_alt_and_an_arrow(page: ExperimentsPage, qtbot: QtBot) -> None:
    click(page.runs.columns_button)
    panel = page.runs.columns_button.findChild(ColumnPicker)
    assert panel is not None
    panel.list.setCurrentRow(1)
    press(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    panel.close()
    assert [column.name for column in page.model.shown][:2] == ["run", "status"]


def test_tabs_show_all_runs_or_those_in_progress(page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    page.show_running()
    assert len(names(page)) == 3
    workspace.all_runs = [run for run in workspace.all_runs if run.status.is_ended]
    page.refresh()
    assert page.runs._idle.isVisible()
    page.views.tabs.setCurrentIndex(0)
    assert len(names(page)) == 22


def test_another_experiment_is_chosen_in_the_title_and_all_of_them_too(
    make_window: MakeWindow, workspace: FakeWorkspace
) -> None:
    workspace.all_runs.append(make_run("odd-owl-1", experiment="R&D <b>", hours_ago=300, metrics={"roc_auc": 0.6}))
    window = make_window(workspace)
    window.shell.go_to("experiments")
    page = window.shell.experiments
    page._fill_menu()
    texts = [action.text() for action in page._menu.actions()]
    assert sorted(texts) == sorted(["All experiments · 26 runs", "late-at-arrival · 25 runs", "R&&D <b> · 1 run"])
    page.choose("R&D <b>")
    assert names(page) == ["odd-owl-1"]
    assert window.shell.top.parts == ["Experiments", "R&D <b>"]
    page.choose("")
    assert len(names(page)) == 26
    assert "experiment" in [column.name for column in page.model.columns]


def test_an_experiment_that_is_gone_means_all(page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    workspace.all_runs = [dataclasses.replace(run, experiment_name="renamed") for run in workspace.all_runs]
    page.refresh()
    assert page.title == "All experiments"


def test_no_runs_yet_says_what_a_run_is_and_leads_to_one(
    make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(FakeWorkspace(empty=True))
    window.shell.go_to("experiments")
    page = window.shell.experiments
    gone: list[Place] = []
    monkeypatch.setattr(window.shell, "go", gone.append)
    assert page.runs.empty.isVisible()
    assert not page.runs.filter.isVisible()
    assert not page.inspector.isVisible()
    assert page.header.sentence == "No runs yet"
    click(page.runs.empty.button)
    assert gone == [Place("new-run")]


def test_an_error_stands_in_the_tables_place_and_can_be_tried_again(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    workspace.error = BusyRegistryError("The registry is busy.", hint="Wait a moment.")
    window = make_window(workspace)
    window.shell.go_to("experiments")
    error = window.shell.experiments.runs._error
    assert error is not None
    assert error.isVisible()
    workspace.error = None
    click(error.retry)
    assert window.shell.experiments.runs.table.isVisible()
    workspace.error = BusyRegistryError("Busy again.")
    window.shell.refresh()
    assert window.shell.experiments.runs.table.isVisible()
    assert window.shell.message.sentence.startswith("Busy again.")


def test_the_inspector_hides_and_comes_back_as_it_was(window: MainWindow, page: ExperimentsPage, qtbot: QtBot) -> None:
    assert page.inspector.width() == 292
    click(page.inspector.close_button)
    assert not page.inspector.isVisible()
    assert not window.state.inspector
    press(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert page.inspector.isVisible()


def test_when_room_runs_out_secondary_columns_go_first(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    window = make_window(workspace, size=(1100, 700))
    window.shell.go_to("experiments")
    page = window.shell.experiments
    shown = [column.name for column in page.model.shown]
    assert shown[:2] == ["status", "run"]
    assert "metric:roc_auc" in shown
    assert "duration" not in shown
    assert page.inspector.width() == 268
    assert page.runs.table.horizontalScrollBar().maximum() == 0


def test_density_changes_the_height_of_rows(window: MainWindow, page: ExperimentsPage) -> None:
    assert page.runs.table.rowHeight(0) == 24
    window.shell.set_density("comfortable")
    assert page.runs.table.rowHeight(0) == 38
    assert window.state.density == "comfortable"


def test_elapsed_time_goes_on_while_the_page_is_shown(window: MainWindow, page: ExperimentsPage) -> None:
    assert page._clock.isActive()
    page._on_second()
    window.shell.go_to("home")
    assert not page._clock.isActive()


def test_a_repeated_run_names_the_one_it_repeats(page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    first = next(run for run in workspace.all_runs if run.name == "amber-falcon-27")
    workspace.change_run("swift-ibis-33", rerun_of=first.id)
    workspace.change_run("early-finch-35", rerun_of="f" * 32)
    page.refresh()
    for name, said in (("swift-ibis-33", "amber-falcon-27"), ("early-finch-35", "a run not shown here")):
        run = next(run for run in workspace.all_runs if run.name == name)
        page.go(Place("experiments", run.experiment_name, {"run": run.id}))
        assert {row[0]: row[1] for row in page.inspector._links.rows}["Re-run of"] == said


def test_a_run_that_was_just_made_is_shown_once_it_is_read(page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    made = make_run("just-made-1", RunStatus.QUEUED, hours_ago=0)
    page.go(Place("experiments", "late-at-arrival", {"run": made.id}))
    assert page.inspector.run is not None
    assert page.inspector.run.name != made.name, "it is not in the table yet"
    workspace.all_runs.append(made)
    page.refresh()
    assert page.inspector.run.name == made.name
