"""The registry's file is made, recognised, refused or brought up to date, and never left between."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine
from tests.storage.storage_values import a_dataset

from mlops_desktop.domain.errors import DamagedRegistryError, MlopsError, NewerRegistryError, WorkspaceError
from mlops_desktop.storage.engines import connect
from mlops_desktop.storage.registry import SqliteRegistry, open_registry
from mlops_desktop.storage.rows import Base
from mlops_desktop.storage.schema import HEAD, MIGRATIONS, bring_up_to_date
from mlops_desktop.storage.soundness import find_problems

NEXT = '''
"""Datasets get an owner."""

import os

import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "HEAD"


def upgrade():
    with op.batch_alter_table("datasets") as batch:  # rebuilds the table that versions refer to
        batch.add_column(sa.Column("owner", sa.Text, nullable=False, server_default="nobody"))
    if os.environ.get("TEST_FAILS"):
        op.execute("INSERT INTO dataset_versions (id, dataset_id) VALUES ('x', 'nothing')")
'''
ROOT = Path(__file__).parents[2]


@pytest.fixture
def longer_chain(tmp_path: Path) -> Path:
    """The real migrations and one more, as the next program will have them."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9001_owners.py").write_text(NEXT.replace("HEAD", HEAD), encoding="utf-8")
    return folder


def upgrade(path: Path, chain: Path) -> None:
    bring_up_to_date(path, program_version="0.2.0", migrations=chain, head="9001")


