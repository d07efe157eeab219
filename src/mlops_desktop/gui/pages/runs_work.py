"""What a person does with the selected runs, or with the current one where none is selected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from mlops_desktop.domain.experiments import Run
from mlops_desktop.domain.run_summaries import RunSummary
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.pages.page import Command
from mlops_desktop.gui.pages.run_actions import RunActions
from mlops_desktop.gui.pages.runs_pane import RunsPane
from mlops_desktop.gui.pages.selection_bar import FEWEST, MOST
from mlops_desktop.gui.widgets.panel import Tick

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


class RunsWork(QObject):
    """`current` tells the id of the run that is looked at, `experiment` the chosen one's name."""

    def __init__(
        self,
        context: Context,
        runs: RunsPane,
        model: RunItemModel,
        actions: RunActions,
        *,
        current: Callable[[], str],
        experiment: Callable[[], str],
    ) -> None:
        super().__init__(runs)
        self._context, self._runs, self._model, self._actions = context, runs, model, actions
        self._current, self._experiment = current, experiment
        bar = runs.bar
        for signal, act in (
            (bar.compare_asked, self.compare),
            (bar.register_asked, self.register),
            (bar.tag_asked, self.ask_tags),
            (bar.rerun_asked, self.rerun),
            (bar.cancel_asked, lambda: actions.cancel(model.ticks)),
            (bar.export_asked, self.export),
            (bar.trash_asked, self.trash),
            (runs.new_asked, self.new_run),
        ):
            signal.connect(act)
        runs.opened.connect(lambda index: self.open_run(model.run_at(index.row())))

    @property
    def subjects(self) -> tuple[RunSummary, ...]:
        current = self._model.run(self._current())
        return self._model.ticks or ((current,) if current else ())

    def commands(self) -> list[Command]:
        commands = [
            Command("primary", "New run", "plus", self.new_run),
            Command("trash", "Move the selected runs to trash", "trash-2", self.trash),
            Command("compare", "Compare the selected runs", "chart-line", self.compare),
        ]
        chosen = self.subjects
        if chosen:
            commands += [
                Command("export", "Export the runs as CSV", "upload", self.export, "mlops experiments export FILE"),
                Command("tag", "Tag the selected runs", "tag", self.ask_tags),
            ]
        if len(chosen) == 1:
            line = f"mlops experiments rerun {chosen[0].name}"
            commands.append(Command("rerun", "Run again with changes", "rotate-cw", self.rerun_with_changes, line))
        return commands

    def new_run(self) -> None:
        how = {"experiment": self._experiment()} if self._experiment() else {}
        self._context.shell.go(Place("new-run", "", how))

    def open_run(self, run: RunSummary | Run | None) -> None:
        if run is not None:
            self._context.shell.go(Place("run", run.name))

    def compare(self) -> None:
        ticks = self._model.ticks
        if FEWEST <= len(ticks) <= MOST:
            self._context.shell.go(Place("compare", ",".join(run.name for run in ticks)))
        else:
            self._context.shell.say(f"{FEWEST} to {MOST} selected runs can be compared.", "info")

    def register(self) -> None:
        for run in self.subjects[:1]:
            self.register_run(run.name)

    def register_run(self, name: str) -> None:
        """Asks for the model's name; the dialog can go on to deploying."""
        from mlops_desktop.gui.dialogs.register import RegisterDialog

        RegisterDialog(self._context, self._workspace, name, self._runs.window()).open()

    def trash(self) -> None:
        self._actions.trash(self.subjects)

    def rerun(self) -> None:
        self._actions.rerun(self.subjects)

    def rerun_with_changes(self) -> None:
        for run in self.subjects[:1]:
            self._actions.rerun_with_changes(run)

    def ask_tags(self) -> None:
        from mlops_desktop.gui.widgets.tag_panel import TagPanel

        runs = self.subjects
        if not runs:
            return
        counts = self._model.runs.values("tag", range(self._model.total))
        shares = {tag: sum(tag in run.tags for run in runs) for tag in counts if tag}
        states = {0: False, len(runs): True}
        ticks = [Tick(tag, tag, states.get(shares[tag]), formats.count(counts[tag])) for tag in sorted(shares)]
        title = f"Tags of {runs[0].name}" if len(runs) == 1 else f"Tags of {formats.plural(len(runs), 'run')}"
        anchor: QWidget = self._runs.bar.tag if self._runs.bar.isVisible() else self._runs.filter
        tag = partial(self._actions.tag, runs)
        TagPanel(self._context.theme, title, ticks, tag, anchor).open_below(anchor)

    def export(self) -> None:
        """Asks where to; the selected runs, else all that are on show."""
        model = self._model
        runs = model.ticks or tuple(model.runs.rows[place] for place in model.on_show)
        name = f"{self._experiment() or 'runs'}.csv"
        dialog = QFileDialog(self._runs.window(), "Export runs as CSV", name, "CSV (*.csv)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.fileSelected.connect(lambda path: self._actions.export(runs, Path(path)))
        dialog.open()

    @property
    def _workspace(self) -> Workspace:
        if self._actions.workspace is None:
            raise RuntimeError("runs are on show, so a workspace is open")
        return self._actions.workspace
