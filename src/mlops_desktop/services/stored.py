"""Stores that know what is lost with a file: a damaged one is named with the versions and runs that it is of."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from mlops_desktop.domain.errors import DamagedArtifactError, DamagedBundleError, MlopsError
from mlops_desktop.domain.verification import Problem
from mlops_desktop.services.ports import ArtifactStore, BundleStore, Registry, UnitOfWork

_MOST_NAMED = 5


class KnownArtifacts:
    """As the store, with errors that say what the artifact is of."""

    def __init__(self, store: ArtifactStore, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self.look, self.add, self.hashes, self.remove = store.look, store.add, store.hashes, store.remove

    def path(self, sha256: str) -> Path:
        with _named(self._registry, sha256):
            return self._store.path(sha256)

    def read(self, sha256: str) -> bytes:
        with _named(self._registry, sha256):
            return self._store.read(sha256)

    def size(self, sha256: str) -> int:
        return self._store.size(sha256)

    def problem(self, sha256: str) -> Problem | None:
        return _known(self._registry, self._store.problem(sha256))


class KnownBundles:
    """As the store, with errors that say which versions the bundle is of."""

    def __init__(self, store: BundleStore, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self.look, self.add, self.hashes, self.remove = store.look, store.add, store.hashes, store.remove
        self.import_file = store.import_file

    def folder(self, manifest_hash: str) -> Path:
        with _named(self._registry, manifest_hash):
            return self._store.folder(manifest_hash)

    def export(self, manifest_hash: str, target: Path) -> None:
        with _named(self._registry, manifest_hash):
            self._store.export(manifest_hash, target)

    def problem(self, manifest_hash: str) -> Problem | None:
        return _known(self._registry, self._store.problem(manifest_hash))


@contextlib.contextmanager
def _named(registry: Registry, stored: str) -> Iterator[None]:
    try:
        yield
    except (DamagedArtifactError, DamagedBundleError) as error:
        words = _hit(registry, stored)
        if not words:
            raise
        raise type(error)(f"{error.message} {words}", hint=error.hint, details=error.details) from error


def _known(registry: Registry, problem: Problem | None) -> Problem | None:
    words = _hit(registry, problem.subject) if problem else ""
    return dataclasses.replace(problem, sentence=f"{problem.sentence} {words}") if problem and words else problem


def _hit(registry: Registry, stored: str) -> str:
    """`It is of flights@v2 and flight-late@v1.`"""
    try:
        with registry.read() as unit:
            names = list(dict.fromkeys(_users(unit, stored)))
    except MlopsError:  # then the file is all that can be named
        return ""
    if not names:
        return ""
    rest = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"It is of {', '.join(names[:_MOST_NAMED])}{rest}."


def _users(unit: UnitOfWork, stored: str) -> Sequence[str]:
    found = []
    for trashed in (False, True):
        for dataset in unit.datasets.list(trashed=trashed):
            found += [v.reference for v in unit.datasets.versions(dataset.id) if v.content_hash == stored]
        for model in unit.models.list(trashed=trashed):
            found += [v.reference for v in unit.models.versions(model.id) if v.manifest_hash == stored]
        for run in unit.runs.list(trashed=trashed):
            found += [f"run {run.name}"] if stored in (run.evaluation_hash, run.log_hash, run.bundle_hash) else []
    return found
