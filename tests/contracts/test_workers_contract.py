"""What the services may rely on from workers: the same tests for the fake ones and for real processes."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.workers import FakeJob, FakeWorkers
from tests.workers.worker_program import JOBS as REAL_JOBS

from mlops_desktop.domain.errors import CallError, JobCancelledError, JobFailedError, UnusableTargetError
from mlops_desktop.domain.jobs import JobKind, JournalPart, Message, MessageKind
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.ports import Workers
from mlops_desktop.workers.launcher import WorkerLauncher

PROGRAM = Path(__file__).parents[1] / "workers" / "worker_program.py"
ENDINGS = (MessageKind.RESULT, MessageKind.FAILURE)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.005)


@dataclass
class Workshop:
    """One machine. `workers` are an owner's; `next_owner` gives those of the one who takes over."""

    make: Callable[[], Workers]
    folder: Path
    made: list[Workers] = field(default_factory=list)
    started: list[ProcessIdentity] = field(default_factory=list)

    def workers(self) -> Workers:
        self.made.append(self.make())
        return self.made[-1]

    def start(self, workers: Workers, *, waits: bool = False, folder: str = "job") -> ProcessIdentity:
        process = workers.start_job(JobKind.TRAIN, {"wait": waits, "share": float("inf")}, self.folder / folder)
        self.started.append(process)
        return process

    def messages(self, workers: Workers, folder: str = "job") -> list[Message]:
        return list(workers.read_journal(self.folder / folder, 0).messages)

    def until_gone(self, workers: Workers, process: ProcessIdentity) -> None:
        until(lambda: not workers.is_alive(process))

    def close(self) -> None:
        last = self.workers()
        for process in self.started:
            last.end(process)
        for workers in self.made:
            with contextlib.suppress(CallError):
                workers.close()


def _work(job: FakeJob) -> None:
    """What `worker_program.py` does, told by hand."""
    if job.spec["wait"]:
        return
    job.progress(0.5, "half-way")
    job.log("a word")
    job.metric("accuracy", 0, "NaN")
    job.finish({"spec": dict(job.spec)})


def _refuse(request: Any) -> dict[str, Any]:
    raise UnusableTargetError("The target is constant.", hint="Choose another column.")


def _fake() -> Callable[[], Workers]:
    machine = FakeWorkers(_work)
    machine.answers = {"echo": lambda request: {"request": dict(request)}, "refuse": _refuse}

    def owner() -> Workers:
        return machine.reopened()

    return owner


def _real() -> Workers:
    return WorkerLauncher((sys.executable, "-E", str(PROGRAM)), memory_cap=512 << 20, keep_warm=False)


