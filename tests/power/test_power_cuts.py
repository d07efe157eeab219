"""The power goes at any moment: what was shown as done is there and sound, and nothing half-done is to be seen.

The program's own operations are recorded once, with keeper, workers and servers; then the disk is made again as it may
be after a cut, and the program opens what it finds there.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import CommandLine, end_all, until
from tests.power import disk
from tests.power.cuts import Recording
from tests.power.story import seen

from mlops_desktop import bootstrap
from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.services.endpoint_tokens import token_of
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.bundles import FolderBundleStore

SHORT, LONG = 20, 300
ROOT = Path(__file__).resolve().parents[2]


def record(folder: Path, program: str) -> tuple[Recording, Path]:
    """What the program did, and the folder as it was at the end."""
    root = folder / "disk"
    root.mkdir()
    watched = disk.environment(disk.compiled(folder), root, folder / "control", folder / "record")
    own = {"MLOPS_STATE_FOLDER": str(root / "state"), "XDG_CACHE_HOME": str(folder / "cache")}
    subprocess.run(
        [sys.executable, "-m", program, str(root)], cwd=ROOT, env={**os.environ, **watched, **own}, check=True
    )
    control = disk.Disk(folder / "control")
    recording = Recording(list(disk.lines(folder / "record", control.recorded)), root.stat().st_ino)
    control.close()
    (folder / "record").unlink()
    return recording, root


@pytest.fixture(scope="module")
def recorded() -> Iterator[tuple[Recording, Path]]:
    """The program's own operations; in a folder with a short name, for the paths of sockets are limited."""
    with tempfile.TemporaryDirectory(prefix="mlops-") as folder:
        yield record(Path(folder), "tests.power.story")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mlops-") as folder:
        yield Path(folder)


@pytest.fixture
def nobody_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.KeeperStarter, "__call__", lambda self: False)


class Told:
    """What people had seen when the power went, and what they saw later."""

    def __init__(self, recording: Recording) -> None:
        self._marks = [(position, json.loads(text)) for position, text in recording.marks]

    def before(self, position: int) -> dict[str, Any]:
        """All that was seen in time, as it was seen last."""
        found: dict[str, Any] = {}
        for at, seen_then in self._marks:
            if at <= position:
                found |= seen_then
        return found

    def since(self, position: int) -> dict[str, list[Any]]:
        """Every value that a thing had from then on."""
        found = {name: [value] for name, value in self.before(position).items()}
        for at, seen_then in self._marks:
            if at > position:
                for name, value in seen_then.items():
                    found.setdefault(name, []).append(value)
        return found

    def positions(self) -> list[int]:
        return [position for position, _ in self._marks]


def test_the_record_is_complete(recorded: tuple[Recording, Path], tmp_path: Path) -> None:
    """Without a cut it gives the very folder that the program left: no way past the recorder was taken."""
    recording, root = recorded
    recording.whole().write_to(tmp_path / "disk")
    assert _files(tmp_path / "disk") == _files(root)
    last = Told(recording).before(len(recording.events))
    assert {name.split()[0] for name in last} == {
        "workspace", "decision", "job", "dataset", "run", "notes", "result", "model", "aliases", "endpoint", "answers",
        "rollout", "token",
    }  # fmt: skip


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith("-shm")
    }


@pytest.mark.parametrize("strict", [False, True], ids=["ordered", "strict"])
def test_a_02_a_stored_file_survives_a_power_cut_whole(tmp_path: Path, strict: bool) -> None:
    """Cut after every single call: what was stored is there, and what is there under its final name is whole."""
    (tmp_path / "recording").mkdir()
    recording, _ = record(tmp_path / "recording", "tests.power.storing")
    dice = random.Random(2)
    for position in range(len(recording.events) + 1):
        folder = tmp_path / str(position)
        recording.cut(position, dice, strict=strict).write_to(folder)
        acknowledged = {text for at, text in recording.marks if at <= position}
        stores: dict[str, FileArtifactStore | FolderBundleStore] = {
            "artifacts": FileArtifactStore(folder / "artifacts"),
            "bundles": FolderBundleStore(folder / "bundles"),
        }
        for name, store in stores.items():
            there = list(store.hashes()) if (folder / name).exists() else []
            assert {text for text in acknowledged if text.startswith(name)} <= {f"{name} {one}" for one in there}
            assert [store.problem(one) for one in there] == [None] * len(there)
        shutil.rmtree(folder)
    assert len(recording.marks) == 8