def version_of(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def fill(workspace: Path, state: Path) -> None:
    registry = open_registry(workspace, state_folder=state, actor="ada", machine="laptop", program_version="0.1.0")
    with registry.write() as unit:
        unit.datasets.add(a_dataset())
        unit.commit()
    registry.close()


def backups(workspace: Path) -> list[Path]:
    return sorted((workspace / "backups").glob("*")) if (workspace / "backups").is_dir() else []


def test_the_migrations_make_just_the_tables_of_the_rows(workspace: Path) -> None:
    path = workspace / "registry.db"
    bring_up_to_date(path, program_version="0.1.0")
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_program_asks_for() -> None:
    files = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert files[-1].startswith(f"{HEAD}_")
    for name in files:
        assert "mlops_desktop" not in (MIGRATIONS / "versions" / name).read_text(encoding="utf-8")


def test_opening_a_current_registry_loads_no_migration_machinery(workspace: Path, state: Path) -> None:
    fill(workspace, state)
    program = (
        "import sys; from pathlib import Path; from mlops_desktop.storage.registry import open_registry; "
        "open_registry(Path(sys.argv[1]), state_folder=Path(sys.argv[2]), actor='a', machine='m', program_version='1')"
        ".close(); assert not {'alembic', 'filelock', 'psutil'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, str(workspace), str(state)], check=True)


def test_many_threads_may_make_a_fresh_registry_at_once(workspace: Path) -> None:
    errors: list[MlopsError] = []

    def make() -> None:
        try:
            bring_up_to_date(workspace / "registry.db", program_version="0.1.0")
        except MlopsError as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert version_of(workspace / "registry.db") == HEAD


def test_an_empty_file_is_a_registry_that_was_never_begun(workspace: Path, state: Path) -> None:
    (workspace / "registry.db").touch()
    fill(workspace, state)
    assert backups(workspace) == []


def test_an_older_registry_is_backed_up_and_then_migrated(workspace: Path, state: Path, longer_chain: Path) -> None:
    fill(workspace, state)
    path = workspace / "registry.db"
    upgrade(path, longer_chain)
    assert version_of(path) == "9001"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name, owner FROM datasets").fetchall() == [("flights", "nobody")]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (backup,) = backups(workspace)
    assert backup.name.startswith(f"registry-{HEAD}-before-9001-")
    assert version_of(backup) == HEAD
    upgrade(path, longer_chain)
    assert backups(workspace) == [backup]


def test_s_13_a_newer_registry_is_refused_and_left_as_it_is(workspace: Path, state: Path, longer_chain: Path) -> None:
    fill(workspace, state)
    path = workspace / "registry.db"
    upgrade(path, longer_chain)
    before = path.read_bytes()
    with pytest.raises(NewerRegistryError, match="newer program") as refused:
        fill(workspace, state)
    assert "Update" in refused.value.hint
    assert path.read_bytes() == before
    assert len(backups(workspace)) == 1


STEPS = [pytest.param(5, id="short"), pytest.param(0, id="long", marks=[pytest.mark.long, pytest.mark.timeout(1800)])]


@pytest.mark.parametrize("kills", STEPS)
def test_s_13_a_migration_killed_at_any_step_is_done_again_from_where_it_was(
    workspace: Path, state: Path, longer_chain: Path, tmp_path: Path, kills: int
) -> None:
    """Old or new, never between; the copy from before it is whole or absent; the next start brings it to the end."""
    fill(workspace, state)
    kept = tmp_path / "kept"
    shutil.copytree(workspace, kept)
    with Upgrading(workspace, longer_chain) as upgrading:
        code, steps = upgrading.killed(0)
        assert code == 0
        few = {1 + round(n * (steps - 1) / (kills - 1)) for n in range(kills)} if kills else set(range(1, steps + 1))
        for at in sorted(few):
            shutil.rmtree(workspace)
            shutil.copytree(kept, workspace)
            assert upgrading.killed(at)[0] == -signal.SIGKILL, f"step {at} of {steps}"
            check_between(workspace)
            upgrade(workspace / "registry.db", longer_chain)
            check_upgraded(workspace)


def check_between(workspace: Path) -> None:
    path = workspace / "registry.db"
    version = version_of(path)
    assert version in (HEAD, "9001")
    assert ("owner" in columns_of(path, "datasets")) == (version == "9001")
    for copy in (workspace / "backups").glob("registry-*.db"):
        assert (version_of(copy), find_problems(copy, None)) == (HEAD, [])


def check_upgraded(workspace: Path) -> None:
    path = workspace / "registry.db"
    assert version_of(path) == "9001"
    assert rows_of(path) == [("flights", "nobody")]
    assert not list((workspace / "backups").glob(".*")), "a half copy is swept"
    assert any(version_of(copy) == HEAD for copy in backups(workspace))


class Upgrading:
    """A process whose children upgrade the registry, and are killed at a step."""

    def __init__(self, workspace: Path, chain: Path) -> None:
        command = [sys.executable, "-m", "tests.storage.upgrading_process", str(workspace / "registry.db"), str(chain)]
        self._process = subprocess.Popen(
            [*command, "9001"], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def killed(self, at: int) -> tuple[int, int]:
        """The exit code of the child that ends at this step (0: none), and its steps where it came through."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{at}\n")
        self._process.stdin.flush()
        code, steps = self._process.stdout.readline().split()
        return int(code), int(steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def columns_of(path: Path, table: str) -> set[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {str(row[1]) for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))}


def rows_of(path: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, owner FROM datasets").fetchall()


def test_an_upgrade_seals_anew_what_was_whole_and_nothing_else(
    workspace: Path, state: Path, longer_chain: Path
) -> None:
    fill(workspace, state)
    path = workspace / "registry.db"
    registry = open_registry(workspace, state_folder=state, actor="a", machine="m", program_version="0.1.0")
    with registry.write() as unit:
        unit.datasets.add(a_dataset("changed"))
        unit.commit()
    registry.close()
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE datasets SET description = 'forged' WHERE name = 'changed'")
    upgrade(path, longer_chain)
    assert [(problem.area, problem.subject) for problem in find_problems(path, None)] == [
        ("database", "datasets changed")
    ]


def test_a_migration_that_breaks_references_is_undone(
    workspace: Path, state: Path, longer_chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, state)
    monkeypatch.setenv("TEST_FAILS", "1")
    with pytest.raises(MlopsError):
        upgrade(workspace / "registry.db", longer_chain)
    assert version_of(workspace / "registry.db") == HEAD


def test_a_file_that_is_no_database_is_called_damaged(workspace: Path, state: Path) -> None:
    (workspace / "registry.db").write_text("name,age\n" * 1000, encoding="utf-8")
    with pytest.raises(DamagedRegistryError, match="damaged") as found:
        fill(workspace, state)
    assert "restore" in found.value.hint


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE customers (id)",
        "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('a1b2c3')",
        "CREATE TABLE alembic_version (version_num)",
    ],
)
def test_a_database_of_another_program_is_refused(workspace: Path, state: Path, script: str) -> None:
    with contextlib.closing(sqlite3.connect(workspace / "registry.db")) as connection:
        connection.executescript(script)
    with pytest.raises(WorkspaceError, match="another program"):
        fill(workspace, state)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, state: Path) -> None:
    with pytest.raises(WorkspaceError, match="nowhere"):
        fill(tmp_path / "nowhere", state)


def test_a_registry_that_goes_away_does_not_come_back_empty(registry: SqliteRegistry, workspace: Path) -> None:
    registry.close()
    (workspace / "registry.db").rename(workspace / "elsewhere.db")
    with pytest.raises(WorkspaceError, match="is not there any more"), registry.read():
        pass
    with pytest.raises(WorkspaceError, match="is not there any more"):
        registry.open_feed()
    assert not (workspace / "registry.db").exists()
