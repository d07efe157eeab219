"""A damaged registry is met when it is opened or verified, is never gone on with silently, and can be put back."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.storage import test_storage_concurrency as concurrency
from tests.storage.storage_values import (
    a_dataset,
    a_dataset_version,
    a_deployment,
    a_finished_run,
    a_job,
    a_model,
    a_model_version,
    a_rollout,
    an_endpoint,
    an_experiment,
)

from mlops_desktop.domain.errors import DamagedRegistryError, NotFoundError, UserError, WorkspaceError
from mlops_desktop.storage import recovery
from mlops_desktop.storage.audit_head import read_head
from mlops_desktop.storage.recovery import keep_copy, newest_sound_copy, recover
from mlops_desktop.storage.registry import SqliteRegistry, open_registry
from mlops_desktop.storage.soundness import find_problems

OpenHere = Callable[[], SqliteRegistry]


@pytest.fixture
def path(workspace: Path) -> Path:
    return workspace / "registry.db"


@pytest.fixture
def filled(open_here: OpenHere, workspace: Path) -> Path:
    """A workspace of some decisions, closed, with the day's copy from before the last of them."""
    registry = open_here()
    fill(registry)
    assert keep_copy(workspace) is not None
    decide(registry, "model.alias")
    registry.close()
    return workspace


def fill(registry: SqliteRegistry) -> None:
    """One row at least in every table."""
    dataset, experiment, model, endpoint = a_dataset(), an_experiment(), a_model(), an_endpoint()
    run = a_finished_run(experiment)
    with registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(a_dataset_version(dataset))
        unit.experiments.add(experiment)
        unit.runs.add(run)
        unit.models.add(model)
        unit.models.add_version(a_model_version(model, run_id=run.id))
        unit.models.set_alias(model.id, "champion", 1, dataset.created_at, "ada")
        unit.deployments.add_endpoint(endpoint)
        unit.deployments.add(a_deployment(endpoint, share=1))
        unit.deployments.add_rollout(a_rollout(endpoint))
        unit.jobs.add(a_job(progress=1))
        unit.settings.set("jobs.concurrent", 2)
        unit.audit.append("model.register", "flight-late@v1")
        unit.commit()


def decide(registry: SqliteRegistry, action: str) -> None:
    with registry.write() as unit:
        unit.audit.append(action, "flight-late@v1")
        unit.commit()


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "not a database":
        path.write_bytes(b"year,month\n2013,1\n" * 5_000)
    elif how == "zero length":
        path.write_bytes(b"")
    elif how == "gone":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "a lost page":
        page = content.rindex(b"flight-late@v1") // 4096 * 4096
        path.write_bytes(content[:page] + bytes(4096) + content[page + 4096 :])


@pytest.mark.parametrize("how", ["not a database", "zero length", "gone", "truncated", "a lost page"])
def test_s_11_damage_is_met_at_the_start_and_the_newest_sound_copy_is_offered_and_taken(
    filled: Path, path: Path, state: Path, open_here: OpenHere, how: str
) -> None:
    newest = newest_sound_copy(filled)
    assert newest is not None
    damage(path, how)
    damaged = path.read_bytes() if path.exists() else None
    for _ in range(2):  # and again: nothing was made anew in between
        with pytest.raises(DamagedRegistryError) as found:
            open_here()
        assert found.value.facts["copy"] == str(newest.path)
        assert "mlops workspace recover" in found.value.hint
        assert newest.path.name in found.value.hint
    done = recover(filled, state)
    assert (done.source, done.decisions_lost) == (newest.path, 1)
    assert (done.aside / "registry.db").read_bytes() == damaged if done.aside and damaged is not None else True
    registry = open_here()
    with registry.read() as unit:
        assert [entry.action for entry in unit.audit.list()] == ["model.register"]
        assert len(unit.runs.list()) == 1
    decide(registry, "workspace.recover")
    assert registry.problems() == []
    assert open_here().problems() == []


def test_s_11_a_fresh_folder_is_begun_and_no_used_one(workspace: Path, state: Path, open_here: OpenHere) -> None:
    (workspace / "artifacts" / "ab").mkdir(parents=True)
    with pytest.raises(DamagedRegistryError, match="is gone, though it was in use") as found:
        open_here()
    assert "no sound copy" in found.value.hint
    assert not (workspace / "registry.db").exists()
    with pytest.raises(NotFoundError, match="no sound copy"):
        recover(workspace, state)
    shutil.rmtree(workspace / "artifacts")
    assert open_here().problems() == []


