"""Experiments: which run is best, what runs, what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.experiments import Run, main_metric
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.columns import main_task
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.pages.inspector import SMALL_WIDTH, WIDTH, Inspector
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.pages.run_actions import RunActions
from mlops_desktop.gui.pages.runs_pane import RunsPane
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.runs import ExperimentFacts, read_experiments
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import plain_caption

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

ALL = "All experiments"
_CONCERN = frozenset({ChangeKind.RUN, ChangeKind.EXPERIMENT})


class ExperimentsPage(Page):
    """Header with the choice of experiment, tabs, filter, runs, inspector."""

    name = section = "experiments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chosen = ""
        self._wanted_run = ""
        self._first = True
        self._restoring = False
        self._small: bool | None = None
        self.facts: ExperimentFacts | None = None
        self.model = RunItemModel(context.clock, self)
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._actions = RunActions(context, self._query.ask)
        self.model.modelReset.connect(self._on_reset)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self._actions.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        run = self.inspector.run
        sorted_by, descending = self.model.order
        how = {
            "tab": self.tabs.currentIndex(),
            "filter": self.runs.filter_text,
            "sorted_by": sorted_by,
            "descending": descending,
            "run": run.id if run else "",
        }
        return Place(self.name, self._chosen, how)

    def go(self, place: Place) -> None:
        """Stands as the place says; the rows follow when they are read."""
        how = place.how
        self._wanted_run = how.get("run", "")
        self.tabs.setCurrentIndex(how.get("tab", 0))
        self.runs.set_filter_text(how.get("filter", ""))
        if how.get("sorted_by"):
            self.model.sort_by(how["sorted_by"], how.get("descending", True))
        if place.subject != self._chosen:
            self.choose(place.subject)
        else:
            self._restore_current()

    def choose(self, experiment: str) -> None:
        """Shows the runs of one experiment; an empty name means all."""
        self._chosen = experiment
        self._first = False
        self._show_header()
        self.runs.show_loading()
        self.refresh()
        self._context.shell.place_changed()

    def commands(self) -> list[Command]:
        return [
            Command("filter", "Filter the runs", "list-filter", self.focus_filter),
            Command("inspector", "Show or hide the inspector", "panel-right", self.toggle_inspector),
            Command("trash", "Move the selected runs to trash", "trash-2", self.trash_chosen),
        ]

    def panes(self) -> list[QWidget]:
        panes: list[QWidget] = [self.runs.filter, self.runs.table]
        return [*panes, self.inspector.tabs] if self.inspector.isVisible() else panes

    def path(self) -> list[tuple[str, Place | None]]:
        return [("Experiments", Place(self.name)), (self.title, None)]

    @property
    def title(self) -> str:
        return self._chosen or ALL

    def focus_filter(self) -> None:
        self.runs.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.runs.filter.selectAll()

    def toggle_inspector(self) -> None:
        self._show_inspector(not self._context.shell.state.inspector)

    def trash_chosen(self) -> None:
        """The selected runs, or the current one where none is selected."""
        chosen = self.model.ticks or ((self.inspector.run,) if self.inspector.run else ())
        self._actions.trash([run for run in chosen if run])

    def set_density(self, density: str) -> None:
        self.runs.table.set_density(density)

    def show_running(self) -> None:
        self.tabs.setCurrentIndex(1)

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Experiments", has_menu=True)
        self.header.show_sentence("Opening the workspace…")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        if self.header.menu_button is not None:
            self.header.menu_button.setMenu(self._menu)
        column.addWidget(self.header)
        tabline = QWidget()
        tabline.setObjectName("tabline")
        self._tab_row = QHBoxLayout(tabline)
        self._tab_row.setContentsMargins(20, 0, 20, 1)
        self.tabs = Tabs(theme, "Which runs")
        self.tabs.addTab("All runs")
        self.tabs.addTab("Running")
        self.tabs.currentChanged.connect(self._on_tab)
        self._tab_row.addWidget(self.tabs)
        self._tab_row.addStretch(1)
        column.addWidget(tabline)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        self.runs = RunsPane(self._context, self.model, self.refresh)
        self.runs.trash_asked.connect(lambda: self._actions.trash(self.model.ticks))
        self.runs.cancel_asked.connect(lambda: self._actions.cancel(self.model.ticks))
        self.runs.current_changed.connect(self._on_current)
        self.runs.stood.connect(self._context.shell.place_changed)
        self._split.addWidget(self.runs)
        self.inspector = Inspector(theme, self._context.clock)
        self.inspector.closed.connect(lambda: self._show_inspector(False))
        self.inspector.cancel_asked.connect(lambda run: self._actions.cancel([run]))
        self.inspector.trash_asked.connect(lambda run: self._actions.trash([run]))
        self.inspector.hide()
        self._split.addWidget(self.inspector)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        column.addWidget(self._split, 1)
        self.inspector.show_run(None, {})

    # Reading and showing

    def _read(self) -> ExperimentFacts:
        return read_experiments(self.workspace, self._chosen or None)

    def _show(self, facts: ExperimentFacts) -> None:
        if self._first and facts.experiments and not self._chosen and self.facts is None:
            # The first look is at the newest experiment, as a person would choose it.
            self._first = False
            self._chosen = facts.experiments[0].name if len(facts.experiments) > 1 or facts.runs else ""
            if self._chosen:
                self.facts = facts
                self.choose(self._chosen)
                return
        if facts.chosen is None:
            self._chosen = ""
        self.facts = facts
        self.model.set_runs(facts.runs)
        self.tabs.set_count(0, self.model.total)
        self.tabs.set_count(1, self.model.active)
        self._show_header()
        self.runs.show_rows()
        self._place_inspector()
        self._restore_current()
        self._context.shell.place_changed()

    def _show_header(self) -> None:
        self.header.show_title(self.title)
        facts = self.facts
        if facts is None or (facts.chosen.name if facts.chosen else "") != self._chosen:
            self.header.show_sentence("Reading…")
            return
        parts = [facts.chosen.question] if facts.chosen and facts.chosen.question else []
        parts.append(formats.plural(self.model.total, "run") if self.model.total else "No runs yet")
        if self.model.active:
            parts.append(f"{self.model.active} in progress")
        key = main_metric(main_task(facts.runs))
        best = self.model.best(key)
        metric = best.metric(key) if best else None
        if best and metric:
            parts.append(f"best {key} {formats.number(metric.mean, formats.decimals([metric.mean]))} by {best.name}")
        self.header.show_sentence(" · ".join(parts))

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is None:
            self.header.show_sentence("The runs could not be read.")
        self.runs.show_error(error)

    def _fill_menu(self) -> None:
        self._menu.clear()
        facts = self.facts
        names = [ALL, *(one.name for one in facts.experiments)] if facts else [ALL]
        counts = {one.name: one.run_count for one in facts.experiments} if facts else {}
        for name in names:
            count = counts.get(name, sum(counts.values()))
            action = self._menu.addAction(plain_caption(f"{name}  ({formats.count(count)})"))
            action.setCheckable(True)
            action.setChecked(name == self.title)
            action.triggered.connect(lambda _=False, chosen=name: self.choose("" if chosen == ALL else chosen))

    # What happens

    def _on_tab(self, place: int) -> None:
        self.model.set_active_only(place == 1)
        self.runs.active_only = place == 1
        self.runs.show_rows()
        self._context.shell.place_changed()

    def _on_current(self, index: QModelIndex) -> None:
        run = self.model.run_at(index.row())
        self._inspect(run)
        if run and not self._restoring:
            self._wanted_run = run.id
            self._context.shell.place_changed()

    def _on_reset(self) -> None:
        if self.facts is not None:
            self._restore_current()

    def _inspect(self, run: Run | None) -> None:
        origin = self.model.run(run.rerun_of) if run and run.rerun_of else None
        self.inspector.show_run(run, self._best_means(), origin.name if origin else "")

    def _best_means(self) -> dict[str, float]:
        means = {}
        for column in self.model.columns:
            best = self.model.best(column.metric) if column.metric else None
            metric = best.metric(column.metric) if best else None
            if metric:
                means[column.metric] = metric.mean
        return means

    def _restore_current(self) -> None:
        """The row that was current, wherever it is now; else the first one."""
        row = self.model.row_of(self._wanted_run)
        if row < 0 and self.model.rowCount():
            row = 0
        if row >= 0 and row != self.runs.table.currentIndex().row():
            self._restoring = True
            self.runs.table.go_to(row)
            self._restoring = False
        self._inspect(self.model.run_at(row))

    def _show_inspector(self, shown: bool) -> None:
        from dataclasses import replace

        shell = self._context.shell
        shell.remember(replace(shell.state, inspector=shown))
        self._place_inspector()

    def _place_inspector(self, *, again: bool = False) -> None:
        """There is one while there are runs and it is wanted."""
        shown = self._context.shell.state.inspector and self.model.total > 0
        if shown and (again or not self.inspector.isVisibleTo(self)):
            width = SMALL_WIDTH if self._small else WIDTH
            self.inspector.show()
            self._split.setSizes([max(1, self._split.width() - width - 1), width])
        elif not shown:
            self.inspector.hide()

    def _on_second(self) -> None:
        if self.model.active:
            self.model.refresh_clock()
            self.inspector.refresh_clock()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL
        self.header.set_small(small)
        self._tab_row.setContentsMargins(14 if small else 20, 0, 14, 1)
        self.runs.set_small(small)
        if small is not self._small:
            self._small = small
            self._place_inspector(again=True)
