"""Jobs as a person sees them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from tests.services.world import World, import_result

from mlops_desktop.domain.errors import (
    BugError,
    InvalidInputError,
    JobCancelledError,
    JobFailedError,
    JobLostError,
    NotFoundError,
    UnreadableTableError,
    WorkspaceError,
)
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.services import jobs as jobs_module
from mlops_desktop.services.jobs import error_of, failure_of


@pytest.fixture
def job(world: World) -> Job:
    return world.workspace.datasets.import_file(world.file(), "flights")


def test_jobs_are_listed_in_the_order_they_were_queued(world: World) -> None:
    made = [world.workspace.datasets.import_file(world.file(), name).id for name in ("a", "b", "c")]
    assert [job.id for job in world.workspace.jobs.list()] == made
    assert [job.id for job in world.workspace.jobs.list(limit=2)] == made[1:]
    assert world.workspace.jobs.list(statuses=[JobStatus.RUNNING]) == []


def test_a_job_is_found_by_the_beginning_of_its_id(world: World, job: Job) -> None:
    assert world.workspace.jobs.find(job.id[:6]) == job
    assert world.workspace.jobs.get(job.id) == job


def test_an_unknown_or_ambiguous_job_is_told(world: World, job: Job) -> None:
    with pytest.raises(NotFoundError, match="no job x"):
        world.workspace.jobs.find("x")
    with pytest.raises(NotFoundError):
        world.workspace.jobs.find("")
    with pytest.raises(NotFoundError):
        world.workspace.jobs.get("0" * 32)
    beginnings = {job.id[0]}
    while True:
        other = world.workspace.datasets.import_file(world.file(), "flights").id
        if other[0] in beginnings:
            break
        beginnings.add(other[0])
    with pytest.raises(InvalidInputError, match="jobs begin with"):
        world.workspace.jobs.find(other[0])


def test_cancelling_asks_once_and_wakes_the_keeper(world: World, job: Job) -> None:
    starts = world.keeper_starts
    asked = world.workspace.jobs.cancel(job.id)
    assert asked.cancel_requested_at == world.clock.now
    assert world.keeper_starts == starts + 1
    world.clock.advance(1)
    assert world.workspace.jobs.cancel(job.id) == asked
    assert world.actions().count("job.cancel") == 1
    assert world.keeper_starts == starts + 1
    with pytest.raises(NotFoundError):
        world.workspace.jobs.cancel("0" * 32)


def test_an_ended_job_is_left_alone(world: World, job: Job) -> None:
    world.play(job, lambda fake: import_result(fake.folder))
    assert world.workspace.jobs.cancel(job.id).cancel_requested_at is None


def test_waiting_gives_the_finished_job_and_shows_its_progress(
    world: World, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "_POLL_SECONDS", 0.001)
    keeper = world.keeper()
    seen: list[float | None] = []

    def on_progress(now: Job) -> None:
        seen.append(now.progress)
        if len(seen) == 2:
            keeper.turn()
            world.workers.last.progress(0.5)
        elif len(seen) == 3:
            keeper.turn()
        elif len(seen) == 5:
            world.workers.last.finish(import_result(world.workers.last.folder))
            keeper.turn()

    done = world.workspace.jobs.wait(job.id, on_progress)
    assert done.status is JobStatus.FINISHED
    assert 0.5 in seen
    assert seen[-1] == 1.0
    assert world.keeper_starts >= 2


def test_waiting_ends_where_no_keeper_stays(world: World, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(jobs_module, "_KEEPER_SECONDS", 0.0)
    starts: list[bool] = []

    def start() -> bool:
        starts.append(True)
        return True

    service = jobs_module.JobService(dataclasses.replace(world.parts, start_keeper=start))
    with pytest.raises(WorkspaceError, match="ended 5 times") as caught:
        service.wait(job.id)
    assert "keeper.log" in caught.value.hint
    assert len(starts) == 6
    assert world.workspace.jobs.get(job.id).status is JobStatus.QUEUED


def test_waiting_raises_what_ended_the_job(world: World) -> None:
    def queued() -> Job:
        job = world.workspace.datasets.import_file(world.file(), "flights")
        world.keeper().turn()
        return job

    failed = queued()
    world.workers.last.fail(UnreadableTableError("Line 7 has 3 cells.", hint="Mend it.", details="x"))
    cancelled = queued()
    world.workers.last.fail(JobCancelledError("Cancelled."))
    lost = queued()
    world.workers.last.crash()
    world.keeper().turn()
    world.keeper().turn()
    with pytest.raises(UnreadableTableError, match="Line 7") as caught:
        world.workspace.jobs.wait(failed.id)
    assert (caught.value.hint, caught.value.details) == ("Mend it.", "x")
    with pytest.raises(JobCancelledError):
        world.workspace.jobs.wait(cancelled.id)
    with pytest.raises(JobLostError) as lost_error:
        world.workspace.jobs.wait(lost.id)
    assert lost_error.value.hint
    with pytest.raises(NotFoundError):
        world.workspace.jobs.wait("0" * 32)


def test_an_error_travels_as_a_failure_and_back() -> None:
    error = UnreadableTableError("m", hint="h", details="d")
    back = error_of(failure_of(error))
    assert (type(back), back.message, back.hint, back.details) == (UnreadableTableError, "m", "h", "d")
    assert type(error_of(failure_of(BugError("m")))) is BugError
    assert type(error_of(Failure("MD-XYZ-999", "m"), JobLostError)) is JobLostError
    assert type(error_of(Failure("MD-XYZ-999", "m"))) is JobFailedError


def test_a_log_is_told_with_time_and_level(world: World, job: Job) -> None:
    assert world.workspace.jobs.log(job.id) == []
    world.keeper().turn()
    world.workers.last.log("first")
    world.workers.last.progress(0.5)
    world.workers.last.log("second", "warning")
    lines = world.workspace.jobs.log(job.id)
    assert [line.split(" ", 1)[1] for line in lines] == ["info: first", "warning: second"]
    assert datetime.strptime(lines[0].split(" ")[0], "%H:%M:%S").replace(tzinfo=UTC)
    assert world.workspace.jobs.log(job.id, limit=1) == lines[1:]
    assert world.workspace.jobs.log(job.id, limit=0) == []


def test_a_long_log_is_read_to_its_end(world: World, job: Job) -> None:
    """A journal comes in parts of limited size."""
    world.keeper().turn()
    for number in range(5):
        world.workers.last.log(f"line {number}")
    world.workers.largest_part = 200
    assert [line[-6:] for line in world.workspace.jobs.log(job.id, limit=3)] == ["line 2", "line 3", "line 4"]
