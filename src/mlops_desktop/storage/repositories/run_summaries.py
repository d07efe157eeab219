"""Runs as lists show them: one question to the registry, small values back, no row of ours made on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, Text, func, select, type_coerce

from mlops_desktop.domain.experiments import RunStatus, Task, Validation, ValidationKind
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.domain.run_summaries import Figures, Registered, RunSummary
from mlops_desktop.storage.columns import unreadable
from mlops_desktop.storage.rows import (
    AliasRow,
    ExperimentRow,
    JobRow,
    ModelRow,
    ModelVersionRow,
    RunMetricRow,
    RunRow,
)
from mlops_desktop.storage.transaction import Transaction

_MOST_AT_ONCE = 400
"""Ids in one question: SQLite takes no more than some thousand values."""
_STATUSES = {status.value: status for status in RunStatus}
_TASKS = {task.value: task for task in Task}
_IN_PROGRESS = frozenset({RunStatus.RUNNING.value, RunStatus.QUEUED.value})
_SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_OF_SPEC = ("$.estimator", "$.target", "$.task", "$.params", "$.positive_label", "$.validation")
_decode = json.JSONDecoder().raw_decode
Points = Mapping[str, Mapping[str, Sequence[float]]]


def read_summaries(
    transaction: Transaction, *, experiment_id: str | None = None, ids: Sequence[str] | None = None
) -> list[RunSummary]:
    """Newest first, without those in the trash; with `ids` only these."""
    if ids is None:
        statement = _runs()
        if experiment_id is not None:
            statement = statement.where(RunRow.experiment_id == experiment_id)
        return _summaries(transaction, transaction.pairs(statement.order_by(RunRow.seq.desc())))
    rows: list[Row[*tuple[Any, ...]]] = []
    for first in range(0, len(ids), _MOST_AT_ONCE):
        statement = _runs().where(RunRow.id.in_(ids[first : first + _MOST_AT_ONCE]))
        if experiment_id is not None:
            statement = statement.where(RunRow.experiment_id == experiment_id)
        rows.extend(transaction.pairs(statement.order_by(RunRow.seq.desc())))
    return _summaries(transaction, rows)


def read_registered(transaction: Transaction) -> dict[str, tuple[Registered, ...]]:
    """The model versions made of each run, by the run's id; models in the trash do not count."""
    aliases: dict[tuple[str, int], list[str]] = {}
    for model_id, alias, number in transaction.pairs(
        select(AliasRow.model_id, AliasRow.alias, AliasRow.number).order_by(AliasRow.alias)
    ):
        aliases.setdefault((model_id, number), []).append(alias)
    statement = (
        select(ModelVersionRow.run_id, ModelRow.id, ModelRow.name, ModelVersionRow.number)
        .join(ModelRow, ModelRow.id == ModelVersionRow.model_id)
        .where(ModelRow.trashed_at.is_(None), ModelVersionRow.run_id.is_not(None))
        .order_by(ModelVersionRow.seq.desc())
    )
    found: dict[str, tuple[Registered, ...]] = {}
    for run_id, model_id, name, number in transaction.pairs(statement):
        made = Registered(f"{name}@v{number}", tuple(aliases.get((model_id, number), ())))
        found[str(run_id)] = (*found.get(str(run_id), ()), made)
    return found


def _runs() -> Select[*tuple[Any, ...]]:
    """Nested values as text: SQLite takes what a list needs out of a long spec, so that we do not read the rest."""
    plain = (
        RunRow.id,
        RunRow.name,
        type_coerce(RunRow.status, Text),
        RunRow.experiment_id,
        ExperimentRow.name,
        RunRow.dataset_reference,
        func.json_extract(RunRow.spec, *_OF_SPEC, type_=Text),
        type_coerce(RunRow.created_at, Text),
        type_coerce(RunRow.created_by, Text),
        type_coerce(RunRow.started_at, Text),
        type_coerce(RunRow.finished_at, Text),
        type_coerce(RunRow.metrics, Text),
        type_coerce(RunRow.tags, Text),
        type_coerce(RunRow.notes, Text),
        RunRow.progress,
        RunRow.rerun_of,
        type_coerce(RunRow.failure, Text),
    )
    joined = select(*plain).join(ExperimentRow, ExperimentRow.id == RunRow.experiment_id)
    return joined.where(RunRow.trashed_at.is_(None), ExperimentRow.trashed_at.is_(None))


