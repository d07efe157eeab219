"""Looks for what is wrong inside the registry: the file, its references, and the audit chain."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from mlops_desktop.domain.audit import FIRST_HASH, AuditEntry, AuditHead, is_sound
from mlops_desktop.domain.errors import BugError, DamagedRegistryError
from mlops_desktop.domain.verification import Problem
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.failures import translated
from mlops_desktop.storage.seals import broken_seals

_MOST_SENTENCES = 20


def find_problems(path: Path, head: AuditHead | None) -> list[Problem]:
    """Everything that is wrong with the registry at `path`. `head` is the audit head kept outside it."""
    problems: list[Problem] = []
    try:
        with translated(path):
            connection = connect(path, read_only=True)
            try:
                problems += _file_problems(connection, path)
                problems += _audit_problems(connection, head)
            finally:
                connection.close()
    except (DamagedRegistryError, BugError) as error:  # BugError: damage made its tables others than they are
        problems.append(Problem("database", path.name, f"It cannot be read to the end: {error.details}."))
    return problems


def _file_problems(connection: sqlite3.Connection, path: Path) -> Iterator[Problem]:
    for (sentence,) in connection.execute(f"PRAGMA integrity_check({_MOST_SENTENCES})").fetchall():
        if sentence != "ok":
            yield Problem("database", path.name, f"SQLite finds: {sentence}.")
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST_SENTENCES):
        yield Problem("database", f"{table} {row}", f"It belongs to something in {parent} that is not there.")
    yield from broken_seals(connection)


def _audit_problems(connection: sqlite3.Connection, head: AuditHead | None) -> Iterator[Problem]:
    """The first broken entry, if any, and whether the chain still leads to the head kept outside."""
    previous = FIRST_HASH
    seq = 0
    at_head: str | None = None
    rows = connection.execute(
        "SELECT seq, at, actor, machine, action, subject, details, previous_hash, hash FROM audit_entries ORDER BY seq"
    )
    for row in rows:
        sentence = _fault(row, seq + 1, previous)
        if sentence:
            yield Problem("audit", f"entry {row[0]}", sentence)
            break
        seq, previous = row[0], row[8]
        if head is not None and seq == head.seq:
            at_head = previous
    else:
        yield from _head_problems(head, seq, at_head)


def _head_problems(head: AuditHead | None, newest: int, at_head: str | None) -> Iterator[Problem]:
    if head is None:
        return
    if newest < head.seq:
        sentence = f"The chain was cut off: it ends at entry {newest}, but entry {head.seq} was written from here."
        yield Problem("audit", f"entry {newest + 1}", sentence)
    elif at_head != head.hash:
        sentence = "The chain was rewritten: the entry is not the one that was written from here."
        yield Problem("audit", f"entry {head.seq}", sentence)


def _fault(row: tuple[object, ...], expected: int, previous: str) -> str | None:
    if row[0] != expected:
        return f"Entry {expected} is missing: after entry {expected - 1} comes entry {row[0]}."
    try:
        entry = AuditEntry(
            seq=expected,
            at=datetime.fromisoformat(str(row[1])),
            actor=str(row[2]),
            machine=str(row[3]),
            action=str(row[4]),
            subject=str(row[5]),
            details=json.loads(str(row[6])),
            previous_hash=str(row[7]),
            hash=str(row[8]),
        )
        if is_sound(entry, previous):
            return None
    except (ValueError, TypeError, RecursionError):
        return "The entry cannot be read; it was changed after it was written."
    if entry.previous_hash != previous:
        return "The entry does not follow on from the one before it; one of the two was changed or put in later."
    return "The entry was changed after it was written: its content does not give its hash."
