"""One transaction on the registry as the repositories use it: typed reads and writes, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Delete, Insert, Row, Select, delete, func, insert, select
from sqlalchemy.orm import Session

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.errors import BugError, ConflictError, NotFoundError
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.rows import Base, ChangeRow

R = TypeVar("R")
Parts = TypeVarTuple("Parts")

CHANGES_KEPT = 100_000
_PRUNED_EVERY = 1_000


class Transaction:
    """Every statement goes through here, so that no foreign error gets past, and no change past the feed."""

    def __init__(self, session: Session, path: Path, *, writable: bool) -> None:
        self._session = session
        self._path = path
        self._writable = writable
        self._noted: dict[tuple[ChangeKind, str], None] = {}

    def all(self, statement: Select[R]) -> Sequence[R]:
        with translated(self._path):
            return self._session.scalars(statement).all()

    def pairs(self, statement: Select[*Parts]) -> Sequence[Row[*Parts]]:
        """Result rows of a statement that asks for several things at once."""
        with translated(self._path):
            return self._session.execute(statement).all()

    def one(self, statement: Select[R]) -> R | None:
        with translated(self._path):
            return self._session.scalars(statement.limit(1)).first()

    def needed(self, statement: Select[R], noun: str) -> R:
        """As `one`. Raises NotFoundError where there is none: somebody removed it meanwhile."""
        found = self.one(statement)
        if found is None:
            raise NotFoundError(
                f"The {noun} is not there any more.", hint="It was removed meanwhile; look at the list."
            )
        return found

    def add(self, row: Base) -> None:
        self._check_writable()
        with translated(self._path):
            self._session.add(row)
            self._session.flush()

    def change(self, row: Base, **values: object) -> None:
        self._check_writable()
        with translated(self._path):
            for name, value in values.items():
                setattr(row, name, value)
            self._session.flush()

    def revise(self, row: Base, revision: int, named: str, **values: object) -> None:
        """As `change`, of the state that the caller saw: raises ConflictError where `revision` is not the stored one.

        `named` says what it is, for the sentence: `run calm otter`.
        """
        stored: int = getattr(row, "revision")  # noqa: B009  (rows that count their changes have one, Base has not)
        if stored != revision:
            raise ConflictError(
                f"The {named} was changed by somebody else meanwhile.",
                hint="Look at its newest state, then do it again.",
                details=f"revision {revision} was given, {stored} is stored",
            )
        self.change(row, revision=revision + 1, **values)

    def remove(self, row: Base) -> None:
        self._check_writable()
        with translated(self._path):
            self._session.delete(row)
            self._session.flush()

    def execute(self, statement: Insert | Delete, values: Sequence[dict[str, Any]] | None = None) -> None:
        self._check_writable()
        with translated(self._path):
            self._session.execute(statement, values, execution_options={"synchronize_session": False})

    def note(self, kind: ChangeKind, object_id: str) -> None:
        """Tells the change feed; once per thing and transaction."""
        self._noted[kind, object_id] = None

    def commit(self) -> None:
        with translated(self._path):
            if self._noted:
                self._store_changes()
            self._session.commit()
        self._noted.clear()

    def _store_changes(self) -> None:
        values = [{"kind": kind, "object_id": object_id} for kind, object_id in self._noted]
        self._session.execute(insert(ChangeRow), values)
        newest = self._session.scalar(select(func.max(ChangeRow.seq))) or 0
        if newest % _PRUNED_EVERY < len(values):
            self._session.execute(delete(ChangeRow).where(ChangeRow.seq <= newest - CHANGES_KEPT))

    def _check_writable(self) -> None:
        if not self._writable:
            raise BugError("A unit of work for reading was asked to change something.")
