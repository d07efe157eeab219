"""Datasets: what imports, previews, pages, differences and scores ask for, and what they refuse."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.workers import FakeJob
from tests.services.world import World, import_result

from mlops_desktop.domain.datasets import ColumnType, ReadAnswers
from mlops_desktop.domain.errors import (
    AlreadyExistsError,
    CallError,
    DamagedArtifactError,
    ExpressionError,
    InvalidInputError,
    InvalidNameError,
    NotFoundError,
    UnreadableTableError,
    UserError,
    WorkspaceError,
)
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.services.dataset_uses import DatasetUses
from mlops_desktop.services.trash import Kind


def test_an_import_is_a_queued_job_that_wakes_the_keeper(world: World) -> None:
    answers = ReadAnswers(delimiter=";", column_types={"id": ColumnType.TEXT})
    job = world.workspace.datasets.import_file(
        world.file(), "  flights ", answers, derived=["late = arr_delay > 15"], target="late"
    )
    assert (job.kind, job.status, job.created_by) == (JobKind.IMPORT_DATASET, JobStatus.QUEUED, "ada")
    assert job.title == "Import flights.csv into flights"
    assert job.spec["path"] == str(world.file())
    assert job.spec["answers"] == {
        "delimiter": ";",
        "encoding": None,
        "decimal": None,
        "header": None,
        "quote": None,
        "empty_values": None,
        "column_types": {"id": "text"},
        "misfits": {},
        "columns_left_out": [],
        "ragged_left_out": False,
        "lines_left_out": [],
    }
    assert job.spec["derived"] == [{"name": "late", "expression": "arr_delay > 15"}]
    assert job.spec["target"] == "late"
    assert world.keeper_starts == 1
    assert [dataset.name for dataset in world.workspace.datasets.list()] == ["flights"]
    assert world.actions() == ["dataset.create", "dataset.import"]


def test_two_imports_of_one_name_are_of_one_dataset(world: World) -> None:
    first = world.workspace.datasets.import_file(world.file(), "flights")
    second = world.workspace.datasets.import_file(world.file(), "flights")
    assert first.object_id == second.object_id
    assert len(world.workspace.datasets.list()) == 1


def test_a_path_from_home_or_from_here_is_made_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.file("here.csv")
    monkeypatch.chdir(world.folder.parent)
    monkeypatch.setenv("HOME", str(world.folder.parent))
    for path in (Path("here.csv"), Path("~/here.csv")):
        job = world.workspace.datasets.import_file(path, "flights")
        assert job.spec["path"] == str(world.folder.parent / "here.csv")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "../flights"}, InvalidNameError),
        ({"derived": ["late is 5"]}, ExpressionError),
        ({"path": "missing.csv"}, UnreadableTableError),
        ({"path": "."}, UnreadableTableError),
    ],
)
def test_what_cannot_be_imported_is_refused_and_nothing_is_queued(
    world: World, change: dict[str, Any], error: type[Exception]
) -> None:
    asked = {"name": "flights", "path": world.file().name, **change}
    path = world.folder.parent / asked.pop("path")
    with pytest.raises(error):
        world.workspace.datasets.import_file(path, **asked)
    assert world.workspace.jobs.list() == []
    assert world.workspace.datasets.list() == []
    assert world.keeper_starts == 0


def test_a_dataset_in_the_trash_takes_no_import(world: World) -> None:
    world.dataset("flights")
    world.workspace.trash.put(Kind.DATASET, ["flights"])
    with pytest.raises(AlreadyExistsError, match="in the trash"):
        world.workspace.datasets.import_file(world.file(), "flights")


def test_versions_are_found_by_reference(world: World) -> None:
    first, second = world.dataset("flights", "one"), world.dataset("flights", "two")
    datasets = world.workspace.datasets
    assert datasets.get("flights") == second
    assert datasets.get("flights@latest") == second
    assert datasets.get("flights@v1") == datasets.get("flights@1") == datasets.version(first.id) == first
    assert datasets.versions(" flights ") == [first, second]
    assert datasets.version("0" * 32) is None


@pytest.mark.parametrize(
    ("reference", "words", "hint"),
    [
        ("flight", "no dataset called flight", "Did you mean flights"),
        ("zzz", "no dataset called zzz", "There is: flights"),
        ("flights@v9", "no flights@v9", "1 to 1"),
        ("flights@champion", "numbers, not aliases", "1 to 1"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(world: World, reference: str, words: str, hint: str) -> None:
    world.dataset("flights")
    with pytest.raises(NotFoundError, match=words) as caught:
        world.workspace.datasets.get(reference)
    assert hint in caught.value.hint


def test_a_workspace_without_datasets_says_so(world: World) -> None:
    with pytest.raises(NotFoundError) as caught:
        world.workspace.datasets.versions("flights")
    assert "no dataset yet" in caught.value.hint
    world.workspace.datasets.import_file(world.file(), "flights")
    with pytest.raises(NotFoundError) as caught:
        world.workspace.datasets.get("flights")
    assert "no version yet" in caught.value.hint


def test_a_preview_asks_a_worker_and_stores_nothing(world: World) -> None:
    world.workers.answers["preview"] = lambda request: {
        "answers": {"delimiter": ","},
        "evidence": {"delimiter": "Every line has two commas."},
        "columns": [{"name": "a", "type": "integer"}],
        "rows": [{"number": 1, "cells": ["1"]}, {"number": 2, "cells": [None]}],
        "row_count": 2,
        "findings": [],
    }
    preview = world.workspace.datasets.preview(world.file(), derived=["b = a > 1"])
    assert preview.answers.delimiter == ","
    assert [row.cells for row in preview.rows] == [("1",), (None,)]
    assert preview.row_count == 2
    name, request = world.workers.asked[-1]
    assert (name, request["path"]) == ("preview", str(world.file()))
    assert request["derived"] == [{"name": "b", "expression": "a > 1"}]
    assert world.workspace.datasets.list() == []
    with pytest.raises(ExpressionError):
        world.workspace.datasets.preview(world.file(), derived=["?"])


def test_a_page_is_asked_of_the_stored_table(world: World) -> None:
    version = world.dataset()
    world.workers.answers["page"] = lambda request: {
        "columns": [{"name": "a", "type": "float"}],
        "rows": [[1.5]],
        "total": 1000,
    }
    page = world.workspace.datasets.page("flights", offset=100, limit=1)
    assert (page.total, list(page.rows[0])) == (1000, [1.5])
    _, request = world.workers.asked[-1]
    assert (request["offset"], request["limit"]) == (100, 1)
    assert Path(request["table"]).read_bytes() == world.parts.artifacts.read(version.content_hash)


def test_a_page_may_be_of_some_columns_and_of_rows_for_which_a_condition_holds(world: World) -> None:
    version = world.dataset()
    world.workers.answers["page"] = lambda request: {"columns": [], "rows": [], "total": 0, "row_numbers": []}
    world.workspace.datasets.page(version, where="a > 1", columns=["a"])
    _, request = world.workers.asked[-1]
    assert (request["where"], request["columns"]) == ("a > 1", ["a"])


def test_a_table_is_checked_once_and_again_when_its_file_was_touched(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = world.dataset()
    world.workers.answers["page"] = lambda request: {"columns": [], "rows": [], "total": 0}
    checked: list[str] = []
    path = world.parts.artifacts.path(version.content_hash)

    def check(sha256: str) -> Path:
        checked.append(sha256)
        return path

    monkeypatch.setattr(world.parts.artifacts, "path", check)
    for _ in range(3):
        world.workspace.datasets.page("flights")
    assert len(checked) == 1
    os.utime(path, ns=(1, 1))
    world.workspace.datasets.page("flights")
    assert len(checked) == 2


def test_uses_are_the_runs_of_a_version_what_was_registered_and_what_is_known_of_leakage(world: World) -> None:
    version = world.model()
    run = world.workspace.experiments.runs()[0]
    world.dataset("flights", "another content")
    uses = world.workspace.datasets.uses("flights@v1")
    assert [one.name for one in uses.runs] == [run.name]
    assert [made.reference for made in uses.model_versions] == [version.reference]
    assert all(found.columns[1] == run.spec.target for found in uses.leakage)
    assert world.workspace.datasets.uses("flights") == DatasetUses()
    world.workspace.trash.put(Kind.RUN, [run.name])
    assert world.workspace.datasets.uses("flights@v1").runs == ()
    with pytest.raises(NotFoundError):
        world.workspace.datasets.uses("weather")


def test_a_damaged_table_is_not_read(world: World) -> None:
    version = world.dataset()
    world.workers.answers["page"] = lambda request: {"columns": [], "rows": [], "total": 0}
    world.workspace.datasets.page("flights")
    path = world.parts.artifacts.path(version.content_hash)
    path.chmod(0o644)
    path.write_text("somebody was here")
    with pytest.raises(DamagedArtifactError):
        world.workspace.datasets.page("flights")


def test_two_versions_are_compared_by_a_worker(world: World) -> None:
    world.dataset("flights", "one")
    world.dataset("flights", "two")
    world.workers.answers["difference"] = lambda request: {
        "difference": {"before_number": request["number"], "rows_before": 3, "rows_after": 4, "rows_in_both": 2}
    }
    difference = world.workspace.datasets.diff("flights@v1", "flights@v2")
    assert (difference.before_number, difference.rows_in_both) == (1, 2)
    _, request = world.workers.asked[-1]
    assert Path(request["before"]).read_text() == "one"
    assert Path(request["after"]).read_text() == "two"
    with pytest.raises(NotFoundError):
        world.workspace.datasets.diff("flights@v1", "flights@v3")


def test_a_worker_that_cannot_answer_is_told(world: World) -> None:
    with pytest.raises(CallError):
        world.workspace.datasets.preview(world.file())


# --- scores -----------------------------------------------------------------------------------------------------------


def scored(world: World, **options: Any) -> Job:
    job = world.workspace.datasets.score("late@v1", **options)

    def result(fake: FakeJob) -> dict[str, object]:
        (fake.folder / "scores").write_text("prediction\ntrue\n")
        return {"file": "scores", "rows": 1, "columns": ["prediction"]}

    world.play(job, result)
    return world.job(job)


def test_a_dataset_version_or_a_file_is_scored(world: World) -> None:
    model = world.model()
    of_table = scored(world, dataset="flights@v1", parquet=True)
    assert of_table.spec == {
        "manifest_hash": model.manifest_hash,
        "content_hash": world.workspace.datasets.get("flights").content_hash,
        "file": None,
        "format": "parquet",
    }
    of_file = scored(world, file=world.file("new.csv"))
    assert of_file.spec["file"] == str(world.file("new.csv"))
    assert world.worker_of(of_file).spec["answers"] == {
        **{name: None for name in ("delimiter", "encoding", "decimal", "header", "quote", "empty_values")},
        "column_types": {},
        "misfits": {},
        "columns_left_out": [],
        "ragged_left_out": False,
        "lines_left_out": [],
    }
    assert of_file.title == "Score new.csv with late@v1"
    assert world.actions().count("model.score") == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, InvalidInputError),
        ({"dataset": "flights", "file": Path("x.csv")}, InvalidInputError),
        ({"dataset": "nothing"}, NotFoundError),
        ({"file": Path("missing.csv")}, UnreadableTableError),
        ({"model": "nothing", "dataset": "flights"}, NotFoundError),
    ],
)
def test_what_cannot_be_scored_is_refused(world: World, options: dict[str, Any], error: type[Exception]) -> None:
    world.model()
    jobs = len(world.workspace.jobs.list())
    with pytest.raises(error):
        world.workspace.datasets.score(**{"model": "late", **options})
    assert len(world.workspace.jobs.list()) == jobs


def test_scores_are_saved_whole_where_the_person_wants_them(world: World, tmp_path: Path) -> None:
    world.model()
    job = scored(world, dataset="flights")
    target = tmp_path / "out.csv"
    target.write_text("old")
    assert world.workspace.datasets.save_scores(job, target) == target
    assert target.read_text() == "prediction\ntrue\n"
    target.write_text("may be changed")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with pytest.raises(InvalidInputError, match="no folder"):
        world.workspace.datasets.save_scores(job, tmp_path / "missing" / "out.csv")


@pytest.mark.parametrize("failing", ["copyfile", "replace"])
def test_scores_that_are_cut_short_leave_nothing_and_the_old_file_is_as_it_was(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    world.model()
    job = scored(world, dataset="flights")
    target = tmp_path / "mine" / "out.csv"
    target.parent.mkdir()
    target.write_text("old")

    def cut_short(source: Path, part: Path) -> None:
        if failing == "copyfile":
            part.write_text("predic")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil if failing == "copyfile" else Path, failing, cut_short)
    with pytest.raises(WorkspaceError, match="No space left"):
        world.workspace.datasets.save_scores(job, target)
    monkeypatch.undo()
    assert [(path.name, path.read_text()) for path in target.parent.iterdir()] == [("out.csv", "old")]


def test_a_job_without_scores_has_none_to_save(world: World, tmp_path: Path) -> None:
    world.model()
    queued = world.workspace.datasets.score("late", dataset="flights")
    with pytest.raises(InvalidInputError, match="no scores"):
        world.workspace.datasets.save_scores(queued, tmp_path / "out.csv")


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_renamed_dataset_keeps_its_versions(world: World) -> None:
    version = world.dataset("flights")
    assert world.workspace.datasets.rename("flights", "NYC flights").name == "NYC flights"
    assert world.workspace.datasets.get("NYC flights@v1").id == version.id
    with pytest.raises(NotFoundError):
        world.workspace.datasets.get("flights")
    assert "dataset.rename" in world.actions()


def test_a_name_that_is_taken_or_wrong_is_refused(world: World) -> None:
    world.dataset("flights")
    world.dataset("other")
    with pytest.raises(AlreadyExistsError):
        world.workspace.datasets.rename("flights", "other")
    with pytest.raises(InvalidNameError):
        world.workspace.datasets.rename("flights", "a/b")
    with pytest.raises(NotFoundError):
        world.workspace.datasets.rename("nothing", "new")


def test_a_name_is_found_however_its_letters_are_written(world: World) -> None:
    world.dataset("Café")
    assert world.workspace.datasets.versions("Cafe\u0301")[0].dataset_name == "Café"


HOSTILE_NAMES = [
    "..", "../up", "%2e%2e", "%2e%2e%2fup", "a\\..\\b", "C:\\x", "/etc/passwd", "n" * 300, "a\x00b", "a\nb", "~root",
]  # fmt: skip
OURS = re.compile(
    r"[0-9a-f]{2,64}|registry\.(db|lock).*|incoming|\w+\.(jsonl?|skops)|artifacts|bundles|jobs|deployments"
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_11_a_name_is_refused_or_only_a_name(world: World, name: str) -> None:
    """Whatever a dataset or a file is called, nothing is written but under our own ids."""
    run = world.finished_run()
    source = world.file()
    world.model("late")
    uses: list[Callable[[], object]] = [
        lambda: world.workspace.datasets.import_file(source, name),
        lambda: world.workspace.datasets.rename("flights", name),
        lambda: world.workspace.models.register(run.name, name),
        lambda: world.workspace.deployments.deploy("late", endpoint=name),
    ]
    for use in uses:
        with pytest.raises(UserError):
            use()
    odd = world.folder.parent / name.replace("/", "\\")
    number = world.workspace.datasets.get("flights").number
    try:
        odd.write_text("a,b\n1,2\n")
    except (OSError, ValueError):  # no file can be called so
        with pytest.raises(UserError):
            world.workspace.datasets.import_file(Path(name), "flights")
        with pytest.raises(UserError):
            world.workspace.models.import_file(Path(name), "late")
    else:
        job = world.workspace.datasets.import_file(odd, "flights")
        world.play(job, lambda fake: import_result(fake.folder, name))
        assert world.workspace.datasets.get("flights").number == number + 1
        odd.unlink()
    assert {path.name for path in world.folder.parent.iterdir()} <= {"workspace", "state", source.name}
    assert [path.name for path in world.folder.rglob("*") if not OURS.fullmatch(path.name)] == []
    world.verify()
