"""Models, their immutable numbered versions, and the aliases that move between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mlops_desktop.domain.experiments import MetricSummary, Task


@dataclass(frozen=True)
class Model:
    id: str
    name: str
    description: str
    created_at: datetime
    latest_number: int
    aliases: Mapping[str, int]
    trashed_at: datetime | None = None


@dataclass(frozen=True)
class ModelVersion:
    """`manifest_hash` is the sha256 of the bundle's manifest; it names the bundle everywhere.

    `run_id` is None for a version that came in as a bundle file.
    """

    id: str
    model_id: str
    model_name: str
    number: int
    manifest_hash: str
    run_id: str | None
    run_name: str
    dataset_reference: str
    task: Task
    estimator: str
    metrics: tuple[MetricSummary, ...]
    aliases: tuple[str, ...]
    created_at: datetime
    created_by: str

    @property
    def reference(self) -> str:
        return f"{self.model_name}@v{self.number}"


@dataclass(frozen=True)
class AliasMove:
    """One move of an alias; None means it was not set before, or was taken away."""

    model_name: str
    alias: str
    from_number: int | None
    to_number: int | None
    moved_at: datetime
    moved_by: str
