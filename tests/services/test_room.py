"""On a disk that is as good as full no work is begun, nothing of it is to be seen, and cleaning up works."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from tests.services.world import World, import_result

from mlops_desktop.domain.errors import DiskFullError
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.services import room
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


def test_a_04_output_that_finds_no_room_in_the_store_is_no_version_and_says_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = world.workspace.datasets.import_file(world.file(), "birds")

    def full(source: object) -> str:
        raise DiskFullError(f"There is no room in {world.folder}.", hint="Free some space there first.")

    monkeypatch.setattr(world.parts.artifacts, "add", full)
    world.play(job, lambda fake: import_result(fake.folder))
    ended = world.job(job)
    assert ended.status is JobStatus.FAILED
    assert ended.failure is not None
    assert ended.failure.code == DiskFullError.code
    assert world.workspace.datasets.versions("birds") == []
    world.verify()
