"""Runs side by side on a real workspace: who is best and how surely, what differs, what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, kept, press
from tests.pictures.scenes_runs import FOUR, name_of
from tests.real_workspace import real_workspace

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.experiments import Run, Validation, ValidationKind
from mlops_desktop.gui.dialogs.register import RegisterDialog
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.compare import ComparePage
from mlops_desktop.gui.shell import Shell
from mlops_desktop.services.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with real_workspace(tmp_path / "nyc-delays") as opened:
        yield opened


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    return window.shell


@pytest.fixture
def names(workspace: Workspace) -> list[str]:
    return [name_of(workspace, estimator) for estimator in FOUR]


def on_compare(shell: Shell, names: list[str], **how: str) -> ComparePage:
    shell.go(Place("compare", ",".join(names), how))
    page = shell.page
    assert isinstance(page, ComparePage)
    QApplication.processEvents()
    return page


@pytest.fixture
def page(shell: Shell, names: list[str]) -> ComparePage:
    return on_compare(shell, names)


def test_the_sentence_says_who_is_best_and_how_surely(page: ComparePage) -> None:
    assert page.header.sentence == (
        "late-at-arrival · B is best on roc_auc, 0.0069 better than A, less than the folds differ (sd 0.0361)"
    )
    assert not page.warning.isVisible()


def test_the_best_of_each_metric_is_marked(page: ComparePage) -> None:
    table = page.metrics.table
    assert table is not None
    assert table.cells.rows[0].key == "roc_auc"
    assert [cell.best for cell in table.cells.rows[0].cells] == [False, False, True, False, False]
    assert table.cells.cell(0, 2).words == "0.6426 ± 0.0298 best"
    click(page.metrics.mode.buttons[1])
    assert [cell.text for cell in table_row(page, 0)] == ["roc_auc", "0.0000", "+0.0069", "−0.1102", "−0.0211"]
    page.metrics.grab()


def table_row(page: ComparePage, row: int) -> list[Any]:
    table = page.metrics.table
    assert table is not None
    return list(table.cells.rows[row].cells)


def test_equal_rows_are_hidden_until_asked_for(page: ComparePage) -> None:
    table = page.differences.table
    assert table is not None
    assert [row.key for row in table.cells.rows] == ["Estimator", "max_iter", "n_estimators"]
    assert table.cells.cell(2, 2).words == "="
    assert table.cells.cell(2, 4).ground == "warn-soft"
    click(page.differences.hides)
    again = page.differences.table
    assert again is not None
    assert len(again.cells.rows) > 20
    click(page.differences.copy)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("Estimator\tHistGradientBoosting\tLogistic")


def test_a_run_keeps_its_colour_in_every_chart(page: ComparePage) -> None:
    charts = (page.metric_charts.folds.chart, page.curves.roc.chart, page.curves.pr.chart)
    for chart in charts:
        styles = {series.name: series.style for series in chart.lines.series}  # type: ignore[attr-defined]
        assert styles == {"A": 0, "B": 1, "C": 2, "D": 3}
    assert [bar.style for bar in page.metric_charts.spread.chart.bars] == [0, 1, 2, 3]  # type: ignore[attr-defined]
    assert len(page.matrices.charts) == 4


def test_another_metric_in_all_its_charts(page: ComparePage) -> None:
    choice = page.metric_charts.choice
    choice.show_value("log_loss")
    choice.chosen.emit("log_loss")
    assert page.metric_charts.spread.chart.summary.startswith("Mean and spread of log_loss, lower is better")
    assert page.metric_charts.folds.chart.title == "log_loss by fold"


def test_runs_are_taken_out_and_added(page: ComparePage, names: list[str]) -> None:
    click(page.cards.cards[0].remove)
    assert page.place().subject == ",".join(names[1:])
    add = page.cards.add
    assert add is not None
    click(add)
    menu = next(menu for menu in page.findChildren(QMenu) if menu.isVisible())
    next(action for action in menu.actions() if action.text() == names[0]).trigger()
    menu.close()
    QApplication.processEvents()
    assert page.place().subject == ",".join([*names[1:], names[0]])


def test_two_runs_stay_two(shell: Shell, names: list[str]) -> None:
    page = on_compare(shell, names[:2])
    assert not any(card.remove.isVisible() for card in page.cards.cards)


def test_views_show_their_part(page: ComparePage) -> None:
    click(page.views.buttons[1])
    assert page.curves.roc.isVisible()
    assert not page.metrics.isVisible()
    click(page.views.buttons[2])
    assert not page.curves.roc.isVisible()
    assert not page.matrices.isVisible()
    assert page.differences.isVisible()
    assert page.place().how == {"view": "differences"}
    click(page.views.buttons[0])
    assert page.matrices.isVisible()


def test_without_a_run_it_leads_to_the_runs(shell: Shell) -> None:
    page = on_compare(shell, [])
    assert page.stack.currentWidget() is page._empty
    assert page.header.sentence == "No run is chosen"
    assert not page.views.isVisible()


def test_a_small_window_keeps_the_sentence_whole_and_the_rest_in_more(
    shell: Shell, page: ComparePage, names: list[str]
) -> None:
    assert not page.more.isVisible()
    shell.window.resize(1100, 700)
    QApplication.processEvents()
    assert not page.copy.isVisible()
    assert not page.export_button.isVisible()
    click(page.more)
    menu = next(menu for menu in page.findChildren(QMenu) if menu.isVisible())
    assert [action.text() for action in menu.actions() if action.isVisible()] == ["Copy as CLI", "Export charts…"]
    menu.actions()[0].trigger()
    menu.close()
    assert QApplication.clipboard().text() == f"mlops experiments compare {' '.join(names)}"


def test_runs_that_were_validated_otherwise_have_no_best(
    shell: Shell, workspace: Workspace, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = workspace.experiments.run

    def run(name: str) -> Run:
        found = read(name)
        folds = replace(found.spec, validation=Validation(ValidationKind.K_FOLD))
        return replace(found, spec=folds) if name == names[1] else found

    monkeypatch.setattr(workspace.experiments, "run", run)
    page = on_compare(shell, names[:2])
    assert page.header.sentence.endswith("· they were validated in different ways, so none is called best")
    assert not page.register_button.isVisible()
    assert page.metrics.sub.text() == "mean ± sd over the folds"


def test_runs_that_answer_other_questions_warn(shell: Shell, workspace: Workspace, names: list[str]) -> None:
    species = workspace.experiments.runs("species")[0].name
    page = on_compare(shell, [names[0], species])
    assert page.warning.isVisible()
    assert page.warning.words.text().splitlines() == [
        "They answer different kinds of question: binary; multiclass.",
        "They predict different targets: late = true; species.",
        "They were measured on different data: flights@v2; penguins@v1.",
        "They were validated in different ways: 3 growing windows by time_hour, 20 % test; 5 random folds.",
    ]
    assert page.header.sentence.endswith("they answer different questions, so none is called best")
    assert not page.register_button.isVisible()
    assert not page.curves.roc.isVisible()
    table = page.metrics.table
    assert table is not None
    assert not any(cell.best for row in table.cells.rows for cell in row.cells)


def test_several_classes_are_compared_class_by_class(shell: Shell, workspace: Workspace) -> None:
    species = workspace.experiments.runs("species")[0].name
    page = on_compare(shell, [species])
    assert page.curves.choice.isVisible()
    assert [words for _, words in page.curves.choice.options] == ["Adelie", "Chinstrap", "Gentoo"]
    page.curves.choice.chosen.emit("Gentoo")
    assert "for Gentoo" in page.curves.roc.chart.summary
    assert len(page.matrices.charts) == 1


def test_the_best_is_registered(page: ComparePage, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[RegisterDialog] = []
    monkeypatch.setattr(RegisterDialog, "open", kept(opened))
    assert page.register_button.text() == "Register B…"
    click(page.register_button)
    press(page.window(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(opened) == 2
    for dialog in opened:
        dialog.deleteLater()


def test_charts_are_written_into_a_folder(page: ComparePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", kept(opened))
    click(page.export_button)
    target = tmp_path / "charts"
    target.mkdir()
    opened[0].fileSelected.emit(str(target))
    assert {"metrics.png", "metrics.svg", "roc.png", "roc.svg"} <= {path.name for path in target.iterdir()}
    assert page.export_button.isEnabled()


def test_the_command_is_copied(page: ComparePage, names: list[str]) -> None:
    click(page.copy)
    assert QGuiApplication.clipboard().text() == f"mlops experiments compare {' '.join(names)}"


def test_a_card_leads_to_its_run(page: ComparePage, shell: Shell, names: list[str]) -> None:
    click(page.cards.cards[2].link)
    assert shell.page is not page
    assert shell.page is not None
    assert shell.page.place().subject == names[2]


def test_nothing_to_compare_says_what_this_is(shell: Shell) -> None:
    page = on_compare(shell, [])
    assert page.stack.currentWidget() is not page.content
    assert page.commands() == ()


def test_a_run_that_is_gone_says_so(shell: Shell, names: list[str]) -> None:
    page = on_compare(shell, [names[0], "nobody-knows-1"])
    assert page.stack.currentWidget() is page.error
    assert page.error_box.accessibleName() == "Error: There is no run called nobody-knows-1."


def test_changes_of_these_runs_are_read(page: ComparePage, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(page._query, "ask_soon", lambda: asked.append(1))  # noqa: SLF001 - what follows a change
    page.on_changes((Change(1, ChangeKind.RUN, "somebody else's"),))
    assert asked == []
    run_id = page.facts.runs[0].id if page.facts else ""
    page.on_changes((Change(2, ChangeKind.RUN, run_id),))
    assert asked == [1]


def test_the_page_by_keyboard_alone(page: ComparePage, shell: Shell) -> None:
    window = shell.window
    focused = []
    for _ in range(5):
        press(window, Qt.Key.Key_F6)
        focused.append(window.focusWidget())
    assert page.cards.cards[0].link in focused
    chart = page.metric_charts.folds.chart
    assert chart in focused
    assert page.metrics.table in focused
    assert page.differences.table in focused
    press(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription().startswith("Fold 1, A 0.5944")


def test_at_most_eight_are_compared(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    ids = [workspace.experiments.run(name).id for name in names]
    page = on_compare(shell, [*names, *ids, "one-too-many-1"])
    assert page.facts is not None
    assert len(page.facts.runs) == 8
    table = page.metrics.table
    assert table is not None
    assert table.cells.cell(0, 1).text == "0.6358", "without the spread, which stands in the tooltip"
    assert "± 0.0361 over 3 folds" in table.cells.cell(0, 1).tip