@pytest.fixture(params=["fake", "real"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path, _nothing_left_running: None) -> Iterator[Workshop]:
    shop = Workshop(_fake() if request.param == "fake" else _real, tmp_path)
    yield shop
    shop.close()


def test_the_real_program_has_the_job_that_is_played() -> None:
    assert "train" in REAL_JOBS


def test_a_job_reports_from_its_start_to_its_result(workshop: Workshop) -> None:
    workers = workshop.workers()
    process = workshop.start(workers)
    workshop.until_gone(workers, process)
    messages = workshop.messages(workers)
    assert [message.kind for message in messages] == [
        MessageKind.STARTED,
        MessageKind.PROGRESS,
        MessageKind.LOG,
        MessageKind.METRIC,
        MessageKind.RESULT,
    ]
    assert from_plain(ProcessIdentity, messages[0].body["process"]) == process
    assert messages[1].body == {"share": 0.5, "note": "half-way"}
    assert messages[3].body["value"] == "NaN"
    assert messages[4].body["spec"] == {"wait": False, "share": "Infinity"}
    assert workers.memory(process) == 0


def test_a_journal_is_read_on_from_where_one_stopped(workshop: Workshop) -> None:
    workers = workshop.workers()
    workshop.until_gone(workers, workshop.start(workers))
    part = workers.read_journal(workshop.folder / "job", 0)
    assert workers.read_journal(workshop.folder / "job", part.offset) == JournalPart((), part.offset)
    assert workers.read_journal(workshop.folder / "nowhere", 7) == JournalPart((), 7)


def test_a_torn_last_line_is_left_for_the_next_time(workshop: Workshop) -> None:
    workers = workshop.workers()
    workshop.until_gone(workers, workshop.start(workers))
    before = workers.read_journal(workshop.folder / "job", 0)
    with (workshop.folder / "job" / "journal.jsonl").open("ab") as file:
        file.write(b'{"kind":"log","at":"2026-01-01')
    assert workers.read_journal(workshop.folder / "job", 0) == before


def test_a_running_job_is_alive_and_its_heart_beats(workshop: Workshop) -> None:
    workers = workshop.workers()
    process = workshop.start(workers, waits=True)
    assert workers.is_alive(process)
    assert workers.memory(process) > 0
    until(lambda: workers.heartbeat(workshop.folder / "job") is not None)
    assert workers.heartbeat(workshop.folder / "nowhere") is None


def test_a_process_is_the_worker_of_one_job_only(workshop: Workshop) -> None:
    workers = workshop.workers()
    one, other = workshop.start(workers, waits=True), workshop.start(workers, waits=True, folder="other")
    assert workers.works_in(one, workshop.folder / "job")
    assert workers.works_in(other, workshop.folder / "other")
    assert not workers.works_in(one, workshop.folder / "other")
    workers.end(one)
    assert not workers.works_in(one, workshop.folder / "job")


def test_who_asks_a_job_to_stop_finds_it_cancelled(workshop: Workshop) -> None:
    workers = workshop.workers()
    process = workshop.start(workers, waits=True)
    workers.ask_to_stop(process)
    workshop.until_gone(workers, process)
    last = workshop.messages(workers)[-1]
    assert (last.kind, last.body["code"], last.body["cancelled"]) == (
        MessageKind.FAILURE,
        JobCancelledError.code,
        True,
    )
    workers.ask_to_stop(process)
    workers.end(process)


def test_an_ended_job_is_gone_when_the_call_returns(workshop: Workshop) -> None:
    workers = workshop.workers()
    process = workshop.start(workers, waits=True)
    workers.end(process)
    assert not workers.is_alive(process)
    assert workshop.messages(workers)[-1].kind not in ENDINGS
    workers.end(process)


def test_a_job_is_started_once_only(workshop: Workshop) -> None:
    workers = workshop.workers()
    workshop.until_gone(workers, workshop.start(workers))
    before = workshop.messages(workers)
    with pytest.raises(JobFailedError, match="started before"):
        workshop.start(workers)
    assert workshop.messages(workers) == before


def test_a_folder_that_cannot_be_made_is_told(workshop: Workshop) -> None:
    (workshop.folder / "file").touch()
    with pytest.raises(JobFailedError, match="could not be started") as caught:
        workshop.start(workshop.workers(), folder="file/job")
    assert caught.value.hint


def test_a_job_goes_on_under_its_next_owner(workshop: Workshop) -> None:
    first = workshop.workers()
    process = workshop.start(first, waits=True)
    first.close()
    second = workshop.workers()
    assert second.is_alive(process)
    second.ask_to_stop(process)
    workshop.until_gone(second, process)
    assert workshop.messages(second)[-1].kind is MessageKind.FAILURE


def test_a_process_of_another_time_or_machine_is_not_alive(workshop: Workshop) -> None:
    workers = workshop.workers()
    process = workshop.start(workers, waits=True)
    others = [
        ProcessIdentity("another machine", process.boot, process.pid, process.started),
        ProcessIdentity(process.machine, "another boot", process.pid, process.started),
        ProcessIdentity(process.machine, process.boot, process.pid, process.started - 100),
    ]
    for other in others:
        assert not workers.is_alive(other)
        workers.ask_to_stop(other)
        workers.end(other)
    assert workers.is_alive(process)


def test_calls_are_answered_or_refused_in_the_workers_words(workshop: Workshop) -> None:
    workers = workshop.workers()
    workers.prepare()
    assert workers.call("echo", {"number": 1.5})["request"] == {"number": 1.5}
    with pytest.raises(UnusableTargetError, match="constant") as caught:
        workers.call("refuse", {})
    assert caught.value.hint == "Choose another column."
    workers.rest()
    assert workers.call("echo", {})["request"] == {}


def test_closed_workers_answer_nothing_and_start_nothing(workshop: Workshop) -> None:
    workers = workshop.workers()
    workers.close()
    workers.close()
    workers.prepare()
    with pytest.raises(CallError, match="closed"):
        workers.call("echo", {})
    with pytest.raises(JobFailedError, match="closed"):
        workshop.start(workers)
