"""A chain of decisions in which no entry can be changed, left out, put in or moved without showing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from tests.domain.domain_values import PLAIN

from mlops_desktop.domain.audit import FIRST_HASH, AuditEntry, chained, entry_hash, is_sound

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make_chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for seq in range(1, length + 1):
        entries.append(
            chained(
                seq=seq,
                at=AT + timedelta(minutes=seq),
                actor="ada",
                machine="desk",
                action="run.start",
                subject=f"run {seq}",
                details={"n": seq},
                previous_hash=entries[-1].hash if entries else FIRST_HASH,
            )
        )
    return entries


def first_fault(entries: Sequence[AuditEntry]) -> int | None:
    previous = FIRST_HASH
    for index, entry in enumerate(entries):
        if entry.seq != index + 1 or not is_sound(entry, previous):
            return index
        previous = entry.hash
    return None


def test_an_untouched_chain_is_sound() -> None:
    assert first_fault(make_chain(5)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"at": AT},
        {"actor": "bob"},
        {"machine": "other"},
        {"action": "run.cancel"},
        {"subject": "another"},
        {"details": {"n": 99}},
        {"details": {}},
        {"previous_hash": FIRST_HASH},
        {"hash": "0" * 64},
        {"seq": 7},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_changed_field_shows_at_its_entry(change: dict[str, Any]) -> None:
    entries = make_chain(5)
    entries[2] = dataclasses.replace(entries[2], **change)
    assert first_fault(entries) == 2


def test_an_entry_changed_and_sealed_anew_shows_at_the_next_one() -> None:
    entries = make_chain(5)
    changed = dataclasses.replace(entries[2], actor="bob")
    entries[2] = dataclasses.replace(changed, hash=entry_hash(changed))
    assert first_fault(entries) == 3


def test_an_entry_left_out_put_in_or_moved_shows() -> None:
    entries = make_chain(5)
    assert first_fault([*entries[:2], *entries[3:]]) == 2
    assert first_fault([*entries[:3], entries[2], *entries[3:]]) == 3
    assert first_fault([entries[1], entries[0], *entries[2:]]) == 0


@given(PLAIN.map(lambda value: {"value": value}))
def test_the_hash_depends_on_nothing_but_the_content(details: dict[str, object]) -> None:
    def entry() -> AuditEntry:
        return chained(
            seq=1, at=AT, actor="a", machine="m", action="x", subject="s", details=details, previous_hash=FIRST_HASH
        )

    assert entry().hash == entry().hash
    assert is_sound(entry(), FIRST_HASH)
