"""A workspace with a real registry and real stores, whose workers and host a test plays; and short ways to fill it."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.credentials import FakeCredentials
from tests.fakes.host import FakeMachine
from tests.fakes.hosts import FakeHosts
from tests.fakes.workers import FakeJob, FakeWorkers

from mlops_desktop.domain.datasets import (
    Column,
    ColumnProfile,
    ColumnType,
    DatasetVersion,
    ReadAnswers,
    Source,
    ValueCount,
)
from mlops_desktop.domain.deployments import Deployment, Endpoint, Rollout
from mlops_desktop.domain.experiments import Environment, MetricSummary, Run
from mlops_desktop.domain.jobs import Job, JobKind
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.domain.plain import to_plain
from mlops_desktop.services.keeping.endpoints import EndpointSupervisor
from mlops_desktop.services.keeping.jobs import JobSupervisor
from mlops_desktop.services.keeping.rollouts import RolloutSupervisor
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.run_setup import RunRequest
from mlops_desktop.services.workspace import Workspace
from mlops_desktop.serving.bundle import write_manifest
from mlops_desktop.storage.artifacts import FileArtifactStore
from mlops_desktop.storage.bundles import FolderBundleStore
from mlops_desktop.storage.registry import SqliteRegistry, open_registry
from mlops_desktop.storage.secrets import FileSecretStore

ROWS = 1000
COLUMNS = (
    Column("late", ColumnType.BOOLEAN),
    Column("distance", ColumnType.FLOAT),
    Column("carrier", ColumnType.TEXT),
    Column("day", ColumnType.DATE),
    Column("tail", ColumnType.TEXT),
)
PROFILES = (
    ColumnProfile(
        "late", ColumnType.BOOLEAN, ROWS, 0, 2, top_values=(ValueCount("false", 700), ValueCount("true", 300))
    ),
    ColumnProfile("distance", ColumnType.FLOAT, ROWS, 5, 800),
    ColumnProfile("carrier", ColumnType.TEXT, ROWS, 0, 16),
    ColumnProfile("day", ColumnType.DATE, ROWS, 0, 365),
    ColumnProfile("tail", ColumnType.TEXT, ROWS, 0, ROWS),
)


@dataclass
class FakeClock:
    now: datetime = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    counted: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.counted += seconds

    def count(self) -> float:
        """Seconds that passed, however the clock was set."""
        return self.counted


@dataclass
class World:
    """One workspace folder on one machine."""

    folder: Path
    state: Path
    registry_template: Path
    workers: FakeWorkers = field(default_factory=FakeWorkers)
    machine: FakeMachine = field(default_factory=FakeMachine)
    clock: FakeClock = field(default_factory=FakeClock)
    credentials: FakeCredentials = field(default_factory=FakeCredentials)
    keeper_starts: int = 0
    _registries: list[SqliteRegistry] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("artifacts", "bundles", "jobs", "deployments"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        if not (self.folder / "registry.db").exists():
            shutil.copyfile(self.registry_template, self.folder / "registry.db")
        self.parts = self.make_parts("ada")
        self.workspace = Workspace(self.parts)
        self.workers.answers = {
            "check": lambda request: {"estimator": request["estimator"], "params": request["params"]},
            "leakage": lambda request: {"findings": []},
            "check_bundle": lambda request: {"differs": ""},
        }

    def make_parts(self, actor: str) -> Parts:
        """The parts as one process has them; another actor is another process."""
        registry = open_registry(
            self.folder, state_folder=self.state, actor=actor, machine="desk", program_version="1.0"
        )
        self._registries.append(registry)
        return Parts(
            folder=self.folder,
            state_folder=self.state,
            workspace_id="0" * 32,
            workspace_name="test",
            program_version="1.0",
            actor=actor,
            registry=registry,
            artifacts=FileArtifactStore(self.folder / "artifacts"),
            bundles=FolderBundleStore(self.folder / "bundles"),
            secrets=FileSecretStore(self.state),
            credentials=self.credentials,
            workers=self.workers,
            hosts=FakeHosts(self.machine),
            clock=self.clock,
            start_keeper=self._start_keeper,
        )

    def close(self) -> None:
        for registry in self._registries:
            registry.close()

    def copy(self, folder: Path) -> World:
        """Another world in which all the same has happened. This one is closed."""
        self.parts.hosts.close()
        self.close()
        shutil.copytree(self.folder, folder / "workspace")
        shutil.copytree(self.state, folder / "state")
        machine = copy.deepcopy(self.machine)
        clock = FakeClock(self.clock.now)
        return World(folder / "workspace", folder / "state", self.registry_template, FakeWorkers(), machine, clock)

    def _start_keeper(self) -> bool:
        self.keeper_starts += 1
        return False

    # --- what the keeper would do -----------------------------------------------------------------------------------

    def keeper(self, concurrent: int = 4) -> JobSupervisor:
        return JobSupervisor(self.parts, concurrent, self.clock.count)

    def roll_out(self) -> None:
        RolloutSupervisor(self.parts).turn()

    def see_to_endpoints(self) -> EndpointSupervisor:
        supervisor = EndpointSupervisor(self.parts, RolloutSupervisor(self.parts))
        supervisor.turn()
        return supervisor

    # --- short ways -------------------------------------------------------------------------------------------------

    def file(self, name: str = "flights.csv", content: str = "a,b\n1,2\n") -> Path:
        path = self.folder.parent / name
        path.write_text(content)
        return path

    def dataset(self, name: str = "flights", content: str = "content", **result: Any) -> DatasetVersion:
        """Imports a version whose table has this content."""
        job = self.workspace.datasets.import_file(self.file(), name)
        self.play(job, lambda fake: import_result(fake.folder, content, **result))
        return self.workspace.datasets.get(str(self.job(job).result["reference"]))

    def play(self, job: Job, result: Callable[[FakeJob], Mapping[str, object]]) -> None:
        """Starts the job, lets its worker answer, and takes the answer in."""
        keeper = self.keeper()
        keeper.turn()
        fake = self.worker_of(job)
        fake.finish(result(fake))
        keeper.turn()
        keeper.turn()

    def job(self, job: Job) -> Job:
        return self.workspace.jobs.get(job.id)

    def worker_of(self, job: Job) -> FakeJob:
        return next(fake for fake in self.workers.jobs if fake.folder == self.parts.job_folder(job.id))

    def runs(self, **request: Any) -> Sequence[Run]:
        """Queued runs on the dataset `flights`, which is made if need be."""
        if "dataset" not in request and not self.workspace.datasets.list():
            self.dataset()
        return self.workspace.experiments.start_runs(RunRequest(**{"dataset": "flights", "target": "late", **request}))

    def finished_run(self, model: str = "a model", **request: Any) -> Run:
        (run,) = self.runs(**request)
        job = self.workspace.jobs.get(run.job_id)
        self.play(job, lambda fake: train_result(fake.folder, model))
        return self.workspace.experiments.run(run.name)

    def model(self, name: str = "late", model: str = "a model") -> ModelVersion:
        return self.workspace.models.register(self.finished_run(model).name, name)

    def deployed(self, reference: str = "late", **options: Any) -> Endpoint:
        """Deploys and has the keeper do it."""
        order = self.workspace.deployments.deploy(reference, **options)
        self.roll_out()
        assert self.rollout(order.rollout.id).failure is None
        return self.workspace.deployments.endpoint(order.endpoint.name)

    def rollout(self, rollout_id: str) -> Rollout:
        with self.parts.registry.read() as unit:
            found = unit.deployments.rollout(rollout_id)
        assert found is not None
        return found

    def deployment(self, deployment_id: str | None) -> Deployment:
        with self.parts.registry.read() as unit:
            found = unit.deployments.get(str(deployment_id))
        assert found is not None
        return found

    def answering(self) -> list[str]:
        """The references of the versions that answer, according to the machine."""
        return [server.order.model_reference for server in self.machine.accepting()]

    def actions(self) -> list[str]:
        return [entry.action for entry in self.workspace.audit()]

    def verify(self) -> None:
        """The workspace's own check finds nothing, and no job or run is left between two states."""
        found = self.workspace.verify()
        assert found.is_clean, found.problems
        for run in self.workspace.experiments.runs():
            job = self.workspace.jobs.get(run.job_id)
            assert run.status.value == job.status.value


def import_result(folder: Path, content: str = "content", **changes: Any) -> dict[str, Any]:
    """What an import worker leaves in its folder and says of it."""
    (folder / "table.parquet").write_text(content)
    source = Source("flights.csv", 8, "5" * 64, ReadAnswers(delimiter=","))
    return {
        "table": "table.parquet",
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "rows": ROWS,
        "size": len(content),
        "columns": to_plain(COLUMNS),
        "profiles": to_plain(PROFILES),
        "findings": [],
        "source": to_plain(source),
        "difference": None,
        **changes,
    }


def train_result(folder: Path, model: str = "a model", **changes: Any) -> dict[str, Any]:
    """What a training worker leaves in its folder and says of it."""
    (folder / "evaluation.json").write_text(json.dumps({"model": model, "curve": [0, 1]}))
    manifest_hash = make_bundle(folder / "bundle", model)
    return {
        "metrics": to_plain((MetricSummary("roc_auc", 0.8, 0.1), MetricSummary("log_loss", 0.4))),
        "environment": to_plain(Environment("1.0", "3.11", "linux", {"scikit-learn": "1.9"}, 1)),
        "evaluation": "evaluation.json",
        "bundle": "bundle",
        "manifest_hash": manifest_hash,
        "threshold": 0.35,
        "rows_trained": ROWS,
        **changes,
    }


def make_bundle(folder: Path, model: str) -> str:
    """A bundle that no scikit-learn made; each `model` text gives another manifest."""
    folder.mkdir()
    recipe = {"task": "binary", "estimator": "LogisticRegression", "classes": ["false", "true"], "model": model}
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "example.json").write_text(json.dumps({"rows": [{"distance": 1.0}], "expected": [], "tolerance": 0}))
    return write_manifest(folder)


def job_of(world: World, kind: JobKind) -> Job:
    return next(job for job in reversed(world.workspace.jobs.list()) if job.kind is kind)
