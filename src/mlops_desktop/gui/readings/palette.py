"""What the palette can find: read in one go in the lane, as small values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_desktop.domain.datasets import Dataset
    from mlops_desktop.domain.deployments import Deployment, Endpoint
    from mlops_desktop.domain.experiments import RunBrief
    from mlops_desktop.domain.models import Model
    from mlops_desktop.services.workspace import Workspace


@dataclass(frozen=True)
class Findable:
    """`lowered` are the names of the runs in lower case, made here so that typing does not wait for it."""

    datasets: tuple[Dataset, ...] = ()
    models: tuple[Model, ...] = ()
    served: tuple[tuple[Endpoint, Deployment | None], ...] = ()
    runs: tuple[RunBrief, ...] = ()
    run_names: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()


def read_findable(workspace: Workspace) -> Findable:
    runs = tuple(workspace.experiments.briefs())
    names = tuple(run.name for run in runs)
    return Findable(
        tuple(workspace.datasets.list()),
        tuple(workspace.models.list()),
        tuple(workspace.deployments.list()),
        runs,
        names,
        tuple(name.lower() for name in names),
    )
