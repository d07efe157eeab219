"""Settings, Hosts: every host with how it is, and the chosen one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from mlops_desktop.domain.hosts import HostKind, HostState
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.pages.host_actions import HostActions
from mlops_desktop.gui.pages.host_view import HostView
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.readings.deployments import DeploymentFacts, read_deployments
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.settings.section import Section
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.small_table import SmallTable

if TYPE_CHECKING:
    from datetime import datetime

    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.workspace import Workspace

HEADS = (
    Head("Host", 150, stretch=True),
    Head("Kind", 84, keep=2),
    Head("Address", 170, keep=1),
    Head("Engine", 104, keep=3),
    Head("Status", 164),
    Head("Endpoints", 92),
    Head("Last asked", 84, keep=4, numeric=True),
)
_KINDS = {
    HostKind.PROCESS: "process",
    HostKind.DOCKER: "Docker",
    HostKind.SSH: "SSH",
    HostKind.TLS: "TLS",
}


class HostsSection(Section):
    """Each is asked by itself, and again while this is seen."""

    fills = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        self._chosen = ""
        self._facts: DeploymentFacts | None = None
        self._watch = context.shell.host_watch
        self._query = Query(context.lanes, self._read, self._show, context.shell.show_failure, self)
        self.actions_of_host = HostActions(context, self, self.refresh)
        card = self.card("Hosts")
        card.setMaximumWidth(16_777_215)
        self._card = card
        self.test_all = Button(theme, "Test all", icon="rotate-cw", small=True)
        self.add = Button(theme, "Add host…", icon="plus", small=True)
        self.test_all.clicked.connect(self._on_test_all)
        self.add.clicked.connect(self.actions_of_host.add)
        card.head.addWidget(self.test_all)
        card.head.addWidget(self.add)
        self.table = SmallTable(theme, "Hosts", HEADS)
        self.table.selectionModel().currentChanged.connect(self._on_current)
        card.body.addWidget(self.table)
        self.view = HostView(context, self.actions_of_host)
        self.view.set_edge(0)
        self.view.endpoint_chosen.connect(lambda name: context.shell.go(Place("deployments", name)))
        self.view.hide()  # until something is known
        self.column.addWidget(self.view, 1)
        self.column.addStretch(0)
        self._watch.follow(self)
        self._watch.changed.connect(self._fill)

    def attach(self, workspace: Workspace) -> None:
        super().attach(workspace)
        self.actions_of_host.workspace = workspace
        self._watch.attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._watch.read()
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        self._query.ask_soon()

    def panes(self) -> list[QWidget]:
        return [self.add, self.table, *self.view.panes()]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch.look()

    def _read(self) -> DeploymentFacts:
        return read_deployments(self.workspace, self._context.clock())

    def _show(self, facts: DeploymentFacts) -> None:
        self._facts = facts
        self._fill()

    def _fill(self) -> None:
        hosts, now = self._watch.facts, self._context.clock()
        names = [state.host.name for state in hosts.states]
        if self._facts is None or not names:
            return
        if self._chosen not in names:
            self._chosen = names[-1]
        self.table.show_rows([_row(state, hosts, now) for state in hosts.states])
        place = names.index(self._chosen)
        if place != self.table.currentIndex().row():
            self.table.go_to(place)
        self.test_all.setVisible(bool(hosts.added))
        sign = reading.hosts_sign(hosts)
        self._card.sub.setText(sign.word if sign is not None else "deployments run on this computer")
        self.view.show_host(self._facts, hosts, self._chosen)
        self.view.show()

    def _on_current(self, index: QModelIndex) -> None:
        states = self._watch.facts.states
        if self._facts is not None and 0 <= index.row() < len(states):
            self._chosen = states[index.row()].host.name
            self.view.show_host(self._facts, self._watch.facts, self._chosen)

    def _on_test_all(self) -> None:
        for state in self._watch.facts.added:
            self._watch.check(state.host.name)


def _row(state: HostState, hosts: HostsFacts, now: datetime) -> CellRow:
    facts = state.report.facts if state.report is not None else None
    is_here = state.host.kind is HostKind.PROCESS
    engine = f"Docker {facts.engine}" if facts is not None and facts.engine and not is_here else formats.NOT_SET
    asked = formats.moment(state.checked_at, now) if state.checked_at is not None else formats.NOT_SET
    return CellRow(
        state.host.name,
        (
            Cell(reading.title(state.host.name), strong=True),
            Cell(_KINDS[state.host.kind], "muted"),
            Cell(reading.address_words(state.host), "muted"),
            Cell(engine, "muted"),
            Cell(sign=hosts.sign(state, now)),
            Cell(reading.count_words(state)),
            Cell(asked, "muted"),
        ),
    )
