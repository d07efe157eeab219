"""What somebody did to the registry behind our back shows: in the file, in the chain, against the head outside."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest
from tests.storage.storage_values import NOON, a_job, a_run, an_experiment

from mlops_desktop.domain.audit import FIRST_HASH, chained
from mlops_desktop.domain.errors import DamagedRegistryError
from mlops_desktop.storage.registry import SqliteRegistry
from mlops_desktop.storage.soundness import find_problems


@pytest.fixture
def decided(registry: SqliteRegistry) -> SqliteRegistry:
    """A registry with nine decisions in it."""
    for number in range(1, 10):
        with registry.write() as unit:
            unit.audit.append("model.register", f"flight-late@v{number}", {"number": number})
            unit.commit()
    return registry


def tamper(workspace: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(workspace / "registry.db")) as connection:
        connection.executescript(script)


def findings(registry: SqliteRegistry) -> list[tuple[str, str]]:
    return [(problem.area, problem.subject) for problem in registry.problems()]


def test_an_untouched_registry_has_no_problems(decided: SqliteRegistry) -> None:
    assert findings(decided) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2020-01-01T00:00:00.000000+00:00'"),
        ("at", "'yesterday'"),
        ("actor", "'grace'"),
        ("machine", "'elsewhere'"),
        ("action", "'model.remove'"),
        ("subject", "'other@v1'"),
        ("details", "'{\"number\":99}'"),
        ("details", "'{'"),
        ("previous_hash", f"'{FIRST_HASH}'"),
        ("hash", f"'{FIRST_HASH}'"),
    ],
)
def test_r_04_a_changed_entry_is_named(decided: SqliteRegistry, workspace: Path, column: str, value: str) -> None:
    tamper(workspace, f"UPDATE audit_entries SET {column} = {value} WHERE seq = 4")
    assert findings(decided) == [("audit", "entry 4")]


def test_r_04_a_removed_entry_leaves_a_gap(decided: SqliteRegistry, workspace: Path) -> None:
    tamper(workspace, "DELETE FROM audit_entries WHERE seq = 4")
    (problem,) = decided.problems()
    assert (problem.subject, problem.sentence) == (
        "entry 5",
        "Entry 4 is missing: after entry 3 comes entry 5.",
    )


def test_r_04_a_removed_entry_with_the_rest_moved_up_breaks_the_chain(decided: SqliteRegistry, workspace: Path) -> None:
    tamper(workspace, "DELETE FROM audit_entries WHERE seq = 4; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 4")
    assert findings(decided) == [("audit", "entry 4")]


def test_r_04_two_entries_that_changed_places_show_at_the_first(decided: SqliteRegistry, workspace: Path) -> None:
    tamper(
        workspace,
        "UPDATE audit_entries SET seq = -4 WHERE seq = 5; UPDATE audit_entries SET seq = 5 WHERE seq = 4;"
        "UPDATE audit_entries SET seq = 4 WHERE seq = -4",
    )
    assert findings(decided) == [("audit", "entry 4")]


def test_r_04_an_inserted_entry_breaks_the_chain_behind_it(decided: SqliteRegistry, workspace: Path) -> None:
    with decided.read() as unit:
        third = unit.audit.list()[2]
    forged = chained(
        seq=4,
        at=NOON,
        actor="ada",
        machine="laptop",
        action="model.register",
        subject="forged@v1",
        details={},
        previous_hash=third.hash,
    )
    tamper(
        workspace,
        "UPDATE audit_entries SET seq = -seq - 1 WHERE seq > 3; UPDATE audit_entries SET seq = -seq WHERE seq < 0",
    )
    with contextlib.closing(sqlite3.connect(workspace / "registry.db")) as connection, connection:
        connection.execute(
            "INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                4,
                NOON.isoformat(),
                "ada",
                "laptop",
                forged.action,
                forged.subject,
                "{}",
                forged.previous_hash,
                forged.hash,
            ),
        )
    assert findings(decided) == [("audit", "entry 5")]


def test_r_04_a_forged_entry_with_a_hash_of_its_own_breaks_the_link_behind_it(
    decided: SqliteRegistry, workspace: Path
) -> None:
    """Its content gives its hash and it follows on from the one before: only the next entry's link tells."""
    with decided.read() as unit:
        third, fourth = unit.audit.list()[2:4]
    forged = chained(
        seq=4,
        at=fourth.at,
        actor="grace",
        machine=fourth.machine,
        action=fourth.action,
        subject=fourth.subject,
        details={},
        previous_hash=third.hash,
    )
    with contextlib.closing(sqlite3.connect(workspace / "registry.db")) as connection, connection:
        connection.execute(
            "UPDATE audit_entries SET actor = 'grace', details = '{}', hash = ? WHERE seq = 4", (forged.hash,)
        )
    assert findings(decided) == [("audit", "entry 5")]


