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
    revision: int = 1


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
class BundleFile:
    """One file of a bundle, as its manifest says."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class SignatureField:
    """One input or output of a model. `seen` says what training saw of it, `example` is a real value.

    `values` are the categories that training saw most.
    """

    name: str
    type: str
    role: str = ""
    seen: str = ""
    example: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class BundleContents:
    """What a checked bundle holds, file by file, and what its model takes and gives.

    `threshold` is the probability from which a binary model says `positive_label`.
    """

    manifest_hash: str
    files: tuple[BundleFile, ...]
    requirements: tuple[str, ...]
    inputs: tuple[SignatureField, ...]
    outputs: tuple[SignatureField, ...]
    target: str = ""
    positive_label: str | None = None
    threshold: float | None = None
    rows: int | None = None
    """How many rows the model was fitted on."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True)
class AliasMove:
    """One move of an alias; None means it was not set before, or was taken away."""

    model_name: str
    alias: str
    from_number: int | None
    to_number: int | None
    moved_at: datetime
    moved_by: str
