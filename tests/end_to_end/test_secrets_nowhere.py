"""R-07 without an engine: on the whole path no secret is in a file, a log, an argument, an answer or a report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.canaries import CANARIES, arguments_seen, found_in, of_files
from tests.end_to_end.conftest import CommandLine
from tests.end_to_end.test_whole_path import some_flights
from tests.gui.live_endpoint import NAME, live_endpoint

from mlops_desktop import bootstrap


def test_r_07_no_secret_is_where_others_could_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a model that is there already, from its deployment to a backup."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    secrets = {name: value.encode() for name, value in CANARIES.items()}
    with arguments_seen() as arguments, live_endpoint("flight-late@v1") as live:
        secrets["the token"] = live.token.encode()
        with pytest.MonkeyPatch.context() as patch, live.open() as workspace:
            patch.setenv("MLOPS_STATE_FOLDER", str(live.state))
            row = dict(workspace.models.example_rows("flight-late@v1")[0])
            told = [workspace.deployments.predict(NAME, [row]), workspace.diagnose(), workspace.deployments.log(NAME)]
            bootstrap.backup_workspace(workspace, tmp_path / "backup.zip")
        assert found_in(of_files(live.folder), {**secrets, "no secret": b"flight-late"}) == {"no secret"}
        assert found_in(of_files(live.state), secrets) == {"the token"}
        assert found_in(iter([repr(told).encode(), (tmp_path / "backup.zip").read_bytes()]), secrets) == set()
    assert any(b"mlops_desktop.serving.main" in line for line in arguments)
    assert found_in(iter(arguments), secrets) == set()


@pytest.mark.long
def test_r_07_no_secret_is_where_others_could_read_it_on_the_whole_path(
    mlops: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is in one file of its owner's alone, outside the workspace, and in no backup."""
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    flights = some_flights(tmp_path, 600)
    said: list[str] = []
    with arguments_seen() as arguments:
        mlops("datasets", "import", flights, "--name", "flights", "--derive", "late = arr_delay > 15")
        (run,) = mlops.json(
            "experiments", "run", "flights", "late", "--validation", "holdout", "--feature", "distance",
            "-e", "LogisticRegression",
        )  # fmt: skip
        mlops("models", "register", run["name"], "late")
        deployed = mlops.json("deployments", "deploy", "late")
        (folder,) = (mlops.folder / "deployments").iterdir()
        said += [mlops("deployments", "predict", "late")]
        said += [mlops("deployments", "log", "late"), mlops("diagnose", "--json"), mlops("verify")]
        mlops("workspace", "backup", tmp_path / "backup.zip")
    secrets = {name: value.encode() for name, value in CANARIES.items()}
    tokens = {"the token": str(deployed["token"]).encode()}
    told = {**secrets, **tokens, "no secret": b"late@v1"}  # which shows that what is there is found

    assert (folder / "serving.log").exists()
    assert found_in(of_files(mlops.folder), told) == {"no secret"}
    assert found_in(iter(["\n".join(said).encode()]), {**secrets, **tokens}) == set()
    assert any(b"mlops_desktop.serving.main" in line for line in arguments)
    assert found_in(iter(arguments), {**secrets, **tokens}) == set()
    assert found_in(of_files(tmp_path), {**secrets, **tokens}) == set(), "nor in the backup, which is packed"
    state = Path(os.environ["MLOPS_STATE_FOLDER"])
    assert found_in(of_files(state), {**secrets, **tokens}) == {"the token"}
    (file,) = [path for path in state.rglob("*") if path.is_file() and found_in(iter([path.read_bytes()]), tokens)]
    assert (file.name, file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == ("secrets.json", 0, 0)


FAILS = """
import sys
from mlops_desktop.cli import main
def fail(*_): raise ConnectionError("postgresql://ada:canary-of-the-database@db refused, canary-of-the-registry too")
main.NounGroup.get_command = fail
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_r_07_a_fault_of_ours_is_told_on_the_command_line_without_secrets(debug: str) -> None:
    environment = {**os.environ, **CANARIES, "MLOPS_DEBUG": debug}
    done = subprocess.run(
        [sys.executable, "-c", FAILS, "verify"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "ConnectionError" in done.stderr
    assert ("Traceback" in done.stderr) is bool(debug)
    assert "canary" not in (done.stdout + done.stderr).replace("raise ConnectionError", "")
