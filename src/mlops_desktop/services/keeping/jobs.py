"""The queue: starts workers, stores what their journals say, and notices when one is gone."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import shutil
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from mlops_desktop.domain.errors import BusyRegistryError, JobCancelledError, JobFailedError, JobLostError, UserError
from mlops_desktop.domain.experiments import Failure, MetricPoint, Run, RunStatus
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus, JournalPart, Message, MessageKind
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.services.jobs import failure_of
from mlops_desktop.services.keeping.adoption import adopt, outputs, store_files, worker_spec
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

log = logging.getLogger(__name__)

CANCEL_PATIENCE = timedelta(seconds=5)
START_PATIENCE = timedelta(seconds=3)
_RUN_STATUS = {
    JobStatus.RUNNING: RunStatus.RUNNING,
    JobStatus.FAILED: RunStatus.FAILED,
    JobStatus.CANCELLED: RunStatus.CANCELLED,
    JobStatus.LOST: RunStatus.LOST,
}


class JobSupervisor:
    """Moves jobs on, a turn at a time. Only the keeper has one; it may be killed and replaced between any two lines."""

    def __init__(self, parts: Parts, concurrent: int) -> None:
        self._parts = parts
        self._concurrent = concurrent
        self._asked: dict[str, float] = {}
        self._asked_to_end: set[str] = set()

    def turn(self) -> bool:
        """One round; says whether anything is queued or running."""
        with self._parts.registry.read() as unit:
            open_jobs = unit.jobs.list(statuses=(JobStatus.RUNNING, JobStatus.QUEUED))
        running = [job for job in open_jobs if job.status is JobStatus.RUNNING]
        queued = [job for job in open_jobs if job.status is JobStatus.QUEUED]
        for job in running:
            self._follow(job)
        for job in queued:
            if job.cancel_requested_at:
                self._end(job, JobStatus.CANCELLED, failure_of(JobCancelledError("Cancelled before it began.")))
        waiting = [job for job in queued if not job.cancel_requested_at]
        for job in waiting[: max(0, self._concurrent - len(running))]:
            self._start(job)
        return bool(open_jobs)

    # --- starting ---------------------------------------------------------------------------------------------------

    def _start(self, job: Job) -> None:
        folder = self._parts.job_folder(job.id)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
        job = dataclasses.replace(job, status=JobStatus.RUNNING, started_at=self._parts.clock(), journal_offset=0)
        try:
            with self._parts.registry.write() as unit:
                spec = worker_spec(unit, self._parts, job)
                unit.jobs.update(job)
                self._mirror(unit, job)
                unit.commit()
            process = self._parts.workers.start_job(job.kind, spec, folder)
        except BusyRegistryError:
            raise
        except UserError as error:
            self._end(job, JobStatus.FAILED, failure_of(error))
            return
        with self._parts.registry.write() as unit:
            unit.jobs.update(dataclasses.replace(job, process=process))
            unit.commit()
        log.info("job %s started: %s", job.id, job.title)

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
        elif part.offset != job.journal_offset:
            self._store(job, part)
        elif not alive:
            self._gone(job)
        elif job.cancel_requested_at:
            self._press(job)

    def _store(self, job: Job, part: JournalPart) -> None:
        with self._parts.registry.write() as unit:
            unit.jobs.update(self._advanced(unit, job, part))
            unit.commit()

    def _advanced(self, unit: UnitOfWork, job: Job, part: JournalPart) -> Job:
        """The job after these messages; its metrics are stored in the same transaction as the new offset."""
        current = unit.jobs.get(job.id) or job
        progress = [m for m in part.messages if m.kind is MessageKind.PROGRESS]
        process = current.process or _started_process(part)
        advanced = dataclasses.replace(current, journal_offset=part.offset, process=process)
        if progress:
            share, note = progress[-1].body.get("share"), progress[-1].body.get("note", "")
            advanced = dataclasses.replace(
                advanced, progress=float(share) if isinstance(share, int | float) else None, note=str(note)[:500]
            )
        points = [point for message in part.messages if (point := _point(message))]
        if job.kind is JobKind.TRAIN:
            run = unit.runs.get(job.object_id)
            if run is not None and (points or progress):
                unit.runs.add_points(run.id, points)
                unit.runs.update(dataclasses.replace(run, progress=advanced.progress))
        return advanced

    def _finish(self, job: Job, part: JournalPart, ending: Message) -> None:
        try:
            files = store_files(self._parts, job, ending.body)
            with self._parts.registry.write() as unit:
                advanced = self._advanced(unit, job, part)
                result = adopt(unit, self._parts, job, ending.body, files)
                unit.jobs.update(
                    dataclasses.replace(
                        advanced,
                        status=JobStatus.FINISHED,
                        progress=1.0,
                        note="",
                        finished_at=self._parts.clock(),
                        result=result,
                    )
                )
                unit.commit()
        except BusyRegistryError:
            raise
        except UserError as error:
            self._end(job, JobStatus.FAILED, failure_of(error), part)
            return
        self._tidy(job)
        log.info("job %s finished: %s", job.id, job.title)

    def _fail(self, job: Job, part: JournalPart, ending: Message) -> None:
        body = ending.body
        failure = Failure(
            code=str(body.get("code", JobFailedError.code)),
            message=str(body.get("message", "The worker failed without a word.")),
            hint=str(body.get("hint", "")),
            details=str(body.get("details", "")),
        )
        cancelled = failure.code == JobCancelledError.code
        self._end(job, JobStatus.CANCELLED if cancelled else JobStatus.FAILED, failure, part)

    def _gone(self, job: Job) -> None:
        """Its process is away and its journal has no end: cancelled if that was asked for, else lost."""
        started = job.started_at or job.created_at
        if job.process is None and self._parts.clock() - started < START_PATIENCE:
            return
        if job.cancel_requested_at:
            self._end(job, JobStatus.CANCELLED, failure_of(JobCancelledError("Cancelled; it had to be ended.")))
            return
        why = (
            "Its process went away without a result; the computer may have run out of memory or was restarted."
            if job.process
            else "The keeper was ended while it was starting the worker."
        )
        self._end(job, JobStatus.LOST, failure_of(JobLostError(why, hint="Start it again.")))

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
            advanced = self._advanced(unit, job, part) if part else job
            ended = dataclasses.replace(
                advanced, status=status, finished_at=self._parts.clock(), failure=failure, note=""
            )
            unit.jobs.update(ended)
            self._mirror(unit, ended)
            unit.audit.append(f"job.{status.value}", job.title, {"job": job.id, "code": failure.code})
            unit.commit()
        self._tidy(job)
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

    def _tidy(self, job: Job) -> None:
        self._asked.pop(job.id, None)
        self._asked_to_end.discard(job.id)
        if job.process is not None and self._parts.workers.is_alive(job.process):
            return
        _remove(outputs(job, self._parts.job_folder(job.id)))


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _started_process(part: JournalPart) -> ProcessIdentity | None:
    """The worker's own word of who it is: where a keeper was ended between starting it and writing that down."""
    for message in part.messages:
        if message.kind is MessageKind.STARTED:
            with contextlib.suppress(TypeError, ValueError):
                return from_plain(ProcessIdentity, message.body.get("process"))
    return None


def _point(message: Message) -> MetricPoint | None:
    if message.kind is not MessageKind.METRIC:
        return None
    key, step, value = (message.body.get(name) for name in ("key", "step", "value"))
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = float(value)
    if not isinstance(key, str) or not isinstance(step, int) or not isinstance(value, int | float):
        return None
    return MetricPoint(key, step, float(value))
