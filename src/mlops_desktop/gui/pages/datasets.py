"""Datasets: what data there is, whether it may be trusted, what changed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.datasets import DatasetVersion, Finding, VersionDifference
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.dataset_actions import DatasetActions
from mlops_desktop.gui.pages.dataset_commands import menu_of, new_run, version_commands
from mlops_desktop.gui.pages.dataset_panel import SMALL_WIDTH, WIDTH, DatasetPanel
from mlops_desktop.gui.pages.dataset_view import DatasetView
from mlops_desktop.gui.pages.datasets_list import SMALL_WIDTH as SMALL_LIST
from mlops_desktop.gui.pages.datasets_list import WIDTH as LIST_WIDTH
from mlops_desktop.gui.pages.datasets_list import DatasetsList
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.datasets import (
    DatasetFacts,
    DatasetListing,
    all_findings,
    listing_sentence,
    read_dataset,
    read_listing,
)
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox
from mlops_desktop.services.dataset_uses import DatasetUses

if TYPE_CHECKING:
    from mlops_desktop.services.datasets import Page as Rows
    from mlops_desktop.services.workspace import Workspace

_USES = frozenset({ChangeKind.RUN, ChangeKind.MODEL})
EMPTY_WORDS = (
    "A dataset is a table that is kept by its content: each import that differs makes a new version, and every run "
    "says which version it learnt from."
)


class DatasetsPage(Page):
    """The list at the left, one version in the middle, its facts at the right."""

    name = section = "datasets"
    least_height = 520

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._wanted, self._number = "", 0
        self._small: bool | None = None
        self.listing: DatasetListing | None = None
        self.facts = DatasetFacts("")
        self.uses = DatasetUses()
        make = partial(Query, context.lanes, parent=self)
        self._listing_query: Query[DatasetListing] = make(self._read_listing, self._show_listing, self._on_failed)
        self._query: Query[DatasetFacts] = make(self._read, self._show, self._on_gone)
        self._uses_query: Query[DatasetUses] = make(self._read_uses, self._show_uses, self._on_no_uses)
        self.acts = DatasetActions(context, self, self._on_renamed, self._on_trashed)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.acts.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._listing_query.ask()
            if self._wanted:
                self._query.ask()
            self.view.rows.refresh()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        kinds = {change.kind for change in changes}
        if ChangeKind.DATASET in kinds:
            self._listing_query.ask_soon()
            if self._wanted:
                self._query.ask_soon()
        elif kinds & _USES and self.facts.chosen is not None:
            self._uses_query.ask_soon()
        if ChangeKind.JOB in kinds:
            self.acts.on_changes(changes)

    def place(self) -> Place:
        version = self.facts.chosen
        if version is None or self.facts.name != self._wanted:
            return Place(self.name, self._wanted)
        return Place(self.name, version.reference, self.view.how())

    def go(self, place: Place) -> None:
        """The subject is a dataset or one of its versions; nothing means what was shown last."""
        name, _, version = place.subject.partition("@v")
        self.view.stand(place.how)
        if name:
            self.choose(name, int(version) if version.isdigit() else 0)

    def choose(self, name: str, number: int = 0) -> None:
        """Shows a dataset, at its latest version unless a number is given."""
        self._wanted, self._number = name, number
        self.list.stand_at(name)
        if self._workspace is not None:
            if self.facts.name != name:
                self.view.show_loading()
            self._query.ask()

    def choose_version(self, number: int) -> None:
        self.choose(self._wanted, number)

    def path(self) -> list[tuple[str, Place | None]]:
        version = self.facts.chosen
        if version is None or not self._wanted:
            return [("Datasets", None)]
        name = version.dataset_name
        return [("Datasets", Place(self.name)), (name, Place(self.name, name)), (f"v{version.number}", None)]

    def panes(self) -> list[QWidget]:
        if self._stack.currentWidget() is not self._split:
            return []
        panes: list[QWidget] = [self.list.search, self.list.view, self.view.pane]
        return [*panes, self.panel.scroll_area] if self.panel.isVisible() else panes

    def commands(self) -> list[Command]:
        line = "mlops datasets import FILE"
        found = [
            Command("filter", "Filter the datasets", "search", self.list.focus_search, "mlops datasets list"),
            Command("inspector", "Show or hide the inspector", "panel-right", self.toggle_inspector),
            Command("primary", "Import data…", "download", self.acts.import_data, line),
        ]
        if len(self.facts.versions) > 1:
            found.append(Command("compare", "Compare versions", "arrow-right-left", self.view.show_changes))
        return [*found, *self._version_commands()]

    def toggle_inspector(self) -> None:
        shell = self._context.shell
        shell.remember(replace(shell.state, inspector=not shell.state.inspector))
        self._place_panel()

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Datasets")
        self.header.show_sentence("Reading…")
        self.compare = Button(theme, "Compare versions", icon="arrow-right-left")
        self.import_button = Button(theme, "Import data", icon="download", kind="primary")
        self.import_button.clicked.connect(self.acts.import_data)
        self.header.add_action(self.compare)
        self.header.add_action(self.import_button)
        column.addWidget(self.header)
        self._stack = QStackedWidget()
        self._split = self._make_split()
        self.compare.clicked.connect(self.view.show_changes)
        self.compare.hide()
        self.empty = EmptyState(
            theme, "database", "No data yet", EMPTY_WORDS, action="Import data", act=self.acts.import_data
        )
        self._failed = QWidget()
        around = QVBoxLayout(self._failed)
        around.setContentsMargins(20, 8, 20, 20)
        self.error = ErrorBox(theme, self.refresh)
        around.addWidget(self.error)
        around.addStretch(1)
        for state in (Skeleton(theme, "datasets", 68), self._split, self.empty, self._failed):
            self._stack.addWidget(state)
        column.addWidget(self._stack, 1)

    def _make_split(self) -> QSplitter:
        theme = self._context.theme
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        self.list = DatasetsList(theme)
        self.list.chosen.connect(self.choose)
        self.view = DatasetView(self._context, self._read_rows, self._compare)
        self.view.stood.connect(self._context.shell.place_changed)
        self.view.import_asked.connect(lambda: self.acts.import_version(self._wanted))
        head = self.view.head
        head.version_chosen.connect(self.choose_version)
        head.new_run.clicked.connect(lambda: self._with_version(partial(new_run, self._context)))
        head.score.clicked.connect(lambda: self._with_version(self.acts.score))
        head.copy.clicked.connect(lambda: self._with_version(lambda one: self.acts.copy(one.content_hash, "Hash")))
        self.panel = DatasetPanel(theme, self._context.clock)
        self.panel.version_chosen.connect(self.choose_version)
        self.panel.compare_asked.connect(self.view.show_changes)
        self.panel.column_asked.connect(self.view.show_column)
        self.panel.place_asked.connect(self._context.shell.go)
        self.panel.copy_asked.connect(self.acts.copy)
        for place, part in enumerate((self.list, self.view, self.panel)):
            split.addWidget(part)
            split.setStretchFactor(place, int(part is self.view))
        return split

    # Reading

    def _read_listing(self) -> DatasetListing:
        return read_listing(self.workspace)

    def _read(self) -> DatasetFacts:
        return read_dataset(self.workspace, self._wanted, self._number or None)

    def _read_uses(self) -> DatasetUses:
        version = self.facts.chosen
        return self.workspace.datasets.uses(version.reference) if version is not None else DatasetUses()

    def _read_rows(self, version: DatasetVersion, offset: int, limit: int, where: str, names: Any) -> Rows:
        return self.workspace.datasets.page(version, offset, limit, where=where, columns=names)

    def _compare(self, before: str, after: str) -> VersionDifference:
        return self.workspace.datasets.diff(before, after)

    # Showing

    def _show_listing(self, listing: DatasetListing) -> None:
        self.listing = listing
        self.header.show_sentence(listing_sentence(listing))
        names = [entry.name for entry in listing.entries]
        if not names:
            self._wanted, self.facts = "", DatasetFacts("")
            self._stack.setCurrentWidget(self.empty)
            self.compare.hide()
            self._context.shell.place_changed()
            return
        if self._stack.currentWidget() is not self._split:
            self._stack.setCurrentWidget(self._split)
            self._place_sizes()
        self.list.show_listing(listing)
        if self._wanted not in names:
            self.choose(names[0])
        elif self.facts.name != self._wanted and not self._query.is_busy:
            self._query.ask()

    def _show(self, facts: DatasetFacts) -> None:
        if facts.name != self._wanted:
            return
        before, version = self.facts.chosen, facts.chosen
        self.facts = facts
        is_other = before is None or version is None or before.id != version.id
        if is_other:
            self.uses = DatasetUses()
        more = menu_of(self._version_commands())
        self.view.show_facts(facts, self._findings(), more)
        self.compare.setVisible(len(facts.versions) > 1 and not self._small)
        if version is not None:
            if not is_other:  # else the panel follows when its uses are read
                self.panel.show_facts(facts, self.uses)
            self._uses_query.ask()
        self._place_panel()
        self._context.shell.place_changed()

    def _show_uses(self, uses: DatasetUses) -> None:
        version, self.uses = self.facts.chosen, uses
        if version is None or self.facts.name != self._wanted:
            return
        findings = self._findings()
        self.view.show_findings(version, findings)
        self.panel.show_facts(self.facts, uses)
        if version.number == self.facts.latest:
            self.list.datasets.show_findings(self.facts.name, findings)

    def _on_no_uses(self, error: BaseException) -> None:
        self.panel.show_facts(self.facts, self.uses)
        self._context.shell.show_failure(error)

    def _findings(self) -> list[Finding]:
        return all_findings(self.facts.chosen, self.uses) if self.facts.chosen is not None else []

    def _on_failed(self, error: BaseException) -> None:
        if self.listing is not None:
            self._context.shell.show_failure(error)
            return
        self.header.show_sentence("The datasets could not be read.")
        self.error.show_error(error)
        self._stack.setCurrentWidget(self._failed)

    def _on_gone(self, error: BaseException) -> None:
        """What was asked for is not there any more, or cannot be read: the list says what is."""
        self._context.shell.show_failure(error)
        self._wanted = ""
        self._listing_query.ask()

    # What is done

    def _version_commands(self) -> list[Command]:
        version = self.facts.chosen
        if version is None or self.facts.name != self._wanted:
            return []
        taken = [entry.name for entry in self.listing.entries] if self.listing else []
        return version_commands(self._context, self.acts, version, taken)

    def _with_version(self, act: Any) -> None:
        if self.facts.chosen is not None:
            act(self.facts.chosen)

    def _on_renamed(self, name: str) -> None:
        self.choose(name, self._number)
        self._listing_query.ask()

    def _on_trashed(self, name: str) -> None:
        if self._wanted == name:
            self._wanted, self.facts = "", DatasetFacts("")
        self._listing_query.ask()

    # Sizes

    def _place_sizes(self) -> None:
        theme = self._context.theme
        left = theme.px(SMALL_LIST if self._small else LIST_WIDTH)
        right = theme.px(SMALL_WIDTH if self._small else WIDTH)
        self._split.setSizes([left, max(1, self._split.width() - left - right - 2), right])

    def _place_panel(self) -> None:
        shown = self._context.shell.state.inspector and self.facts.chosen is not None
        if shown is not self.panel.isVisibleTo(self._split):
            self.panel.setVisible(shown)
            if shown:
                self._place_sizes()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        if small is not self._small:
            self._small = small
            self._place_sizes()
            self.view.set_small(small)
            self.compare.setVisible(len(self.facts.versions) > 1 and not small)
