"""A folder that cannot be written, a store whose disk went away, a registry put back: what the program makes of it."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import mounting, needs
from tests.storage.storage_values import a_dataset, a_dataset_version

from mlops_desktop import bootstrap
from mlops_desktop.cli.main import main
from mlops_desktop.domain.errors import (
    DamagedArtifactError,
    DamagedRegistryError,
    ReadOnlyWorkspaceError,
    UserError,
    WorkspaceError,
)
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.storage.artifacts import FileArtifactStore

CONTENT = b"year,month\n2013,1\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one dataset, closed."""
    with bootstrap.create_workspace(tmp_path / "study", "study", actor="ada") as workspace:
        add_dataset(workspace, "flights")
    return tmp_path / "study"


def add_dataset(workspace: Workspace, name: str) -> None:
    parts = workspace._parts
    source = parts.folder.parent / "table"
    source.write_bytes(CONTENT + name.encode())
    dataset = a_dataset(name)
    version = a_dataset_version(dataset, content_hash=parts.artifacts.add(source))
    with parts.registry.write() as unit:
        unit.datasets.add(dataset)
        unit.datasets.add_version(version)
        unit.audit.append("dataset.import", name)
        unit.commit()


def crash(folder: Path) -> None:
    """Leaves the registry as a killed process does: with a commit in its log, and nobody who has it open."""
    program = (
        "import os, sys; from pathlib import Path; from mlops_desktop import bootstrap\n"
        "from tests.end_to_end.test_places import add_dataset\n"
        "add_dataset(bootstrap.open_workspace(Path(sys.argv[1])), 'penguins'); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -9
    assert (folder / "registry.db-wal").stat().st_size > 0


def files(folder: Path) -> dict[str, tuple[int, int]]:
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {str(path): (state.st_size, state.st_mtime_ns) for path, state in found.items()}


@pytest.mark.parametrize("after", ["a clean end", "a crash", "a crash, without the log's index"])
def test_s_08_a_folder_that_cannot_be_written_is_viewed(
    folder: Path, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    needs.mounts()
    names = ["flights"]
    if after != "a clean end":
        crash(folder)
        names.append("penguins")
        if "without" in after:
            (folder / "registry.db-shm").unlink()
    before = files(folder)
    with mounting.read_only(folder), bootstrap.open_workspace(folder) as workspace:
        assert workspace.viewed_because == f"The folder {folder} cannot be written."
        assert [dataset.name for dataset in workspace.datasets.list()] == names
        version = workspace.datasets.get("flights")
        assert workspace._parts.artifacts.read(version.content_hash) == CONTENT + b"flights"
        assert workspace.verify().is_clean
        with pytest.raises(ReadOnlyWorkspaceError, match="viewing only") as refused:
            workspace.datasets.rename("flights", "other")
        assert "writable" in refused.value.hint
        feed = workspace.feed()
        assert feed.poll() == ()
        feed.close()
        assert main(["-w", str(folder), "datasets", "list", "--json"]) == 0
        assert "Viewing only" in capsys.readouterr().err
        assert main(["-w", str(folder), "datasets", "rename", "flights", "other"]) == 1
        assert "MD-WSP-007" in capsys.readouterr().err
        assert files(folder) == before
    with bootstrap.open_workspace(folder) as workspace:
        assert workspace.viewed_because == ""
        workspace.datasets.rename("flights", "other")
        assert workspace.verify().is_clean


def test_s_08_a_fresh_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    needs.mounts()
    bare = tmp_path / "bare"
    bare.mkdir()
    with mounting.read_only(bare), pytest.raises(WorkspaceError, match=r"Read-only file system"):
        bootstrap.create_workspace(bare)
    with bootstrap.create_workspace(tmp_path / "study"):
        pass
    (tmp_path / "study" / "registry.db").unlink()
    with mounting.read_only(tmp_path / "study"), pytest.raises(WorkspaceError, match="no registry"):
        bootstrap.open_workspace(tmp_path / "study")


def test_s_08_an_older_registry_is_viewed_as_a_newer_one_and_stays_what_it_is(folder: Path) -> None:
    needs.mounts()
    with contextlib.closing(sqlite3.connect(folder / "registry.db")) as connection, connection:
        for table in ("datasets", "experiments", "models"):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN revision")
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if any(row[1] == "seal" for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN seal")
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
    before = files(folder)
    with mounting.read_only(folder), bootstrap.open_workspace(folder) as workspace:
        assert workspace.datasets.get("flights").number == 1
        assert workspace.verify().is_clean
        assert files(folder) == before


# --- a store whose disk went away -------------------------------------------------------------------------------------


def test_a_10_a_store_that_is_unmounted_is_said_and_never_comes_back_empty(tmp_path: Path) -> None:
    needs.mounts()
    folder = tmp_path / "study"
    store = folder / "artifacts"
    store.mkdir(parents=True)
    with mounting.memory(store), bootstrap.create_workspace(folder) as workspace:
        add_dataset(workspace, "flights")
        sha256 = workspace.datasets.get("flights").content_hash
        assert workspace.trouble() is None
        subprocess.run(["umount", str(store)], check=True)
        trouble = workspace.trouble()
        assert trouble is not None
        assert "not mounted" in trouble.message
        for use in (lambda: workspace._parts.artifacts.read(sha256), lambda: add_dataset(workspace, "penguins")):
            with pytest.raises(UserError, match="not mounted"):
                use()
        assert not workspace.verify().is_clean
        assert list(store.iterdir()) == []
        assert [dataset.name for dataset in workspace.datasets.list()] == ["flights"]
    with bootstrap.open_workspace(folder) as workspace:  # and when it is opened without its disk
        with pytest.raises(UserError, match="not mounted"):
            add_dataset(workspace, "penguins")
        assert list(store.iterdir()) == []


@pytest.mark.parametrize("store", ["artifacts", "bundles"])
def test_a_10_a_store_that_was_emptied_is_said(folder: Path, store: str) -> None:
    with bootstrap.open_workspace(folder) as workspace:
        assert workspace.trouble() is None
        subprocess.run(["find", str(folder / store), "-mindepth", "1", "-delete"], check=True)
        trouble = workspace.trouble()
        assert trouble is not None
        assert f"{folder / store} is not there" in trouble.message
        if store == "artifacts":
            with pytest.raises(WorkspaceError, match="emptied"):
                workspace._parts.artifacts.read(workspace.datasets.get("flights").content_hash)
        assert list((folder / store).iterdir()) == []


def test_a_10_a_store_without_its_mark_is_marked_unless_it_was_emptied(folder: Path) -> None:
    """Workspaces of earlier programs have no marks."""
    for store in ("artifacts", "bundles"):
        (folder / store / ".store").unlink()
    with bootstrap.open_workspace(folder) as workspace:
        assert workspace.trouble() is None
        add_dataset(workspace, "penguins")


def test_a_10_a_folder_that_went_away_is_said(folder: Path) -> None:
    with bootstrap.open_workspace(folder) as workspace:
        folder.rename(folder.with_name("elsewhere"))
        trouble = workspace.trouble()
        assert trouble is not None
        assert "is not there any more" in trouble.message
        assert not folder.exists()
        folder.with_name("elsewhere").rename(folder)
        assert workspace.trouble() is None


# --- a registry put back ----------------------------------------------------------------------------------------------


def test_s_11_a_damaged_registry_is_put_back_on_the_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bootstrap.open_workspace(folder) as workspace:
        assert workspace._parts.registry.keep_copy()
        add_dataset(workspace, "penguins")
    (folder / "registry.db").write_bytes(b"")
    assert main(["-w", str(folder), "datasets", "list"]) == 1
    told = capsys.readouterr().err
    assert "mlops workspace recover" in told
    assert "MD-WSP-006" in told
    assert main(["-w", str(folder), "workspace", "recover"]) == 0
    assert "1 newer decisions are not in it" in capsys.readouterr().out
    with bootstrap.open_workspace(folder) as workspace:
        assert [dataset.name for dataset in workspace.datasets.list()] == ["flights"]
        newest = workspace.audit()[-1]
        assert (newest.action, newest.details["decisions_lost"]) == ("workspace.recover", 1)
        assert workspace.verify().is_clean


def test_s_11_a_registry_that_somebody_works_on_is_not_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_KEEPER_PATIENCE", 0.1)
    with bootstrap.keeper_lock(folder) as held:
        assert held
        with pytest.raises(UserError, match="at work"):
            bootstrap.recover_workspace(folder)


# --- a damaged artifact -----------------------------------------------------------------------------------------------


def test_a_03_a_damaged_artifact_is_named_with_the_versions_it_hits_and_set_aside(folder: Path, tmp_path: Path) -> None:
    with bootstrap.open_workspace(folder) as workspace:
        store = workspace._parts.artifacts
        sha256 = workspace.datasets.get("flights").content_hash
        place = store.path(sha256)
        place.chmod(0o644)
        place.write_bytes(b"flipped")
        with pytest.raises(DamagedArtifactError, match=r"It is of flights@v1\.") as found:
            workspace.datasets.page("flights")
        assert sha256[:12] in found.value.message
        (problem,) = workspace.verify().problems
        assert "It is of flights@v1." in problem.sentence
        source = tmp_path / "again"
        source.write_bytes(CONTENT + b"flights")
        assert store.add(source) == sha256
        assert workspace.verify().is_clean
        (aside,) = (folder / "artifacts" / "damaged").iterdir()
        assert aside.read_bytes() == b"flipped"


def test_a_registry_that_is_no_workspace_s_is_not_recovered(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no workspace"):
        bootstrap.recover_workspace(tmp_path)
    with bootstrap.create_workspace(tmp_path / "study"):
        pass
    (tmp_path / "study" / "registry.db").write_bytes(b"x" * 5_000)
    with pytest.raises(DamagedRegistryError):
        bootstrap.open_workspace(tmp_path / "study")
    with pytest.raises(UserError, match="no sound copy"):
        bootstrap.recover_workspace(tmp_path / "study")


# --- what cannot be read, and few open files --------------------------------------------------------------------------


NOBODY = 65534
READ = """
import os, sys; from pathlib import Path
from mlops_desktop.domain.errors import UserError
from mlops_desktop.storage.artifacts import FileArtifactStore
os.setgroups([])
os.setgid(int(sys.argv[4]))
os.setuid(int(sys.argv[4]))
store = FileArtifactStore(Path(sys.argv[1]))
for use in (lambda: store.read(sys.argv[2]), lambda: store.add(Path(sys.argv[3]))):
    try:
        use()
    except UserError as error:
        print(error.code, error.message)
problem = store.problem(sys.argv[2])
print(problem.subject, problem.sentence)
"""


def test_a_13_what_may_not_be_read_is_named(open_to_all: Path) -> None:
    needs.root()
    store = open_to_all / "artifacts"
    store.mkdir()
    (open_to_all / "source").write_bytes(CONTENT)
    sha256 = FileArtifactStore(store).add(open_to_all / "source")
    FileArtifactStore(store).path(sha256).chmod(0)
    (open_to_all / "source").chmod(0)
    command = [sys.executable, "-c", READ, str(store), sha256, str(open_to_all / "source"), str(NOBODY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"MD-ART-001 The artifact {sha256[:12]}… cannot be read")
    assert lines[1].startswith(f"MD-INP-001 {open_to_all}/source cannot be read: Permission denied")
    assert lines[2].startswith(f"{sha256} The artifact {sha256[:12]}… cannot be read")


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that others may enter, too; pytest's own they may not."""
    with tempfile.TemporaryDirectory(prefix="mlops-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


FEW = """
import resource, sys; from pathlib import Path
from mlops_desktop import bootstrap
from mlops_desktop.domain.errors import UserError
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
with bootstrap.open_workspace(Path(sys.argv[1])) as workspace:
    for _ in range(20):
        assert workspace.verify().is_clean
    print("verified")
    held = []
    try:
        while True:
            held.append(open("/dev/null"))
    except OSError:
        pass
    for use in (workspace.verify, workspace.datasets.list, lambda: workspace._parts.artifacts.add(Path(sys.argv[2]))):
        try:
            use()
        except UserError as error:
            print(error.code, error.message)
    while held:
        held.pop().close()
    assert workspace.verify().is_clean
    print(len(workspace.datasets.list()))
"""


def test_a_13_with_few_open_files_it_works_and_with_none_left_it_says_so(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FEW, str(folder), str(folder.parent / "table")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *between, last = done.stdout.splitlines()
    assert (first, last) == ("verified", "1")
    assert between
    assert [line for line in between if not line.startswith("MD-") or line.startswith("MD-BUG")] == []
