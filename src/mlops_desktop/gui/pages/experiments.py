"""Experiments: which run is best, what runs, what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change
from mlops_desktop.domain.run_selection import SortKey
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.runs import RunItemModel
from mlops_desktop.gui.pages.inspector import SMALL_WIDTH, WIDTH, Inspector
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.pages.run_actions import RunActions
from mlops_desktop.gui.pages.runs_pane import RunsPane
from mlops_desktop.gui.pages.runs_standing import RunsStanding
from mlops_desktop.gui.pages.runs_views import ALL_RUNS, RUNNING, RunsViews
from mlops_desktop.gui.pages.runs_work import RunsWork
from mlops_desktop.gui.pages.selection_bar import FEWEST, MOST
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import runs_table as reading
from mlops_desktop.gui.readings.runs_table import CONCERN, ExperimentFacts, RunDetails, RunsReading, read_details
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.text import plain_caption

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

ALL = "All experiments"
ROOM_FOR_BOTH = 900
"""A window narrower than this shows the table alone."""


class ExperimentsPage(Page):
    """Header with the choice of experiment, views, filter, runs, inspector."""

    name = section = "experiments"
    least_width = 600

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chosen = ""
        self._wanted_run = self._hoped_run = ""
        self._first = True
        self._acted = False
        """Whether a person did something here, and waits to see it."""
        self._restoring = self._follows = False
        self._small: bool | None = None
        self._inspector: Inspector | None = None
        self._asked = False
        self.facts: ExperimentFacts | None = None
        self.model = RunItemModel(context.clock, self)
        self.reading = RunsReading()
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._details = Query(context.lanes, self._read_run, self._show_run, self._on_no_run, self)
        self._actions = RunActions(context, self._on_done)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        self._build()
        self.model.modelReset.connect(self._on_reset)  # after the table's own

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self._actions.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        """Reads everything again."""
        if self._workspace is not None:
            self.reading.forget()
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        concern = [change for change in changes if change.kind in CONCERN]
        if concern:
            self.reading.note(concern)
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, self._chosen, {**self.standing.how, "run": self._wanted_run})

    def go(self, place: Place) -> None:
        """Stands as the place says; the rows follow when they are read."""
        how = place.how
        self._wanted_run = self._hoped_run = how.get("run", "")
        if place.subject != self._chosen:
            self.choose(place.subject)
        order = tuple(SortKey(field, descending) for field, descending in how.get("order", ()))
        self.standing.go(how.get("view", self.views.current), how.get("filter", ""), order)
        self._follows = True
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
            *self.work.commands(),
            Command("filter", "Filter the runs", "list-filter", self.focus_filter),
            Command("inspector", "Show or hide the inspector", "panel-right", self.toggle_inspector),
            Command("columns", "Choose the columns", "columns-3", self.runs.columns_button.click),
            Command("save_view", "Save this view", "plus", self.views.save.click),
            *(
                [Command("show_news", self.views.news.text(), "arrow-up", self.model.settle)]
                if self.model.waits
                else []
            ),
        ]

    def panes(self) -> list[QWidget]:
        panes: list[QWidget] = [self.views.tabs, self.runs.filter.edit, self.runs.table]
        panes += [self.runs.bar.tag] if self.runs.bar.isVisible() else []
        return [*panes, self._inspector.tabs] if self._inspector and self._inspector.isVisible() else panes

    def path(self) -> list[tuple[str, Place | None]]:
        return [("Experiments", Place(self.name)), (self.title, None)]

    @property
    def title(self) -> str:
        return self._chosen or ALL

    def focus_filter(self) -> None:
        self.runs.filter.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.runs.filter.selectAll()

    def toggle_inspector(self) -> None:
        self._show_inspector(self._inspector is None or not self._inspector.isVisibleTo(self))

    def set_density(self, density: str) -> None:
        self.runs.table.set_density(density)

    def show_running(self) -> None:
        self.views.choose(RUNNING)

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_header())
        self.views = RunsViews(theme)
        column.addWidget(self.views)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        self.runs = RunsPane(self._context, self.model, self.refresh, self)
        self.runs.current_changed.connect(self._on_current)
        self.work = RunsWork(
            self._context, self.runs, self.model, self._actions,
            current=lambda: self._wanted_run, experiment=lambda: self._chosen,
        )  # fmt: skip
        self.export_button.clicked.connect(self.work.export)
        self.compare_button.clicked.connect(self.work.compare)
        self.new_button.clicked.connect(self.work.new_run)
        self.standing = RunsStanding(
            self._context, self.views, self.runs, self.model, self._actions,
            actor=lambda: self.facts.actor if self.facts else "",
        )  # fmt: skip
        self.standing.changed.connect(self._context.shell.place_changed)
        self.model.waited.connect(self._on_waited)
        self.views.news.clicked.connect(self.model.settle)
        self._split.addWidget(self.runs)
        self._split.setStretchFactor(0, 1)
        column.addWidget(self._split, 1)

    @property
    def inspector(self) -> Inspector:
        """Made when the first run is to be seen, so that the first look at the page does not wait for it."""
        if self._inspector is None:
            made = self._inspector = Inspector(self._context)
            made.closed.connect(lambda: self._show_inspector(False))
            made.cancel_asked.connect(lambda run: self._actions.cancel([run]))
            made.trash_asked.connect(lambda run: self._actions.trash([run]))
            made.register_asked.connect(lambda run: self.work.register_run(run.name))
            made.hide()
            self._split.addWidget(made)
            self._split.setStretchFactor(1, 0)
            made.show_run(None, {})
        return self._inspector

    def _make_header(self) -> PageHeader:
        theme = self._context.theme
        self.header = PageHeader(theme, "Experiments", menu="another experiment")
        self.header.show_sentence("Opening the workspace…")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        if self.header.menu_button is not None:
            self.header.menu_button.setMenu(self._menu)
        self.export_button = Button(theme, "Export…", icon="upload")
        self.compare_button = Button(theme, "Compare", icon="chart-line")
        self.new_button = Button(theme, "New run", icon="plus", kind="primary")
        for button in (self.export_button, self.compare_button, self.new_button):
            self.header.add_action(button)
        self.model.ticked.connect(self._on_ticked)
        self.model.arranged.connect(self._on_ticked)
        return self.header

    # Reading and showing

    def _read(self) -> ExperimentFacts:
        return self.reading.read(self.workspace, self._chosen or None, self._context.clock())

    def _show(self, facts: ExperimentFacts) -> None:
        if facts.asked != self._chosen:
            self.reading.forget()
            self._query.ask()
            return
        first, self._first = self._first and self.facts is None, False
        self.facts = facts
        if first and facts.experiments:
            # The first look is at the newest experiment, as a person would choose it.
            self.choose(facts.experiments[0].name)
            return
        if facts.chosen is None:
            self._chosen = ""
        self.views.show_saved(facts.views)
        self.model.set_registered(facts.registered)
        if facts.whole is not None:
            self.model.set_runs(facts.whole)
            self.standing.read()
        else:
            self.model.put(facts.fresh, facts.gone)
            wanted = self._hoped_run or self._wanted_run
            if self._acted or (self.model.row_of(wanted) < 0 and self.model.run(wanted) is not None):
                self.model.settle()
        self._acted = False
        self.views.set_count(ALL_RUNS, self.model.total)
        self.views.set_count(RUNNING, self.model.active)
        self._show_header()
        self.runs.is_read = True
        self.runs.show_rows()
        self._place_inspector()
        self._restore_current(again=facts.whole is not None or self._wanted_run in {run.id for run in facts.fresh})
        self._context.shell.place_changed()

    def _show_header(self) -> None:
        self.header.show_title(self.title)
        facts = self.facts
        if facts is None or facts.asked != self._chosen:
            self.header.show_sentence("Reading…")
            return
        self.header.show_sentence(reading.sentence(facts, self.model.runs, self.model.active))
        self._on_ticked()

    def _on_done(self) -> None:
        """Something was done here: what it touched is read at once, before the feed says so."""
        self.reading.note_ids(self._actions.touched)
        self._acted = True
        self._query.ask()

    def _on_failed(self, error: BaseException) -> None:
        self.reading.forget()
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
            action = self._menu.addAction(plain_caption(f"{name} · {formats.plural(count, 'run')}"))
            action.setCheckable(True)
            action.setChecked(name == self.title)
            action.triggered.connect(lambda _=False, chosen=name: self.choose("" if chosen == ALL else chosen))

    # The run that is looked at

    def _on_ticked(self) -> None:
        ticks = self.model.ticks
        self.compare_button.setVisible(FEWEST <= len(ticks) <= MOST)
        self.compare_button.set_caption(f"Compare {len(ticks)}")
        self.export_button.setVisible(self.model.rowCount() > 0 and not self._small)

    def _on_current(self, index: QModelIndex) -> None:
        run = self.model.run_at(index.row())
        if run and not self._restoring:
            self._wanted_run, self._hoped_run = run.id, ""
            self._details.ask()
            self._context.shell.place_changed()

    def _on_waited(self) -> None:
        """Rows are held while a person points at them or has selected some; what is new is said beside the views."""
        self.views.show_news(reading.news_words(self.model.news) if self.model.waits else "")

    def _on_reset(self) -> None:
        if self.facts is not None:
            self._restore_current()

    def _read_run(self) -> RunDetails | None:
        return read_details(self.workspace, self._wanted_run, self.model.runs.ways) if self._wanted_run else None

    def _show_run(self, details: RunDetails | None) -> None:
        run = details.run if details else None
        if run is not None and run.id != self._wanted_run:
            self._details.ask()
            return
        origin = self.model.run(run.rerun_of) if run and run.rerun_of else None
        made = self.model.registered.get(run.id, ()) if run else ()
        best = reading.best_means(self.model.runs, run) if run else {}
        self.inspector.show_run(run, best, origin.name if origin else "", made)
        self.inspector.show_warnings(
            details.doubts if details else (), is_cancelling=bool(details and details.is_cancelling)
        )

    def _on_no_run(self, error: BaseException) -> None:
        """It went away meanwhile; the list that follows says so."""
        self.inspector.show_run(None, {})

    def _restore_current(self, *, again: bool = False) -> None:
        """The row that was current, wherever it is now; else the first one, until a run that was just made is read."""
        row = self.model.row_of(self._hoped_run or self._wanted_run)
        if row >= 0:
            self._hoped_run = ""
        else:
            row = self.model.row_of(self._wanted_run)
        if row < 0 and self.model.rowCount():
            row = 0
        run = self.model.run_at(row)
        self._wanted_run = run.id if run else self._wanted_run if self.facts is None else ""
        if row >= 0 and row != self.runs.table.currentIndex().row():
            self._restoring = True
            self.runs.go_to(row, into_view=self._follows)
            self._restoring = False
        self._follows = False
        shown = self._inspector.run.id if self._inspector and self._inspector.run else ""
        if self._workspace is not None and (again or shown != self._wanted_run):
            self._details.ask()

    def _show_inspector(self, shown: bool) -> None:
        shell = self._context.shell
        shell.remember(replace(shell.state, inspector=shown))
        self._asked = shown
        self._place_inspector()

    def _place_inspector(self, *, again: bool = False) -> None:
        """There is one while there are runs and it is wanted; in a narrow window it has to be asked for."""
        narrow = self.window().width() < ROOM_FOR_BOTH * self._context.theme.zoom
        shown = self._context.shell.state.inspector and self.model.total > 0 and (self._asked or not narrow)
        if shown and (again or not self.inspector.isVisibleTo(self)):
            width = self._context.theme.px(SMALL_WIDTH if self._small else WIDTH)
            self.inspector.show()
            self._split.setSizes([max(1, self._split.width() - width - 1), width])
        elif not shown and self._inspector is not None:
            self._inspector.hide()

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
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        self.views.set_small(small)
        self.runs.set_small(small)
        if small is not self._small:
            self._small = small
            self._on_ticked()
            self._place_inspector(again=True)
        elif small:
            self._place_inspector()
