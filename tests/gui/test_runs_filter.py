"""The filter of the runs table by keyboard and mouse: pieces proposed, chips, mistakes mended, funnels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, press, write

from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.experiments import ExperimentsPage
from mlops_desktop.gui.readings import run_filters as reading
from mlops_desktop.gui.widgets.filter_bar import FilterBar
from mlops_desktop.gui.widgets.value_filter import RangePanel, ValuesPanel


@pytest.fixture
def page(window: MainWindow, qapp: QApplication) -> ExperimentsPage:
    window.activateWindow()
    window.shell.go_to("experiments")
    qapp.processEvents()
    window.shell.experiments.focus_filter()
    return window.shell.experiments


@pytest.fixture
def bar(page: ExperimentsPage) -> FilterBar:
    return page.runs.filter


def names(page: ExperimentsPage) -> list[str]:
    return [run.name for row in range(page.model.rowCount()) if (run := page.model.run_at(row))]


def test_tab_goes_from_field_to_sign_to_value_and_makes_a_chip(page: ExperimentsPage, bar: FilterBar) -> None:
    write(bar.edit, "est")
    assert bar.suggestions.words == ["estimator", "n_estimators"]
    press(bar.edit, Qt.Key.Key_Tab)
    assert bar.suggestions.words[:3] == ["contains", "is", "is not"]
    press(bar.edit, Qt.Key.Key_Tab)
    assert bar.edit.text() == "estimator : "
    write(bar.edit, "fore")
    assert bar.suggestions.words == ["RandomForest"]
    press(bar.edit, Qt.Key.Key_Tab)
    press(bar.edit, Qt.Key.Key_Tab)
    assert [chip.accessibleName() for chip in bar.chips] == ["Filter estimator contains RandomForest"]
    assert bar.edit.text() == ""
    assert len(names(page)) == 4


def test_the_places_of_a_chip_are_written_in_and_left_by_tab(page: ExperimentsPage, bar: FilterBar) -> None:
    bar.set_text("roc_auc > 0.7 forest")
    (chip,) = bar.chips
    assert bar.edit.text() == "forest"
    bar.edit.clear()
    field, sign, value = chip.fields
    field.setFocus(Qt.FocusReason.TabFocusReason)
    for after in (sign, value, chip.cross, bar.edit):
        press(focus(page), Qt.Key.Key_Tab)
        assert focus(page) is after
    value.setFocus()
    value.selectAll()
    write(value, "0.706")
    press(value, Qt.Key.Key_Return)
    assert sorted(names(page)) == ["amber-falcon-27", "mellow-crane-34", "swift-ibis-33"]
    sign.setFocus()
    sign.selectAll()
    write(sign, "is missing")
    press(sign, Qt.Key.Key_Return)
    assert not value.isVisible()
    assert {run.status.value for row in range(page.model.rowCount()) if (run := page.model.run_at(row))} == {
        "running", "queued", "failed", "lost",
    }  # fmt: skip
    click(chip.cross)
    assert bar.text == ""
    assert len(names(page)) == 25


def focus(page: ExperimentsPage) -> QWidget:
    widget = page.window().focusWidget()
    assert widget is not None
    return widget


def test_an_emptied_chip_goes(page: ExperimentsPage, bar: FilterBar) -> None:
    bar.set_text("tag:baseline")
    for field in bar.chips[0].fields:
        field.clear()
    press(bar.chips[0].fields[0], Qt.Key.Key_Return)
    assert not bar.chips


def test_a_mistake_is_said_under_the_caret_and_mended_by_a_click(page: ExperimentsPage, bar: FilterBar) -> None:
    write(bar.edit, "forest")
    write(bar.edit, " and roc_ac > 0.69")
    assert bar.trouble.isVisible()
    assert bar.trouble.accessibleName() == "There is no field, metric or param called “roc_ac”."
    assert bar.trouble.fix.text() == "Use forest and roc_auc > 0.69"
    click(bar.trouble.fix)
    assert not bar.trouble.isVisible()
    assert names(page) == ["deep-merlin-30"]


def test_what_is_still_being_typed_is_no_mistake_until_enter(page: ExperimentsPage, bar: FilterBar) -> None:
    write(bar.edit, "roc_auc >")
    assert not bar.trouble.isVisible()
    assert len(names(page)) == 25
    press(bar.edit, Qt.Key.Key_Return)
    assert bar.trouble.accessibleName() == "A value is missing after “>”."


def test_enter_makes_chips_then_leads_to_the_rows(page: ExperimentsPage, bar: FilterBar) -> None:
    write(bar.edit, "status != lost v4")
    press(bar.edit, Qt.Key.Key_Return)
    assert len(bar.chips) == 1
    assert bar.edit.text() == "v4"
    press(bar.edit, Qt.Key.Key_Return)
    assert focus(page) is page.runs.table


def test_proposals_are_walked_with_arrows_and_put_away_by_escape(page: ExperimentsPage, bar: FilterBar) -> None:
    write(bar.edit, "d")
    assert bar.suggestions.words[:2] == ["dataset", "duration"]
    press(bar.edit, Qt.Key.Key_Down)
    press(bar.edit, Qt.Key.Key_Down)
    assert bar.suggestions.current == "duration"
    press(bar.edit, Qt.Key.Key_Return)
    assert bar.edit.text() == "duration "
    press(bar.edit, Qt.Key.Key_Escape)
    assert not bar.suggestions.isVisible()


def test_a_group_of_conditions_is_one_chip(page: ExperimentsPage, bar: FilterBar) -> None:
    bar.set_text("roc_auc > 0.69 (estimator:forest or estimator:logistic)")
    assert len(bar.chips) == 2
    assert sorted(names(page)) == ["deep-merlin-30", "early-kite-28"]
    assert bar.text == "roc_auc > 0.69 and (estimator:forest or estimator:logistic)"


def test_a_funnel_asks_for_distinct_values(page: ExperimentsPage, bar: FilterBar) -> None:
    section = [column.name for column in page.model.shown].index("estimator") + 1
    head = page.runs.head
    head.setFocus()
    for _ in range(section - 1):
        press(head, Qt.Key.Key_Right)
    press(head, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    panel = head.findChild(ValuesPanel)
    assert panel is not None
    words = [item.text() for item in panel.list._items()]
    assert words[0] == "HistGradientBoosting   11"
    panel.list.setCurrentRow([word.split()[0] for word in words].index("RandomForest"))
    press(panel.list, Qt.Key.Key_Space)
    panel.list.setCurrentRow([word.split()[0] for word in words].index("Dummy"))
    press(panel.list, Qt.Key.Key_Space)
    click(panel.apply)
    assert len(names(page)) == 5
    assert bar.text == "estimator = RandomForest or estimator = Dummy"
    page.runs._set_values(page.model.shown[section - 1], [])
    assert bar.text == ""


def test_a_funnel_asks_for_a_range_of_numbers(page: ExperimentsPage, bar: FilterBar) -> None:
    section = [column.name for column in page.model.shown].index("metric:roc_auc") + 1
    page.runs._on_funnel(section)
    panel = page.runs.head.findChild(RangePanel)
    assert panel is not None
    assert (panel.low.placeholderText(), panel.high.placeholderText()) == ("0.5000", "0.7075")
    write(panel.low, "high")
    press(panel.low, Qt.Key.Key_Return)
    assert panel.isVisible()
    panel.low.clear()
    write(panel.low, "0.706")
    write(panel.high, "0.707")
    press(panel.high, Qt.Key.Key_Return)
    assert names(page) == ["mellow-crane-34", "swift-ibis-33"]
    assert bar.text == "roc_auc >= 0.706 and roc_auc <= 0.707"
    page.runs._set_range(page.model.shown[section - 1], "", "", True)
    assert bar.text == "roc_auc is missing"


def test_nothing_found_names_the_best_value(page: ExperimentsPage, bar: FilterBar) -> None:
    bar.set_text("roc_auc > 0.75")
    said = page.runs._no_match.accessibleName()
    assert said == "0 of 25 runs match roc_auc > 0.75. The best run has 0.7075."
    bar.set_text("estimator:randomforst")
    assert page.runs._no_match.accessibleName().endswith("The nearest is RandomForest.")


def test_a_filter_is_kept_while_the_rows_are_read_again(
    page: ExperimentsPage, bar: FilterBar, workspace: FakeWorkspace
) -> None:
    bar.set_text("status != finished and forest")
    before = names(page)
    page.refresh()
    assert names(page) == before
    assert bar.text == "status != finished and forest"


def test_a_field_that_is_being_written_leaves_no_empty_table_until_enter(page: ExperimentsPage) -> None:
    everything = page.model.rowCount()
    page.focus_filter()
    for sign in "roc_auc":
        write(page.runs.filter.edit, sign)
        assert page.model.rowCount() > 0
    assert page.model.rowCount() == everything
    write(page.runs.filter.edit, " > 0.70")
    assert 0 < page.model.rowCount() < everything
    page.runs.filter.clear()
    write(page.runs.filter.edit, "log_lo")
    press(page.runs.filter.edit, Qt.Key.Key_Escape)  # what is proposed
    press(page.runs.filter.edit, Qt.Key.Key_Return)
    assert page.model.rowCount() == 0
    assert page.runs._no_match.isVisible()
    page.runs.filter.clear()


def test_what_may_come_next_depends_on_what_stands_before(page: ExperimentsPage) -> None:
    runs = page.model.runs

    def after(text: str) -> list[str]:
        return reading.proposals(text, len(text), runs)[1]

    assert after("") == []
    assert after("log_loss ")[:2] == ["<", "<="]
    assert after("roc_auc > ")[0] == "0.6931"
    assert after("status = f") == ["finished", "failed"]
    assert after("started > ") == ["today", "yesterday"]
    assert after("forest and not dat") == ["dataset", "validation"]
    assert after("validation = by") == ["By time, 5 folds"]
    assert after("estimator = 'Hist") == ["HistGradientBoosting"]
    assert after("learning_rate is ")[0] == "0.1"
