"""The trash: what was put away, how it comes back, and how it is erased for good with the files only it used."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import ConflictError, DamagedArtifactError, NotFoundError, WorkspaceError
from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.identifiers import is_identifier
from mlops_desktop.domain.jobs import JobKind
from mlops_desktop.domain.names import tidy
from mlops_desktop.services.endpoint_tokens import digests_of, forget_tokens
from mlops_desktop.services.parts import Parts
from mlops_desktop.services.ports import UnitOfWork

_COMING_IN = 24 * 3600.0
"""Seconds after which a file or folder that no row names is not waiting for its row any more."""


class Kind(enum.StrEnum):
    DATASET = "dataset"
    EXPERIMENT = "experiment"
    RUN = "run"
    MODEL = "model"
    ENDPOINT = "endpoint"


@dataclass(frozen=True)
class TrashItem:
    kind: Kind
    id: str
    name: str
    trashed_at: datetime


@dataclass(frozen=True)
class Purge:
    """What an erasure took away: objects, artifacts and bundles, and the bytes of the artifacts."""

    items: int
    files: int
    size: int


class TrashService:
    """Puts things away and brings them back. Nothing is erased before `purge`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def list(self) -> Sequence[TrashItem]:
        """Newest first."""
        with self._parts.registry.read() as unit:
            items = [
                TrashItem(kind, value.id, value.name, value.trashed_at)
                for kind in Kind
                for value in _trashed(unit, kind)
            ]
        return sorted(items, key=lambda item: item.trashed_at, reverse=True)

    def put(self, kind: Kind, names: Sequence[str]) -> Sequence[TrashItem]:
        """Moves things to the trash, all of them or none. Raises NotFoundError, ConflictError (serving or running)."""
        now = self._parts.clock()
        items = []
        with self._parts.registry.write() as unit:
            for name in names:
                value = _find(unit, kind, name)
                if value is None or value.trashed_at:
                    raise NotFoundError(f"There is no {kind.value} called {name}.", hint="It may be in the trash.")
                _refuse_if_busy(unit, kind, value)
                _update(unit, kind, dataclasses.replace(value, trashed_at=now))
                unit.audit.append(f"{kind.value}.trash", value.name)
                items.append(TrashItem(kind, value.id, value.name, now))
            unit.commit()
        return items

    def restore(self, kind: Kind, names: Sequence[str]) -> None:
        """Takes things out of the trash. Raises NotFoundError."""
        with self._parts.registry.write() as unit:
            for name in names:
                value = _find(unit, kind, name)
                if value is None or not value.trashed_at:
                    raise NotFoundError(
                        f"There is no {kind.value} called {name} in the trash.", hint="mlops trash list"
                    )
                _update(unit, kind, dataclasses.replace(value, trashed_at=None))
                unit.audit.append(f"{kind.value}.restore", value.name)
            unit.commit()

    def purge(self, kind: Kind | None = None, names: Sequence[str] | None = None) -> Purge:
        """Erases things in the trash for good, all of them unless named, with the files that nothing else uses.

        What an erasure that was killed left behind goes too, but not what may just be coming in.
        Raises NotFoundError; ConflictError where something outside the trash was made from it.
        """
        with self._parts.registry.write() as unit:
            artifacts, bundles = referenced(unit)
            chosen = _chosen(unit, kind, names)
            for each, value in chosen:
                _refuse_if_used(unit, each, value)
            traces = [trace for each, value in chosen for trace in self._traces(unit, each, value)]
            for each, value in chosen:
                _remove(unit, each, value.id)
                unit.audit.append(f"{each.value}.purge", value.name, self._details(each, value))
            unit.commit()
        for folder in traces:
            shutil.rmtree(folder, ignore_errors=True)
        for each, value in chosen:
            if each is Kind.ENDPOINT:
                forget_tokens(self._parts.secrets, value.id)
        self._sweep()
        files, size = self._free(artifacts, bundles)
        return Purge(len(chosen), files, size)

    def _traces(self, unit: UnitOfWork, kind: Kind, value: Any) -> Sequence[Path]:
        """The folders with logs that only this thing has."""
        if kind is Kind.RUN:
            return [self._parts.job_folder(value.job_id)]
        if kind is Kind.EXPERIMENT:
            return [self._parts.job_folder(run.job_id) for run in _runs_of(unit, value.id)]
        if kind is Kind.ENDPOINT:
            return [self._parts.deployment_folder(item.id) for item in unit.deployments.list(value.id)]
        return []

    def _details(self, kind: Kind, value: Any) -> Mapping[str, object] | None:
        """What the next erasure needs to know, where this one is killed before the tokens are gone."""
        if kind is not Kind.ENDPOINT:
            return None
        return {"id": value.id, "token_sha256": digests_of(self._parts.secrets, value.id)}

    def _sweep(self) -> None:
        """Removes what an erasure that was killed left of folders and tokens.

        Not a folder that may be waiting for its row. Nor a token only because no row names it: a copy of this workspace
        shares its secrets. Those go that were there when an endpoint was erased, by the record of decisions.
        """
        before = time.time() - _COMING_IN
        with self._parts.registry.read() as unit:
            jobs, deployments = _needed(unit)
            tokens = _tokens_left(unit)
        for root, needed in (
            (self._parts.job_folder("x").parent, jobs),
            (self._parts.deployment_folder("x").parent, deployments),
        ):
            for folder in _unneeded(root, needed, before):
                shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(WorkspaceError):  # of the secrets; the next erasure tries again
            for endpoint_id, digests in tokens.items():
                forget_tokens(self._parts.secrets, endpoint_id, only=digests)

    def _free(self, artifacts: set[str], bundles: set[str]) -> tuple[int, int]:
        """Removes those files that no row names any more; nobody can name one anew while we hold the lock."""
        size = 0
        with self._parts.registry.write() as unit:
            artifacts_kept, bundles_kept = referenced(unit)
            artifacts = artifacts | set(self._parts.artifacts.hashes(older_than=_COMING_IN))
            bundles = bundles | set(self._parts.bundles.hashes(older_than=_COMING_IN))
            for sha256 in artifacts - artifacts_kept:
                with contextlib.suppress(DamagedArtifactError):  # it was missing already
                    size += self._parts.artifacts.size(sha256)
                self._parts.artifacts.remove(sha256)
            for manifest_hash in bundles - bundles_kept:
                self._parts.bundles.remove(manifest_hash)
        return len(artifacts - artifacts_kept) + len(bundles - bundles_kept), size


