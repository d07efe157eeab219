"""Models, their versions, aliases and alias moves in the registry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.errors import NotFoundError
from mlops_desktop.domain.models import AliasMove, Model, ModelVersion
from mlops_desktop.storage.rows import AliasMoveRow, AliasRow, ModelRow, ModelVersionRow
from mlops_desktop.storage.transaction import Transaction

_LATEST = (
    select(func.coalesce(func.max(ModelVersionRow.number), 0))
    .where(ModelVersionRow.model_id == ModelRow.id)
    .scalar_subquery()
)


class SqlModelRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, model: Model) -> None:
        row = ModelRow(
            id=model.id,
            name=model.name,
            description=model.description,
            created_at=model.created_at,
            trashed_at=model.trashed_at,
            revision=model.revision,
        )
        self._transaction.add(row)
        self._note(model.id)

    def update(self, model: Model) -> None:
        row = self._row(model.id)
        self._transaction.revise(
            row,
            model.revision,
            f"model {model.name}",
            name=model.name,
            description=model.description,
            trashed_at=model.trashed_at,
        )
        self._note(model.id)

    def remove(self, model_id: str) -> None:
        self._transaction.remove(self._row(model_id))
        self._note(model_id)

    def get(self, model_id: str) -> Model | None:
        return next(iter(self._models(_models().where(ModelRow.id == model_id))), None)

    def find(self, name: str) -> Model | None:
        return next(iter(self._models(_models().where(ModelRow.name == name))), None)

    def list(self, *, trashed: bool = False) -> Sequence[Model]:
        wanted = ModelRow.trashed_at.is_not(None) if trashed else ModelRow.trashed_at.is_(None)
        return self._models(_models().where(wanted).order_by(ModelRow.seq))

    def add_version(self, version: ModelVersion) -> None:
        """Aliases are not set by this, but by `set_alias`."""
        row = ModelVersionRow(
            id=version.id,
            model_id=version.model_id,
            number=version.number,
            manifest_hash=version.manifest_hash,
            run_id=version.run_id,
            run_name=version.run_name,
            dataset_reference=version.dataset_reference,
            task=version.task,
            estimator=version.estimator,
            metrics=version.metrics,
            created_at=version.created_at,
            created_by=version.created_by,
        )
        self._transaction.add(row)
        self._note(version.model_id)

    def version(self, version_id: str) -> ModelVersion | None:
        return next(iter(self._versions(_versions().where(ModelVersionRow.id == version_id))), None)

    def find_version(self, model_id: str, number: int) -> ModelVersion | None:
        chosen = (ModelVersionRow.model_id == model_id) & (ModelVersionRow.number == number)
        return next(iter(self._versions(_versions().where(chosen))), None)

    def versions(self, model_id: str) -> Sequence[ModelVersion]:
        chosen = _versions().where(ModelVersionRow.model_id == model_id)
        return self._versions(chosen.order_by(ModelVersionRow.number))

    def set_alias(self, model_id: str, alias: str, number: int | None, moved_at: datetime, moved_by: str) -> None:
        if number is not None and self.find_version(model_id, number) is None:
            raise NotFoundError(f"The model has no version {number}.", hint="Choose one of its versions.")
        chosen = (AliasRow.model_id == model_id) & (AliasRow.alias == alias)
        row = self._transaction.one(select(AliasRow).where(chosen))
        before = row.number if row else None
        if before == number:
            return
        if row is None:
            self._transaction.add(AliasRow(model_id=model_id, alias=alias, number=number))
        elif number is None:
            self._transaction.remove(row)
        else:
            self._transaction.change(row, number=number)
        move = AliasMoveRow(
            model_id=model_id, alias=alias, from_number=before, to_number=number, moved_at=moved_at, moved_by=moved_by
        )
        self._transaction.add(move)
        self._note(model_id)

    def alias_moves(self, model_id: str) -> Sequence[AliasMove]:
        statement = (
            select(AliasMoveRow, ModelRow.name)
            .join(ModelRow, ModelRow.id == AliasMoveRow.model_id)
            .where(AliasMoveRow.model_id == model_id)
            .order_by(AliasMoveRow.seq)
        )
        return [_move(row, name) for row, name in self._transaction.pairs(statement)]

    def _row(self, model_id: str) -> ModelRow:
        return self._transaction.needed(select(ModelRow).where(ModelRow.id == model_id), "model")

    def _note(self, model_id: str) -> None:
        self._transaction.note(ChangeKind.MODEL, model_id)

    def _models(self, statement: Select[ModelRow, int]) -> Sequence[Model]:
        found = self._transaction.pairs(statement)
        aliases = self._aliases({row.id for row, _ in found})
        return [_model(row, latest, aliases[row.id]) for row, latest in found]

    def _versions(self, statement: Select[ModelVersionRow, str]) -> Sequence[ModelVersion]:
        found = self._transaction.pairs(statement)
        aliases = self._aliases({row.model_id for row, _ in found})
        return [_version(row, name, aliases[row.model_id]) for row, name in found]

    def _aliases(self, model_ids: set[str]) -> Mapping[str, Mapping[str, int]]:
        found: dict[str, dict[str, int]] = defaultdict(dict)
        statement = select(AliasRow).order_by(AliasRow.alias)
        if len(model_ids) <= 1:
            statement = statement.where(AliasRow.model_id.in_(model_ids))
        for row in self._transaction.all(statement):
            found[row.model_id][row.alias] = row.number
        return found


def _models() -> Select[ModelRow, int]:
    return select(ModelRow, _LATEST)


def _versions() -> Select[ModelVersionRow, str]:
    return select(ModelVersionRow, ModelRow.name).join(ModelRow, ModelRow.id == ModelVersionRow.model_id)


def _model(row: ModelRow, latest: int, aliases: Mapping[str, int]) -> Model:
    return Model(
        id=row.id,
        name=row.name,
        description=row.description,
        created_at=row.created_at,
        latest_number=latest,
        aliases=aliases,
        trashed_at=row.trashed_at,
        revision=row.revision,
    )


def _version(row: ModelVersionRow, name: str, aliases: Mapping[str, int]) -> ModelVersion:
    return ModelVersion(
        id=row.id,
        model_id=row.model_id,
        model_name=name,
        number=row.number,
        manifest_hash=row.manifest_hash,
        run_id=row.run_id,
        run_name=row.run_name,
        dataset_reference=row.dataset_reference,
        task=row.task,
        estimator=row.estimator,
        metrics=row.metrics,
        aliases=tuple(alias for alias, number in aliases.items() if number == row.number),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _move(row: AliasMoveRow, model_name: str) -> AliasMove:
    return AliasMove(
        model_name=model_name,
        alias=row.alias,
        from_number=row.from_number,
        to_number=row.to_number,
        moved_at=row.moved_at,
        moved_by=row.moved_by,
    )
