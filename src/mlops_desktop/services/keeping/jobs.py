"""The queue: starts workers, stores what their journals say, and notices when one is gone."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import (
    BusyRegistryError,
    DiskFullError,
    JobCancelledError,
    JobFailedError,
    JobLostError,
    UserError,
)
from mlops_desktop.domain.experiments import Failure, Run, RunStatus
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus, JournalPart, Message, MessageKind
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.jobs import failure_of
from mlops_desktop.services.keeping.adoption import (
    adopt,
    are_stored,
    check_inputs,
    outputs,
    store_files,
    worker_spec,
)
from mlops_desktop.services.keeping.job_folders import clear, remove
from mlops_desktop.services.keeping.messages import metric_point, progress_of, started_process
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

log = logging.getLogger(__name__)

CANCEL_PATIENCE = timedelta(seconds=5)
START_PATIENCE = 3.0
"""Seconds by our own count: the clock may be set, and the computer may have slept."""
ROOM_PAUSE = 2.0
WAITS_FOR_ROOM = "done; waits for room on the disk"
LEAVE_PATIENCE = 10.0
"""Seconds that a worker has to leave after its last word."""
SILENT_AFTER = 15.0
"""Seconds without a heartbeat, after which a worker does not respond."""
AWAY = 5.0
"""Seconds between two turns, after which the keeper itself was frozen or asleep, and can say nothing of others."""
_JOURNAL = "journal.jsonl"
_RUN_STATUS = {
    JobStatus.RUNNING: RunStatus.RUNNING,
    JobStatus.FAILED: RunStatus.FAILED,
    JobStatus.CANCELLED: RunStatus.CANCELLED,
    JobStatus.LOST: RunStatus.LOST,
}
_STATUS_BY_CODE = {JobCancelledError.code: JobStatus.CANCELLED, JobLostError.code: JobStatus.LOST}
_ENDED_BY_FORCE = failure_of(JobCancelledError("Cancelled; it had to be ended."))


class JobSupervisor:
    """Moves jobs on, a turn at a time. Only the keeper has one; it may be killed and replaced between any two lines.

    Patience is counted in seconds of `count`: the clock may be set meanwhile, and the computer may sleep.
    """

    def __init__(self, parts: Parts, concurrent: int, count: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._concurrent = concurrent
        self._count = count
        self._asked: dict[str, float] = {}
        self._asked_for_room: dict[str, float] = {}
        self._unknown_since: dict[str, float] = {}
        self._asked_to_end: set[str] = set()
        self._leaving: dict[str, tuple[Job, float]] = {}
        self._troubled: set[str] = set()
        self._heard: dict[str, tuple[datetime | None, float]] = {}
        self._turned_at = count()
        self._swept = False

    def turn(self) -> bool:
        """One round; says whether anything is queued or running."""
        if not self._swept:
            self._sweep()
        if self._count() - self._turned_at > AWAY:
            self._heard.clear()
        self._turned_at = self._count()
        self._see_off()
        with self._parts.registry.read() as unit:
            open_jobs = unit.jobs.list(statuses=(JobStatus.RUNNING, JobStatus.QUEUED))
        running = [job for job in open_jobs if job.status is JobStatus.RUNNING]
        queued = [job for job in open_jobs if job.status is JobStatus.QUEUED]
        for job in running:
            with self._apart(job):
                self._follow(job)
        for job in queued:
            if job.cancel_requested_at:
                self._end(job, JobStatus.CANCELLED, failure_of(JobCancelledError("Cancelled before it began.")))
        waiting = [job for job in queued if not job.cancel_requested_at]
        for job in waiting[: max(0, self._concurrent - len(running))]:
            with self._apart(job):
                self._start(job)
        return bool(open_jobs or self._leaving)

    @contextlib.contextmanager
    def _apart(self, job: Job) -> Iterator[None]:
        """One job whose files cannot be reached does not keep us from the others."""
        try:
            yield
            self._troubled.discard(job.id)
        except OSError as error:
            if job.id not in self._troubled:
                log.warning("job %s cannot be seen to: %s", job.id, error)
            self._troubled.add(job.id)

    # --- starting ---------------------------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        folder = self._parts.job_folder(job.id)
        try:
            with self._parts.registry.read() as unit:
                spec = worker_spec(unit, self._parts, job)
            if not self._is_ours_to_start(job):
                return
            clear(folder)
            process = self._parts.workers.start_job(job.kind, spec, folder)
        except BusyRegistryError:
            raise
        except UserError as error:
            self._end(job, JobStatus.FAILED, failure_of(error))
            return
        self._change(job, process=process)
        log.info("job %s started: %s", job.id, job.title)

    def _is_ours_to_start(self, job: Job) -> bool:
        """Notes that it is being started, unless it was cancelled since we read it."""
        with self._parts.registry.write() as unit:
            current = unit.jobs.get(job.id)
            if current is None or current.status is not JobStatus.QUEUED or current.cancel_requested_at:
                return False
            started = dataclasses.replace(
                current, status=JobStatus.RUNNING, started_at=self._parts.clock(), journal_offset=0
            )
            unit.jobs.update(started)
            self._mirror(unit, started)
            unit.commit()
        return True

    def _change(self, job: Job, **changes: Any) -> None:
        """Changes these fields of the job as it is now: somebody may have asked to cancel it meanwhile."""
        with self._parts.registry.write() as unit:
            unit.jobs.update(dataclasses.replace(unit.jobs.get(job.id) or job, **changes))
            unit.commit()

    # --- following --------------------------------------------------------------------------------------------------

    def _follow(self, job: Job) -> None:
        folder = self._parts.job_folder(job.id)
        alive = job.process is not None and self._parts.workers.is_alive(job.process)
        part = self._parts.workers.read_journal(folder, job.journal_offset)
        ending = next((m for m in part.messages if m.kind in (MessageKind.RESULT, MessageKind.FAILURE)), None)
        if ending is not None and ending.kind is MessageKind.RESULT:
            self._finish(job, part, ending)
        elif ending is not None:
            self._fail(job, part, ending)
        elif part.offset == job.journal_offset and not alive:
            self._gone(job)
        else:
            if part.offset != job.journal_offset:
                self._store(job, part)
            self._listen(job, folder)
            if job.cancel_requested_at:
                self._press(job)

    def _listen(self, job: Job, folder: Path) -> None:
        """Notes that a worker does not respond, and that it does again. It is never ended for that.

        Silence is measured by our own time, which stands still while the computer sleeps, and not by the clock.
        """
        beat = self._parts.workers.heartbeat(folder)
        now = self._count()
        before, since = self._heard.get(job.id, (beat, now))
        if beat != before:
            since = now
        self._heard[job.id] = (beat, since)
        if job.heartbeat_at is not None and beat is not None and beat != job.heartbeat_at:
            self._change(job, heartbeat_at=None)
            log.info("job %s responds again", job.id)
        elif job.heartbeat_at is None and now - since >= SILENT_AFTER:
            self._change(job, heartbeat_at=beat or job.started_at)
            log.warning("job %s does not respond", job.id)

    def _store(self, job: Job, part: JournalPart) -> None:
        with self._parts.registry.write() as unit:
            unit.jobs.update(self._advanced(unit, job, part))
            unit.commit()

    def _advanced(self, unit: UnitOfWork, job: Job, part: JournalPart) -> Job:
        """The job after these messages; its metrics are stored in the same transaction as the new offset."""
        current = unit.jobs.get(job.id) or job
        progress = [m for m in part.messages if m.kind is MessageKind.PROGRESS]
        process = current.process or self._claimed(job, part)
        advanced = dataclasses.replace(current, journal_offset=part.offset, process=process)
        if progress:
            share, note = progress_of(progress[-1])
            advanced = dataclasses.replace(advanced, progress=share, note=note)
        points = [point for message in part.messages if (point := metric_point(message))]
        if job.kind is JobKind.TRAIN:
            run = unit.runs.get(job.object_id)
            if run is not None and (points or progress):
                unit.runs.add_points(run.id, points)
                unit.runs.update(dataclasses.replace(run, progress=advanced.progress))
        return advanced

    def _claimed(self, job: Job, part: JournalPart) -> ProcessIdentity | None:
        """Who the worker says it is, where that is true: this process may be ended one day."""
        claimed = started_process(part)
        if claimed is None or self._parts.workers.works_in(claimed, self._parts.job_folder(job.id)):
            return claimed
        return None

    def _finish(self, job: Job, part: JournalPart, ending: Message) -> None:
        """On a full disk what the worker found stays where it is, and is taken in once there is room."""
        if time.monotonic() < self._asked_for_room.get(job.id, 0.0) + ROOM_PAUSE and not job.cancel_requested_at:
            return
        try:
            check_inputs(self._parts, job)
            files = store_files(self._parts, job, ending.body)
            with self._parts.registry.write() as unit:
                if not are_stored(self._parts, files):  # erased this very moment, as nobody named them yet
                    files = store_files(self._parts, job, ending.body)
                finished = dataclasses.replace(
                    self._advanced(unit, job, part),
                    status=JobStatus.FINISHED,
                    progress=1.0,
                    note="",
                    finished_at=self._parts.clock(),
                    result=adopt(unit, self._parts, job, ending.body, files),
                )
                unit.jobs.update(finished)
                unit.commit()
        except BusyRegistryError:
            raise
        except DiskFullError as error:
            self._want_room(job, part, error)
            return
        except UserError as error:
            self._end(job, JobStatus.FAILED, failure_of(error), part)
            return
        self._let_go(finished)
        log.info("job %s finished: %s", job.id, job.title)

    def _want_room(self, job: Job, part: JournalPart, error: DiskFullError) -> None:
        if job.cancel_requested_at:
            self._end(
                job, JobStatus.CANCELLED, failure_of(JobCancelledError("Cancelled; its output found no room.")), part
            )
            return
        if job.id not in self._asked_for_room:
            log.warning("job %s waits for room: %s", job.id, error.message)
        self._asked_for_room[job.id] = time.monotonic()
        if job.note != WAITS_FOR_ROOM:
            with contextlib.suppress(DiskFullError):
                self._change(job, note=WAITS_FOR_ROOM)

    def _fail(self, job: Job, part: JournalPart, ending: Message) -> None:
        body = ending.body
        failure = Failure(
            code=str(body.get("code", JobFailedError.code)),
            message=str(body.get("message", "The worker failed without a word.")),
            hint=str(body.get("hint", "")),
            details=str(body.get("details", "")),
        )
        status = _STATUS_BY_CODE.get(failure.code, JobStatus.FAILED)
        if status is JobStatus.LOST and job.cancel_requested_at:
            status, failure = JobStatus.CANCELLED, _ENDED_BY_FORCE
        self._end(job, status, failure, part)

    def _gone(self, job: Job) -> None:
        """Its process is away and its journal has no end: cancelled if that was asked for, else lost."""
        if job.process is None:
            since = self._unknown_since.setdefault(job.id, self._count())
            if not self._may_be_given_up(job, self._count() - since):
                return
            self._unknown_since.pop(job.id)
        if job.cancel_requested_at:
            self._end(job, JobStatus.CANCELLED, _ENDED_BY_FORCE)
            return
        why = (
            "Its process went away without a result; the computer may have run out of memory or was restarted."
            if job.process
            else "The keeper was ended while it was starting the worker."
        )
        self._end(job, JobStatus.LOST, failure_of(JobLostError(why, hint="Start it again.")))

    def _may_be_given_up(self, job: Job, waited: float) -> bool:
        """Nobody knows its process: whether none can begin any more. A job's journal is made once, by whoever is first.

        So once we have made it, a worker that is still on its way is refused. One that made it says soon who it is.
        """
        if waited < START_PATIENCE:
            return False
        folder = self._parts.job_folder(job.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _JOURNAL).touch(exist_ok=False)
        except FileExistsError:
            return waited > START_PATIENCE * 1.5
        except OSError as error:
            log.warning("job %s: its folder cannot be closed to a late worker: %s", job.id, error)
        return True

    def _press(self, job: Job) -> None:
        """Cancelling: ask once, end the whole group when the patience is over."""
        if job.process is None:
            return
        asked = self._asked.setdefault(job.id, time.monotonic())
        if job.id not in self._asked_to_end:
            self._asked_to_end.add(job.id)
            self._parts.workers.ask_to_stop(job.process)
        elif time.monotonic() - asked > CANCEL_PATIENCE.total_seconds():
            self._parts.workers.end(job.process)

    # --- ending -----------------------------------------------------------------------------------------------------

    def _end(self, job: Job, status: JobStatus, failure: Failure, part: JournalPart | None = None) -> None:
        with self._parts.registry.write() as unit:
            advanced = self._advanced(unit, job, part) if part else unit.jobs.get(job.id) or job
            ended = dataclasses.replace(
                advanced, status=status, finished_at=self._parts.clock(), failure=failure, note=""
            )
            unit.jobs.update(ended)
            self._mirror(unit, ended)
            unit.audit.append(f"job.{status.value}", job.title, {"job": job.id, "code": failure.code})
            unit.commit()
        self._let_go(ended)
        log.info("job %s %s: %s: %s", job.id, status.value, job.title, failure.message)

    def _mirror(self, unit: UnitOfWork, job: Job) -> None:
        """A training job's state is its run's state."""
        if job.kind is not JobKind.TRAIN:
            return
        run = unit.runs.get(job.object_id)
        if run is None:
            return
        changed: Run = dataclasses.replace(
            run,
            status=_RUN_STATUS[job.status],
            started_at=job.started_at,
            finished_at=job.finished_at,
            failure=job.failure,
        )
        unit.runs.update(changed)

    # --- seeing workers off -----------------------------------------------------------------------------------------

    def _let_go(self, job: Job) -> None:
        """Its row has ended; its worker may need a moment more to leave, and its heavy files go after it."""
        self._asked.pop(job.id, None)
        self._asked_for_room.pop(job.id, None)
        self._asked_to_end.discard(job.id)
        self._heard.pop(job.id, None)
        self._leaving[job.id] = (job, time.monotonic())
        self._see_off()

    def _see_off(self) -> None:
        for job, since in list(self._leaving.values()):
            if job.process is not None and self._parts.workers.is_alive(job.process):
                if time.monotonic() - since < LEAVE_PATIENCE:
                    continue
                log.warning("job %s has ended but its worker did not leave: ending it", job.id)
                self._parts.workers.end(job.process)
            remove(outputs(self._parts.job_folder(job.id)))
            del self._leaving[job.id]

    def _sweep(self) -> None:
        """What a keeper before us had no time to see off."""
        root = self._parts.job_folder("x").parent
        heavy = [folder.name for folder in root.iterdir() if outputs(folder)] if root.is_dir() else []
        with self._parts.registry.read() as unit:
            found = [unit.jobs.get(name) for name in heavy]
        for job in found:
            if job is not None and job.status.is_ended:
                self._leaving[job.id] = (job, time.monotonic())
        self._swept = True
