"""What a person does to runs: one call to a service, a success that can be taken back, a failure that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.run_summaries import RunSummary
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place

if TYPE_CHECKING:
    from mlops_desktop.domain.run_views import RunView
    from mlops_desktop.services.workspace import Workspace

Runs = Sequence[Run] | Sequence[RunSummary]


class RunActions:
    """Trash, cancel, re-run, tag, export, views: in the serial lane; `done` follows each success."""

    def __init__(self, context: Context, done: Callable[[], None]) -> None:
        self._context, self._done = context, done
        self.workspace: Workspace | None = None
        self.touched: set[str] = set()
        """The ids of the runs that the last action was about."""

    def trash(self, runs: Runs) -> None:
        """Moves ended runs to the trash and offers the way back; those in progress stay."""
        workspace = self.workspace
        ended = [run for run in runs if run.status.is_ended]
        self.touched = {run.id for run in ended}
        if workspace is None or not runs:
            return
        if not ended:
            self._context.shell.say("A run in progress stays; cancel it first.", "info")
            return
        names = [run.name for run in ended]
        self._do(
            lambda: _put(workspace, names),
            f"{_these(names, 'Run')} moved to trash",
            "trash-2",
            lambda: _restore(workspace, names),
        )

    def cancel(self, runs: Runs) -> None:
        """Asks those in progress to stop."""
        workspace = self.workspace
        self.touched = {run.id for run in runs}
        names = [run.name for run in runs if not run.status.is_ended]
        if workspace is not None and names:
            self._do(
                lambda: [workspace.experiments.cancel(name) for name in names],
                f"Asked {_these(names, 'run')} to stop",
                "square",
            )

    def rerun(self, runs: Runs) -> None:
        """Queues each of them again, as it was; taking it back cancels."""
        workspace, names = self.workspace, [run.name for run in runs]
        if workspace is None or not names:
            return
        again: list[str] = []
        self.touched = set()

        def start() -> None:
            again.extend(workspace.experiments.rerun(name).id for name in names)
            self.touched = set(again)

        self._do(
            start,
            f"Queued {_these(names, 'run')} again",
            "rotate-cw",
            lambda: [workspace.experiments.cancel(name) for name in again],
        )

    def rerun_with_changes(self, run: Run | RunSummary) -> None:
        self._context.shell.go(Place("new-run", run.dataset_reference, {"rerun_of": run.name}))

    def tag(self, runs: Runs, added: Sequence[str], removed: Sequence[str]) -> None:
        workspace, names = self.workspace, [run.name for run in runs]
        if workspace is None or not (added or removed):
            return
        self.touched = {run.id for run in runs}
        had = {run.name: run.tags for run in runs}
        said = [f"tagged {', '.join(added)}"] if added else []
        said += [f"no longer tagged {', '.join(removed)}"] if removed else []
        self._do(
            lambda: workspace.experiments.lists.tag(names, add=added, remove=removed),
            f"{_these(names, 'Run')} {' and '.join(said)}",
            "tag",
            lambda: _tag_back(workspace, had, added, removed),
        )

    def export(self, runs: Runs, target: Path) -> None:
        workspace, names = self.workspace, [run.name for run in runs]
        if workspace is not None and names:
            self._do(
                lambda: workspace.experiments.lists.export(target, names),
                f"Wrote {formats.plural(len(names), 'run')} to {target.name}",
                "upload",
                finishes=f"Runs are being written to {target.name}.",
            )

    def save_view(self, view: RunView, then: Callable[[], object]) -> None:
        workspace = self.workspace
        if workspace is not None:
            save = partial(workspace.experiments.lists.save_view, view)
            self._do(save, f"View {view.name} saved", "circle-check", after=then)

    def remove_view(self, view: RunView) -> None:
        workspace = self.workspace
        if workspace is not None:
            lists = workspace.experiments.lists
            remove, save = partial(lists.remove_view, view.name), partial(lists.save_view, view)
            self._do(remove, f"View {view.name} removed", "trash-2", save)

    def _do(
        self,
        work: Callable[[], object],
        said: str,
        icon: str,
        undo: Callable[[], object] | None = None,
        *,
        after: Callable[[], object] | None = None,
        finishes: str = "",
    ) -> None:
        lanes = self._context.lanes

        def then(_: object) -> None:
            back = (lambda: lanes.run(undo, lambda _: self._done(), self._on_failed)) if undo else None
            self._context.shell.say(said, icon, back)
            if after is not None:
                after()
            self._done()

        lanes.run(work, then, self._on_failed, finishes=finishes)

    def _on_failed(self, error: BaseException) -> None:
        self._context.shell.show_failure(error)
        self._done()


def _these(names: Sequence[str], one: str) -> str:
    return f"{one} {names[0]}" if len(names) == 1 else formats.plural(len(names), "run")


def _put(workspace: Workspace, names: Sequence[str]) -> None:
    from mlops_desktop.services.trash import Kind

    workspace.trash.put(Kind.RUN, names)


def _restore(workspace: Workspace, names: Sequence[str]) -> None:
    from mlops_desktop.services.trash import Kind

    workspace.trash.restore(Kind.RUN, names)


def _tag_back(
    workspace: Workspace, had: dict[str, tuple[str, ...]], added: Sequence[str], removed: Sequence[str]
) -> None:
    """Every run gets back what it had, and only what was changed."""
    lists = workspace.experiments.lists
    for name, tags in had.items():
        lists.tag([name], add=[tag for tag in removed if tag in tags], remove=[tag for tag in added if tag not in tags])