FLIPS = [
    pytest.param(25, id="short"),
    pytest.param(2_000, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
]


@pytest.mark.parametrize("flips", FLIPS)
def test_s_11_every_flipped_bit_of_what_is_protected_is_found(
    filled: Path, path: Path, state: Path, flips: int
) -> None:
    """Bits of what people decided and measured: wherever a flip changes what is read, opening or verifying says so."""
    sound, before = path.read_bytes(), protected(path)
    head = read_head(state)
    dice = random.Random(11)
    changed, silent = 0, []
    while changed < flips:
        place, bit = dice.randrange(100, len(sound)), 1 << dice.randrange(8)
        path.write_bytes(sound[:place] + bytes([sound[place] ^ bit]) + sound[place + 1 :])
        try:
            now = protected(path)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            now = [error]
        if now == before:
            continue
        changed += 1
        if not find_problems(path, head):
            silent.append((place, bit, [one for one in now if one not in before]))
    assert silent == [], f"{len(silent)} of {changed} flips that change something are not seen"


def protected(path: Path) -> list[object]:
    """What is read of the tables that have seals, and of the decisions."""
    found: list[object] = []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in sorted(SEALED) + ["audit_entries"]:
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()  # the names are ours, from the list below
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            found += [
                [value for name, value in zip(names, row, strict=True) if (name, table) not in ORDER] for row in rows
            ]
    return found


SEALED = {
    "datasets", "dataset_versions", "experiments", "runs", "models", "model_versions", "aliases", "alias_moves",
    "endpoints", "deployments", "rollouts", "hosts", "jobs", "settings",
}  # fmt: skip
ORDER = {("seq", table) for table in SEALED}
"""The place of a row among others is no part of its seal."""


def test_s_11_every_protected_table_carries_seals(registry: SqliteRegistry, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        with_seals = {
            table for table in tables
            if any(row[1] == "seal" for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,)))
        }  # fmt: skip
    assert with_seals == SEALED
    assert tables - SEALED == {"alembic_version", "audit_entries", "changes", "run_metrics", "sqlite_sequence"}


def test_s_11_a_row_changed_past_the_program_is_named(registry: SqliteRegistry, path: Path) -> None:
    fill(registry)
    assert registry.problems() == []
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE model_versions SET manifest_hash = ?", ("ef" * 32,))
        connection.execute("UPDATE aliases SET number = 7")
    found = [(problem.area, problem.subject) for problem in registry.problems()]
    assert found == [("database", "aliases champion"), ("database", "model_versions 1")]


def test_a_copy_is_made_once_a_day_and_seven_are_kept(registry: SqliteRegistry, workspace: Path) -> None:
    for number in range(9):
        decide(registry, f"step.{number}")
        with registry.write() as unit:
            unit.datasets.add(a_dataset(f"set {number}"))
            unit.commit()
        made = keep_copy(workspace)
        assert made is not None
        assert keep_copy(workspace) is None
        for place in (workspace / "backups").iterdir():
            aged = place.stat().st_mtime - 90_000
            os.utime(place, (aged, aged))
    kept = sorted((workspace / "backups").glob("registry-daily-*.db"))
    assert len(kept) == 7
    newest = newest_sound_copy(workspace)
    assert newest is not None
    assert newest.path == kept[-1]
    assert keep_copy(workspace) is None, "nothing changed since"


def test_s_20_copies_of_a_clock_that_was_ahead_do_not_push_out_those_made_since(
    registry: SqliteRegistry, workspace: Path
) -> None:
    for number in range(20):
        decide(registry, f"step.{number}")
        with registry.write() as unit:
            unit.datasets.add(a_dataset(f"set {number}"))
            unit.commit()
        made = keep_copy(workspace)
        assert made is not None
        if number < 7:
            ahead = time.time() + 10 * 365 * 86_400
            os.utime(made, (ahead, ahead))
            continue
        assert keep_copy(workspace) is None
        newest = newest_sound_copy(workspace)
        assert newest is not None
        assert newest.path == made
        aged = made.stat().st_mtime - 90_000
        os.utime(made, (aged, aged))
    assert len(list((workspace / "backups").glob("registry-daily-*.db"))) == 7
    assert all(place.stat().st_mtime < time.time() for place in (workspace / "backups").iterdir())


def _refusal(open_here: OpenHere) -> UserError | None:
    try:
        open_here().close()
    except UserError as error:
        return error
    return None


