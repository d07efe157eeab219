"""Hosts that people added, in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from mlops_desktop.domain.changes import ChangeKind
from mlops_desktop.domain.hosts import Host
from mlops_desktop.storage.rows import HostRow
from mlops_desktop.storage.transaction import Transaction


class SqlHostRepository:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, host: Host) -> None:
        row = HostRow(
            id=host.id,
            kind=host.kind,
            created_at=host.created_at,
            created_by=host.created_by,
            revision=host.revision,
            **_changing(host),
        )
        self._transaction.add(row)
        self._transaction.note(ChangeKind.HOST, host.id)

    def update(self, host: Host) -> None:
        row = self._row(host.id)
        self._transaction.revise(row, host.revision, f"host {host.name}", **_changing(host))
        self._transaction.note(ChangeKind.HOST, host.id)

    def remove(self, host_id: str) -> None:
        self._transaction.remove(self._row(host_id))
        self._transaction.note(ChangeKind.HOST, host_id)

    def find(self, name: str) -> Host | None:
        row = self._transaction.one(select(HostRow).where(HostRow.name == name))
        return _host(row) if row else None

    def list(self) -> Sequence[Host]:
        return [_host(row) for row in self._transaction.all(select(HostRow).order_by(HostRow.seq))]

    def _row(self, host_id: str) -> HostRow:
        return self._transaction.needed(select(HostRow).where(HostRow.id == host_id), "host")


def _changing(host: Host) -> dict[str, Any]:
    return {
        "name": host.name,
        "address": host.address,
        "credentials": host.credentials,
        "pinned": host.pinned,
        "base_image": host.base_image,
        "image_registry": host.registry,
        "registry_user": host.registry_user,
    }


def _host(row: HostRow) -> Host:
    return Host(
        id=row.id,
        name=row.name,
        kind=row.kind,
        created_at=row.created_at,
        created_by=row.created_by,
        address=row.address,
        credentials=row.credentials,
        pinned=row.pinned,
        base_image=row.base_image,
        registry=row.image_registry,
        registry_user=row.registry_user,
        revision=row.revision,
    )
