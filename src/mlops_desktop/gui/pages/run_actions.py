"""What a person does to runs: one call to a service, a success that can be taken back, a failure that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mlops_desktop.domain.experiments import Run
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


class RunActions:
    """Trash and cancel, in the serial lane; `done` follows each success."""

    def __init__(self, context: Context, done: Callable[[], None]) -> None:
        self._context, self._done = context, done
        self.workspace: Workspace | None = None

    def trash(self, runs: Sequence[Run]) -> None:
        """Moves ended runs to the trash and offers the way back; those in progress stay."""
        workspace = self.workspace
        ended = [run for run in runs if run.status.is_ended]
        if workspace is None or not runs:
            return
        if not ended:
            self._context.shell.say("A run in progress stays; cancel it first.", "info")
            return
        names = [run.name for run in ended]
        self._context.lanes.run(
            lambda: _put(workspace, names), lambda _: self._on_trashed(workspace, names), self._on_failed
        )

    def cancel(self, runs: Sequence[Run]) -> None:
        """Asks those in progress to stop."""
        workspace = self.workspace
        names = [run.name for run in runs if not run.status.is_ended]
        if workspace is not None and names:
            self._context.lanes.run(
                lambda: [workspace.experiments.cancel(name) for name in names],
                lambda _: self._on_cancelled(names),
                self._on_failed,
            )

    def _on_trashed(self, workspace: Workspace, names: Sequence[str]) -> None:
        what = f"Run {names[0]}" if len(names) == 1 else formats.plural(len(names), "run")
        lanes = self._context.lanes
        self._context.shell.say(
            f"{what} moved to trash",
            "trash-2",
            lambda: lanes.run(lambda: _restore(workspace, names), lambda _: self._done(), self._on_failed),
        )
        self._done()

    def _on_cancelled(self, names: Sequence[str]) -> None:
        what = f"run {names[0]}" if len(names) == 1 else formats.plural(len(names), "run")
        self._context.shell.say(f"Asked {what} to stop", "square")
        self._done()

    def _on_failed(self, error: BaseException) -> None:
        self._context.shell.show_failure(error)
        self._done()


def _put(workspace: Workspace, names: Sequence[str]) -> None:
    from mlops_desktop.services.trash import Kind

    workspace.trash.put(Kind.RUN, names)


def _restore(workspace: Workspace, names: Sequence[str]) -> None:
    from mlops_desktop.services.trash import Kind

    workspace.trash.restore(Kind.RUN, names)
