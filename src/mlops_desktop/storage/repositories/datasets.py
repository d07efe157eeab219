"""Datasets and their versions in the registry."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.datasets import Dataset, DatasetVersion
from mlops_desktop.storage.rows import DatasetRow, DatasetVersionRow
from mlops_desktop.storage.transaction import Transaction

_LATEST = (
    select(func.coalesce(func.max(DatasetVersionRow.number), 0))
    .where(DatasetVersionRow.dataset_id == DatasetRow.id)
    .scalar_subquery()
)


class SqlDatasetRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, dataset: Dataset) -> None:
        row = DatasetRow(
            id=dataset.id,
            name=dataset.name,
            description=dataset.description,
            created_at=dataset.created_at,
            trashed_at=dataset.trashed_at,
            revision=dataset.revision,
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.DATASET, dataset.id)

    def update(self, dataset: Dataset) -> None:
        row = self._row(dataset.id)
        self._transaction.revise(
            row,
            dataset.revision,
            f"dataset {dataset.name}",
            name=dataset.name,
            description=dataset.description,
            trashed_at=dataset.trashed_at,
        )
        self._transaction.note(ChangeKind.DATASET, dataset.id)

    def remove(self, dataset_id: str) -> None:
        self._transaction.remove(self._row(dataset_id))
        self._transaction.note(ChangeKind.DATASET, dataset_id)

    def get(self, dataset_id: str) -> Dataset | None:
        return self._first(_datasets().where(DatasetRow.id == dataset_id))

    def find(self, name: str) -> Dataset | None:
        return self._first(_datasets().where(DatasetRow.name == name))

    def list(self, *, trashed: bool = False) -> Sequence[Dataset]:
        wanted = DatasetRow.trashed_at.is_not(None) if trashed else DatasetRow.trashed_at.is_(None)
        found = self._transaction.pairs(_datasets().where(wanted).order_by(DatasetRow.seq))
        return [_dataset(row, latest) for row, latest in found]

    def add_version(self, version: DatasetVersion) -> None:
        row = DatasetVersionRow(
            id=version.id,
            dataset_id=version.dataset_id,
            number=version.number,
            content_hash=version.content_hash,
            rows=version.rows,
            size=version.size,
            columns=version.columns,
            profiles=version.profiles,
            findings=version.findings,
            source=version.source,
            difference=version.difference,
            created_at=version.created_at,
            created_by=version.created_by,
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.DATASET, version.dataset_id)

    def version(self, version_id: str) -> DatasetVersion | None:
        found = self._versions(_versions().where(DatasetVersionRow.id == version_id))
        return found[0] if found else None

    def find_version(self, dataset_id: str, number: int) -> DatasetVersion | None:
        chosen = (DatasetVersionRow.dataset_id == dataset_id) & (DatasetVersionRow.number == number)
        found = self._versions(_versions().where(chosen))
        return found[0] if found else None

    def versions(self, dataset_id: str) -> Sequence[DatasetVersion]:
        chosen = _versions().where(DatasetVersionRow.dataset_id == dataset_id)
        return self._versions(chosen.order_by(DatasetVersionRow.number))

    def _row(self, dataset_id: str) -> DatasetRow:
        return self._transaction.needed(select(DatasetRow).where(DatasetRow.id == dataset_id), "dataset")

    def _first(self, statement: Select[DatasetRow, int]) -> Dataset | None:
        return next((_dataset(row, latest) for row, latest in self._transaction.pairs(statement)), None)

    def _versions(self, statement: Select[DatasetVersionRow, str]) -> Sequence[DatasetVersion]:
        return [_version(row, name) for row, name in self._transaction.pairs(statement)]


def _datasets() -> Select[DatasetRow, int]:
    return select(DatasetRow, _LATEST)


def _versions() -> Select[DatasetVersionRow, str]:
    return select(DatasetVersionRow, DatasetRow.name).join(DatasetRow, DatasetRow.id == DatasetVersionRow.dataset_id)


def _dataset(row: DatasetRow, latest: int) -> Dataset:
    return Dataset(
        id=row.id,
        name=row.name,
        description=row.description,
        created_at=row.created_at,
        latest_number=latest,
        trashed_at=row.trashed_at,
        revision=row.revision,
    )


def _version(row: DatasetVersionRow, name: str) -> DatasetVersion:
    return DatasetVersion(
        id=row.id,
        dataset_id=row.dataset_id,
        dataset_name=name,
        number=row.number,
        content_hash=row.content_hash,
        rows=row.rows,
        size=row.size,
        columns=row.columns,
        profiles=row.profiles,
        findings=row.findings,
        source=row.source,
        difference=row.difference,
        created_at=row.created_at,
        created_by=row.created_by,
    )
