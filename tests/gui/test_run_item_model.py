"""The runs table's rows: order, filter, best, ticks, and ten thousand of them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtCore import QModelIndex, Qt
from pytestqt.qtbot import QtBot
from tests.gui.conftest import wait
from tests.gui.demo_workspace import NOW, demo_runs, make_run

from mlops_desktop.domain.experiments import MetricSummary, Run, RunStatus, Task
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import EVERYTHING, parse
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.domain.run_summaries import summary_of
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.pages.runs_views import RUNNING, base_of


@pytest.fixture
def model(qtbot: QtBot) -> Iterator[RunItemModel]:
    made = RunItemModel(lambda: NOW)
    made.set_runs(columns(demo_runs()))
    yield made
    made.deleteLater()


def columns(runs: Sequence[Run]) -> RunColumns:
    """As a reading gives them: newest first."""
    newest = sorted(runs, key=lambda run: run.created_at, reverse=True)
    return RunColumns(map(summary_of, newest), NOW)


def narrow(model: RunItemModel, text: str) -> list[str]:
    model.set_filter(parse(text, model.runs.known))
    return names(model)


def names(model: RunItemModel) -> list[str]:
    return [run.name for row in range(model.rowCount()) if (run := model.run_at(row))]


def values(model: RunItemModel, metric: str) -> list[float]:
    found = [
        run.metric(metric) for row in range(model.rowCount()) if (run := model.run_at(row)) and run.status.is_ended
    ]
    return [one.mean for one in found if one]


def test_sorting_keeps_runs_in_progress_on_top_and_empty_values_last(model: RunItemModel) -> None:
    for descending in (True, False):
        model.sort_by(SortKey("metric:roc_auc", descending))
        statuses = [run.status for row in range(model.rowCount()) if (run := model.run_at(row))]
        assert statuses[:3] == [RunStatus.RUNNING, RunStatus.RUNNING, RunStatus.QUEUED]
        assert set(statuses[-2:]) == {RunStatus.FAILED, RunStatus.LOST}
        assert values(model, "roc_auc") == sorted(values(model, "roc_auc"), reverse=descending)


def test_a_column_index_from_qt_sorts_by_the_column_on_show(model: RunItemModel) -> None:
    place = [column.name for column in model.shown].index("run") + 1
    model.sort(place, Qt.SortOrder.AscendingOrder)
    ended = names(model)[3:]
    assert ended == sorted(ended)
    assert model.order == (SortKey("run"),)


def test_the_filter_wants_every_word_and_forgets_nothing(model: RunItemModel) -> None:
    assert narrow(model, "FOREST v4") == ["calm-lark-40", "deep-merlin-30"]
    assert narrow(model, "lost") == ["late-curlew-16"]
    assert len(narrow(model, "")) == 25


def test_several_keys_decide_in_their_order(model: RunItemModel) -> None:
    model.sort_by(SortKey("dataset", True), SortKey("metric:log_loss"))
    ended = [run for row in range(3, model.rowCount()) if (run := model.run_at(row))]
    keys = [(-int(run.dataset_reference[-1]), run.metrics["log_loss"][0] if run.metrics else 9.0) for run in ended]
    assert keys == sorted(keys)


def test_the_best_of_each_estimator_is_a_view(model: RunItemModel) -> None:
    model.set_base(EVERYTHING, best_each=True)
    assert len(names(model)) == 7
    assert {"amber-falcon-27", "deep-merlin-30", "early-kite-28"} <= set(names(model))


def test_best_follows_the_metrics_direction_and_counts_only_finished_runs(model: RunItemModel) -> None:
    best = {key: run.name for key in ("roc_auc", "log_loss") if (run := model.best(key))}
    assert best == {"roc_auc": "amber-falcon-27", "log_loss": "deep-merlin-30"}
    running = dataclasses.replace(demo_runs()[0], metrics=(MetricSummary("roc_auc", 0.99),))
    model.put([summary_of(running)])
    found = model.best("roc_auc")
    assert found is not None
    assert found.name == "amber-falcon-27"


def test_one_finished_run_alone_is_not_called_best(qtbot: QtBot) -> None:
    model = RunItemModel(lambda: NOW)
    model.set_runs(columns([make_run("lonely-owl-1", metrics={"roc_auc": 0.9})]))
    assert model.best("roc_auc") is None


def test_a_cell_says_its_column_and_value_to_screen_readers(model: RunItemModel) -> None:
    row = model.row_of(next(run.id for run in demo_runs() if run.name == "amber-falcon-27"))
    column = [one.name for one in model.shown].index("metric:roc_auc") + 1
    text = model.data(model.index(row, column), Qt.ItemDataRole.AccessibleTextRole)
    assert text == (
        "roc_auc: 0.7075, best of the runs on flights that predict late, checked on 5 growing windows by time_hour"
    )
    tip = model.data(model.index(row, column), Qt.ItemDataRole.ToolTipRole)
    assert "Best of the runs on flights" in tip
    assert "over 5 folds" in tip
    box = model.data(model.index(row, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert box == "amber-falcon-27: not selected"


def test_new_values_show_in_place_and_the_order_waits_for_a_pause(
    model: RunItemModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.sort_by(SortKey("metric:roc_auc", True))
    before = names(model)
    run = next(run for run in demo_runs() if run.name == "amber-falcon-27")
    model.tick([0, 1], True)
    with qtbot.waitSignal(model.dataChanged):
        model.put([summary_of(dataclasses.replace(run, metrics=(MetricSummary("roc_auc", 0.1),)))])
    assert names(model) == before
    assert values(model, "roc_auc")[0] == 0.1
    assert [run.name for run in model.ticks] == before[:2]
    wait(qtbot, lambda: names(model) != before, seconds=5)
    assert values(model, "roc_auc") == sorted(values(model, "roc_auc"), reverse=True)
    assert [run.name for run in model.ticks] == before[:2]


def test_held_rows_stay_where_they_are_and_what_is_new_waits(
    model: RunItemModel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(model)
    model.hold(True)
    with qtbot.waitSignal(model.waited):
        model.put([summary_of(make_run("new-owl-99", metrics={"roc_auc": 0.5}, hours_ago=0))])
    running = next(run for run in demo_runs() if run.status is RunStatus.RUNNING)
    model.put([summary_of(dataclasses.replace(running, status=RunStatus.FINISHED))])
    assert names(model) == before
    assert model.data(model.index(model.row_of(running.id), 1)) == "Finished"
    assert model.waits
    assert model.news == 1
    model.settle()
    assert not model.waits
    assert "new-owl-99" in names(model)
    model.hold(False)


def test_a_changed_order_waits_while_rows_are_held_and_comes_when_they_are_released(
    model: RunItemModel, qtbot: QtBot
) -> None:
    model.sort_by(SortKey("metric:roc_auc", True))
    before = names(model)
    run = next(run for run in demo_runs() if run.name == "amber-falcon-27")
    model.hold(True)
    with qtbot.waitSignal(model.waited, timeout=5000):
        model.put([summary_of(dataclasses.replace(run, metrics=(MetricSummary("roc_auc", 0.1),)))])
    assert names(model) == before
    assert model.news == 0
    with qtbot.waitSignal(model.waited, timeout=5000):
        model.hold(False)
    assert values(model, "roc_auc") == sorted(values(model, "roc_auc"), reverse=True)


def test_a_filter_that_is_written_while_rows_are_held_sees_the_new_ones(model: RunItemModel) -> None:
    model.hold(True)
    model.put([summary_of(make_run("new-owl-99", hours_ago=0))])
    assert narrow(model, "new-owl") == ["new-owl-99"]
    model.hold(False)


def test_a_run_that_was_asked_to_stop_says_so(model: RunItemModel) -> None:
    running = summary_of(next(run for run in demo_runs() if run.status is RunStatus.RUNNING))
    model.put([dataclasses.replace(running, cancelling=True)])
    assert model.data(model.index(model.row_of(running.id), 1)) == "Cancelling…"


def test_a_run_that_is_gone_is_not_ticked_any_more(model: RunItemModel) -> None:
    model.tick_all(True)
    assert len(model.ticks) == 25
    model.put([], [run.id for run in demo_runs()[:5]])
    assert model.rowCount() == 20
    assert len(model.ticks) == 20


def test_the_box_can_be_ticked_through_qt(model: RunItemModel) -> None:
    index = model.index(4, 0)
    assert model.flags(index) & Qt.ItemFlag.ItemIsUserCheckable
    assert model.setData(index, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    assert model.is_ticked(4)
    assert model.data(index, Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
    assert not model.setData(QModelIndex(), 1)


def test_only_runs_in_progress_can_be_asked_for(model: RunItemModel) -> None:
    model.set_base(*base_of(RUNNING, ""))
    assert len(names(model)) == model.active == 3


def test_a_new_run_comes_to_its_place_and_the_columns_follow(model: RunItemModel) -> None:
    model.sort_by(SortKey("metric:roc_auc", True))
    new = make_run("new-owl-99", metrics={"roc_auc": 0.99, "f1": 0.5}, params={"depth": 3}, hours_ago=0)
    model.put([summary_of(new)])
    assert names(model)[3] == "new-owl-99"
    assert {"metric:f1", "param:depth"} <= {column.name for column in model.columns}
    assert "metric:f1" not in {column.name for column in model.shown}
    assert narrow(model, "depth = 3 and f1 >= 0.5") == ["new-owl-99"]


def test_columns_follow_the_task(qtbot: QtBot) -> None:
    model = RunItemModel(lambda: NOW)
    metrics = {"rmse": 812.4, "mae": 400.0, "r2": 0.91, "max_error": 9000.0}
    model.set_runs(columns([make_run("a-owl-1", metrics=metrics, task=Task.REGRESSION)]))
    shown = [column.title for column in model.columns if column.shown and column.metric and column.name != "folds"]
    assert shown == ["rmse", "mae", "r2"]
    assert "max_error" in [column.title for column in model.columns]
    row = {column.title: model.text(run, column) for column in model.columns if (run := model.run_at(0))}
    assert row["rmse"] == "812.40"
    assert row["r2"] == "0.9100"


def many_runs(count: int) -> list[Run]:
    chance = random.Random(5)
    return [
        make_run(
            f"tall-owl-{number}",
            estimator=chance.choice(["RandomForestClassifier", "LogisticRegression", "ExtraTreesClassifier"]),
            metrics={"roc_auc": chance.random(), "log_loss": chance.random()},
            hours_ago=number,
        )
        for number in range(count)
    ]


def test_ten_thousand_runs_are_sorted_and_filtered(qtbot: QtBot) -> None:
    model = RunItemModel(lambda: NOW)
    model.set_runs(columns(many_runs(10_000)))
    assert model.rowCount() == 10_000
    for what in ("metric:roc_auc", "run", "duration"):
        model.sort_by(SortKey(what, True))
        assert model.rowCount() == 10_000
    assert 0 < len(narrow(model, "forest 77")) < 1000
    assert len(narrow(model, "")) == 10_000
