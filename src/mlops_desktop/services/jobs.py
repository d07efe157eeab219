"""Jobs as a person sees them: what waits, runs and is done; cancel one, wait for one."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from mlops_desktop.domain.errors import (
    BugError,
    InvalidInputError,
    JobCancelledError,
    JobFailedError,
    JobLostError,
    MlopsError,
    NotFoundError,
    WorkspaceError,
    user_errors,
)
from mlops_desktop.domain.experiments import Failure
from mlops_desktop.domain.identifiers import new_identifier
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus, MessageKind
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork
from mlops_desktop.services.room import want_of_room

_POLL_SECONDS = 0.1
_KEEPER_SECONDS = 1.0
MOST_STARTS = 5
"""A keeper with work to do stays; one that has to be started more often than this during one wait does not."""


def queue_job(
    unit: UnitOfWork, parts: Parts, kind: JobKind, *, title: str, spec: Mapping[str, object], object_id: str
) -> Job:
    """Adds a queued job to the unit of work; the caller commits and then starts the keeper.

    Raises DiskFullError where there is no room for work.
    """
    trouble = want_of_room(parts.folder)
    if trouble is not None:
        raise trouble
    job = Job(
        id=new_identifier(),
        kind=kind,
        title=title,
        status=JobStatus.QUEUED,
        spec=spec,
        object_id=object_id,
        created_at=parts.clock(),
        created_by=parts.actor,
    )
    unit.jobs.add(job)
    return job


def failure_of(error: MlopsError) -> Failure:
    return Failure(error.code, error.message, error.hint, error.details)


def error_of(failure: Failure, fallback: type[MlopsError] = JobFailedError) -> MlopsError:
    """The error that another process turned into a failure."""
    kind = BugError if failure.code == BugError.code else user_errors().get(failure.code, fallback)
    return kind(failure.message, hint=failure.hint, details=failure.details)


class JobService:
    """What runs in the background of a workspace."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def list(self, statuses: Sequence[JobStatus] = (), limit: int | None = None) -> Sequence[Job]:
        with self._parts.registry.read() as unit:
            return unit.jobs.list(statuses=statuses, limit=limit)

    def get(self, job_id: str) -> Job:
        """Raises NotFoundError."""
        with self._parts.registry.read() as unit:
            job = unit.jobs.get(job_id)
        if job is None:
            raise NotFoundError(f"There is no job {job_id}.")
        return job

    def find(self, beginning: str) -> Job:
        """The one job whose id begins so. Raises NotFoundError, InvalidInputError (several do)."""
        found = [job for job in self.list() if beginning and job.id.startswith(beginning)]
        if not found:
            raise NotFoundError(f"There is no job {beginning}.", hint="See: mlops jobs list")
        if len(found) > 1:
            raise InvalidInputError(f"{len(found)} jobs begin with {beginning}.", hint="Give more of the id.")
        return found[0]

    def cancel(self, job_id: str) -> Job:
        """Asks for the job to stop; the keeper ends it five seconds later if it does not. Ended jobs are left alone."""
        with self._parts.registry.write() as unit:
            job = unit.jobs.get(job_id)
            if job is None:
                raise NotFoundError(f"There is no job {job_id}.")
            if job.status.is_ended or job.cancel_requested_at:
                return job
            job = dataclasses.replace(job, cancel_requested_at=self._parts.clock())
            unit.jobs.update(job)
            unit.audit.append("job.cancel", job.title, {"job": job.id})
            unit.commit()
        self._parts.start_keeper()
        return job

    def wait(self, job_id: str, on_progress: Callable[[Job], None] | None = None) -> Job:
        """Waits until the job has ended, seeing to it that a keeper is there. Returns the finished job.

        Raises the job's own error, JobCancelledError or JobLostError, and WorkspaceError where no keeper stays.
        """
        next_keeper, starts = 0.0, 0
        while True:
            job = self.get(job_id)
            if on_progress:
                on_progress(job)
            if job.status.is_ended:
                break
            if time.monotonic() >= next_keeper:
                starts += self._parts.start_keeper()
                next_keeper = time.monotonic() + _KEEPER_SECONDS
                if starts > MOST_STARTS:
                    raise WorkspaceError(
                        f"The background process of this workspace ended {MOST_STARTS} times while {job.title} waited.",
                        hint=f"Its last words are in {self._parts.folder / 'keeper.log'}. The job stays queued.",
                    )
            time.sleep(_POLL_SECONDS)
        if job.status is JobStatus.FINISHED:
            return job
        failure = job.failure or Failure(JobFailedError.code, f"{job.title} ended without a reason.")
        by_status = {JobStatus.CANCELLED: JobCancelledError, JobStatus.LOST: JobLostError}
        raise error_of(failure, by_status.get(job.status, JobFailedError))

    def log(self, job_id: str, limit: int = 100_000) -> Sequence[str]:
        """The job's log lines, oldest first: time, level, text."""
        folder = self._parts.job_folder(self.get(job_id).id)
        lines: deque[str] = deque(maxlen=max(limit, 0))
        offset = -1
        part = self._parts.workers.read_journal(folder, 0)
        while part.offset != offset:  # it comes in parts of limited size
            lines.extend(
                f"{message.at:%H:%M:%S} {message.body.get('level', 'info')}: {message.body.get('text', '')}"
                for message in part.messages
                if message.kind is MessageKind.LOG
            )
            offset = part.offset
            part = self._parts.workers.read_journal(folder, offset)
        return list(lines)
