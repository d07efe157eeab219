"""Runs and their metric points in the registry."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.sqlite import insert

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.experiments import MetricPoint, Run, RunBrief, RunStatus
from mlops_desktop.domain.run_summaries import Registered, RunSummary
from mlops_desktop.storage.repositories.run_summaries import read_registered, read_summaries
from mlops_desktop.storage.rows import ExperimentRow, RunMetricRow, RunRow
from mlops_desktop.storage.transaction import Transaction


def _evenly(of_run: ColumnElement[bool], most: int) -> Select[tuple[int]]:
    """Of each metric's points about so many, from all over its steps, the first and the last among them."""
    by_step = func.row_number().over(partition_by=RunMetricRow.key, order_by=RunMetricRow.step)
    total = func.count().over(partition_by=RunMetricRow.key)
    counted = select(RunMetricRow.seq, by_step.label("number"), total.label("total")).where(of_run).subquery()
    stride = (counted.c.total + (most - 1)) // most
    chosen = ((counted.c.number - 1) % stride == 0) | (counted.c.number == counted.c.total)
    return select(counted.c.seq).where(chosen)


class SqlRunRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, run: Run) -> None:
        row = RunRow(
            id=run.id,
            experiment_id=run.experiment_id,
            created_at=run.created_at,
            created_by=run.created_by,
            revision=run.revision,
            **_changing(run),
        )
        self._transaction.add(row)
        self._note(run)

    def update(self, run: Run) -> None:
        row = self._row(run.id)
        self._transaction.revise(row, run.revision, f"run {run.name}", **_changing(run))
        self._note(run)

    def remove(self, run_id: str) -> None:
        row = self._row(run_id)
        experiment_id = row.experiment_id
        self._transaction.remove(row)
        self._transaction.note(ChangeKind.RUN, run_id)
        self._transaction.note(ChangeKind.EXPERIMENT, experiment_id)

    def get(self, run_id: str) -> Run | None:
        return self._first(_runs().where(RunRow.id == run_id))

    def find(self, name: str) -> Run | None:
        return self._first(_runs().where(RunRow.name == name))

    def list(
        self,
        *,
        experiment_id: str | None = None,
        dataset_hash: str | None = None,
        statuses: Sequence[RunStatus] = (),
        trashed: bool = False,
        limit: int | None = None,
    ) -> Sequence[Run]:
        statement = _runs().where(RunRow.trashed_at.is_not(None) if trashed else RunRow.trashed_at.is_(None))
        if experiment_id is not None:
            statement = statement.where(RunRow.experiment_id == experiment_id)
        if dataset_hash is not None:
            statement = statement.where(RunRow.dataset_hash == dataset_hash)
        if statuses:
            statement = statement.where(RunRow.status.in_(statuses))
        found = self._transaction.pairs(statement.order_by(RunRow.seq.desc()).limit(limit))
        return [_run(row, name) for row, name in found]

    def summaries(self, *, experiment_id: str | None = None, ids: Sequence[str] | None = None) -> Sequence[RunSummary]:
        return read_summaries(self._transaction, experiment_id=experiment_id, ids=ids)

    def registered(self) -> Mapping[str, tuple[Registered, ...]]:
        return read_registered(self._transaction)

    def names(self) -> Sequence[str]:
        return self._transaction.all(select(RunRow.name).order_by(RunRow.seq))

    def briefs(self) -> Sequence[RunBrief]:
        statement = (
            select(RunRow.id, RunRow.name, ExperimentRow.name, RunRow.status, RunRow.created_at)
            .join(ExperimentRow, ExperimentRow.id == RunRow.experiment_id)
            .where(RunRow.trashed_at.is_(None))
            .order_by(RunRow.seq.desc())
        )
        return [RunBrief(*values) for values in self._transaction.pairs(statement)]

    def add_points(self, run_id: str, points: Sequence[MetricPoint]) -> None:
        """A point measured again (same key and step) takes the place of the first."""
        if not points:
            return
        values = [
            {"run_id": run_id, "key": point.key, "step": point.step, "value": _without_nan(point.value)}
            for point in points
        ]
        statement = insert(RunMetricRow)
        statement = statement.on_conflict_do_update(
            index_elements=["run_id", "key", "step"], set_={"value": statement.excluded.value}
        )
        self._transaction.execute(statement, values)
        self._transaction.note(ChangeKind.RUN, run_id)

    def points(self, run_id: str, most: int = 0) -> Sequence[MetricPoint]:
        of_run = RunMetricRow.run_id == run_id
        statement = select(RunMetricRow.key, RunMetricRow.step, RunMetricRow.value)
        statement = statement.where(of_run).order_by(RunMetricRow.seq)
        if most:
            statement = statement.where(RunMetricRow.seq.in_(_evenly(of_run, most)))
        return [
            MetricPoint(key, step, math.nan if value is None else value)
            for key, step, value in self._transaction.pairs(statement)
        ]

    def _row(self, run_id: str) -> RunRow:
        return self._transaction.needed(select(RunRow).where(RunRow.id == run_id), "run")

    def _first(self, statement: Select[RunRow, str]) -> Run | None:
        return next((_run(row, name) for row, name in self._transaction.pairs(statement)), None)

    def _note(self, run: Run) -> None:
        self._transaction.note(ChangeKind.RUN, run.id)


def _runs() -> Select[RunRow, str]:
    return select(RunRow, ExperimentRow.name).join(ExperimentRow, ExperimentRow.id == RunRow.experiment_id)


def _without_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def _changing(run: Run) -> dict[str, Any]:
    """What an update may change; the rest is fixed from the start."""
    return {
        "name": run.name,
        "status": run.status,
        "spec": run.spec,
        "dataset_reference": run.dataset_reference,
        "dataset_hash": run.dataset_hash,
        "job_id": run.job_id,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "metrics": run.metrics,
        "tags": run.tags,
        "notes": run.notes,
        "environment": run.environment,
        "evaluation_hash": run.evaluation_hash,
        "bundle_hash": run.bundle_hash,
        "log_hash": run.log_hash,
        "failure": run.failure,
        "rerun_of": run.rerun_of,
        "progress": run.progress,
        "trashed_at": run.trashed_at,
    }


def _run(row: RunRow, experiment_name: str) -> Run:
    return Run(
        id=row.id,
        experiment_id=row.experiment_id,
        experiment_name=experiment_name,
        name=row.name,
        status=row.status,
        spec=row.spec,
        dataset_reference=row.dataset_reference,
        dataset_hash=row.dataset_hash,
        job_id=row.job_id,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
        metrics=row.metrics,
        tags=row.tags,
        notes=row.notes,
        environment=row.environment,
        evaluation_hash=row.evaluation_hash,
        bundle_hash=row.bundle_hash,
        log_hash=row.log_hash,
        failure=row.failure,
        rerun_of=row.rerun_of,
        progress=row.progress,
        trashed_at=row.trashed_at,
        revision=row.revision,
    )
