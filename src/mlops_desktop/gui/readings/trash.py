"""What the trash shows: what was put away, when and by whom, and what bringing back or erasing would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_desktop.services.trash import Kind
    from mlops_desktop.services.workspace import Workspace

RECORD = 3_000


@dataclass(frozen=True)
class Trashed:
    """`by` is empty where the record no longer reaches back so far."""

    kind: Kind
    id: str
    name: str
    at: datetime
    by: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind.value} {self.id}"


@dataclass(frozen=True)
class Fate:
    """Of a kind of thing: its icon, what restoring brings back, what erasing takes away, and what stays."""

    icon: str
    back: str
    gone: str
    stays: str


FATES = {
    "dataset": Fate(
        "database",
        "The dataset with all its versions, profiles and findings.",
        "All its versions and their stored tables, where nothing else uses them.",
        "Runs that learnt from it have to be in the trash first. The file it came from is never touched.",
    ),
    "experiment": Fate(
        "flask-conical",
        "The experiment with all its runs.",
        "The experiment, its runs, their metrics, logs and bundles, where nothing else uses them.",
        "Datasets stay. An experiment with a registered run is not erased before its models are in the trash.",
    ),
    "run": Fate(
        "flask-conical",
        "The run with its metrics, curves, log and bundle.",
        "Its metrics, curves, log and bundle, where nothing else uses them.",
        "The dataset stays. A registered run is not erased before its model is in the trash.",
    ),
    "model": Fate(
        "box",
        "The model with all its versions and aliases.",
        "All its versions and their bundles, where no run uses them.",
        "Runs keep their numbers. A model that answers behind an endpoint cannot be here.",
    ),
    "endpoint": Fate(
        "server",
        "The endpoint with its history, stopped; a new token may be needed.",
        "The endpoint, its deployments, their logs and its token.",
        "The model versions that answered stay.",
    ),
}
ALWAYS = "The record of decisions keeps one line: what, who and when."


def read_trash(workspace: Workspace) -> tuple[Trashed, ...]:
    """Newest first."""
    moved = {
        (entry.action, entry.subject): entry.actor
        for entry in workspace.audit(RECORD)
        if entry.action.endswith(".trash")
    }
    return tuple(
        Trashed(item.kind, item.id, item.name, item.trashed_at, moved.get((f"{item.kind.value}.trash", item.name), ""))
        for item in workspace.trash.list()
    )