def referenced(unit: UnitOfWork) -> tuple[set[str], set[str]]:
    """The hashes of all artifacts and all bundles that some row names, in the trash too."""
    artifacts: set[str] = set()
    bundles: set[str] = set()
    for trashed in (False, True):
        for dataset in unit.datasets.list(trashed=trashed):
            artifacts.update(version.content_hash for version in unit.datasets.versions(dataset.id))
        for run in unit.runs.list(trashed=trashed):
            artifacts.update(sha for sha in (run.evaluation_hash, run.log_hash) if sha)
            bundles.update(sha for sha in (run.bundle_hash,) if sha)
        for model in unit.models.list(trashed=trashed):
            bundles.update(version.manifest_hash for version in unit.models.versions(model.id))
    for endpoint in (*unit.deployments.endpoints(), *unit.deployments.endpoints(trashed=True)):
        bundles.update(deployment.manifest_hash for deployment in unit.deployments.list(endpoint.id))
    for job in unit.jobs.list():
        artifacts.update(str(value) for key, value in job.result.items() if key == "file_hash")
    return artifacts, bundles


def _needed(unit: UnitOfWork) -> tuple[set[str], set[str]]:
    """The jobs and the deployments whose folders are of use. The log of a training goes with its run."""
    trained = {run.job_id for trashed in (False, True) for run in unit.runs.list(trashed=trashed)}
    jobs = {job.id for job in unit.jobs.list() if job.kind is not JobKind.TRAIN or not job.status.is_ended}
    endpoints = (*unit.deployments.endpoints(), *unit.deployments.endpoints(trashed=True))
    return jobs | trained, {item.id for endpoint in endpoints for item in unit.deployments.list(endpoint.id)}


def _unneeded(root: Path, needed: set[str], before: float) -> list[Path]:
    """The folders in `root` that bear an identifier of ours, are not needed, and did not change since `before`.

    What cannot be looked at is for the next erasure.
    """
    found = []
    with contextlib.suppress(OSError):
        for folder in sorted(root.iterdir()):
            if is_identifier(folder.name) and folder.name not in needed and _changed_at(folder) < before:
                found.append(folder)
    return found


def _changed_at(folder: Path) -> float:
    try:
        return folder.lstat().st_mtime
    except OSError:  # another erasure was faster
        return math.inf


def _tokens_left(unit: UnitOfWork) -> dict[str, list[str]]:
    """The digests of the tokens that went with endpoints which are not there again, by the endpoint's id."""
    known = {endpoint.id for trashed in (False, True) for endpoint in unit.deployments.endpoints(trashed=trashed)}
    erased = (entry.details for entry in unit.audit.list() if entry.action == f"{Kind.ENDPOINT.value}.purge")
    return {entry["id"]: entry["token_sha256"] for entry in erased if entry.get("id", "") not in {"", *known}}


def _chosen(unit: UnitOfWork, kind: Kind | None, names: Sequence[str] | None) -> list[tuple[Kind, Any]]:
    if names is None or kind is None:
        return [(each, value) for each in (Kind.ENDPOINT, Kind.MODEL, Kind.RUN, Kind.EXPERIMENT, Kind.DATASET)
                if kind in (None, each) for value in _trashed(unit, each)]  # fmt: skip
    found: dict[str, tuple[Kind, Any]] = {}
    for name in names:
        value = _find(unit, kind, name)
        if value is None or not value.trashed_at:
            raise NotFoundError(f"There is no {kind.value} called {name} in the trash.", hint="mlops trash list")
        found[value.id] = (kind, value)
    return list(found.values())


