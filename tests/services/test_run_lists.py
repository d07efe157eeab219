"""Lists of runs on a real registry: read small, found, tagged, kept as views, written as CSV."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import sqlite3
from pathlib import Path

import pytest
from tests.services.world import World

from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    FilterError,
    InvalidNameError,
    NotFoundError,
    UserError,
    WorkspaceError,
)
from mlops_desktop.domain.experiments import MetricPoint, MetricSummary, RunStatus, Validation, ValidationKind
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.domain.run_summaries import Registered, summary_of
from mlops_desktop.domain.run_views import RunView
from mlops_desktop.services.run_lists import RunListService
from mlops_desktop.services.trash import Kind


@pytest.fixture
def lists(world: World) -> RunListService:
    return world.workspace.experiments.lists


def test_a_summary_is_what_the_whole_run_says(world: World, lists: RunListService) -> None:
    first, second = world.finished_run(), world.finished_run("another", tags=("night",), notes="without weather")
    summaries = lists.summaries()
    assert [one.name for one in summaries] == [second.name, first.name]
    assert list(summaries) == [summary_of(world.workspace.experiments.run(name)) for name in (second.name, first.name)]
    assert lists.summaries(ids=[first.id, "nobody"]) == [summaries[1]]
    assert lists.summaries("flights-late") == summaries


def test_a_run_in_progress_shows_the_folds_it_has(world: World, lists: RunListService) -> None:
    (run,) = world.runs()
    with world.parts.registry.write() as unit:
        unit.runs.update(dataclasses.replace(run, status=RunStatus.RUNNING, progress=0.4))
        unit.runs.add_points(run.id, [MetricPoint("roc_auc", 0, 0.7), MetricPoint("roc_auc", 1, 0.8)])
        unit.commit()
    (one,) = lists.summaries()
    assert one.metrics == {"roc_auc": (0.75, None, (0.7, 0.8))}


def test_a_run_that_was_asked_to_stop_says_so_until_it_has_ended(world: World, lists: RunListService) -> None:
    first, second = world.runs()[0], world.runs()[0]
    experiments = world.workspace.experiments
    assert not experiments.is_cancelling(first)
    experiments.cancel(first.name)
    assert {one.id: one.cancelling for one in lists.summaries()} == {first.id: True, second.id: False}
    assert experiments.is_cancelling(first)
    with world.parts.registry.write() as unit:
        unit.runs.update(dataclasses.replace(first, status=RunStatus.CANCELLED))
        unit.commit()
    assert not experiments.is_cancelling(experiments.run(first.name))


def test_there_is_a_best_run_for_each_way_of_validation(world: World, lists: RunListService) -> None:
    holdout = Validation(ValidationKind.HOLDOUT)
    world.finished_run()
    assert set(lists.best().values()) == {frozenset()}
    second = world.finished_run("another", validation=holdout)
    third = world.finished_run("a third", validation=holdout)
    assert lists.best("flights-late")["roc_auc"] <= {second.id, third.id}
    assert len(lists.best()["roc_auc"]) == 1
    assert [one.name for one in lists.find(where="validation = holdout")] == [third.name, second.name]
    assert world.workspace.experiments.context(third.name).apart == 1


def test_what_is_no_number_is_read_as_such(world: World, lists: RunListService) -> None:
    run = world.finished_run()
    with world.parts.registry.write() as unit:
        odd = (MetricSummary("f1", float("nan"), float("inf"), folds=(float("nan"), 1.0)),)
        unit.runs.update(dataclasses.replace(unit.runs.get(run.id) or run, metrics=odd))
        unit.commit()
    mean, std, folds = lists.summaries()[0].metrics["f1"]
    assert str((mean, std, folds)) == "(nan, inf, (nan, 1.0))"


def test_what_is_in_the_trash_is_not_listed(world: World, lists: RunListService) -> None:
    run = world.finished_run()
    world.workspace.trash.put(Kind.RUN, [run.name])
    assert lists.summaries() == []
    assert lists.summaries(ids=[run.id]) == []
    world.workspace.trash.restore(Kind.RUN, [run.name])
    world.workspace.trash.put(Kind.EXPERIMENT, [run.experiment_name])
    assert lists.summaries() == []


def test_the_versions_made_of_a_run_are_known(world: World, lists: RunListService) -> None:
    version = world.model("late")
    world.workspace.models.set_alias("late@v1", "champion")
    assert lists.registered() == {version.run_id: (Registered("late@v1", ("champion",)),)}
    world.workspace.trash.put(Kind.MODEL, ["late"])
    assert lists.registered() == {}


def test_runs_are_found_by_a_filter_and_stand_in_order(world: World, lists: RunListService) -> None:
    runs = [world.finished_run(str(number)) for number in range(3)]
    lists.tag([runs[1].name], add=["best"])
    assert [one.name for one in lists.find(where="tag:best and roc_auc >= 0.8")] == [runs[1].name]
    names = sorted(run.name for run in runs)
    assert [one.name for one in lists.find(sort=[SortKey("run")])] == names
    assert [one.name for one in lists.find(sort=[SortKey("roc_auc"), SortKey("run", True)], limit=2)] == names[:0:-1]


def test_a_filter_that_cannot_be_understood_shows_its_place(world: World, lists: RunListService) -> None:
    world.finished_run()
    with pytest.raises(FilterError) as caught:
        lists.find(where="roc_ac > 0.7")
    assert caught.value.message.splitlines()[1:] == ["  roc_ac > 0.7", "  ^"]
    assert caught.value.hint == "Perhaps: roc_auc > 0.7"
    with pytest.raises(FilterError):
        lists.find(sort=[SortKey("nothing")])


def test_tags_change_in_all_runs_or_none(world: World, lists: RunListService) -> None:
    first, second = world.finished_run(), world.finished_run("another")
    assert lists.tag([first.name, second.name], add=["best", "best"]) == [first.name, second.name]
    assert lists.tag([first.name], add=["best"]) == []
    with pytest.raises(NotFoundError):
        lists.tag([first.name, "nobody"], remove=["best"])
    assert [one.tags for one in lists.summaries()] == [("best",), ("best",)]
    assert lists.tag([first.name], add=["night"], remove=["best"]) == [first.name]
    assert world.workspace.experiments.run(first.name).tags == ("night",)
    with pytest.raises(InvalidNameError):
        lists.tag([first.name], add=["  "])


def test_a_table_of_runs_is_written_whole(world: World, lists: RunListService, tmp_path: Path) -> None:
    run = world.finished_run(notes='says "x", twice\nand more')
    target = tmp_path / "runs.csv"
    assert lists.export(target, [run.name]) == 1
    with target.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["run"], row["status"], row["notes"]) == (run.name, "finished", 'says "x", twice\nand more')
    assert (row["roc_auc mean"], row["roc_auc sd"], row["log_loss sd"]) == ("0.8", "0.1", "")
    assert sorted(path.name for path in tmp_path.glob("runs.csv*")) == ["runs.csv"]
    with pytest.raises(NotFoundError):
        lists.export(target, ["nobody"])
    with pytest.raises(WorkspaceError):
        lists.export(tmp_path / "no such folder" / "runs.csv", [run.name])


def test_views_are_kept_replaced_and_removed(world: World, lists: RunListService) -> None:
    assert lists.views() == ()
    night = lists.save_view(
        RunView("night", "tag:night", ("run", "metric:roc_auc"), (SortKey("metric:roc_auc", True),))
    )
    lists.save_view(RunView("slow", "duration > 60"))
    changed = lists.save_view(dataclasses.replace(night, where="tag:dark"))
    assert [view.name for view in lists.views()] == ["night", "slow"]
    assert lists.view("night") == changed
    with pytest.raises(AlreadyExistsError):
        lists.save_view(night, replace=False)
    with pytest.raises(AlreadyExistsError):
        lists.save_view(RunView("all runs"))
    with pytest.raises(InvalidNameError):
        lists.save_view(RunView(" "))
    assert lists.remove_view("night") == changed
    with pytest.raises(NotFoundError) as caught:
        lists.view("night")
    assert caught.value.hint == "Saved views: slow."
    assert world.actions()[-1] == "view.remove"


HOSTILE_SQL = ["'; DROP TABLE runs; --", "x' OR 1=1 --", "name; x", "roc_auc) UNION SELECT 1 --", '" OR ""="']


@pytest.mark.parametrize("text", HOSTILE_SQL)
def test_s_19_sql_in_filters_and_sort_keys_is_refused_or_only_text(
    world: World, lists: RunListService, text: str
) -> None:
    world.finished_run()
    before = schema(world)
    quoted = text.replace('"', '\\"')
    for where in (text, f"name = {text}", f'name = "{quoted}"', f"tag:{text}"):
        with contextlib.suppress(FilterError):
            assert list(lists.find(where=where)) == []
    with pytest.raises(UserError):
        lists.find(sort=[SortKey(text)])
    with pytest.raises(UserError):
        world.workspace.experiments.runs(text)
    with pytest.raises(UserError):
        world.workspace.datasets.get(text)
    assert schema(world) == before
    assert len(lists.find()) == 1


def schema(world: World) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(world.folder / "registry.db")) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