def _summaries(transaction: Transaction, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[RunSummary]:
    rows = list(rows)
    points = _points(transaction, [row[0] for row in rows if row[2] == RunStatus.RUNNING.value])
    stopping = _asked_to_stop(transaction) if any(row[2] in _IN_PROGRESS for row in rows) else frozenset()
    made = []
    for row in rows:
        try:
            made.append(_summary(row, points, stopping))
        except (TypeError, ValueError, KeyError, RecursionError) as error:
            raise unreadable(row[1]) from error
    return made


def _summary(row: Row[*tuple[Any, ...]], points: Points, stopping: frozenset[str]) -> RunSummary:
    (
        run_id, name, status, experiment_id, experiment_name, dataset, spec, created_at, created_by,
        started_at, finished_at, metrics, tags, notes, progress, rerun_of, failure,
    ) = row  # fmt: skip
    estimator, target, task, params, label, plan = _read(spec)
    return RunSummary(
        run_id,
        name,
        _STATUSES[status],
        experiment_id,
        experiment_name,
        dataset,
        estimator,
        target,
        _TASKS[task],
        datetime.fromisoformat(created_at),
        created_by,
        params or {},
        datetime.fromisoformat(started_at) if started_at else None,
        datetime.fromisoformat(finished_at) if finished_at else None,
        _measured(metrics) if len(metrics) > 2 else _so_far(points.get(run_id, {})),
        () if tags == "[]" else tuple(_read(tags)),
        notes,
        progress,
        rerun_of,
        _reason(failure) if failure else "",
        label,
        _validation(plan["kind"], plan["folds"], plan["validation_share"], plan["test_share"], plan["column"]),
        run_id in stopping,
    )


@lru_cache(maxsize=256)
def _validation(kind: str, folds: int, share: float, test: float, column: str | None) -> Validation:
    """One value for all runs that were validated so."""
    return Validation(ValidationKind(kind), folds, share, test, column)


def _measured(text: str) -> dict[str, Figures]:
    metrics = _read(text)
    if not any(special in text for special in _SPECIAL):
        return {one["key"]: (one["mean"], one["std"], tuple(one["folds"])) for one in metrics}
    return {
        one["key"]: (
            _number(one["mean"]),
            None if one["std"] is None else _number(one["std"]),
            tuple(map(_number, one["folds"])),
        )
        for one in metrics
    }


def _read(text: str) -> Any:
    return _decode(text)[0]


def _number(value: Any) -> float:
    return _SPECIAL[value] if isinstance(value, str) else float(value)


def _so_far(points: Mapping[str, Sequence[float]]) -> dict[str, Figures]:
    return {key: (sum(values) / len(values), None, tuple(values)) for key, values in points.items()}


def _asked_to_stop(transaction: Transaction) -> frozenset[str]:
    """The ids of runs in progress whose job was asked to stop."""
    statement = select(JobRow.object_id).where(
        JobRow.status.in_((JobStatus.QUEUED, JobStatus.RUNNING)), JobRow.cancel_requested_at.is_not(None)
    )
    return frozenset(str(run_id) for (run_id,) in transaction.pairs(statement))


def _points(transaction: Transaction, ids: Sequence[str]) -> Points:
    """The folds that runs in progress have measured."""
    found: dict[str, dict[str, list[float]]] = {}
    for first in range(0, len(ids), _MOST_AT_ONCE):
        statement = (
            select(RunMetricRow.run_id, RunMetricRow.key, RunMetricRow.value)
            .where(RunMetricRow.run_id.in_(ids[first : first + _MOST_AT_ONCE]), RunMetricRow.step >= 0)
            .order_by(RunMetricRow.seq)
        )
        for run_id, key, value in transaction.pairs(statement):
            if value is not None:
                found.setdefault(run_id, {}).setdefault(key, []).append(value)
    return found


def _reason(failure: str) -> str:
    told = _read(failure)
    return f"{told.get('message', '')}\n{told.get('hint', '')}".strip()
