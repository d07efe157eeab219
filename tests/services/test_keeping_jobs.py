"""The queue: jobs are started, followed, taken in, cancelled and given up, whatever their workers do."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import types
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.workers import JOURNAL, FakeJob
from tests.services.world import World, import_result, make_bundle, train_result

from mlops_desktop.domain.errors import (
    DamagedArtifactError,
    DamagedBundleError,
    JobCancelledError,
    JobFailedError,
    JobLostError,
    MemoryCapError,
    UnusableTargetError,
)
from mlops_desktop.domain.experiments import MetricPoint, Run, RunStatus
from mlops_desktop.domain.jobs import Job, JobStatus, MessageKind
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.services.keeping import adoption
from mlops_desktop.services.keeping import jobs as keeping_jobs
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.run_setup import EstimatorChoice


class FakeTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Time as the keeper counts it for its patience."""
    fake = FakeTime()
    monkeypatch.setattr(keeping_jobs, "time", types.SimpleNamespace(monotonic=fake.monotonic))
    return fake


@pytest.fixture
def job(world: World) -> Job:
    return world.workspace.datasets.import_file(world.file(), "flights")


@pytest.fixture
def keeper(world: World) -> JobSupervisor:
    return world.keeper()


def run_and_job(world: World) -> tuple[Run, Job]:
    (run,) = world.runs()
    return run, world.workspace.jobs.get(run.job_id)


# --- the queue --------------------------------------------------------------------------------------------------------


def test_an_empty_queue_is_no_work(keeper: JobSupervisor) -> None:
    assert not keeper.turn()


def test_as_many_jobs_run_at_once_as_may_and_the_others_wait_their_turn(world: World) -> None:
    jobs = [world.workspace.datasets.import_file(world.file(), name) for name in "abc"]
    keeper = world.keeper(concurrent=2)
    assert keeper.turn()
    keeper.turn()
    assert [world.job(job).status.value for job in jobs] == ["running", "running", "queued"]
    world.worker_of(jobs[1]).finish(import_result(world.worker_of(jobs[1]).folder))
    keeper.turn()
    keeper.turn()
    assert [world.job(job).status.value for job in jobs] == ["running", "finished", "running"]