@pytest.mark.parametrize("cuts", [SHORT, pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_s_03_what_was_shown_as_done_survives_a_power_cut(
    recorded: tuple[Recording, Path], tmp_path: Path, nobody_keeps: None, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    recording, _ = recorded
    told = Told(recording)
    dice = random.Random(cuts)
    for number in range(cuts):
        position = _position(recording, told, dice, number)
        folder = tmp_path / f"cut {number}"
        recording.cut(position, dice, strict=number % 2 == 1).write_to(folder)
        monkeypatch.setenv("MLOPS_STATE_FOLDER", str(folder / "state"))
        _survived(folder / "workspace", told.before(position), told.since(position))
        shutil.rmtree(folder)


def _position(recording: Recording, told: Told, dice: random.Random, number: int) -> int:
    """At any moment; every third one soon after something was shown as done, every third after a worker's last word."""
    at = dice.choice(
        [told.positions(), recording.syncs_of("journal.jsonl"), range(len(recording.events) + 1)][number % 3]
    )
    return min(at + dice.choice([0, 1, 2, 5, 20]), len(recording.events))


def _survived(folder: Path, before: dict[str, Any], since: dict[str, list[Any]]) -> None:
    if not (folder / "workspace.json").exists():
        assert before == {}
        bootstrap.create_workspace(folder).close()
        return
    with bootstrap.open_workspace(folder, actor="ada") as workspace:
        now = seen(workspace)
        assert set(before) - set(now) == set(), "acknowledged, and not there any more"
        odd = {name: value for name, value in now.items() if value not in since.get(name, [])}
        assert odd == {}, "back to what it was before, or half of what it was to be"
        _sound(workspace)
        for endpoint, _ in workspace.deployments.list():
            assert token_of(workspace._parts.secrets, endpoint), "an endpoint that nobody can ask"
        _carry_on(workspace)
        _sound(workspace)
        done = {name: value for name, value in seen(workspace).items() if name.startswith(("dataset", "result"))}
        assert {name: value for name, value in done.items() if value not in since[name]} == {}


def _sound(workspace: Workspace) -> None:
    assert workspace.verify().problems == ()
    parts = workspace._parts
    assert [parts.artifacts.problem(sha256) for sha256 in parts.artifacts.hashes()] == [None] * len(
        parts.artifacts.hashes()
    )
    assert [parts.bundles.problem(name) for name in parts.bundles.hashes()] == [None] * len(parts.bundles.hashes())


def _carry_on(workspace: Workspace) -> None:
    """A keeper takes up what was under way; what waits in the queue is not begun."""
    for job in workspace.jobs.list(statuses=(JobStatus.QUEUED,)):
        workspace.jobs.cancel(job.id)
    keeping = bootstrap.open_keeping(workspace.folder)
    try:
        while keeping.turn_jobs():
            pass
    finally:
        keeping.close()
    _all_ended(workspace)


def _all_ended(workspace: Workspace) -> None:
    for job in workspace.jobs.list():
        assert job.status is JobStatus.FINISHED or (job.failure and job.failure.message), job
    for run in workspace.experiments.runs():
        assert run.status.value == workspace.jobs.get(run.job_id).status.value
        assert (run.status is RunStatus.FINISHED) == bool(run.bundle_hash)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_s_03_after_a_power_cut_a_keeper_takes_everything_to_its_end(
    recorded: tuple[Recording, Path], short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With real workers and servers: what was queued is done, what was under way is done or says that it was lost."""
    recording, _ = recorded
    told = Told(recording)
    dice = random.Random(3)
    for number in range(6):
        position = dice.randrange(told.positions()[1], len(recording.events))
        folder = short_folder / str(number)
        recording.cut(position, dice, strict=number % 2 == 1).write_to(folder)
        monkeypatch.setenv("MLOPS_STATE_FOLDER", str(folder / "state"))
        line = CommandLine(folder / "workspace")
        with bootstrap.open_workspace(line.folder, actor="ada") as workspace:
            until(partial(_nothing_is_open, workspace), 120, "the end of all that was under way")
            _all_ended(workspace)
            _sound(workspace)
            for endpoint, deployment in workspace.deployments.list():
                if endpoint.wanted_deployment_id and deployment:
                    until(partial(_answers, line, endpoint.name, deployment.model_reference), 60, "an answer")
        end_all(line)


def _nothing_is_open(workspace: Workspace) -> bool:
    workspace.see_to_keeper()
    rollouts = [
        one for endpoint, _ in workspace.deployments.list() for one in workspace.deployments.rollouts(endpoint.name)
    ]
    open_jobs = workspace.jobs.list(statuses=(JobStatus.QUEUED, JobStatus.RUNNING))
    return not open_jobs and all(rollout.step.is_ended for rollout in rollouts)


def _answers(line: CommandLine, endpoint: str, reference: str) -> bool:
    done = subprocess.run(
        line.command("deployments", "predict", endpoint, "--json"), capture_output=True, text=True, check=False
    )
    return done.returncode == 0 and bool(json.loads(done.stdout)["model"] == reference)
