"""Jobs in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.storage.rows import JobRow
from mlops_desktop.storage.transaction import Transaction


class SqlJobRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, job: Job) -> None:
        row = JobRow(id=job.id, kind=job.kind, created_at=job.created_at, created_by=job.created_by, **_changing(job))
        self._transaction.add(row)
        self._transaction.note(ChangeKind.JOB, job.id)

    def update(self, job: Job) -> None:
        row = self._transaction.needed(select(JobRow).where(JobRow.id == job.id), "job")
        self._transaction.change(row, **_changing(job))
        self._transaction.note(ChangeKind.JOB, job.id)

    def get(self, job_id: str) -> Job | None:
        row = self._transaction.one(select(JobRow).where(JobRow.id == job_id))
        return _job(row) if row else None

    def list(self, *, statuses: Sequence[JobStatus] = (), limit: int | None = None) -> Sequence[Job]:
        statement = select(JobRow).order_by(JobRow.seq.desc()).limit(limit)
        if statuses:
            statement = statement.where(JobRow.status.in_(statuses))
        return [_job(row) for row in reversed(self._transaction.all(statement))]


def _changing(job: Job) -> dict[str, Any]:
    """What an update may change; the rest is fixed from the start."""
    return {
        "title": job.title,
        "status": job.status,
        "spec": job.spec,
        "object_id": job.object_id,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "process": job.process,
        "journal_offset": job.journal_offset,
        "progress": job.progress,
        "note": job.note,
        "cancel_requested_at": job.cancel_requested_at,
        "heartbeat_at": job.heartbeat_at,
        "result": job.result,
        "failure": job.failure,
    }


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        title=row.title,
        status=row.status,
        spec=row.spec,
        object_id=row.object_id,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        process=row.process,
        journal_offset=row.journal_offset,
        progress=row.progress,
        note=row.note,
        cancel_requested_at=row.cancel_requested_at,
        heartbeat_at=row.heartbeat_at,
        result=row.result,
        failure=row.failure,
    )
