"""A real workspace with a whole path behind it, made once by the program itself and copied for each test.

In it: `flights` v1 and v2 (derived column late), `penguins` v1; experiments late-at-arrival (four finished runs, one
failed, one cancelled, one in the trash) and species; models flight-late (v1, v2 champion, v3 challenger) and
penguin-species v1. No deployment: an endpoint is a process, so a test that wants one starts its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.resources
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.kept_worker import KeepingLauncher

from mlops_desktop import bootstrap
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.experiments import Validation, ValidationKind
from mlops_desktop.resources import resource
from mlops_desktop.services.run_setup import EstimatorChoice, RunRequest
from mlops_desktop.services.trash import Kind
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.workers import launcher

ROOT = Path(__file__).resolve().parents[1]
MADE_BY = ("domain", "storage", "workers", "serving")
"""The rooms whose code decides what is in such a workspace; when it changes, the kept one is made anew."""
ROWS = 3_000


def some_flights(target: Path, rows: int, first: int = 1) -> Path:
    """Every n-th of the sample's flights, over the whole year."""
    with zipfile.ZipFile(resource("samples", "flights.csv.zip")) as archive, archive.open("flights.csv") as file:
        lines = file.read().decode().splitlines()
    step = max(1, (len(lines) - 1) // rows)
    target.write_text("\n".join([lines[0], *lines[first::step]]) + "\n")
    return target


def kept_workspace() -> Path:
    """The folder with the made workspace and its state, in `build/`; made where there is none for today's code."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for room in MADE_BY:
        for path in sorted((ROOT / "src" / "mlops_desktop" / room).rglob("*.py")):
            digest.update(path.read_bytes())
    kept = ROOT / "build" / "real_workspace" / digest.hexdigest()[:16]
    if not kept.is_dir():
        making = kept.with_name(f"{kept.name}.{os.getpid()}")
        making.mkdir(parents=True)
        _make(making)
        try:
            making.rename(kept)
        except OSError:
            shutil.rmtree(making, ignore_errors=True)
        for old in kept.parent.iterdir():
            if old != kept and "." not in old.name:
                shutil.rmtree(old, ignore_errors=True)
    return kept


@contextmanager
def real_workspace(folder: Path) -> Iterator[Workspace]:
    """A copy of the made workspace in `folder`, open, with this test's state folder knowing it."""
    kept = kept_workspace()
    shutil.copytree(kept / "workspace", folder, ignore=shutil.ignore_patterns("reserve"))
    shutil.copytree(kept / "state", bootstrap.state_root(), dirs_exist_ok=True)
    with patch.object(launcher, "WorkerLauncher", KeepingLauncher):
        opened = bootstrap.open_workspace(folder, actor="ada")
    with opened:
        yield opened


def _make(folder: Path) -> None:
    wanted = {"MLOPS_STATE_FOLDER": str(folder / "state"), "MLOPS_KEEPER_IDLE_SECONDS": "0.5"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    try:
        with bootstrap.create_workspace(folder / "workspace", "nyc-delays", actor="ada") as workspace:
            _fill(workspace, folder)
        _await_keeper(folder / "workspace")
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _await_keeper(folder: Path) -> None:
    """The lock is free when the keeper has ended."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with bootstrap.keeper_lock(folder) as is_free:
            if is_free:
                return
        time.sleep(0.1)
    raise AssertionError("the keeper of the made workspace did not end")


def _fill(workspace: Workspace, folder: Path) -> None:
    source = folder / "flights.csv"
    for first in (1, 2):
        some_flights(source, ROWS, first)
        job = workspace.datasets.import_file(source, "flights", derived=["late = arr_delay > 15"])
        workspace.jobs.wait(job.id)
    penguins = folder / "penguins.csv"
    penguins.write_bytes(importlib.resources.files("palmerpenguins").joinpath("data/penguins.csv").read_bytes())
    workspace.jobs.wait(workspace.datasets.import_file(penguins, "penguins").id)
    for path in (source, penguins):
        path.unlink()
    validation = Validation(ValidationKind.TIME_ORDERED, folds=3, test_share=0.2)
    names = ("HistGradientBoosting", "LogisticRegression", "DecisionTree", "ExtraTrees")
    params = {"HistGradientBoosting": {"max_iter": 30}, "ExtraTrees": {"n_estimators": 20}}
    request = RunRequest(
        dataset="flights@v2", target="late", experiment="late-at-arrival",
        question="Will a flight from New York land more than 15 minutes late?",
        estimators=tuple(EstimatorChoice(name, params.get(name, {})) for name in names), validation=validation,
    )  # fmt: skip
    runs = workspace.experiments.start_runs(request)
    for run in runs:
        workspace.jobs.wait(run.job_id)
    workspace.experiments.annotate(runs[0].name, notes="Best so far; check the night flights.", add_tags=["best"])
    trashed, cancelled = (workspace.experiments.rerun(runs[2].name) for _ in range(2))
    workspace.experiments.cancel(cancelled.name)
    failed = workspace.experiments.start_runs(
        dataclasses.replace(request, estimators=(EstimatorChoice("KNeighbors", {"n_neighbors": 5_000}),))
    )[0]
    for run in (trashed, cancelled, failed):
        with contextlib.suppress(UserError):
            workspace.jobs.wait(run.job_id)
    workspace.trash.put(Kind.RUN, [trashed.name])
    species = workspace.experiments.start_runs(
        RunRequest(dataset="penguins", target="species", experiment="species",
                   estimators=(EstimatorChoice("LogisticRegression"),))
    )  # fmt: skip
    workspace.jobs.wait(species[0].job_id)
    for run in (runs[1], runs[0], runs[3]):
        workspace.models.register(run.name, "flight-late", description="Says whether a flight lands late.")
    workspace.models.set_alias("flight-late@v2", "champion")
    workspace.models.set_alias("flight-late@v3", "challenger")
    workspace.models.register(species[0].name, "penguin-species")