def _trashed(unit: UnitOfWork, kind: Kind) -> Sequence[Any]:
    lists: dict[Kind, Callable[[], Sequence[Any]]] = {
        Kind.DATASET: lambda: unit.datasets.list(trashed=True),
        Kind.EXPERIMENT: lambda: unit.experiments.list(trashed=True),
        Kind.RUN: lambda: unit.runs.list(trashed=True),
        Kind.MODEL: lambda: unit.models.list(trashed=True),
        Kind.ENDPOINT: lambda: unit.deployments.endpoints(trashed=True),
    }
    return lists[kind]()


def _runs_of(unit: UnitOfWork, experiment_id: str) -> list[Run]:
    """In the trash or not."""
    return [run for trashed in (False, True) for run in unit.runs.list(experiment_id=experiment_id, trashed=trashed)]


def _find(unit: UnitOfWork, kind: Kind, name: str) -> Any:
    finders: dict[Kind, Callable[[str], Any]] = {
        Kind.DATASET: unit.datasets.find,
        Kind.EXPERIMENT: unit.experiments.find,
        Kind.RUN: lambda text: unit.runs.find(text) or unit.runs.get(text),
        Kind.MODEL: unit.models.find,
        Kind.ENDPOINT: unit.deployments.find_endpoint,
    }
    return finders[kind](tidy(name))


def _update(unit: UnitOfWork, kind: Kind, value: Any) -> None:
    updates: dict[Kind, Callable[[Any], None]] = {
        Kind.DATASET: unit.datasets.update,
        Kind.EXPERIMENT: unit.experiments.update,
        Kind.RUN: unit.runs.update,
        Kind.MODEL: unit.models.update,
        Kind.ENDPOINT: unit.deployments.update_endpoint,
    }
    updates[kind](value)


def _remove(unit: UnitOfWork, kind: Kind, identifier: str) -> None:
    removals: dict[Kind, Callable[[str], None]] = {
        Kind.DATASET: unit.datasets.remove,
        Kind.EXPERIMENT: unit.experiments.remove,
        Kind.RUN: unit.runs.remove,
        Kind.MODEL: unit.models.remove,
        Kind.ENDPOINT: unit.deployments.remove_endpoint,
    }
    removals[kind](identifier)


def _refuse_if_busy(unit: UnitOfWork, kind: Kind, value: Any) -> None:
    if kind is Kind.RUN and not value.status.is_ended:
        raise ConflictError(f"{value.name} is {value.status.value}.", hint="Cancel the run first.")
    if kind is Kind.EXPERIMENT:
        open_runs = [run.name for run in unit.runs.list(experiment_id=value.id) if not run.status.is_ended]
        if open_runs:
            raise ConflictError(f"{value.name} has runs under way: {', '.join(open_runs)}.", hint="Cancel them first.")
    if kind is Kind.ENDPOINT and (value.wanted_deployment_id or unit.deployments.rollouts(value.id, open_only=True)):
        raise ConflictError(f"{value.name} is answering.", hint=f"Stop it first: mlops deployments stop {value.name}")
    if kind is Kind.MODEL:
        _refuse_if_serving(unit, value)


def _refuse_if_used(unit: UnitOfWork, kind: Kind, value: Any) -> None:
    """What others outside the trash were made from stays: a dataset with its runs, a run with its model versions."""
    if kind is Kind.DATASET:
        versions = {version.id for version in unit.datasets.versions(value.id)}
        away = {experiment.id for experiment in unit.experiments.list(trashed=True)}
        using = [
            run.name
            for run in unit.runs.list()
            if run.spec.dataset_version_id in versions and run.experiment_id not in away
        ]
        if using:
            raise ConflictError(
                f"{value.name} is what {', '.join(using[:5])} learnt from.", hint="Move these runs to the trash first."
            )
    if kind in (Kind.RUN, Kind.EXPERIMENT):
        _refuse_if_registered(unit, {value.id} if kind is Kind.RUN else {run.id for run in _runs_of(unit, value.id)})
    if kind is Kind.MODEL:
        _refuse_if_serving(unit, value)


def _refuse_if_registered(unit: UnitOfWork, runs: set[str]) -> None:
    made = [
        f"{version.run_name} is {version.reference}"
        for model in unit.models.list()
        for version in unit.models.versions(model.id)
        if version.run_id in runs
    ]
    if made:
        raise ConflictError(f"{'; '.join(made[:5])}.", hint="Move these models to the trash first.")


def _refuse_if_serving(unit: UnitOfWork, model: Any) -> None:
    serving = _serving(unit, model.id)
    if serving:
        raise ConflictError(f"{model.name} answers behind {', '.join(serving)}.", hint="Stop the endpoint first.")


def _serving(unit: UnitOfWork, model_id: str) -> list[str]:
    """The endpoints behind which a version of the model should answer, or soon will."""
    versions = {version.id for version in unit.models.versions(model_id)}
    names = []
    for endpoint in unit.deployments.endpoints():
        coming = [rollout.to_deployment_id for rollout in unit.deployments.rollouts(endpoint.id, open_only=True)]
        wanted = {endpoint.wanted_deployment_id, *coming}
        if any(item.id in wanted and item.model_version_id in versions for item in unit.deployments.list(endpoint.id)):
            names.append(endpoint.name)
    return names
