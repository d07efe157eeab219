"""The form of a new run on a real workspace: what is learnt from what, what is refused and why, and what is started."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from tests.gui.conftest import MakeWindow
from tests.gui.hands import click, click_cell, press, write
from tests.gui.shared_workspace import shared_workspace
from tests.pictures.scenes_runs import name_of

from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.domain.experiments import FeatureRole, Imputation, Run, Task, ThresholdRule, ValidationKind
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.features import BOX, NAME, NOTE, ROLE
from mlops_desktop.gui.pages.new_run import NewRunPage
from mlops_desktop.gui.readings.run_draft import Draft, load_draft
from mlops_desktop.gui.shell import Shell
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.services.experiments import ExperimentService
from mlops_desktop.services.run_setup import RunRequest
from mlops_desktop.services.workspace import Workspace

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
THREE = ("HistGradientBoosting", "LogisticRegression", "RandomForest")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with shared_workspace(tmp_path_factory.mktemp("shared")) as opened:
        yield opened


@pytest.fixture
def shell(make_window: MakeWindow, workspace: Workspace) -> Shell:
    window = make_window(open_folder=lambda folder: workspace)
    window.shell.open(workspace.folder)
    window.activateWindow()
    return window.shell


def form(shell: Shell, subject: str = "flights@v2", **how: str) -> NewRunPage:
    shell.go(Place("new-run", subject, how))
    page = shell.page
    assert isinstance(page, NewRunPage)
    QApplication.processEvents()
    return page


@pytest.fixture
def page(shell: Shell) -> NewRunPage:
    return form(shell, target="late")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> list[RunRequest]:
    """What the page asks to start; nothing is started."""
    requests: list[RunRequest] = []

    def start(self: ExperimentService, request: RunRequest) -> Sequence[Run]:
        requests.append(request)
        return [workspace.experiments.run(name_of(workspace, "ExtraTrees"))] * len(request.estimators)

    monkeypatch.setattr(ExperimentService, "start_runs", start)
    return requests


def fill(entry: QWidget, text: str, *, leaves: bool = True) -> None:
    """Writes over what stands there, and goes on with Enter."""
    assert isinstance(entry, LineEntry)
    entry.setFocus(Qt.FocusReason.TabFocusReason)
    entry.selectAll()
    write(entry, text) if text else press(entry, Key.Key_Delete)
    if leaves:
        press(entry, Key.Key_Return)


def choose(choice: Choice, words: str) -> None:
    """By typing the first letters and Enter, as a person does in an open list."""
    choice.setFocus(Qt.FocusReason.TabFocusReason)
    place = next(place for place in range(choice.count()) if choice.itemText(place).startswith(words))
    press(choice, Key.Key_Home)
    for _ in range(place):
        press(choice, Key.Key_Down)


def param(page: NewRunPage, name: str, estimator: str = "HistGradientBoosting") -> QWidget:
    return page.estimators.params.forms[estimator].fields[name].control


def line(page: NewRunPage) -> list[str]:
    click(page.ready.copy)
    return shlex.split(QGuiApplication.clipboard().text())


def row_of(page: NewRunPage, name: str) -> int:
    return [row.name for row in page.features.model.rows].index(name)


def go_to(page: NewRunPage, column: str) -> None:
    page.features.table.setFocus(Qt.FocusReason.TabFocusReason)
    page.features.table.go_to(row_of(page, column))


def taken(page: NewRunPage) -> set[str]:
    return {row.name for row in page.features.model.rows if row.taken}


def visible(widget: QWidget, words: str) -> QAbstractButton:
    return next(one for one in widget.findChildren(QAbstractButton) if one.isVisible() and one.text() == words)


# --- what is learnt from what -----------------------------------------------------------------------------------------


def test_what_is_suggested_is_filled_in(page: NewRunPage) -> None:
    assert (page.data.dataset.value, page.data.target.value) == ("flights@v2", "late")
    assert (page.data.task.value, page.data.positive.value) == (Task.BINARY, "true")
    assert page.data.fields["target"].help == "84 rows have none"
    assert page.data.fields["positive"].help == "23.7 % of the rows"
    assert page.header.sentence == "in the new experiment flights-late · draft kept automatically"
    assert page.features.sub.text() == "12 of 19"
    assert page.estimators.cards["HistGradientBoosting"].isChecked()
    assert page.ready.attention.isHidden()
    assert page.path() == [("Experiments", Place("experiments")), ("New run", None)]


def test_without_a_target_the_likely_one_is_suggested_with_the_reason(shell: Shell) -> None:
    page = form(shell, "flights@v2")
    assert page.data.target.value == "late"
    assert page.data.fields["target"].help.startswith("suggested: ")


def test_another_target_is_another_task(page: NewRunPage) -> None:
    choose(page.data.target, "arr_delay")
    assert page.data.task.value is Task.REGRESSION
    assert not page.data.fields["positive"].isVisible()
    assert not page.settings.fields["class_weight"].isVisible()
    assert not page.settings.fields["threshold"].isVisible()
    assert "LogisticRegression" not in page.estimators.cards
    assert line(page) == shlex.split("mlops experiments run flights@v2 arr_delay -e HistGradientBoosting")
    choose(page.data.target, "late")
    assert page.data.positive.value == "true"


def test_other_data_keep_the_target_only_where_they_have_it(page: NewRunPage) -> None:
    choose(page.data.dataset, "flights v1")
    assert page.draft.target == "late"
    assert page.data.fields["dataset"].help.startswith("2 versions")
    choose(page.data.dataset, "penguins")
    assert page.draft.dataset == "penguins@v1"
    assert page.draft.target
    assert page.draft.target in [words.partition("  ")[0] for _, words in page.data.target.options]


def test_a_target_that_cannot_be_learnt_says_why(page: NewRunPage, asked: list[RunRequest]) -> None:
    choose(page.data.target, "year")
    error = page.data.fields["target"].error
    assert "year" in error
    assert "choose another target" in error
    click(page.ready.start)
    assert asked == []
    assert page.window().focusWidget() is page.data.target


def test_the_positive_class_is_a_choice_and_can_be_reset(page: NewRunPage) -> None:
    choose(page.data.positive, "false")
    assert page.draft.positive == "false"
    assert "--positive=false" in line(page)
    click(page.data.fields["positive"].reset)
    assert page.data.positive.value == "true"
    assert not page.data.fields["positive"].is_changed


# --- features ---------------------------------------------------------------------------------------------------------


def test_columns_that_give_the_target_away_are_left_out_with_the_reason(page: NewRunPage) -> None:
    assert not taken(page) & {"arr_delay", "dep_delay", "arr_time", "dep_time", "air_time"}
    assert page.features.reason.text() == "7 left out; go to one to see why"
    click_cell(page.features.table, row_of(page, "arr_delay"), NAME)
    said = page.features.reason.text()
    assert said.startswith("arr_delay is left out: 'arr_delay' alone decides 'late'")
    assert "Do not learn from it" in said
    note = page.features.model.index(row_of(page, "arr_delay"), NOTE).data()
    assert note == "decides target"


def test_a_leaking_column_taken_back_in_is_warned_of(page: NewRunPage) -> None:
    click_cell(page.features.table, row_of(page, "arr_delay"), BOX)
    assert "arr_delay" in taken(page)
    assert page.features.reason.text().startswith("Taken back in, although: 'arr_delay' alone decides 'late'")
    assert any(check.title == "arr_delay gives the target away" for check in page.ready._checks)
    assert "--include=arr_delay" in line(page)
    click(page.features.suggest)
    assert "arr_delay" not in taken(page)
    assert not page.features.suggest.isVisible()


def test_features_by_keyboard(page: NewRunPage) -> None:
    table = page.features.table
    go_to(page, "carrier")
    press(table, Key.Key_Space)
    assert "carrier" not in taken(page)
    assert page.features.reason.text() == "carrier is left out by you"
    assert table.currentIndex().row() == row_of(page, "carrier")
    press(table, Key.Key_Down)
    press(table, Key.Key_Down)
    press(table, Key.Key_Space)
    assert {"carrier", "flight", "origin"} - taken(page) == {"carrier", "origin"}
    assert [part for part in line(page) if part.startswith("--without")] == ["--without=carrier", "--without=origin"]


def test_many_columns_at_once_are_one_change(page: NewRunPage, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    page.features.changed.connect(told.append)
    go_to(page, "month")
    press(page.features.table, Key.Key_A, CONTROL)
    assert len(told) == 1
    assert taken(page) >= {"year", "arr_delay", "month", "tailnum"}
    go_to(page, "month")
    for _ in range(3):
        press(page.features.table, Key.Key_Down, SHIFT)
    assert len(told) == 1


def test_the_head_box_takes_all_that_is_suggested_or_none(page: NewRunPage, asked: list[RunRequest]) -> None:
    page.features.table.header.box_clicked.emit()
    assert taken(page) == set()
    assert page.features.reason.text().startswith("No column is left to learn from.")
    click(page.ready.start)
    assert asked == []
    assert page.window().focusWidget() is page.features.table
    page.features.table.header.box_clicked.emit()
    assert len(taken(page)) == 12


def test_how_a_column_is_used_is_a_menu(page: NewRunPage) -> None:
    go_to(page, "month")
    press(page.features.table, Key.Key_Return)
    menu = page.features.menu
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Use as number", "Use as category", "Leave out",
    ]  # fmt: skip
    assert menu.actions()[0].isChecked()
    press(menu, Key.Key_Down)
    press(menu, Key.Key_Down)
    press(menu, Key.Key_Return)
    assert page.draft.roles == {"month": FeatureRole.CATEGORY}
    assert "--role=month=category" in line(page)
    click_cell(page.features.table, row_of(page, "year"), ROLE)
    next(action for action in page.features.menu.actions() if action.text() == "Use as category").trigger()
    page.features.menu.close()
    assert page.draft.included == ("year",)
    assert page.draft.roles == {"month": FeatureRole.CATEGORY, "year": FeatureRole.CATEGORY}


# --- estimators and their parameters ----------------------------------------------------------------------------------


def test_several_estimators_are_as_many_runs(page: NewRunPage) -> None:
    cards = page.estimators.cards
    click(cards["LogisticRegression"])
    cards["RandomForest"].setFocus(Qt.FocusReason.TabFocusReason)
    press(cards["RandomForest"], Key.Key_Space)
    assert page.draft.estimators == THREE
    assert page.ready.start.text() == "Start 3 runs"
    tabs = page.estimators.params.tabs
    assert [tabs.tabText(place) for place in range(tabs.count())] == list(THREE)
    assert page.estimators.params.current is page.estimators.params.forms["RandomForest"]
    click(cards["RandomForest"])
    assert page.estimators.params.current is page.estimators.params.forms["HistGradientBoosting"]
    assert "3 of" not in page.estimators.sub.text()


def test_all_estimators_are_shown_on_demand(page: NewRunPage) -> None:
    shown = sum(card.isVisible() for card in page.estimators.cards.values())
    click(page.estimators.more)
    assert all(card.isVisible() for card in page.estimators.cards.values())
    assert page.estimators.more.text() == "Show fewer"
    click(page.estimators.more)
    assert sum(card.isVisible() for card in page.estimators.cards.values()) == shown


def test_no_estimator_is_refused(page: NewRunPage, asked: list[RunRequest]) -> None:
    card = page.estimators.cards["HistGradientBoosting"]
    click(card)
    assert page.estimators.problem.text() == "Choose at least one estimator"
    press(page.window(), Key.Key_Return, CONTROL)
    assert asked == []
    assert page.window().focusWidget() is card


def test_a_param_says_what_is_allowed_and_offers_its_default(page: NewRunPage) -> None:
    fill(param(page, "max_leaf_nodes"), "1")
    field = page.estimators.params.forms["HistGradientBoosting"].fields["max_leaf_nodes"]
    assert field.error == "Must be ≥ 2 or none"
    assert field.control.accessibleDescription() == "Must be ≥ 2 or none"
    assert page.ready.attention.text() == "1 field needs attention"
    click(visible(field, "Use 31"))
    assert (field.error, page.draft.params) == ("", {})
    assert page.ready.attention.isHidden()


def test_what_is_no_such_number_is_refused(page: NewRunPage) -> None:
    field = page.estimators.params.forms["HistGradientBoosting"].fields["max_iter"]
    for text in ("abc", "1e999", "-3", "0.5.5", "nan"):
        fill(field.control, text)
        assert field.error == "Must be ≥ 1", text
        assert field.is_changed


def test_params_differ_and_are_reset(page: NewRunPage) -> None:
    fill(param(page, "max_iter"), "300")
    fill(param(page, "learning_rate"), "0.05")
    params = page.estimators.params
    assert params._changes.text() == "2 differ from default"
    words = line(page)
    assert {"HistGradientBoosting.max_iter=300", "HistGradientBoosting.learning_rate=0.05"} <= set(words)
    fill(param(page, "max_iter"), "")
    assert page.draft.params == {"HistGradientBoosting": {"learning_rate": "0.05"}}
    control = param(page, "max_iter")
    assert isinstance(control, LineEntry)
    assert control.text() == "100"
    click(params.reset)
    assert page.draft.params == {}
    assert not params.reset.isVisible()


def test_ctrl_return_takes_what_is_just_written_and_leads_to_the_first_bad_field(
    page: NewRunPage, asked: list[RunRequest]
) -> None:
    click(page.estimators.cards["LogisticRegression"])
    fill(page.ready.purpose.tags, "a/b")
    bad = param(page, "max_iter")
    page.estimators.params.tabs.setCurrentIndex(0)
    fill(bad, "0", leaves=False)
    page.estimators.params.tabs.setCurrentIndex(1)
    fill(page.settings.controls["seed"], "-1", leaves=False)
    press(page.settings.controls["seed"], Key.Key_Return, CONTROL)
    assert asked == []
    assert page.ready.attention.text() == "3 fields need attention"
    assert page.window().focusWidget() is bad
    assert bad.isVisible()
    fill(bad, "50")
    press(bad, Key.Key_Return, CONTROL)
    assert page.window().focusWidget() is page.settings.controls["seed"]
    fill(page.settings.controls["seed"], "7")
    press(page.window(), Key.Key_Return, CONTROL)
    assert page.window().focusWidget() is page.ready.purpose.tags
    fill(page.ready.purpose.tags, "a, b")
    press(page.window(), Key.Key_Return, CONTROL)
    (request,) = asked
    assert (request.seed, request.tags) == (7, ("a", "b"))


# --- validation, preparation ------------------------------------------------------------------------------------------


def test_ways_of_validation_show_what_they_need(page: NewRunPage) -> None:
    part = page.validation
    assert part.words.text() == "Suggested: rows have a time, later ones check"
    click(part.kinds.buttons[1])
    assert part.words.text() == "One part at random; for rows to come By time is truer"
    assert not part.instead.isVisible()
    assert part.share.isVisible()
    assert not part.folds.isVisible()
    fill(part.share, "30")
    assert {"--validation=holdout", "--share=0.3"} <= set(line(page))
    click(part.kinds.buttons[0])
    assert (part.by.isVisible(), part.by.value) == (True, "time_hour")
    fill(part.folds, "3")
    fill(part.test, "20")
    assert "--by=time_hour" not in line(page) or page.draft.by
    assert part.picture() is not None
    assert not part.words.text().startswith("Suggested")
    click(part.reset)
    assert page.draft.validation is None
    assert part.words.text() == "Suggested: rows have a time, later ones check"
    assert not part.reset.isVisible()


def test_random_parts_are_one_click_from_the_order_of_time(page: NewRunPage) -> None:
    part = page.validation
    assert (part.instead.isVisible(), part.instead.text()) == (True, "Random parts instead")
    click(part.instead)
    assert (page.draft.validation, page.draft.by) == (ValidationKind.K_FOLD, None)
    assert "--validation=k_fold" in line(page)
    assert not part.instead.isVisible()
    click(part.reset)
    assert part.shown.column == "time_hour"
    part.instead.setFocus(Qt.FocusReason.TabFocusReason)
    press(part.instead, Key.Key_Space)
    assert part.shown.column is None


def test_rows_without_a_time_get_random_folds(shell: Shell) -> None:
    part = form(shell, "penguins@v1", target="sex").validation
    assert part.words.text() == "Suggested: 5 folds of random rows, each checked by a fit on the others"
    assert not part.instead.isVisible()


def test_an_experiment_goes_on_as_its_last_run_and_says_so(
    page: NewRunPage, workspace: Workspace, asked: list[RunRequest]
) -> None:
    last = workspace.experiments.suggest(RunRequest("flights@v2", "late", experiment="late-at-arrival")).last_run
    spec = workspace.experiments.run(last).spec
    fill(page.ready.purpose.experiment, "late-at-arrival")
    part = page.validation
    assert page.header.sentence.startswith(f"in experiment late-at-arrival · as its last run {last} · ")
    assert part.words.text() == "As the last run of late-at-arrival"
    assert part.shown == spec.validation
    assert taken(page) == {feature.name for feature in spec.features}
    assert part.instead.text() == "Suggest from the rows"
    click(part.instead)
    assert "as its last run" not in page.header.sentence
    assert (part.shown.folds, part.shown.test_share) == (5, 0.0)
    assert "--afresh" in line(page)
    click(part.reset)
    assert part.shown == spec.validation
    click(page.ready.start)
    assert (asked[0].experiment, asked[0].validation, asked[0].afresh) == ("late-at-arrival", None, False)


def test_without_data_an_experiment_brings_its_own(shell: Shell) -> None:
    page = form(shell, "", experiment="species")
    assert (page.draft.dataset, page.data.target.value) == ("penguins@v1", "species")


def test_findings_are_counted_as_on_datasets(page: NewRunPage, shell: Shell) -> None:
    words = page.data.fields["dataset"].help
    shell.go(Place("datasets", "flights@v2"))
    QApplication.processEvents()
    assert words == "latest · 4 findings"
    listed = [one.accessibleName() for one in shell.page.findChildren(QWidget)]  # type: ignore[union-attr]
    assert any("4 findings to look at" in name for name in listed)


def test_grouped_validation_wants_its_column(page: NewRunPage, asked: list[RunRequest]) -> None:
    part = page.validation
    part.kinds.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
    for button in part.kinds.buttons[:3]:
        press(button, Key.Key_Right)
    assert page.draft.validation is ValidationKind.GROUPED
    press(page.window(), Key.Key_Return, CONTROL)
    assert asked == []
    assert part.words.text() == "Choose the column that names the group"
    assert page.window().focusWidget() is part.by
    choose(part.by, "carrier")
    press(page.window(), Key.Key_Return, CONTROL)
    assert asked[0].validation is not None
    assert (asked[0].validation.kind, asked[0].validation.column) == (ValidationKind.GROUPED, "carrier")


def test_bad_folds_say_what_is_allowed(page: NewRunPage, asked: list[RunRequest]) -> None:
    fill(page.validation.folds, "1")
    assert page.validation.words.text() == "Must be a whole number from 2 to 100"
    press(page.window(), Key.Key_Return, CONTROL)
    assert (asked, page.window().focusWidget()) == ([], page.validation.folds)
    click(page.validation.kinds.buttons[1])
    assert page.ready.attention.isHidden()


def test_time_cannot_order_data_without_a_date(shell: Shell, asked: list[RunRequest]) -> None:
    page = form(shell, "penguins@v1", target="species")
    click(page.validation.kinds.buttons[0])
    press(page.window(), Key.Key_Return, CONTROL)
    assert asked == []
    assert "date column" in page.validation.words.text()
    assert page.window().focusWidget() is page.validation.by


def test_preparation_and_threshold(page: NewRunPage) -> None:
    part = page.settings
    choice, rule = part.controls["imputation"], part.controls["rule"]
    assert isinstance(choice, Choice)
    assert isinstance(rule, Choice)
    choose(choice, "mean")
    choose(rule, "best F1")
    assert (page.draft.imputation, page.draft.rule) == (Imputation.MEAN, ThresholdRule.BEST_F1)
    assert not part.fields["threshold"].isVisible()
    assert {"--imputation=mean", "--threshold=best_f1"} <= set(line(page))
    click(part.fields["rule"].reset)
    fill(part.controls["threshold"], "2")
    assert part.fields["threshold"].error == "Must be a number from 0 to 1"
    fill(part.controls["threads"], "999")
    assert part.fields["threads"].error == "Must be a whole number from 1 to 64"


# --- starting ---------------------------------------------------------------------------------------------------------


def test_one_run_is_started_and_seen(page: NewRunPage, asked: list[RunRequest], shell: Shell) -> None:
    click(page.ready.start)
    (request,) = asked
    assert (request.dataset, request.target) == ("flights@v2", "late")
    assert [choice.name for choice in request.estimators] == ["HistGradientBoosting"]
    assert shell.page is not None
    assert shell.page.name == "experiments"
    assert shell.notifications.notice.sentence.endswith("started in late-at-arrival")


def test_three_runs_are_started_with_what_they_are_for(page: NewRunPage, asked: list[RunRequest], shell: Shell) -> None:
    for name in THREE[1:]:
        click(page.estimators.cards[name])
    purpose = page.ready.purpose
    fill(purpose.experiment, "late-at-arrival")
    assert page.header.sentence.startswith("in experiment late-at-arrival")
    fill(purpose.question, "Is it?", leaves=False)
    purpose.notes.setFocus(Qt.FocusReason.TabFocusReason)
    write(purpose.notes, "Three at once")
    press(page.window(), Key.Key_Return, CONTROL)
    (request,) = asked
    assert tuple(choice.name for choice in request.estimators) == THREE
    assert (request.experiment, request.notes) == ("late-at-arrival", "Three at once")
    assert shell.notifications.notice.sentence == "3 runs started in late-at-arrival"
    again = form(shell)
    assert again.draft == Draft(dataset="flights@v2", target="late")


def test_a_start_that_is_refused_keeps_the_draft(
    page: NewRunPage, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ExperimentService, request: RunRequest) -> Sequence[Run]:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait and try again.")

    monkeypatch.setattr(ExperimentService, "start_runs", refuse)
    fill(page.settings.controls["seed"], "7")
    click(page.ready.start)
    assert shell.page is page
    assert page.draft.seed == "7"
    assert page.ready.start.text() == "Start run"
    assert shell.message.isVisible()
    assert not page._is_starting


# --- the draft --------------------------------------------------------------------------------------------------------


def test_the_draft_is_kept(page: NewRunPage, shell: Shell, make_window: MakeWindow, workspace: Workspace) -> None:
    fill(page.settings.controls["seed"], "7")
    fill(page.ready.purpose.tags, "night")
    shell.go_to("home")
    assert form(shell, "").draft.seed == "7"
    other = make_window(open_folder=lambda folder: workspace, state=shell.state)
    other.shell.open(workspace.folder)
    kept = form(other.shell, "")
    assert (kept.draft.seed, kept.draft.tags) == ("7", "night")
    assert kept.data.dataset.value == "flights@v2"


def test_start_over_can_be_undone(page: NewRunPage, shell: Shell) -> None:
    fill(param(page, "max_iter"), "300")
    fill(page.settings.controls["seed"], "7")
    before = page.draft
    click(page.over)
    assert page.draft == Draft(dataset="flights@v2", target="late")
    seed = page.settings.controls["seed"]
    assert isinstance(seed, LineEntry)
    assert seed.text() == "0"
    assert shell.notifications.notice.sentence == "Everything is as suggested"
    press(page.window(), Key.Key_Z, CONTROL)
    assert page.draft == before
    assert seed.text() == "7"


def test_a_run_fills_everything_and_changes_to_it_are_counted(page: NewRunPage, workspace: Workspace) -> None:
    name = name_of(workspace, "ExtraTrees")
    page.origin.setFocus(Qt.FocusReason.TabFocusReason)
    menu = page.origin.menu()
    menu.aboutToShow.emit()
    entry = next(action for action in menu.actions() if action.text().startswith(f"{name}  ·  ExtraTrees"))
    entry.trigger()
    assert page.draft.rerun_of == name
    assert page.draft.estimators == ("ExtraTrees",)
    assert page.draft.params == {"ExtraTrees": {"n_estimators": "20"}}
    assert page.draft.validation is ValidationKind.TIME_ORDERED
    assert page.header.sentence.startswith(f"repeats {name}, nothing changed yet · in experiment late-at-arrival")
    fill(param(page, "n_estimators", "ExtraTrees"), "40")
    fill(page.settings.controls["seed"], "1")
    assert page.header.sentence.startswith(f"repeats {name}, 2 changes")
    assert f"--rerun-of={name}" in line(page)
    click(page.settings.fields["seed"].reset)
    assert page.header.sentence.startswith(f"repeats {name}, 1 change ·")


def test_a_place_names_the_run_to_repeat(shell: Shell, workspace: Workspace) -> None:
    name = name_of(workspace, "DecisionTree")
    page = form(shell, "flights@v2", rerun_of=name)
    assert page.draft.rerun_of == name
    assert page.place().how["rerun_of"] == name
    fill(page.settings.controls["seed"], "3")
    assert form(shell, "flights@v2", rerun_of=name).draft.seed == "3", "the same again goes on"


# --- keyboard, states -------------------------------------------------------------------------------------------------


def test_the_page_by_keyboard_alone(page: NewRunPage, asked: list[RunRequest]) -> None:
    window = page.window()
    wanted = [
        page.data.dataset, page.features.table, page.estimators.cards["HistGradientBoosting"], page.validation.view,
        page.settings.controls["imputation"], page.ready.start,
    ]  # fmt: skip
    page.over.setFocus(Qt.FocusReason.TabFocusReason)
    for pane in wanted:
        while window.focusWidget() in (page.over, page.origin):
            press(window, Key.Key_F6)
        if window.focusWidget() is not pane:
            press(window, Key.Key_F6)
        assert window.focusWidget() is pane
    press(window, Key.Key_F6, SHIFT)
    assert window.focusWidget() is page.settings.controls["imputation"]
    seen: list[QWidget] = []
    page.over.setFocus(Qt.FocusReason.TabFocusReason)
    while (focus := window.focusWidget()) is not None and (not seen or focus is not page.over):
        seen.append(focus)
        press(focus, Key.Key_Tab)
    order = [
        page.over, page.origin, page.data.dataset, page.data.target, page.features.table, page.estimators.more,
        page.estimators.cards["Dummy"], param(page, "learning_rate"), page.validation.kinds.buttons[0],
        page.validation.folds, page.settings.controls["seed"], page.ready.purpose.experiment,
        page.ready.purpose.notes, page.ready.start, page.ready.copy,
    ]  # fmt: skip
    assert [widget for widget in seen if widget in order] == order
    press(page.ready.start, Key.Key_Space)
    assert len(asked) == 1


def test_keys_do_not_change_a_choice_by_the_wheel_or_esc(page: NewRunPage) -> None:
    before = page.draft
    for control in (page.data.dataset, param(page, "max_iter"), page.features.table):
        control.setFocus(Qt.FocusReason.TabFocusReason)
        press(control, Key.Key_Escape)
    assert page.draft == before
    assert page.isVisible()


def test_what_cannot_be_read_says_why_and_is_tried_again(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise BusyRegistryError("Another process has held the registry for 30 s.", hint="Wait and try again.")

    with monkeypatch.context() as patch:
        patch.setattr(workspace.datasets, "list", refuse)
        page = form(shell, "")
        assert page._error.isVisible()
        assert page._error.accessibleName() == "Error: Another process has held the registry for 30 s."
        assert page.panes() == []
    click(visible(page._error, "Try again"))
    assert page.data.dataset.isVisible()


def test_without_data_there_is_the_way_to_them(
    shell: Shell, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.datasets, "list", list)
    page = form(shell, "")
    assert page._empty.isVisible()
    assert not page.over.isVisible()
    click(visible(page._empty, "Go to Datasets"))
    assert shell.page is not None
    assert shell.page.name == "datasets"


def test_a_kept_draft_of_another_program_is_passed_over(
    make_window: MakeWindow, workspace: Workspace, shell: Shell
) -> None:
    key = f"new-run:{workspace.folder}"
    for kept in ("{", "[1]", '{"dataset": 5}'):
        window = make_window(open_folder=lambda folder: workspace, state=shell.state.with_draft(key, {"draft": kept}))
        window.shell.open(workspace.folder)
        assert form(window.shell, "").draft.target
    assert load_draft([1]) is None
