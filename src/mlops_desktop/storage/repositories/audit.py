"""The audit chain in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from mlops_desktop.domain.audit import FIRST_HASH, AuditEntry, AuditHead, chained
from mlops_desktop.domain.plain import to_json
from mlops_desktop.storage.columns import storable
from mlops_desktop.storage.rows import AuditEntryRow
from mlops_desktop.storage.transaction import Transaction


class SqlAuditLog:
    """`head` is the newest entry of this transaction, for keeping outside the database once it is committed."""

    def __init__(self, transaction: Transaction, actor: str, machine: str) -> None:
        self._transaction = transaction
        self._actor = storable(actor)
        self._machine = storable(machine)
        self.head: AuditHead | None = None

    def append(self, action: str, subject: str, details: Mapping[str, object] | None = None) -> AuditEntry:
        newest = self._transaction.one(select(AuditEntryRow).order_by(AuditEntryRow.seq.desc()))
        entry = chained(
            seq=newest.seq + 1 if newest else 1,
            at=datetime.now(UTC),
            actor=self._actor,
            machine=self._machine,
            action=storable(action),
            subject=storable(subject),
            details=json.loads(to_json(details or {})),
            previous_hash=newest.hash if newest else FIRST_HASH,
        )
        self._transaction.add(
            AuditEntryRow(
                seq=entry.seq,
                at=entry.at,
                actor=entry.actor,
                machine=entry.machine,
                action=entry.action,
                subject=entry.subject,
                details=entry.details,
                previous_hash=entry.previous_hash,
                hash=entry.hash,
            )
        )
        self.head = AuditHead(entry.seq, entry.hash)
        return entry

    def list(self, *, limit: int | None = None) -> Sequence[AuditEntry]:
        statement = select(AuditEntryRow).order_by(AuditEntryRow.seq.desc()).limit(limit)
        return [_entry(row) for row in reversed(self._transaction.all(statement))]


def _entry(row: AuditEntryRow) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        machine=row.machine,
        action=row.action,
        subject=row.subject,
        details=row.details,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
