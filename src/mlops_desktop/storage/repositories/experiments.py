"""Experiments in the registry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.experiments import Experiment
from mlops_desktop.storage.rows import ExperimentRow, RunRow
from mlops_desktop.storage.transaction import Transaction

_RUN_COUNT = (
    select(func.count()).where(RunRow.experiment_id == ExperimentRow.id, RunRow.trashed_at.is_(None)).scalar_subquery()
)


class SqlExperimentRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, experiment: Experiment) -> None:
        row = ExperimentRow(
            id=experiment.id,
            name=experiment.name,
            question=experiment.question,
            created_at=experiment.created_at,
            trashed_at=experiment.trashed_at,
            revision=experiment.revision,
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.EXPERIMENT, experiment.id)

    def update(self, experiment: Experiment) -> None:
        row = self._row(experiment.id)
        self._transaction.revise(
            row,
            experiment.revision,
            f"experiment {experiment.name}",
            name=experiment.name,
            question=experiment.question,
            trashed_at=experiment.trashed_at,
        )
        self._transaction.note(ChangeKind.EXPERIMENT, experiment.id)

    def remove(self, experiment_id: str) -> None:
        row = self._row(experiment_id)
        for run_id in self._transaction.all(select(RunRow.id).where(RunRow.experiment_id == experiment_id)):
            self._transaction.note(ChangeKind.RUN, run_id)
        self._transaction.remove(row)
        self._transaction.note(ChangeKind.EXPERIMENT, experiment_id)

    def get(self, experiment_id: str) -> Experiment | None:
        return self._first(_experiments().where(ExperimentRow.id == experiment_id))

    def find(self, name: str) -> Experiment | None:
        return self._first(_experiments().where(ExperimentRow.name == name))

    def list(self, *, trashed: bool = False) -> Sequence[Experiment]:
        wanted = ExperimentRow.trashed_at.is_not(None) if trashed else ExperimentRow.trashed_at.is_(None)
        found = self._transaction.pairs(_experiments().where(wanted).order_by(ExperimentRow.seq))
        return [_experiment(row, count) for row, count in found]

    def _row(self, experiment_id: str) -> ExperimentRow:
        return self._transaction.needed(select(ExperimentRow).where(ExperimentRow.id == experiment_id), "experiment")

    def _first(self, statement: Select[ExperimentRow, int]) -> Experiment | None:
        return next((_experiment(row, count) for row, count in self._transaction.pairs(statement)), None)


def _experiments() -> Select[ExperimentRow, int]:
    return select(ExperimentRow, _RUN_COUNT)


def _experiment(row: ExperimentRow, run_count: int) -> Experiment:
    return Experiment(
        id=row.id,
        name=row.name,
        question=row.question,
        created_at=row.created_at,
        run_count=run_count,
        trashed_at=row.trashed_at,
        revision=row.revision,
    )
