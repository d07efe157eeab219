"""On a disk that is as good as full no work is begun, nothing of it is to be seen, and cleaning up works."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from tests.services.world import World, import_result

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.services import room
from mlops_desktop.services.keeping import jobs
from mlops_desktop.services.trash import Kind


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the disk have so many bytes free."""
    usage = shutil.disk_usage("/")

    def leave(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=free))

    return leave


def test_a_04_without_room_no_work_is_begun_and_there_is_no_row_of_it(
    world: World, leave: Callable[[int], None]
) -> None:
    world.dataset()
    before = (len(world.workspace.jobs.list()), world.actions())
    leave(room.LITTLE - 1)
    for begin in (lambda: world.workspace.datasets.import_file(world.file(), "birds"), world.runs):
        with pytest.raises(DiskFullError, match=r"as good as full: 16\.0 MB are free") as said:
            begin()
        assert str(world.folder) in said.value.message
        assert "mlops trash purge" in said.value.hint
    assert [dataset.name for dataset in world.workspace.datasets.list()] == ["flights"]
    assert world.workspace.experiments.runs() == []
    assert (len(world.workspace.jobs.list()), world.actions()) == before
    leave(room.LITTLE)
    assert len(world.runs()) == 1


def test_s_04_a_disk_as_good_as_full_is_a_trouble_that_is_told_and_cleaning_up_works(
    world: World, leave: Callable[[int], None]
) -> None:
    world.dataset()
    assert world.workspace.trouble() is None
    leave(room.LITTLE - 1)
    assert isinstance(world.workspace.trouble(), DiskFullError)
    world.workspace.trash.put(Kind.DATASET, ["flights"])
    assert world.workspace.trash.purge().items == 1
    leave(room.LITTLE)
    assert world.workspace.trouble() is None


def test_a_04_output_that_finds_no_room_in_the_store_waits_for_it_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = world.workspace.datasets.import_file(world.file(), "birds")
    with monkeypatch.context() as patch:
        keeper = no_room_in_the_store(world, job, patch)
        keeper.turn()
        keeper.turn()
        waiting = world.job(job)
        assert (waiting.status, waiting.note) == (JobStatus.RUNNING, jobs.WAITS_FOR_ROOM)
        assert world.workspace.datasets.versions("birds") == []
        assert caplog.text.count("waits for room") == 1
    keeper.turn()
    assert world.job(job).status is JobStatus.RUNNING  # it does not ask all the time
    monkeypatch.setattr(jobs, "ROOM_PAUSE", 0.0)
    keeper.turn()
    assert world.job(job).status is JobStatus.FINISHED
    assert len(world.workspace.datasets.versions("birds")) == 1
    world.verify()


def test_a_04_output_that_finds_no_room_can_be_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.workspace.datasets.import_file(world.file(), "birds")
    keeper = no_room_in_the_store(world, job, monkeypatch)
    world.workspace.jobs.cancel(job.id)
    keeper.turn()
    keeper.turn()
    assert world.job(job).status is JobStatus.CANCELLED
    assert world.workspace.datasets.versions("birds") == []
    assert {path.name for path in world.parts.job_folder(job.id).iterdir()} <= {"journal.jsonl", "spec.json"}


def no_room_in_the_store(world: World, job: Job, patch: pytest.MonkeyPatch) -> jobs.JobSupervisor:
    """The worker is done, and its table does not fit into the store. The keeper that has met it."""

    def full(source: object) -> str:
        raise DiskFullError(f"There is no room in {world.folder}.", hint="Free some space there first.")

    patch.setattr(world.parts.artifacts, "add", full)
    keeper = world.keeper()
    keeper.turn()
    fake = world.worker_of(job)
    fake.finish(import_result(fake.folder))
    keeper.turn()
    return keeper