@pytest.mark.parametrize("kept", [0, 1, 8])
def test_r_04_a_cut_off_end_shows_against_the_head_outside(decided: SqliteRegistry, workspace: Path, kept: int) -> None:
    tamper(workspace, f"DELETE FROM audit_entries WHERE seq > {kept}")
    (problem,) = decided.problems()
    assert problem.subject == f"entry {kept + 1}"
    assert "cut off" in problem.sentence


def test_r_04_a_chain_rewritten_as_a_whole_shows_against_the_head_outside(
    decided: SqliteRegistry, workspace: Path
) -> None:
    previous = FIRST_HASH
    with contextlib.closing(sqlite3.connect(workspace / "registry.db")) as connection, connection:
        connection.execute("DELETE FROM audit_entries")
        for seq in range(1, 12):
            entry = chained(
                seq=seq,
                at=NOON,
                actor="ada",
                machine="laptop",
                action="x",
                subject="y",
                details={},
                previous_hash=previous,
            )
            values = (seq, NOON.isoformat(), "ada", "laptop", "x", "y", "{}", previous, entry.hash)
            connection.execute("INSERT INTO audit_entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            previous = entry.hash
    (problem,) = decided.problems()
    assert (problem.subject, "rewritten" in problem.sentence) == ("entry 9", True)


def test_who_never_wrote_here_has_no_head_to_compare_with(
    decided: SqliteRegistry, state: Path, workspace: Path
) -> None:
    (state / "audit_head.json").unlink()
    assert decided.audit_head() is None
    assert findings(decided) == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"seq": 0, "hash": "x"}', json.dumps({"seq": 3, "hash": "Z" * 64})]
)
def test_a_damaged_head_counts_as_none_and_the_next_decision_renews_it(
    decided: SqliteRegistry, state: Path, content: str
) -> None:
    (state / "audit_head.json").write_text(content, encoding="utf-8")
    assert decided.audit_head() is None
    with decided.write() as unit:
        unit.audit.append("x", "y")
        unit.commit()
    head = decided.audit_head()
    assert head is not None
    assert head.seq == 10


def test_a_head_that_cannot_be_kept_undoes_nothing(
    decided: SqliteRegistry, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (state / "audit_head.json").unlink()
    (state / "audit_head.json").mkdir()
    with decided.write() as unit:
        unit.audit.append("x", "y")
        unit.commit()
    with decided.read() as unit:
        assert len(unit.audit.list()) == 10
    assert "audit head was not kept" in caplog.text


def test_a_row_that_belongs_to_nothing_is_named(registry: SqliteRegistry, workspace: Path) -> None:
    experiment = an_experiment()
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(a_run(experiment))
        unit.commit()
    tamper(workspace, "DELETE FROM experiments")
    assert findings(registry) == [("database", "runs 1")]


def test_a_damaged_page_is_found(registry: SqliteRegistry, workspace: Path) -> None:
    with registry.write() as unit:
        for number in range(200):
            unit.jobs.add(a_job(title=f"job {number}"))
        unit.commit()
    registry.checkpoint()
    registry.close()
    path = workspace / "registry.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\x17" * 4096
    path.write_bytes(content)
    assert "database" in {found.area for found in find_problems(path, None)}


@pytest.mark.parametrize("length", [100, 4096, 8192])
def test_a_file_cut_short_is_found(registry: SqliteRegistry, workspace: Path, length: int) -> None:
    registry.close()
    path = workspace / "registry.db"
    path.write_bytes(path.read_bytes()[:length])
    assert "database" in {found.area for found in find_problems(path, None)}


@pytest.mark.parametrize(
    "change", ["status = 'flying'", "spec = '{'", "spec = '[]'", "created_at = 'soon'", 'metrics = \'[{"mean":"x"}]\'']
)
def test_a_value_that_cannot_be_read_is_damage_not_a_crash(
    registry: SqliteRegistry, workspace: Path, change: str
) -> None:
    experiment = an_experiment()
    with registry.write() as unit:
        unit.experiments.add(experiment)
        unit.runs.add(a_run(experiment))
        unit.commit()
    tamper(workspace, f"UPDATE runs SET {change}")
    with registry.read() as unit, pytest.raises(DamagedRegistryError, match="cannot be read"):
        unit.runs.list()