def test_a_started_job_is_known_by_its_process_and_says_when(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    started = world.job(job)
    assert started.status is JobStatus.RUNNING
    assert started.process == world.workers.last.process
    assert started.started_at == world.clock.now
    assert world.workers.last.spec["path"] == str(world.file())


def test_a_job_is_told_the_version_before_it(world: World, keeper: JobSupervisor) -> None:
    first = world.dataset("flights", "one")
    world.workspace.datasets.import_file(world.file(), "flights")
    keeper.turn()
    previous = world.workers.last.spec["previous"]
    assert previous["number"] == 1
    assert Path(previous["path"]).read_text() == "one"
    assert [column["name"] for column in previous["columns"]] == [column.name for column in first.columns]


def test_a_run_is_told_all_that_decides_it(world: World, keeper: JobSupervisor) -> None:
    run, _ = run_and_job(world)
    keeper.turn()
    spec = world.workers.last.spec
    version = world.workspace.datasets.get("flights")
    assert (spec["run_id"], spec["run_name"]) == (run.id, run.name)
    assert spec["dataset_hash"] == version.content_hash
    assert hashlib.sha256(Path(spec["table"]).read_bytes()).hexdigest() == version.content_hash
    assert spec["spec"]["target"] == "late"
    assert spec["threads"] == 1


def test_a_job_that_cannot_be_started_fails_with_the_reason(world: World, job: Job, keeper: JobSupervisor) -> None:
    world.workers.start_failure = JobFailedError("No worker process could be started.", hint="Free memory.")
    keeper.turn()
    failed = world.job(job)
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert (failed.failure.message, failed.failure.hint) == ("No worker process could be started.", "Free memory.")
    assert failed.finished_at == world.clock.now


def test_a_job_whose_material_is_gone_fails_with_the_reason(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    version = world.workspace.datasets.get("flights")
    world.parts.artifacts.remove(version.content_hash)
    keeper.turn()
    assert world.job(job).status is JobStatus.FAILED
    assert world.workspace.experiments.run(run.name).status is RunStatus.FAILED
    failure = world.workspace.experiments.run(run.name).failure
    assert failure is not None
    assert failure.code == "MD-ART-001"


def test_a_folder_that_cannot_be_cleared_fails_its_job_and_no_other(
    world: World, job: Job, keeper: JobSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.workspace.datasets.import_file(world.file(), "other")
    rmtree = shutil.rmtree

    def refuse(folder: Path, **options: Any) -> None:
        if folder == world.parts.job_folder(job.id):
            raise PermissionError("not yours")
        rmtree(folder, **options)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    keeper.turn()
    assert world.job(job).status is JobStatus.FAILED
    assert world.job(other).status is JobStatus.RUNNING


# --- following --------------------------------------------------------------------------------------------------------


def test_progress_and_metrics_are_seen_as_they_come(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    keeper.turn()
    keeper.turn()
    worker = world.workers.last
    worker.progress(0.25, "fold 1")
    worker.metric("roc_auc", 0, 0.7)
    worker.metric("log_loss", 0, "NaN")
    keeper.turn()
    assert (world.job(job).progress, world.job(job).note) == (0.25, "fold 1")
    now = world.workspace.experiments.run(run.name)
    assert (now.status, now.progress) == (RunStatus.RUNNING, 0.25)
    points = world.workspace.experiments.points(run.name)
    assert points[0] == MetricPoint("roc_auc", 0, 0.7)
    assert str(points[1].value) == "nan"
    worker.metric("roc_auc", 1, 0.9)
    keeper.turn()
    assert [point.value for point in world.workspace.experiments.points(run.name) if point.key == "roc_auc"] == [
        0.7,
        0.9,
    ]


def test_what_a_worker_cannot_mean_is_passed_over(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    keeper.turn()
    worker = world.workers.last
    worker.metric("a", 0, "much")
    worker.metric("b", 2**40, 0.5)
    worker.metric("c", 0, 10**400)
    worker.say(MessageKind.METRIC, key=7, step=0, value=1.0)
    worker.say(MessageKind.METRIC, key="d", step="x", value=1.0)
    worker.say(MessageKind.METRIC, key="e", step=0, value=None)
    worker.say(MessageKind.STARTED, pid=1, process={"pid": "x"})
    worker.metric("f", 0, "Infinity")
    worker.say(MessageKind.PROGRESS, share="NaN", note="x" * 1000)
    keeper.turn()
    assert [point.key for point in world.workspace.experiments.points(run.name)] == ["f"]
    assert (world.job(job).progress, len(world.job(job).note)) == (None, 500)
    worker.progress(7)
    keeper.turn()
    assert world.job(job).progress == 1.0


def test_a_torn_line_is_read_when_it_is_whole(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    keeper.turn()
    worker = world.workers.last
    worker.progress(0.5)
    whole = (worker.folder / JOURNAL).read_bytes()
    (worker.folder / JOURNAL).write_bytes(whole[:-9])
    keeper.turn()
    assert world.job(job).progress is None
    worker.write(whole[-9:])
    keeper.turn()
    assert world.job(job).progress == 0.5


def pass_time(world: World, keeper: JobSupervisor, seconds: int) -> None:
    """With a turn each second."""
    for _ in range(seconds):
        world.clock.advance(1)
        keeper.turn()


def test_j_02_a_frozen_worker_is_said_not_to_respond_and_is_never_ended(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    keeper.turn()
    worker = world.workers.last
    for _ in range(20):
        worker.heartbeat = worker.heartbeat and worker.heartbeat + timedelta(seconds=1)
        pass_time(world, keeper, 1)
    assert world.job(job).silent_since is None
    pass_time(world, keeper, 16)
    assert world.job(job).silent_since == worker.heartbeat
    pass_time(world, keeper, 3600)
    assert world.job(job).status is JobStatus.RUNNING
    assert worker.is_alive
    assert not worker.was_asked_to_stop
    worker.heartbeat = worker.heartbeat and worker.heartbeat + timedelta(seconds=3600)
    pass_time(world, keeper, 1)
    assert world.job(job).silent_since is None
    worker.finish(import_result(worker.folder))
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED


def test_j_02_a_worker_that_froze_before_it_was_ever_heard_of_counts_from_its_start(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    keeper.turn()
    world.workers.last.heartbeat = None
    pass_time(world, keeper, 17)
    assert world.job(job).silent_since == world.job(job).started_at


def test_j_02_the_next_keeper_goes_on_where_the_last_one_was(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    pass_time(world, keeper, 17)
    since = world.job(job).silent_since
    assert since is not None
    after = world.keeper()
    pass_time(world, after, 30)
    assert world.job(job).silent_since == since
    world.workers.last.crash()
    pass_time(world, after, 1)
    assert (world.job(job).status, world.job(job).silent_since) == (JobStatus.LOST, None)


def test_j_02_a_keeper_that_slept_itself_blames_nobody(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    pass_time(world, keeper, 5)
    world.clock.advance(3600)
    keeper.turn()
    pass_time(world, keeper, 10)
    assert world.job(job).silent_since is None


# --- taking in --------------------------------------------------------------------------------------------------------


def test_an_import_becomes_version_one_with_all_that_was_found(world: World, job: Job) -> None:
    finding = {"code": "ids", "severity": "info", "sentence": "tail looks like an identifier", "columns": ["tail"]}
    world.play(job, lambda fake: import_result(fake.folder, "content", findings=[finding]))
    done = world.job(job)
    version = world.workspace.datasets.get("flights")
    assert done.status is JobStatus.FINISHED
    assert done.result == {"dataset_version_id": version.id, "reference": "flights@v1", "unchanged": False}
    assert (done.progress, done.note) == (1.0, "")
    assert world.parts.artifacts.read(version.content_hash) == b"content"
    assert (version.number, version.size, version.created_by) == (1, 7, "ada")
    assert version.findings[0].columns == ("tail",)
    assert version.source.answers.delimiter == ","
    assert "dataset.version" in world.actions()


def test_the_same_content_makes_no_second_version(world: World) -> None:
    first = world.dataset("flights", "content")
    again = world.workspace.datasets.import_file(world.file(), "flights")
    world.play(again, lambda fake: import_result(fake.folder, "content"))
    assert world.job(again).result == {"dataset_version_id": first.id, "reference": "flights@v1", "unchanged": True}
    assert [version.id for version in world.workspace.datasets.versions("flights")] == [first.id]
    assert world.dataset("flights", "other").number == 2
    back = world.workspace.datasets.import_file(world.file(), "flights")
    world.play(back, lambda fake: import_result(fake.folder, "content"))
    assert world.job(back).result["reference"] == "flights@v1"
    assert world.dataset("elsewhere", "content").number == 1


def test_a_changed_file_makes_version_two_with_the_difference(world: World) -> None:
    world.dataset("flights", "one")
    difference = {"before_number": 1, "rows_before": 10, "rows_after": 12, "rows_in_both": 9, "columns": []}
    second = world.dataset("flights", "two", difference=difference)
    assert second.number == 2
    assert second.difference is not None
    assert (second.difference.before_number, second.difference.rows_in_both) == (1, 9)


def test_a_finished_run_has_its_figures_its_evaluation_and_its_model(world: World) -> None:
    run = world.finished_run()
    assert (run.status, run.progress) == (RunStatus.FINISHED, 1.0)
    assert run.started_at is not None
    assert run.finished_at == world.clock.now
    assert run.metric("roc_auc") is not None
    assert run.environment is not None
    assert run.spec.threshold == 0.35
    assert world.workspace.experiments.evaluation(run.name)["curve"] == [0, 1]
    assert world.parts.bundles.folder(str(run.bundle_hash)).is_dir()
    world.verify()


def test_a_run_without_a_threshold_keeps_the_one_it_was_given(world: World) -> None:
    run, job = run_and_job(world)
    world.play(job, lambda fake: train_result(fake.folder, threshold=None))
    assert world.workspace.experiments.run(run.name).spec.threshold == 0.5


def test_scores_are_kept_by_content(world: World) -> None:
    model = world.model()
    job = world.workspace.datasets.score(model.reference, dataset="flights")

    def scores(fake: FakeJob) -> dict[str, object]:
        (fake.folder / "scores.csv").write_text("prediction\ntrue\n")
        return {"file": "scores.csv", "rows": 1, "columns": ["prediction"]}

    world.play(job, scores)
    spec = world.worker_of(job).spec
    assert spec["manifest_hash"] == model.manifest_hash
    assert Path(spec["bundle"]).is_dir()
    assert (spec["file"], spec["answers"], spec["format"]) == (None, None, "csv")
    done = world.job(job)
    assert done.result["rows"] == 1
    assert world.parts.artifacts.read(str(done.result["file_hash"])) == b"prediction\ntrue\n"


def _without(name: str) -> Callable[[FakeJob], dict[str, object]]:
    def result(fake: FakeJob) -> dict[str, object]:
        whole = import_result(fake.folder)
        del whole[name]
        return whole

    return result


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (_without("rows"), "cannot be understood"),
        (_without("table"), "cannot be understood"),
        (lambda fake: import_result(fake.folder, rows="many"), "cannot be understood"),
        (lambda fake: import_result(fake.folder, columns=[{"name": "a"}]), "cannot be understood"),
        (lambda fake: import_result(fake.folder, profiles=[10**400]), "cannot be understood"),
        (lambda fake: import_result(fake.folder, table="../../registry.db"), "named an output"),
        (lambda fake: import_result(fake.folder, table="/etc/passwd"), "named an output"),
        (lambda fake: import_result(fake.folder, table=".."), "named an output"),
        (lambda fake: import_result(fake.folder, table=7), "named an output"),
        (lambda fake: import_result(fake.folder, table="missing.parquet"), "missing.parquet"),
    ],
)
def test_a_result_that_cannot_be_taken_in_fails_the_job(
    world: World, job: Job, result: Callable[[FakeJob], dict[str, object]], words: str
) -> None:
    world.play(job, result)
    failed = world.job(job)
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert words in failed.failure.message
    assert world.workspace.datasets.versions("flights") == []
    world.verify()


def test_a_link_out_of_the_folder_is_not_followed(world: World, job: Job, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of somebody else")

    def linked(fake: FakeJob) -> dict[str, object]:
        result = import_result(fake.folder)
        (fake.folder / "table.parquet").unlink()
        (fake.folder / "table.parquet").symlink_to(secret)
        return result

    world.play(job, linked)
    assert world.job(job).status is JobStatus.FAILED
    assert world.parts.artifacts.hashes() == []


def test_a_bundle_that_changed_after_it_was_made_fails_the_run(world: World) -> None:
    run, job = run_and_job(world)
    world.play(job, lambda fake: train_result(fake.folder, manifest_hash="0" * 64))
    failed = world.workspace.experiments.run(run.name)
    assert failed.status is RunStatus.FAILED
    assert failed.failure is not None
    assert "changed after the worker made it" in failed.failure.message


def change(path: Path) -> None:
    """As somebody who may do anything with the file would."""
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)


def test_j_08_a_run_that_changed_its_table_meanwhile_is_not_kept(world: World) -> None:
    run, job = run_and_job(world)
    table = next(path for path in (world.folder / "artifacts").rglob("*") if path.is_file())
    assert table.stat().st_mode & 0o222 == 0

    def meddling(fake: FakeJob) -> dict[str, object]:
        change(Path(fake.spec["table"]))
        return train_result(fake.folder)

    world.play(job, meddling)
    failed = world.workspace.experiments.run(run.name)
    assert (failed.status, failed.bundle_hash) == (RunStatus.FAILED, None)
    assert failed.failure is not None
    assert failed.failure.code == DamagedArtifactError.code
    assert "was sound when this job began" in failed.failure.message
    assert world.parts.bundles.hashes() == []


def test_j_08_scores_of_a_bundle_that_was_changed_meanwhile_are_not_kept(world: World) -> None:
    job = world.workspace.datasets.score(world.model().reference, dataset="flights")

    def meddling(fake: FakeJob) -> dict[str, object]:
        change(Path(fake.spec["bundle"]) / "recipe.json")
        (fake.folder / "scores.csv").write_text("prediction\ntrue\n")
        return {"file": "scores.csv", "rows": 1}

    world.play(job, meddling)
    failed = world.job(job)
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert failed.failure.code == DamagedBundleError.code


def test_j_08_the_version_before_is_looked_at_after_an_import(world: World) -> None:
    world.dataset()
    job = world.workspace.datasets.import_file(world.file("more.csv"), "flights")

    def meddling(fake: FakeJob) -> dict[str, object]:
        change(Path(fake.spec["previous"]["path"]))
        return import_result(fake.folder, "other rows")

    world.play(job, meddling)
    assert world.job(job).status is JobStatus.FAILED
    assert len(world.workspace.datasets.versions("flights")) == 1


def test_what_was_erased_during_its_job_is_told(world: World, keeper: JobSupervisor) -> None:
    run, train = run_and_job(world)
    load = world.workspace.datasets.import_file(world.file(), "other")
    keeper.turn()
    with world.parts.registry.write() as unit:
        unit.runs.remove(run.id)
        unit.datasets.remove(load.object_id)
        unit.commit()
    for job, make in ((train, train_result), (load, import_result)):
        worker = world.worker_of(job)
        worker.finish(make(worker.folder))
    keeper.turn()
    for job in (train, load):
        failure = world.job(job).failure
        assert failure is not None
        assert "erased" in failure.message


def test_what_was_erased_before_its_job_began_is_told(world: World, keeper: JobSupervisor) -> None:
    run, train = run_and_job(world)
    load = world.workspace.datasets.import_file(world.file(), "other")
    with world.parts.registry.write() as unit:
        unit.runs.remove(run.id)
        unit.datasets.remove(load.object_id)
        unit.commit()
    keeper.turn()
    for job in (train, load):
        failure = world.job(job).failure
        assert failure is not None
        assert "erased" in failure.message


def test_a_07_files_erased_between_storing_and_naming_them_are_stored_again(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same content was in the trash and is purged this very moment."""
    store_files = adoption.store_files
    calls: list[adoption.StoredFiles] = []

    def store_then_lose(*arguments: Any) -> Any:
        stored = store_files(*arguments)
        if not calls:
            world.parts.artifacts.remove(stored.artifacts["table"])
        calls.append(stored)
        return stored

    monkeypatch.setattr(keeping_jobs, "store_files", store_then_lose)
    world.play(job, lambda fake: import_result(fake.folder))
    assert world.job(job).status is JobStatus.FINISHED
    assert len(calls) == 2
    world.verify()


def test_a_07_a_bundle_erased_between_storing_and_naming_it_is_stored_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_files = adoption.store_files

    def store_then_lose(*arguments: Any) -> Any:
        stored = store_files(*arguments)
        monkeypatch.setattr(keeping_jobs, "store_files", store_files)
        world.parts.bundles.remove(str(stored.bundle))
        return stored

    run, job = run_and_job(world)
    monkeypatch.setattr(keeping_jobs, "store_files", store_then_lose)
    world.play(job, lambda fake: train_result(fake.folder))
    assert world.workspace.experiments.run(run.name).status is RunStatus.FINISHED
    world.verify()


# --- seeing off -------------------------------------------------------------------------------------------------------


def names_in(world: World, job: Job) -> list[str]:
    return sorted(path.name for path in world.parts.job_folder(job.id).iterdir())


def test_heavy_files_go_when_the_worker_has_left_and_its_words_stay(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    keeper.turn()
    worker = world.workers.last
    make_bundle(worker.folder / "bundle", "m")
    (worker.folder / "output.log").write_text("printed")
    worker.finish(import_result(worker.folder), leaves=False)
    assert keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED
    assert "table.parquet" in names_in(world, job)
    assert keeper.turn()
    worker.is_alive = False
    assert not keeper.turn()
    assert names_in(world, job) == ["journal.jsonl", "output.log", "spec.json"]


def test_a_worker_that_does_not_leave_is_ended(
    world: World, job: Job, keeper: JobSupervisor, passing: FakeTime
) -> None:
    keeper.turn()
    worker = world.workers.last
    worker.finish(import_result(worker.folder), leaves=False)
    keeper.turn()
    passing.now += 9
    keeper.turn()
    assert worker.is_alive
    passing.now += 2
    assert not keeper.turn()
    assert not worker.is_alive
    assert names_in(world, job) == ["journal.jsonl", "spec.json"]


def test_what_a_killed_keeper_left_is_tidied_by_the_next_one(world: World, job: Job, keeper: JobSupervisor) -> None:
    running = world.workspace.datasets.import_file(world.file(), "other")
    keeper.turn()
    worker = world.worker_of(job)
    worker.finish(import_result(worker.folder), leaves=False)
    keeper.turn()
    worker.is_alive = False
    (world.worker_of(running).folder / "half.parquet").touch()
    (world.folder / "jobs" / "stray").mkdir()
    (world.folder / "jobs" / "stray" / "file").touch()
    (world.folder / "jobs" / "file").touch()
    world.keeper().turn()
    assert names_in(world, job) == ["journal.jsonl", "spec.json"]
    assert "half.parquet" in names_in(world, running)


# --- failing, cancelling, losing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [UnusableTargetError("Constant.", hint="Another."), MemoryCapError("Too much.", hint="Fewer rows.", details="d")],
)
def test_a_failed_job_keeps_its_workers_words(world: World, keeper: JobSupervisor, error: Any) -> None:
    run, job = run_and_job(world)
    keeper.turn()
    world.workers.last.metric("roc_auc", 0, 0.5)
    world.workers.last.fail(error)
    keeper.turn()
    failed = world.job(job)
    assert failed.status is JobStatus.FAILED
    assert failed.failure is not None
    assert (failed.failure.code, failed.failure.message) == (error.code, error.message)
    assert (failed.failure.hint, failed.failure.details) == (error.hint, error.details)
    assert world.workspace.experiments.run(run.name).failure == failed.failure
    assert len(world.workspace.experiments.points(run.name)) == 1
    assert "job.failed" in world.actions()


def test_a_failure_without_words_is_still_one(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    world.workers.last.say(MessageKind.FAILURE)
    world.workers.last.crash()
    keeper.turn()
    failure = world.job(job).failure
    assert failure is not None
    assert failure.message


def test_a_queued_job_is_cancelled_before_it_begins(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    jobs_before = len(world.workers.jobs)
    world.workspace.experiments.cancel(run.name)
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED
    assert world.workspace.experiments.run(run.name).status is RunStatus.CANCELLED
    assert len(world.workers.jobs) == jobs_before


def test_a_running_job_is_asked_to_stop_and_ends_as_cancelled(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    keeper.turn()
    keeper.turn()
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    assert world.worker_of(job).was_asked_to_stop
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED
    assert world.workspace.experiments.run(run.name).status is RunStatus.CANCELLED


def test_j_04_a_disobedient_job_is_ended_five_seconds_after_it_was_asked(
    world: World, job: Job, keeper: JobSupervisor, passing: FakeTime
) -> None:
    keeper.turn()
    keeper.turn()
    worker = world.workers.last
    worker.is_obedient = False
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    assert worker.was_asked_to_stop
    passing.now += 4.9
    keeper.turn()
    assert worker.is_alive
    passing.now += 0.2
    keeper.turn()
    assert not worker.is_alive
    keeper.turn()
    cancelled = world.job(job)
    assert cancelled.status is JobStatus.CANCELLED
    assert cancelled.failure is not None
    assert cancelled.failure.code == JobCancelledError.code


def test_a_chatty_job_is_cancelled_all_the_same(
    world: World, job: Job, keeper: JobSupervisor, passing: FakeTime
) -> None:
    keeper.turn()
    worker = world.workers.last
    worker.is_obedient = False
    world.workspace.jobs.cancel(job.id)
    for _ in range(3):
        worker.log("I go on")
        keeper.turn()
        passing.now += 3
    assert worker.was_asked_to_stop
    assert not worker.is_alive


def test_a_job_that_is_cancelled_while_it_is_being_started_ends_cancelled(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    """Starting takes seconds where no worker is warm; the wish to cancel must not be overwritten by it."""

    def cancel(fake: FakeJob) -> None:
        world.workspace.jobs.cancel(job.id)

    world.workers.behaviour = cancel
    keeper.turn()
    assert world.job(job).cancel_requested_at is not None
    keeper.turn()
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED


def test_a_job_that_was_cancelled_just_before_its_start_is_not_started(
    world: World, job: Job, keeper: JobSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker_spec = adoption.worker_spec

    def cancel_meanwhile(*arguments: Any) -> Any:
        world.workspace.jobs.cancel(job.id)
        return worker_spec(*arguments)

    monkeypatch.setattr(keeping_jobs, "worker_spec", cancel_meanwhile)
    keeper.turn()
    assert world.workers.jobs == []
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED


def test_a_result_that_was_there_before_the_cancel_is_kept(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    world.workers.last.finish(import_result(world.workers.last.folder))
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED


def test_a_killed_worker_makes_its_job_lost(world: World, keeper: JobSupervisor) -> None:
    run, job = run_and_job(world)
    keeper.turn()
    keeper.turn()
    world.worker_of(job).crash()
    keeper.turn()
    lost = world.job(job)
    assert lost.status is JobStatus.LOST
    assert lost.failure is not None
    assert lost.failure.code == JobLostError.code
    assert lost.failure.hint
    assert world.workspace.experiments.run(run.name).status is RunStatus.LOST


def test_a_worker_whose_end_was_seen_makes_its_job_lost_too(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    world.workers.see_crash(world.workers.last)
    keeper.turn()
    lost = world.job(job)
    assert lost.status is JobStatus.LOST
    assert lost.failure is not None
    assert "signal 9" in lost.failure.message


def test_a_cancelled_job_whose_worker_was_killed_is_cancelled(world: World, job: Job, keeper: JobSupervisor) -> None:
    keeper.turn()
    world.workers.last.is_obedient = False
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    world.workers.see_crash(world.workers.last)
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED


def test_a_dead_workers_last_words_are_read_before_it_is_given_up(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    keeper.turn()
    worker = world.workers.last
    worker.progress(0.7)
    worker.crash()
    keeper.turn()
    assert (world.job(job).status, world.job(job).progress) == (JobStatus.RUNNING, 0.7)
    keeper.turn()
    assert world.job(job).status is JobStatus.LOST


# --- a keeper that was ended while it started a worker ----------------------------------------------------------------


def being_started(world: World, job: Job) -> None:
    """As a keeper leaves it that is killed after it noted the start and before it started anything."""
    with world.parts.registry.write() as unit:
        unit.jobs.update(dataclasses.replace(world.job(job), status=JobStatus.RUNNING, started_at=world.clock.now))
        unit.commit()


def test_a_start_that_nobody_finished_is_given_up_within_five_seconds(
    world: World, job: Job, keeper: JobSupervisor
) -> None:
    being_started(world, job)
    keeper.turn()
    world.clock.advance(2.9)
    keeper.turn()
    assert world.job(job).status is JobStatus.RUNNING
    world.clock.advance(0.2)
    keeper.turn()
    lost = world.job(job)
    assert lost.status is JobStatus.LOST
    assert lost.failure is not None
    assert "keeper" in lost.failure.message


@pytest.mark.parametrize("years", [-56, 0.01, 12, 7973])
def test_j_12_a_clock_that_is_set_makes_no_start_late(
    world: World, job: Job, keeper: JobSupervisor, years: float
) -> None:
    """A start that is under way is given up by seconds that passed, not by what the clock says."""
    being_started(world, job)
    keeper.turn()
    world.clock.now += timedelta(days=365 * years)
    keeper.turn()
    assert world.job(job).status is JobStatus.RUNNING
    world.workers.start_job(job.kind, job.spec, world.parts.job_folder(job.id))
    keeper.turn()
    world.clock.now += timedelta(seconds=5)
    world.workers.last.finish(import_result(world.workers.last.folder))
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED


def test_a_worker_that_comes_too_late_is_refused(world: World, job: Job, keeper: JobSupervisor) -> None:
    being_started(world, job)
    keeper.turn()
    world.clock.advance(4)
    keeper.turn()
    with pytest.raises(JobFailedError, match="started before"):
        world.workers.start_job(job.kind, job.spec, world.parts.job_folder(job.id))


def test_a_worker_that_just_makes_its_journal_is_waited_for(world: World, job: Job, keeper: JobSupervisor) -> None:
    being_started(world, job)
    folder = world.parts.job_folder(job.id)
    folder.mkdir()
    (folder / JOURNAL).touch()
    keeper.turn()
    world.clock.advance(4)
    keeper.turn()
    assert world.job(job).status is JobStatus.RUNNING
    world.clock.advance(0.9)
    keeper.turn()
    assert world.job(job).status is JobStatus.LOST


def test_a_start_that_was_to_be_cancelled_is_cancelled(world: World, job: Job, keeper: JobSupervisor) -> None:
    being_started(world, job)
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    world.clock.advance(4)
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED


def test_a_worker_tells_a_new_keeper_who_it_is(world: World, job: Job) -> None:
    being_started(world, job)
    world.workers.start_job(job.kind, job.spec, world.parts.job_folder(job.id))
    keeper = world.keeper()
    world.clock.advance(60)
    keeper.turn()
    assert world.job(job).process == world.workers.last.process
    world.workers.last.finish(import_result(world.workers.last.folder))
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED


def test_a_worker_that_claims_to_be_another_process_is_not_believed(world: World, job: Job) -> None:
    other = world.workspace.datasets.import_file(world.file("other.csv"), "other")
    world.keeper().turn()
    victim, liar = world.worker_of(other), world.worker_of(job)
    with world.parts.registry.write() as unit:
        unit.jobs.update(dataclasses.replace(world.job(job), process=None))
        unit.commit()
    (liar.folder / JOURNAL).unlink()
    liar.say(MessageKind.STARTED, pid=victim.process.pid, packages={}, process=to_plain(victim.process))
    keeper = world.keeper()
    keeper.turn()
    assert world.job(job).process is None
    world.workspace.jobs.cancel(job.id)
    pass_time(world, keeper, 12)
    assert world.job(job).status is JobStatus.CANCELLED
    assert victim.is_alive
    assert not victim.was_asked_to_stop


def test_a_worker_that_speaks_for_another_run_changes_only_its_own(world: World) -> None:
    """What is in a result about runs and jobs is not read: whose it is follows from the folder it lies in."""
    mine, other = world.runs(estimators=(EstimatorChoice("LogisticRegression"), EstimatorChoice("DecisionTree")))
    job, of_other = (world.workspace.jobs.get(run.job_id) for run in (mine, other))

    def claiming(fake: FakeJob) -> dict[str, object]:
        fake.metric("roc_auc", 0, 0.5)
        return {**train_result(fake.folder), "run_id": other.id, "run_name": other.name, "job_id": of_other.id}

    world.play(job, claiming)
    assert world.workspace.experiments.run(mine.name).status is RunStatus.FINISHED
    left = world.workspace.experiments.run(other.name)
    assert left.status in (RunStatus.QUEUED, RunStatus.RUNNING)
    assert left.bundle_hash is None
    assert world.workspace.experiments.points(other.name) == []
    assert len(world.workspace.experiments.points(mine.name)) == 1


def test_a_folder_that_cannot_be_closed_does_not_keep_a_job_for_ever(
    world: World, job: Job, keeper: JobSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    being_started(world, job)
    keeper.turn()
    world.clock.advance(6)

    def refuse(path: Path, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "touch", refuse)
    keeper.turn()
    assert world.job(job).status is JobStatus.LOST


def test_a_journal_that_cannot_be_read_keeps_no_other_job_waiting(
    world: World, job: Job, keeper: JobSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    other = world.workspace.datasets.import_file(world.file(), "other")
    keeper.turn()
    folder = world.worker_of(job).folder
    folder.rename(folder.with_name("aside"))
    folder.touch()
    world.worker_of(other).finish(import_result(world.worker_of(other).folder))
    keeper.turn()
    keeper.turn()
    assert world.job(other).status is JobStatus.FINISHED
    assert caplog.text.count("cannot be seen to") == 1
    folder.unlink()
    folder.with_name("aside").rename(folder)
    world.worker_of(job).finish(import_result(folder))
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED
