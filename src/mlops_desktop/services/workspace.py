"""The one door into the core: a workspace, its nouns, and the care of the whole."""

from __future__ import annotations

import platform
import shutil
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mlops_desktop.domain.audit import AuditEntry
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.verification import Problem, Verification
from mlops_desktop.services.datasets import DatasetService
from mlops_desktop.services.deployments import DeploymentService
from mlops_desktop.services.experiments import ExperimentService
from mlops_desktop.services.hosts import HostService
from mlops_desktop.services.jobs import JobService
from mlops_desktop.services.models import ModelService
from mlops_desktop.services.open_work import anything_open
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import ChangeFeed
from mlops_desktop.services.room import want_of_room
from mlops_desktop.services.settings import SettingService
from mlops_desktop.services.trash import TrashService, referenced
from mlops_desktop.services.trials import TrialService


class Workspace:
    """A folder with registry, artifacts and runs. Faces hold this and nothing else of the core."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.jobs = JobService(parts)
        self.datasets = DatasetService(parts)
        self.experiments = ExperimentService(parts, self.jobs)
        self.models = ModelService(parts)
        self.deployments = DeploymentService(parts)
        self.trials = TrialService(parts)
        self.hosts = HostService(parts)
        self.trash = TrashService(parts)
        self.settings = SettingService(parts)

    @property
    def name(self) -> str:
        return self._parts.workspace_name

    @property
    def folder(self) -> Path:
        return self._parts.folder

    @property
    def viewed_because(self) -> str:
        """Why the workspace can only be looked at, as it was when it was opened; empty where it can be worked on."""
        return self._parts.viewed_because

    def see_to_keeper(self) -> None:
        """Starts a keeper where something is under way or should answer; a killed one is replaced by any face."""
        if anything_open(self._parts.registry):
            self._parts.start_keeper()

    def feed(self) -> ChangeFeed:
        """What is committed from now on, by any process. Open, poll and close it in one thread."""
        return self._parts.registry.open_feed()

    def audit(self, limit: int | None = None) -> Sequence[AuditEntry]:
        """The record of decisions, oldest first; with a limit the newest that many."""
        with self._parts.registry.read() as unit:
            return unit.audit.list(limit=limit)

    def note_recovery(self, source: str, decisions_lost: int) -> None:
        """Says in the record of decisions that the registry was put back from a copy."""
        with self._parts.registry.write() as unit:
            unit.audit.append("workspace.recover", self.name, {"from": source, "decisions_lost": decisions_lost})
            unit.commit()

    def verify(self) -> Verification:
        """Checks the database, the record of decisions, and every artifact and bundle that a row names."""
        problems = list(self._parts.registry.problems())
        with self._parts.registry.read() as unit:
            artifacts, bundles = referenced(unit)
            entries = len(unit.audit.list())
        checks = [self._parts.artifacts.problem(sha256) for sha256 in sorted(artifacts)]
        checks += [self._parts.bundles.problem(manifest_hash) for manifest_hash in sorted(bundles)]
        problems += [problem for problem in checks if problem is not None]
        return Verification(len(artifacts), len(bundles), entries, tuple(problems))

    def trouble(self) -> UserError | None:
        """What is wrong with the place itself: its folder or a store went away, or its disk is as good as full."""
        for look in (self._parts.registry.look, self._parts.artifacts.look, self._parts.bundles.look):
            try:
                look()
            except UserError as error:
                return error
        return None if self.viewed_because else want_of_room(self._parts.folder)

    def disk(self) -> tuple[int, int]:
        """Bytes the workspace takes, and bytes free on its disk."""
        taken = 0
        for path in self._parts.folder.rglob("*"):
            try:
                taken += path.stat().st_size if path.is_file() else 0
            except OSError:
                continue
        return taken, shutil.disk_usage(self._parts.folder).free

    def diagnose(self) -> dict[str, Any]:
        """What a bug report needs: versions, counts, problems. No data, no names, no secrets."""
        from importlib.metadata import PackageNotFoundError, version

        packages = {}
        for package in ("sqlalchemy", "scikit-learn", "pandas", "polars", "PySide6-Essentials", "skops", "uvicorn"):
            try:
                packages[package] = version(package)
            except PackageNotFoundError:
                packages[package] = "not installed"
        with self._parts.registry.read() as unit:
            counts = {
                "datasets": len(unit.datasets.list()),
                "experiments": len(unit.experiments.list()),
                "runs": len(unit.runs.list()),
                "models": len(unit.models.list()),
                "endpoints": len(unit.deployments.endpoints()),
                "hosts": len(unit.hosts.list()),
                "jobs": len(unit.jobs.list()),
                "audit entries": len(unit.audit.list()),
            }
        taken, free = self.disk()
        problems: Sequence[Problem] = self._parts.registry.problems()
        return {
            "program": self._parts.program_version,
            "python": sys.version.split()[0],
            "platform": platform.platform(),
            "sqlite": sqlite3.sqlite_version,
            "packages": packages,
            "counts": counts,
            "workspace bytes": taken,
            "free bytes": free,
            "problems": [problem.sentence for problem in problems],
        }

    def close(self) -> None:
        """Ends this process's warm worker and lets go of the registry; jobs and endpoints go on."""
        self._parts.workers.close()
        self._parts.hosts.close()
        self._parts.registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
