"""What was made from a dataset version: runs, model versions, and what their targets showed about leakage."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_desktop.domain.datasets import DatasetVersion, Derived, Finding
from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.models import ModelVersion
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.services.ports import UnitOfWork

_MOST_LOOKED_AT = 200


@dataclass(frozen=True)
class DatasetUses:
    """`runs` are those outside the trash, newest first; `leakage` is what is known already, nothing is computed."""

    runs: tuple[Run, ...] = ()
    model_versions: tuple[ModelVersion, ...] = ()
    leakage: tuple[Finding, ...] = ()


def uses_of(unit: UnitOfWork, version: DatasetVersion) -> DatasetUses:
    runs = tuple(
        run for run in unit.runs.list(dataset_hash=version.content_hash) if run.spec.dataset_version_id == version.id
    )
    ids = {run.id for run in runs}
    models = tuple(
        made for model in unit.models.list() for made in unit.models.versions(model.id) if made.run_id in ids
    )
    return DatasetUses(runs, models, _known_leakage(unit, version, dict.fromkeys(run.spec.target for run in runs)))


def findings_of(unit: UnitOfWork, version: DatasetVersion) -> tuple[Finding, ...]:
    """What the import found, and what is known of leakage since, for the targets of the newest runs."""
    runs = unit.runs.list(dataset_hash=version.content_hash, limit=_MOST_LOOKED_AT)
    targets = dict.fromkeys(run.spec.target for run in runs if run.spec.dataset_version_id == version.id)
    return with_leakage(version, _known_leakage(unit, version, targets))


def with_leakage(version: DatasetVersion, leakage: Sequence[Finding]) -> tuple[Finding, ...]:
    """The version's findings, and those of leakage that are not among them."""
    return (*version.findings, *(found for found in leakage if found not in version.findings))


def _known_leakage(unit: UnitOfWork, version: DatasetVersion, targets: dict[str, None]) -> tuple[Finding, ...]:
    """What was found for targets that runs had; what the import found is among the version's own findings."""
    found: list[Finding] = []
    for target in targets:
        known = unit.settings.get(leakage_key(version, target))
        if known is not None:
            found += from_plain(tuple[Finding, ...], known)
    return tuple(found)


def leakage_key(version: DatasetVersion, target: str) -> str:
    """Under which setting the leakage findings of a target are remembered: they never change for one content."""
    digest = hashlib.sha256(f"{version.content_hash}\n{target}".encode()).hexdigest()
    return f"leakage.{digest[:32]}"


def derived_from(version: DatasetVersion, column: str) -> Derived | None:
    """The expression that made a column, where one did."""
    return next((item for item in version.source.derived if item.name == column), None)
