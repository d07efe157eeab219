"""Workers without processes: a test plays the worker, and may let it crash, freeze or disobey."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import CallError, JobCancelledError, JobFailedError, JobLostError, MlopsError
from mlops_desktop.domain.jobs import JobKind, JournalPart, Message, MessageKind
from mlops_desktop.domain.plain import from_plain, to_json, to_plain
from mlops_desktop.domain.processes import ProcessIdentity

JOURNAL = "journal.jsonl"
ENDINGS = (MessageKind.RESULT, MessageKind.FAILURE)

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass
class FakeJob:
    """A job that runs nowhere: whoever holds it says what its worker does next."""

    kind: JobKind
    spec: Mapping[str, Any]
    folder: Path
    process: ProcessIdentity
    is_alive: bool = True
    is_obedient: bool = True
    was_asked_to_stop: bool = False
    heartbeat: datetime | None = field(default_factory=lambda: datetime.now(UTC))

    def say(self, kind: MessageKind, **body: object) -> None:
        self.write(to_json(Message(kind, datetime.now(UTC), body)).encode() + b"\n")

    def write(self, line: bytes) -> None:
        with (self.folder / JOURNAL).open("ab") as file:
            file.write(line)

    def progress(self, share: float, note: str = "") -> None:
        self.say(MessageKind.PROGRESS, share=share, note=note)

    def metric(self, key: str, step: int, value: object) -> None:
        self.say(MessageKind.METRIC, key=key, step=step, value=value)

    def log(self, text: str, level: str = "info") -> None:
        self.say(MessageKind.LOG, level=level, text=text)

    def finish(self, result: Mapping[str, object], *, leaves: bool = True) -> None:
        """Says its result; a worker takes a moment to leave after that."""
        self.say(MessageKind.RESULT, **result)
        self.is_alive = not leaves

    def fail(self, error: MlopsError) -> None:
        body = {"code": error.code, "message": error.message, "hint": error.hint, "details": error.details}
        self.say(MessageKind.FAILURE, **body, cancelled=isinstance(error, JobCancelledError))
        self.is_alive = False

    def crash(self) -> None:
        """Its process is killed from outside, and nobody saw how."""
        self.is_alive = False

    def has_ended(self) -> bool:
        return any(message.kind in ENDINGS for message in read_journal(self.folder, 0).messages)


class FakeWorkers:
    """What a machine's worker processes are to the keeper; it outlives the keepers of a test, as processes do."""

    def __init__(self, behaviour: Callable[[FakeJob], None] | None = None) -> None:
        self.behaviour = behaviour
        self.jobs: list[FakeJob] = []
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.start_failure: MlopsError | None = None
        self.is_warm = False
        self.is_closed = False
        self.largest_part = 16 << 20
        self._pids = itertools.count(1000)

    @property
    def last(self) -> FakeJob:
        return self.jobs[-1]

    def start_job(self, kind: JobKind, spec: Mapping[str, object], folder: Path) -> ProcessIdentity:
        if self.is_closed:
            raise JobFailedError("The workers were closed already.", hint="Open the workspace again.")
        if self.start_failure is not None:
            raise self.start_failure
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if (folder / JOURNAL).exists():
                raise JobFailedError("This job was started before: its folder holds a journal already.")
            (folder / "spec.json").write_text(to_json(spec))
        except OSError as error:
            raise JobFailedError(f"The job could not be started: {error}", hint="Check the folder.") from error
        pid = next(self._pids)
        process = ProcessIdentity("fake machine", "fake boot", pid, float(pid))
        job = FakeJob(kind, json.loads(to_json(spec)), folder, process)
        self.jobs.append(job)
        job.say(MessageKind.STARTED, pid=pid, packages={}, process=to_plain(process))
        if self.behaviour is not None:
            self.behaviour(job)
        return process

    def prepare(self) -> None:
        self.is_warm = not self.is_closed

    def rest(self) -> None:
        self.is_warm = False

    def is_alive(self, process: ProcessIdentity) -> bool:
        job = self._job(process)
        return job is not None and job.is_alive

    def works_in(self, process: ProcessIdentity, folder: Path) -> bool:
        job = self._job(process)
        return job is not None and job.is_alive and job.folder == folder

    def memory(self, process: ProcessIdentity) -> int:
        return 100_000_000 if self.is_alive(process) else 0

    def ask_to_stop(self, process: ProcessIdentity) -> None:
        job = self._job(process)
        if job is None or not job.is_alive:
            return
        job.was_asked_to_stop = True
        if job.is_obedient:
            job.fail(JobCancelledError("The job was cancelled."))

    def end(self, process: ProcessIdentity) -> None:
        job = self._job(process)
        if job is not None:
            job.is_alive = False

    def read_journal(self, folder: Path, offset: int) -> JournalPart:
        return read_journal(folder, offset, self.largest_part)

    def heartbeat(self, folder: Path) -> datetime | None:
        return next((job.heartbeat for job in self.jobs if job.folder == folder), None)

    def call(self, name: str, request: Mapping[str, object], *, seconds: float = 60.0) -> dict[str, Any]:
        if self.is_closed:
            raise CallError("The workers were closed already.", hint="Open the workspace again.")
        plain = json.loads(to_json(request))
        self.asked.append((name, plain))
        if name not in self.answers:
            raise CallError(f"No worker can do {name}.")
        self.is_warm = True
        answer: dict[str, Any] = json.loads(to_json(self.answers[name](plain)))
        return answer

    def close(self) -> None:
        self.is_warm = False
        self.is_closed = True

    def reopened(self) -> FakeWorkers:
        """The same machine as the next keeper finds it: jobs go on, the warm worker died with its owner."""
        self.is_warm = self.is_closed = False
        return self

    def see_crash(self, job: FakeJob) -> None:
        """The keeper that started the job sees it die, and its journal is told how."""
        job.crash()
        if not job.has_ended():
            job.fail(JobLostError("The worker was ended by signal 9.", hint="Start it again."))

    def _job(self, process: ProcessIdentity) -> FakeJob | None:
        return next((job for job in self.jobs if job.process == process), None)


def read_journal(folder: Path, offset: int, largest: int = 16 << 20) -> JournalPart:
    """Whole lines only; a torn last one is left for the next time, and so is what is too much for one part."""
    try:
        content = (folder / JOURNAL).read_bytes()[offset:]
    except FileNotFoundError:
        return JournalPart((), offset)
    messages = []
    start = offset
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n") or offset - start >= largest:
            break
        offset += len(line)
        messages.append(from_plain(Message, json.loads(line)))
    return JournalPart(tuple(messages), offset)
