"""One run: what came out, how sure, from what exactly; live while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.pages.run_actions import RunActions
from mlops_desktop.gui.pages.run_head import RunHead
from mlops_desktop.gui.pages.run_menu import RunMenu
from mlops_desktop.gui.pages.run_overview import RunOverview
from mlops_desktop.gui.pages.run_tabs import ArtifactsTab, EnvironmentTab, MetricsTab, ParamsTab, RunTab
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import run as reading
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.readings.run import RunFacts, read_run
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.log_view import LogView
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from mlops_desktop.domain.models import BundleContents
    from mlops_desktop.services.workspace import Workspace

TABS = (
    ("overview", "Overview"),
    ("params", "Params"),
    ("metrics", "Metrics"),
    ("artifacts", "Artifacts"),
    ("log", "Log"),
    ("environment", "Code and environment"),
)
_CONCERN = frozenset({ChangeKind.RUN, ChangeKind.MODEL})


class RunPage(Page):
    """Header with actions, tabs, and the body of the chosen tab."""

    name, section = "run", "experiments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._name = ""
        self._cancelling = ""
        self._forms: dict[tuple[str, str], Sequence[Mapping[str, Any]]] = {}
        self._contents: dict[str, BundleContents] = {}
        self.facts: RunFacts | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._actions = RunActions(context, self._query.ask)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self._actions.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None and self._name:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        """The whole feed of a busy workspace passes here: only this run's own changes and registrations count."""
        known = self.facts.run.id if self.facts else ""
        concerns = any(
            change.kind in _CONCERN and (change.kind is ChangeKind.MODEL or change.object_id in (known, ""))
            for change in changes
        )
        if concerns:
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, self._name, {"tab": TABS[self.tabs.currentIndex()][0]})

    def go(self, place: Place) -> None:
        if place.subject != self._name:
            self._name = place.subject
            self.facts = None
            self.overview.log.clear()
            self.log.clear()
            self.head.show_name(self._name)
            self.stack.setCurrentWidget(self._loading)
            self.refresh()
        self.show_tab(str(place.how.get("tab") or "overview"))

    def path(self) -> Sequence[tuple[str, Place | None]]:
        run = self.facts.run if self.facts else None
        middle = [(run.experiment_name, Place("experiments", run.experiment_name))] if run else []
        return [("Experiments", Place("experiments")), *middle, (self._name or "Run", None)]

    def panes(self) -> Sequence[QWidget]:
        shown = self.stack.currentWidget()
        if shown is self.overview:
            parts = [self.tabs, self.overview.folds.chart, self.overview.quality.curve, self.overview.log.lines]
            return [part for part in parts if part.isVisible()]
        return [self.tabs, self.log.search, self.log.lines] if shown is self.log_page else [self.tabs]

    def commands(self) -> Sequence[Command]:
        run = self.facts.run if self.facts else None
        if run is None:
            return ()
        name = quoted(run.name)
        found = [Command("primary", self.head.primary_words, "box", self.head.press_primary)]
        found.append(Command("again", "Re-run", "rotate-cw", self.rerun, f"mlops experiments rerun {name}"))
        found.append(Command("rerun", "Re-run with changes…", "sliders-horizontal", self.change))
        if run.status.is_ended:
            line = f"mlops trash put run {name}"
            found.append(Command("trash", "Move this run to trash", "trash-2", self.trash, line))
        if self.against.isVisibleTo(self):
            found.append(Command("compare", self.against.accessibleName(), "chart-line", self._on_compare))
        found.append(
            Command("log", "Log", "scroll-text", lambda: self.show_tab("log"), f"mlops experiments log {name}")
        )
        return [*found, Command("filter", "Search in the log", "search", self.search_log)]

    def search_log(self) -> None:
        """The field of the log that is in sight; where none is, the whole log comes."""
        if self.stack.currentWidget() is not self.overview:
            self.show_tab("log")
        log = self.overview.log if self.stack.currentWidget() is self.overview else self.log
        log.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        log.search.selectAll()

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.head = RunHead(self._context)
        self.head.rerun.clicked.connect(self.rerun)
        self.head.change.clicked.connect(self.change)
        self.head.register.clicked.connect(self.register)
        self.head.cancel.clicked.connect(self.cancel)
        self.head.more.clicked.connect(self._on_more)
        column.addWidget(self.head)
        self._tab_line = self._make_tab_line()
        column.addWidget(self._tab_line)
        self.stack = QStackedWidget()
        self._loading = Skeleton(theme, "the run", edge=20)
        self.error = QWidget()
        inner = QVBoxLayout(self.error)
        inner.setContentsMargins(20, 12, 20, 12)
        self.error_box = ErrorBox(theme, self.refresh)
        inner.addWidget(self.error_box)
        inner.addStretch(1)
        self.overview = RunOverview(self._context, self.show_tab, self.change)
        self.params = ParamsTab(theme)
        self.metrics = MetricsTab(self._context)
        self.artifacts = ArtifactsTab(theme)
        self.log_page = QWidget()
        self.log_page.setObjectName("tableground")
        self.log_page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        log_column = QVBoxLayout(self.log_page)
        log_column.setContentsMargins(0, 0, 0, 0)
        self.log = LogView(self._context, "Log of the run", title="Log")
        log_column.addWidget(self.log)
        self.environment = EnvironmentTab(theme)
        self._tabs: dict[str, QWidget] = {
            "overview": self.overview,
            "params": self.params,
            "metrics": self.metrics,
            "artifacts": self.artifacts,
            "log": self.log_page,
            "environment": self.environment,
        }
        for part in (self._loading, self.error, *self._tabs.values()):
            self.stack.addWidget(part)
        column.addWidget(self.stack, 1)

    def _make_tab_line(self) -> QWidget:
        line = QWidget()
        line.setObjectName("tabline")
        row = self._tab_row = QHBoxLayout(line)
        row.setContentsMargins(20, 0, 20, 1)
        self.tabs = Tabs(self._context.theme, "Parts of the run")
        for _, title in TABS:
            self.tabs.addTab(title)
        self.tabs.currentChanged.connect(self._on_tab)
        row.addWidget(self.tabs)
        row.addStretch(1)
        self.against = Button(self._context.theme, "", kind="link")
        self.against.clicked.connect(self._on_compare)
        self.against.hide()
        row.addWidget(self.against)
        return line

    # Reading and showing

    def _read(self) -> RunFacts:
        return read_run(self.workspace, self._name, self.facts)

    def _show(self, facts: RunFacts) -> None:
        if self._name not in (facts.run.name, facts.run.id):
            return  # somewhere else by now
        self._tab_line.show()
        self.facts, self._name = facts, facts.run.name
        if facts.run.status.is_ended:
            self._cancelling = ""
        self._show_head()
        self.overview.show_facts(facts)
        self.metrics.show_facts(facts)
        self.log.show_lines(facts.log)
        self.environment.show_run(facts.run)
        self._show_params()
        self._show_files()
        self._show_tabs()
        self._show_body()
        self._context.shell.place_changed()

    def _show_head(self) -> None:
        if self.facts is not None:
            asked = self.facts.is_cancelling or self._cancelling == self.facts.run.name
            self.head.show_facts(self.facts, cancelling=asked and not self.facts.run.status.is_ended)

    def _show_tabs(self) -> None:
        facts = self.facts
        if facts is None:
            return
        self.tabs.set_count(2, len(facts.metrics))
        self.tabs.set_count(4, len(facts.log))
        self.tabs.setTabVisible(2, bool(facts.metrics))
        self.tabs.setTabVisible(3, facts.run.bundle_hash is not None)
        self.tabs.setTabVisible(5, facts.run.environment is not None)
        best = facts.context.best
        self.against.setVisible(bool(best) and best != facts.run.name and bool(facts.metrics))
        self.against.set_caption(f"Compare with the best, {best}")

    def _show_params(self) -> None:
        run = self.facts.run if self.facts else None
        if run is None:
            return
        key = (run.spec.task.value, run.spec.estimator)
        form = self._forms.get(key)
        if form is None:
            self._forms[key] = form = ()
            ask = partial(self.workspace.experiments.parameter_form, run.spec.task, run.spec.estimator)
            self._context.lanes.call(ask, partial(self._on_form, key), partial(self._on_no_form, key), owner=self)
            form = self._forms.get(key, ())
        rows = reading.param_rows(run, form)
        self.tabs.set_count(1, len(rows))
        self.overview.side.show_params(rows)
        self.params.show_params(run, rows)

    def _on_form(self, key: tuple[str, str], form: Sequence[Mapping[str, Any]]) -> None:
        self._forms[key] = form
        self._show_params()

    def _on_no_form(self, key: tuple[str, str], _error: BaseException) -> None:
        """Defaults are worth having, not worth an error; asked again with the next change."""
        self._forms.pop(key, None)

    def _show_files(self) -> None:
        """The files are checked once for each bundle, beside everything else."""
        run = self.facts.run if self.facts else None
        if run is None:
            return
        contents = self._contents.get(run.bundle_hash or "")
        self.overview.side.show_files(run, contents)
        self.artifacts.show_files(contents)
        if contents is not None:
            self.tabs.set_count(3, len(contents.files))
        elif run.bundle_hash is not None:
            ask = partial(self.workspace.experiments.bundle, run.name)
            self._context.lanes.call(
                ask, partial(self._on_files, run.bundle_hash), self._context.shell.show_failure, owner=self
            )

    def _on_files(self, digest: str, contents: BundleContents) -> None:
        if digest not in self._contents:
            self._contents[digest] = contents
            self._show_files()

    def _on_failed(self, error: BaseException) -> None:
        self.error_box.show_error(error)
        if self.facts is None:
            self.head.show_unreadable(self._name)
            self._tab_line.hide()
            self.stack.setCurrentWidget(self.error)
        else:
            self._context.shell.show_failure(error)

    # What happens

    def show_tab(self, name: str) -> None:
        place = next((place for place, (known, _) in enumerate(TABS) if known == name), 0)
        self.tabs.setCurrentIndex(place)
        self._show_body()

    def _on_tab(self, _place: int) -> None:
        self._show_body()
        self._context.shell.place_changed()

    def _show_body(self) -> None:
        if self.facts is not None:
            self.stack.setCurrentWidget(self._tabs[TABS[self.tabs.currentIndex()][0]])

    def register(self) -> None:
        """Asks for the model's name; the dialog can go on to deploying."""
        if self.facts is None or self.facts.run.status is not RunStatus.FINISHED:
            return
        from mlops_desktop.gui.dialogs.register import RegisterDialog

        RegisterDialog(self._context, self.workspace, self.facts.run.name, self.window()).open()

    def rerun(self) -> None:
        """Queues the same once more and goes there."""
        if self.facts is None:
            return
        name, shell = self.facts.run.name, self._context.shell
        self._context.lanes.run(
            lambda: self.workspace.experiments.rerun(name), self._on_rerun, shell.show_failure, owner=self
        )

    def _on_rerun(self, run: Run) -> None:
        self._context.shell.say(f"Run {run.name} asked for", "rotate-cw")
        self._context.shell.go(Place("run", run.name))

    def change(self) -> None:
        """The form, filled as this run was."""
        if self.facts is not None:
            run = self.facts.run
            how = {"rerun_of": run.name, "experiment": run.experiment_name}
            self._context.shell.go(Place("new-run", run.dataset_reference, how))

    def cancel(self) -> None:
        if self.facts is not None and not self.facts.run.status.is_ended:
            self._cancelling = self.facts.run.name
            self._show_head()
            self._actions.cancel([self.facts.run])

    def trash(self) -> None:
        """Away from here: the page of a run in the trash has nothing to show."""
        if self.facts is not None and self.facts.run.status.is_ended:
            run, self.facts, self._name = self.facts.run, None, ""
            self._actions.trash([run])
            self._context.shell.go(Place("experiments", run.experiment_name))

    def _on_compare(self) -> None:
        if self.facts is not None:
            self._context.shell.go(Place("compare", f"{self.facts.run.name},{self.facts.context.best}"))

    def _on_more(self) -> None:
        run = self.facts.run if self.facts else None
        if run is None:
            return
        menu = RunMenu(run, self.rerun, self.trash, self)
        button = self.head.more
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _on_second(self) -> None:
        if self.facts is not None and not self.facts.run.status.is_ended:
            self._show_head()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.head.set_small(small)
        self._tab_row.setContentsMargins(14 if small else 20, 0, 14 if small else 20, 1)
        self.overview.set_small(small)
        for tab in self._tabs.values():
            if isinstance(tab, RunTab):
                tab.set_small(small)
