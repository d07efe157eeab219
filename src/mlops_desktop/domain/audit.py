"""The record of decisions: a chain in which every entry carries the hash of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_desktop.domain.plain import to_json

FIRST_HASH = "0" * 64


@dataclass(frozen=True)
class AuditEntry:
    """One decision. `hash` is the sha256 of the canonical JSON of all other fields, `previous_hash` among them."""

    seq: int
    at: datetime
    actor: str
    machine: str
    action: str
    subject: str
    details: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class AuditHead:
    """The last entry's seq and hash, kept outside the database too, so that a cut-off chain shows."""

    seq: int
    hash: str


def entry_hash(
    seq: int,
    at: datetime,
    actor: str,
    machine: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    previous: str,
) -> str:
    """The hash that chains an entry to the one before it."""
    content = {
        "seq": seq, "at": at, "actor": actor, "machine": machine, "action": action,
        "subject": subject, "details": details, "previous_hash": previous,
    }  # fmt: skip
    return hashlib.sha256(to_json(content).encode()).hexdigest()


def is_sound(entry: AuditEntry, previous_hash: str) -> bool:
    """Whether the entry's own hash holds and it follows on from the hash before it."""
    expected = entry_hash(
        entry.seq, entry.at, entry.actor, entry.machine, entry.action, entry.subject, entry.details, entry.previous_hash
    )
    return entry.hash == expected and entry.previous_hash == previous_hash
