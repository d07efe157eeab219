"""One transaction with every repository in it; leaving it without commit undoes everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mlops_desktop.domain.audit import AuditHead
from mlops_desktop.domain.errors import DamagedRegistryError, DiskFullError, WorkspaceError
from mlops_desktop.storage import reserve
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.repositories.audit import SqlAuditLog
from mlops_desktop.storage.repositories.datasets import SqlDatasetRepository
from mlops_desktop.storage.repositories.deployments import SqlDeploymentRepository
from mlops_desktop.storage.repositories.experiments import SqlExperimentRepository
from mlops_desktop.storage.repositories.hosts import SqlHostRepository
from mlops_desktop.storage.repositories.jobs import SqlJobRepository
from mlops_desktop.storage.repositories.models import SqlModelRepository
from mlops_desktop.storage.repositories.runs import SqlRunRepository
from mlops_desktop.storage.repositories.settings import SqlSettingRepository
from mlops_desktop.storage.transaction import Transaction

_DISTRUSTED = (WorkspaceError, DiskFullError, DamagedRegistryError)
"""After these the connection's view of the file is not to be trusted: it is dropped, the next one reads afresh."""


class SqlUnitOfWork:
    """Made by the registry; begins when entered. For one thread at a time."""

    def __init__(
        self,
        engine: Engine,
        path: Path,
        *,
        actor: str,
        machine: str,
        writable: bool,
        keep_head: Callable[[AuditHead], None],
    ) -> None:
        self._path = path
        self._keep_head = keep_head
        self._session = Session(engine, expire_on_commit=True, autoflush=False)
        self._transaction = Transaction(self._session, path, writable=writable)
        self.datasets = SqlDatasetRepository(self._transaction)
        self.experiments = SqlExperimentRepository(self._transaction)
        self.runs = SqlRunRepository(self._transaction)
        self.models = SqlModelRepository(self._transaction)
        self.deployments = SqlDeploymentRepository(self._transaction)
        self.hosts = SqlHostRepository(self._transaction)
        self.jobs = SqlJobRepository(self._transaction)
        self.audit = SqlAuditLog(self._transaction, actor, machine)
        self.settings = SqlSettingRepository(self._transaction)

    def __enter__(self) -> Self:
        try:
            with translated(self._path):
                self._session.connection()
        except DiskFullError as error:
            self._make_room(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, _DISTRUSTED):
            self._session.invalidate()
            self._make_room(error)
            return
        with translated(self._path):
            self._session.close()

    def _make_room(self, error: BaseException) -> None:
        """Where the registry itself met a full disk, the reserve gives way, so that cleaning up works from now on."""
        if isinstance(error, DiskFullError) and error.__cause__ is not None:
            reserve.give_way(self._path.parent)

    def commit(self) -> None:
        self._transaction.commit()
        head, self.audit.head = self.audit.head, None
        if head is not None:
            self._keep_head(head)
