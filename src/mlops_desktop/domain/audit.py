"""The record of decisions: a chain in which every entry carries the hash of the one before."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_desktop.domain.plain import to_json, to_plain

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


def chained(
    *,
    seq: int,
    at: datetime,
    actor: str,
    machine: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    previous_hash: str,
) -> AuditEntry:
    """The entry with the hash that chains it to the one before it."""
    unsealed = AuditEntry(seq, at, actor, machine, action, subject, details, previous_hash, hash="")
    return dataclasses.replace(unsealed, hash=entry_hash(unsealed))


def entry_hash(entry: AuditEntry) -> str:
    """The sha256 of all fields of the entry but its own hash, as canonical JSON."""
    content = to_plain(entry)
    del content["hash"]
    return hashlib.sha256(to_json(content).encode()).hexdigest()


def is_sound(entry: AuditEntry, previous_hash: str) -> bool:
    """Whether the entry's own hash holds and it follows on from the hash before it."""
    return entry.hash == entry_hash(entry) and entry.previous_hash == previous_hash
