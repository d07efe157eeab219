"""What a person does with runs and views: compare, register, tag, repeat, write, keep a view."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QFileDialog
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, click_cell, press, write

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.experiments import ExperimentsPage
from mlops_desktop.gui.widgets.name_panel import NamePanel
from mlops_desktop.gui.widgets.tag_panel import TagPanel


@pytest.fixture
def page(window: MainWindow, qapp: QApplication) -> ExperimentsPage:
    window.shell.go_to("experiments")
    qapp.processEvents()
    return window.shell.experiments


@pytest.fixture
def gone(window: MainWindow, page: ExperimentsPage, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    """Where the page led to."""
    places: list[Place] = []
    monkeypatch.setattr(window.shell, "go", places.append)
    return places


def names(page: ExperimentsPage) -> list[str]:
    return [run.name for row in range(page.model.rowCount()) if (run := page.model.run_at(row))]


def test_enter_and_a_double_click_open_the_run(page: ExperimentsPage, gone: list[Place]) -> None:
    page.runs.table.go_to(5)
    press(page.runs.table, Qt.Key.Key_Return)
    click(page.inspector.open_button)
    assert gone == [Place("run", names(page)[5]), Place("run", names(page)[5], {})]


def test_two_to_eight_runs_are_compared(window: MainWindow, page: ExperimentsPage, gone: list[Place]) -> None:
    click_cell(page.runs.table, 4, 0)
    assert not page.runs.bar.compare.isVisible()
    press(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert not gone
    click_cell(page.runs.table, 6, 0)
    assert page.compare_button.text() == "Compare 2"
    click(page.runs.bar.compare)
    press(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert gone == [Place("compare", ",".join((names(page)[4], names(page)[6])))] * 2


def test_a_new_run_goes_into_the_experiment(window: MainWindow, page: ExperimentsPage, gone: list[Place]) -> None:
    click(page.new_button)
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert gone == [Place("new-run", "", {"experiment": "late-at-arrival"})] * 2


def test_only_one_finished_run_is_registered(page: ExperimentsPage) -> None:
    click_cell(page.runs.table, 4, 0)
    assert page.runs.bar.register.isVisible()
    click_cell(page.runs.table, 5, 0)
    assert not page.runs.bar.register.isVisible()


def test_runs_are_tagged_and_untagged_and_that_is_taken_back(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace
) -> None:
    page.model.tick([4, 5], True)
    chosen = [run.name for run in page.model.ticks]
    click(page.runs.bar.tag)
    panel = page.runs.bar.tag.findChild(TagPanel)
    assert panel is not None
    write(panel.entry, "night")
    press(panel.entry, Qt.Key.Key_Return)
    assert window.shell.notice.accessibleName() == "2 runs tagged night"
    page.runs.filter.set_text("tag = night")
    assert names(page) == chosen
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(page) == []
    page.runs.filter.clear()
    page.model.tick_all(False)
    page.go(Place("experiments", "late-at-arrival", {"run": workspace.experiments.run("flat-dunnock-15").id}))
    page.work.ask_tags()
    panel = page.runs.filter.findChild(TagPanel)
    assert panel is not None
    panel.list.setCurrentRow(0)
    press(panel.list, Qt.Key.Key_Space)
    panel.close()
    assert panel._changes() == ([], ["baseline"])


def test_a_run_is_queued_again_or_with_changes(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace, gone: list[Place]
) -> None:
    page.runs.table.go_to(4)
    run = names(page)[4]
    press(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert gone == [Place("new-run", "flights@v4", {"rerun_of": run})]
    page.model.tick([4], True)
    page.runs.bar.rerun.trigger()
    assert ("rerun", run) in workspace.calls
    assert f"{run}-again" in names(page)
    assert window.shell.notice.accessibleName() == f"Queued run {run} again"


def test_the_selected_runs_are_written_as_csv(
    window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace, tmp_path: Path, qapp: QApplication
) -> None:
    page.model.tick([4, 6], True)
    chosen = tuple(run.name for run in page.model.ticks)
    page.runs.bar.export.trigger()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "runs.csv"))
    dialog.close()
    assert workspace.calls[-1] == ("export", (tmp_path / "runs.csv", chosen)) or (
        ("export", (tmp_path / "runs.csv", chosen)) in workspace.calls
    )
    qapp.processEvents()


def test_a_shift_click_adds_a_key_and_numbers_it(page: ExperimentsPage) -> None:
    head = page.runs.head

    def at(name: str) -> QPoint:
        section = [column.name for column in page.model.shown].index(name) + 1
        return head.section_rect(section).center() + QPoint(8, 0)

    click(head.viewport(), at("estimator"))
    click(head.viewport(), at("metric:log_loss"), Qt.KeyboardModifier.ShiftModifier)
    assert page.model.order == (SortKey("estimator"), SortKey("metric:log_loss"))
    click(head.viewport(), at("metric:log_loss"), Qt.KeyboardModifier.ShiftModifier)
    assert page.model.order == (SortKey("estimator"), SortKey("metric:log_loss", True))
    click(head.viewport(), at("metric:roc_auc"))
    assert list(page.model.order) == [SortKey("metric:roc_auc", True)]


def test_a_head_is_walked_and_sorted_by_keyboard(page: ExperimentsPage) -> None:
    head = page.runs.head
    press(head, Qt.Key.Key_Right)
    press(head, Qt.Key.Key_Return)
    press(head, Qt.Key.Key_Left)
    press(head, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert page.model.order == (SortKey("run"), SortKey("status"))
    press(head, Qt.Key.Key_Left)
    press(head, Qt.Key.Key_Space)
    assert len(page.model.ticks) == 25


def test_a_view_is_saved_shown_and_removed(window: MainWindow, page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    page.runs.filter.set_text("roc_auc > 0.7")
    page.model.sort_by(SortKey("metric:log_loss"))
    click(page.views.save)
    panel = page.views.save.findChild(NamePanel)
    assert panel is not None
    write(panel.entry, "good ones")
    press(panel.entry, Qt.Key.Key_Return)
    (view,) = workspace.experiments.lists.kept
    assert (view.name, view.where, view.sort) == ("good ones", "roc_auc > 0.7", (SortKey("metric:log_loss"),))
    assert page.views.current == "good ones"
    page.views.choose("All runs")
    assert page.runs.filter.text == "roc_auc > 0.7"
    page.runs.filter.clear()
    page.views.choose("good ones")
    assert page.runs.filter.text == "roc_auc > 0.7"
    assert page.model.order == (SortKey("metric:log_loss"),)
    click(page.views.save)
    again = QApplication.activePopupWidget()
    assert isinstance(again, NamePanel)
    assert again.entry.text() == "good ones"
    again.close()
    page.views.remove_asked.emit("good ones")
    assert workspace.experiments.lists.kept == []
    assert page.views.current == "All runs"
    press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [view.name for view in workspace.experiments.lists.kept] == ["good ones"]


def test_views_hold_what_belongs_to_them(page: ExperimentsPage) -> None:
    page.views.choose("Mine")
    assert len(names(page)) == 25
    page.views.choose("Best per estimator")
    assert len(names(page)) == 7
    page.views.choose("Running")
    assert len(names(page)) == 3


def test_views_without_room_are_in_a_menu(page: ExperimentsPage, workspace: FakeWorkspace) -> None:
    from mlops_desktop.domain.run_views import RunView

    workspace.experiments.lists.kept = [RunView(f"a rather long name of a view {n}") for n in range(12)]
    page.refresh()
    assert page.views.more.isVisible()
    page.views._fill_more()
    last = page.views.more_menu.actions()[-1]
    last.trigger()
    assert page.views.current == last.text()
    assert page.views.tabs.tabText(page.views.tabs.currentIndex()) == last.text()
    assert page.views.tabs.width() < page.width()


def test_links_of_the_inspector_lead_to_dataset_and_model(page: ExperimentsPage, gone: list[Place]) -> None:
    run = next(run for run in page.model.runs.rows if run.name == "quiet-osprey-18")
    page.runs.table.go_to(page.model.row_of(run.id))
    for button in page.inspector._links.buttons:
        click(button)
    click(page.inspector.log)
    assert gone == [
        Place("datasets", "flights@v3"),
        Place("model-version", "flight-late@v6"),
        Place("run", run.name, {"tab": "log"}),
    ]


def test_a_live_row_leaves_the_table_where_it_was_scrolled_to(
    page: ExperimentsPage, window: MainWindow, workspace: FakeWorkspace, qapp: QApplication
) -> None:
    window.resize(1100, 560)
    qapp.processEvents()
    bar = page.runs.table.verticalScrollBar()
    bar.setValue(bar.maximum())
    before = bar.value()
    assert before > 0
    workspace.all_runs = [run for run in workspace.all_runs if run.name != "calm-lark-40"]
    from mlops_desktop.domain.changes import Change, ChangeKind

    lost = next(run for run in page.model.runs.rows if run.name == "calm-lark-40")
    window.shell.events.changed.emit((Change(9, ChangeKind.RUN, lost.id),))
    assert "calm-lark-40" not in names(page)
    assert bar.value() == min(before, bar.maximum())


def test_a_finished_run_is_registered_from_the_inspector(
    page: ExperimentsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(page.work, "register_run", asked.append)
    offered = {}
    for row in range(page.model.rowCount()):
        page.runs.table.go_to(row)
        run = page.inspector.run
        assert run is not None
        offered[run.status] = page.inspector.register.isVisible()
        if page.inspector.register.isVisible() and not asked:
            click(page.inspector.register)
            assert asked == [run.name]
    assert {status for status, there in offered.items() if there} == {RunStatus.FINISHED}
    assert asked


def test_a_row_that_a_screen_reader_chooses_is_ticked(page: ExperimentsPage) -> None:
    table = QAccessible.queryAccessibleInterface(page.runs.table)
    assert table is not None
    cells = [cell for place in range(table.childCount()) if (cell := table.child(place)) is not None]
    by_name = {cell.text(QAccessible.Text.Name): cell.actionInterface() for cell in cells}

    def choose(run: str) -> list[str]:
        action = by_name[f"Run: {run}"]
        action.doAction(action.actionNames()[0])
        return [ticked.name for ticked in page.model.ticks]

    first, second = names(page)[4], names(page)[6]
    assert choose(first) == [first]
    assert choose(second) == [first, second]
    assert choose(first) == [second]