@pytest.mark.parametrize("place", [18, 21, 24, 43, 47, 56, 63, 99])
def test_s_11_a_damaged_header_is_damage_with_a_way_out(
    filled: Path, path: Path, state: Path, open_here: OpenHere, place: int
) -> None:
    """Or it says nothing of the content (the counters), and what is read is what was written."""
    newest = newest_sound_copy(filled)
    assert newest is not None
    sound = path.read_bytes()
    for bit in range(8):
        content = bytearray(sound)
        content[place] ^= 1 << bit
        path.write_bytes(content)
        told = _refusal(open_here)
        if isinstance(told, DamagedRegistryError):
            assert told.facts["copy"] == str(newest.path)
        elif told is None:
            assert find_problems(path, read_head(state)) == []
        else:
            assert told.hint
        for end in ("-wal", "-shm"):
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def test_a_damaged_registry_pushes_no_sound_copy_out(filled: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE models SET name = 'other'")
        connection.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'changes'")
    before = sorted((filled / "backups").iterdir())
    monkeypatch.setattr(recovery, "_DAY", 0.0)
    with pytest.raises(DamagedRegistryError, match="no copy of it was made"):
        keep_copy(filled)
    assert sorted((filled / "backups").iterdir()) == before


def test_a_sound_registry_may_be_kept_as_it_is(filled: Path, path: Path, state: Path, open_here: OpenHere) -> None:
    """Somebody put an older copy of the file back by hand, and means it."""
    copy = newest_sound_copy(filled)
    assert copy is not None
    shutil.copyfile(copy.path, path)
    with pytest.raises(DamagedRegistryError, match="ends before decision 2"):
        open_here()
    assert recover(filled, state, path).aside is None
    assert open_here().problems() == []


def test_a_damaged_copy_is_not_taken(filled: Path, path: Path, state: Path) -> None:
    copy = newest_sound_copy(filled)
    assert copy is not None
    damage(copy.path, "truncated")
    assert newest_sound_copy(filled) is None
    with pytest.raises(DamagedRegistryError, match="damaged itself"):
        recover(filled, state, copy.path)
    with pytest.raises(NotFoundError, match="no file"):
        recover(filled, state, filled / "nothing.db")
    assert path.stat().st_size > 0


# --- the log beside the registry --------------------------------------------------------------------------------------


def killed_in_work(workspace: Path, state: Path, commits: int = 3) -> set[str]:
    """Leaves a registry as a killed process does, its newest commits in the log; gives what was acknowledged."""
    with concurrency.writers(workspace, state, 1, 60) as (victim,):
        assert victim.stdout is not None
        lines = "".join(victim.stdout.readline() for _ in range(commits))
        victim.kill()
        return concurrency.acknowledged(lines + victim.communicate()[0])


@pytest.fixture
def crashed(workspace: Path, state: Path, open_here: OpenHere) -> set[str]:
    registry = open_here()
    fill(registry)
    registry.close()
    return killed_in_work(workspace, state)


def datasets(registry: SqliteRegistry) -> set[str]:
    with registry.read() as unit:
        return {dataset.name for dataset in unit.datasets.list()}


def test_s_12_a_lost_index_of_the_log_is_made_again(workspace: Path, crashed: set[str], open_here: OpenHere) -> None:
    (workspace / "registry.db-shm").unlink()
    registry = open_here()
    assert crashed <= datasets(registry)
    assert registry.problems() == []


def test_s_12_a_lost_log_is_met_at_the_start(workspace: Path, crashed: set[str], open_here: OpenHere) -> None:
    """Without its log the file is sound, and older: the decisions made from here are not in it."""
    (workspace / "registry.db-wal").unlink()
    with pytest.raises(DamagedRegistryError, match=r"ends before decision \d+, which was made from here"):
        open_here()


@pytest.mark.skipif(os.name == "nt", reason="on Windows a file that is in use cannot be removed")
@pytest.mark.parametrize("index", ["kept", "gone"])
@pytest.mark.parametrize("instead", ["nothing", "empty", "older"])
def test_s_12_a_log_removed_while_in_use_is_said_nothing_is_asked_any_more_and_closing_saves_all(
    workspace: Path, state: Path, open_here: OpenHere, tmp_path: Path, index: str, instead: str
) -> None:
    registry = open_here()
    fill(registry)
    for _ in range(40):
        decide(registry, "model.describe")
    log, older = workspace / "registry.db-wal", tmp_path / "older"
    shutil.copyfile(log, older)
    registry.checkpoint()
    decide(registry, "model.alias")
    with registry.read() as held:
        decisions = [entry.action for entry in held.audit.list()]
        log.unlink()
        if index == "gone":
            (workspace / "registry.db-shm").unlink()
        if instead != "nothing":
            log.write_bytes(older.read_bytes() if instead == "older" else b"")
        for ask in (
            registry.look,
            registry.checkpoint,
            registry.keep_copy,
            registry.open_feed,
            registry.problems,
            lambda: registry.backup(tmp_path / "backup.db"),
            lambda: decide(registry, "model.import"),
            lambda: datasets(registry),
        ):
            with pytest.raises(WorkspaceError, match="was removed or replaced while it is in use"):
                ask()
    opening = "from pathlib import Path; import sys; from mlops_desktop.storage.registry import open_registry; " + (
        "open_registry(Path(sys.argv[1]), state_folder=Path(sys.argv[2]), actor='b', machine='m', program_version='1')"
    )
    command: list[str | Path] = [sys.executable, "-c", opening, workspace, state]
    other = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "DamagedRegistryError" in other.stderr
    registry.close()
    again = open_here()
    again.look()
    assert again.problems() == []
    with again.read() as unit:
        assert [entry.action for entry in unit.audit.list()] == decisions


@pytest.mark.skipif(os.name == "nt", reason="on Windows a file that is in use cannot be removed")
def test_s_12_a_log_that_went_while_there_was_nothing_in_it_mixes_nothing(
    workspace: Path, state: Path, open_here: OpenHere
) -> None:
    """Who opens the registry then begins a log of their own; who had it open before is told so."""
    registry = open_here()
    fill(registry)
    registry.checkpoint()
    (workspace / "registry.db-wal").unlink()
    other = open_registry(workspace, state_folder=state, actor="b", machine="m", program_version="1")
    decide(other, "model.import")
    with pytest.raises(WorkspaceError, match="was removed or replaced while it is in use"):
        decide(registry, "model.alias")
    decide(other, "model.export")
    other.close()
    registry.close()
    again = open_here()
    assert again.problems() == []
    with again.read() as unit:
        assert [entry.action for entry in unit.audit.list()] == ["model.register", "model.import", "model.export"]


def test_s_12_another_registry_s_log_is_refused_and_mixes_nothing(
    workspace: Path, state: Path, crashed: set[str], open_here: OpenHere, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    opened = open_registry(other, state_folder=tmp_path / "s2", actor="a", machine="m", program_version="1")
    opened.close()
    killed_in_work(other, tmp_path / "s2")
    log, index = workspace / "registry.db-wal", workspace / "registry.db-shm"
    own, before = log.read_bytes(), (workspace / "registry.db").read_bytes()
    index.unlink()
    shutil.copyfile(other / "registry.db-wal", log)
    with pytest.raises(DamagedRegistryError, match="belongs to another registry"):
        open_here()
    assert (workspace / "registry.db").read_bytes() == before
    log.write_bytes(own)
    registry = open_here()
    assert crashed <= datasets(registry)
    assert registry.problems() == []


def test_s_12_an_older_log_of_the_same_registry_is_met_at_the_start(
    workspace: Path, state: Path, crashed: set[str], open_here: OpenHere
) -> None:
    old = (workspace / "registry.db-wal").read_bytes()
    registry = open_here()
    decide(registry, "model.alias")
    registry.checkpoint()
    decide(registry, "model.alias")
    registry.close()
    (workspace / "registry.db-wal").write_bytes(old)
    with pytest.raises(DamagedRegistryError):
        open_here()


@pytest.mark.parametrize("index", ["kept", "gone"])
def test_s_12_an_older_file_under_a_newer_log_is_refused_and_mixes_nothing(
    workspace: Path, state: Path, open_here: OpenHere, path: Path, index: str
) -> None:
    """As who puts a file back from a backup of the disk and leaves the log where it is."""
    registry = open_here()
    fill(registry)
    registry.close()
    older = path.read_bytes()
    registry = open_here()
    decide(registry, "model.describe")
    registry.close()
    acknowledged = killed_in_work(workspace, state)
    newest = path.read_bytes()
    path.write_bytes(older)
    if index == "gone":
        (workspace / "registry.db-shm").unlink()
    with pytest.raises(DamagedRegistryError, match="the file is an older one"):
        open_here()
    path.write_bytes(newest)
    registry = open_here()
    assert acknowledged <= datasets(registry)
    assert registry.problems() == []


def test_a_log_goes_with_its_file_through_checkpoints_closings_and_kills(
    workspace: Path, state: Path, open_here: OpenHere
) -> None:
    acknowledged: set[str] = set()
    for turn in range(4):
        registry = open_here()
        decide(registry, "model.alias")
        for _ in range(turn):
            registry.checkpoint()
            decide(registry, "model.alias")
        registry.close()
        acknowledged |= killed_in_work(workspace, state)
        if turn % 2:
            acknowledged |= killed_in_work(workspace, state)
    registry = open_here()
    assert acknowledged <= datasets(registry)
    assert registry.problems() == []


def test_s_12_a_torn_or_odd_log_upsets_nothing(workspace: Path, crashed: set[str], open_here: OpenHere) -> None:
    """What is not a whole log holds no commit of ours: it is passed over, and the loss of what it held is said."""
    log = workspace / "registry.db-wal"
    (workspace / "registry.db-shm").unlink()
    for content in (b"", b"x", os.urandom(40), log.read_bytes()[:50]):
        log.write_bytes(content)
        with pytest.raises(DamagedRegistryError, match="ends before decision"):
            open_here()
