"""Reads a file again and again as the answers change: never twice at once, and only the last reading is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mlops_desktop.domain.datasets import Dataset, DatasetVersion, ReadAnswers
from mlops_desktop.domain.previews import Obstacle, Preview, Recipe
from mlops_desktop.gui.lanes import Lanes

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


@dataclass(frozen=True)
class Order:
    """What is to be read, and how."""

    path: Path
    answers: ReadAnswers = field(default_factory=ReadAnswers)
    derived: tuple[str, ...] = ()


@dataclass(frozen=True)
class Destinations:
    """What the workspace has that a file may go to: every name that is taken, latest versions, and their recipes."""

    names: tuple[str, ...] = ()
    versions: tuple[DatasetVersion, ...] = ()
    recipes: dict[str, Recipe] = field(default_factory=dict)

    def version(self, name: str) -> DatasetVersion | None:
        return next((version for version in self.versions if version.dataset_name == name), None)


def read_destinations(workspace: Workspace) -> Destinations:
    """Reads the datasets. A serial matter."""
    datasets: list[Dataset] = list(workspace.datasets.list())
    trashed = [dataset.name for dataset in workspace.datasets.list(trashed=True)]
    filled = [dataset.name for dataset in datasets if dataset.latest_number]
    recipes = {name: recipe for name in filled if (recipe := workspace.datasets.recipe(name)) is not None}
    return Destinations(
        (*(dataset.name for dataset in datasets), *trashed),
        tuple(workspace.datasets.get(name) for name in filled),
        recipes,
    )


class FileReading(QObject):
    """`begun` and `ended` embrace the readings; `read` carries a preview, `refused` the error and why it cannot be."""

    begun = Signal()
    ended = Signal()
    read = Signal(object)
    refused = Signal(object, object)

    def __init__(self, lanes: Lanes, parent: QObject) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._workspace: Workspace | None = None
        self._waiting: Order | None = None
        self._turn = 0
        self.order: Order | None = None
        self.is_busy = False

    def follow(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def ask(self, order: Order) -> None:
        """Reads as ordered; while something is read, the last order waits."""
        self.order = order
        if self.is_busy:
            self._waiting = order
            return
        self._start(order)

    def forget(self) -> None:
        """What is still being read is shown no more."""
        self._turn += 1
        self._waiting = self.order = None
        self.is_busy = False

    def _start(self, order: Order) -> None:
        workspace = self._workspace
        if workspace is None:
            raise RuntimeError("a file is read before a workspace is open")
        self.is_busy = True
        self._turn += 1
        turn = self._turn
        self.begun.emit()
        self._lanes.call(
            lambda: workspace.datasets.preview(order.path, order.answers, order.derived),
            lambda preview: self._arrive(turn, lambda: self._on_read(preview)),
            lambda error: self._arrive(turn, lambda: self._on_failed(turn, order, error)),
            owner=self,
        )

    def _arrive(self, turn: int, act: Callable[[], None]) -> None:
        if turn != self._turn:
            return
        if self._waiting is not None:
            order, self._waiting = self._waiting, None
            self._start(order)
            return
        act()

    def _on_read(self, preview: Preview) -> None:
        self.is_busy = False
        self.ended.emit()
        self.read.emit(preview)

    def _on_failed(self, turn: int, order: Order, error: BaseException) -> None:
        from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError

        workspace = self._workspace
        if workspace is None or not isinstance(error, UnreadableTableError | InvalidInputError):
            self._end(error, None)
            return
        self._lanes.call(
            lambda: workspace.datasets.obstacle(order.path, order.answers),
            lambda obstacle: self._arrive(turn, lambda: self._end(error, obstacle)),
            lambda _: self._arrive(turn, lambda: self._end(error, None)),
            owner=self,
        )

    def _end(self, error: BaseException, obstacle: Obstacle | None) -> None:
        self.is_busy = False
        self.ended.emit()
        self.refused.emit(error, obstacle)
