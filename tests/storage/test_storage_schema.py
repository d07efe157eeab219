"""The registry's file is made, recognised, refused or brought up to date, and never left between."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

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
    if os.environ.get("TEST_KILLS_ITSELF"):
        os.kill(os.getpid(), 9)
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


def test_a_newer_registry_is_refused_and_left_as_it_is(workspace: Path, state: Path, longer_chain: Path) -> None:
    fill(workspace, state)
    path = workspace / "registry.db"
    upgrade(path, longer_chain)
    before = path.read_bytes()
    with pytest.raises(NewerRegistryError, match="newer program") as refused:
        fill(workspace, state)
    assert "Update" in refused.value.hint
    assert path.read_bytes() == before
    assert len(backups(workspace)) == 1


def test_a_migration_killed_half_way_is_simply_done_again(workspace: Path, state: Path, longer_chain: Path) -> None:
    fill(workspace, state)
    path = workspace / "registry.db"
    program = (
        "import sys; from pathlib import Path; from mlops_desktop.storage.schema import bring_up_to_date; "
        "bring_up_to_date(Path(sys.argv[1]), program_version='1', migrations=Path(sys.argv[2]), head='9001')"
    )
    command = [sys.executable, "-c", program, str(path), str(longer_chain)]
    done = subprocess.run(command, check=False, env={**os.environ, "TEST_KILLS_ITSELF": "1"})
    assert done.returncode == -signal.SIGKILL
    assert version_of(path) == HEAD
    unharmed = open_registry(workspace, state_folder=state, actor="a", machine="m", program_version="0.1.0")
    unharmed.close()
    upgrade(path, longer_chain)
    assert version_of(path) == "9001"


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
    with pytest.raises(WorkspaceError, match="cannot be opened"), registry.read():
        pass
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        registry.open_feed()
    assert not (workspace / "registry.db").exists()
