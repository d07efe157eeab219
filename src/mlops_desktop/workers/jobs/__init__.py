"""Long work, one module per kind of job. Each has `run(spec, folder, report) -> dict`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

JOBS: Mapping[str, str] = MappingProxyType(
    {
        "import_dataset": "mlops_desktop.workers.jobs.import_dataset",
        "train": "mlops_desktop.workers.jobs.train",
        "score": "mlops_desktop.workers.jobs.score",
    }
)
