"""Deployments: where does what run, how healthy, and how do I go back?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.deployments import Sighting
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.hosts import HostKind
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.endpoint_actions import EndpointActions
from mlops_desktop.gui.pages.endpoint_commands import commands_of
from mlops_desktop.gui.pages.endpoint_view import EndpointView
from mlops_desktop.gui.pages.host_actions import HostActions
from mlops_desktop.gui.pages.host_view import HostView
from mlops_desktop.gui.pages.hosts_pane import HostsPane
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import hosts as hosts_reading
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts, read_deployments, sentence
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox
from mlops_desktop.gui.widgets.text import line

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

LOOK_SECONDS = 2
_CONCERN = frozenset(
    {ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT, ChangeKind.ROLLOUT, ChangeKind.MODEL, ChangeKind.HOST}
)
NOTHING = (
    "An endpoint answers predictions of one model version at an address on a host. "
    "It switches to another version without a failed request, and back again."
)


class DeploymentsPage(Page):
    """Hosts at the left, the chosen endpoint in full beside them."""

    name = section = "deployments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chosen = self._host = ""
        self._shows_host = False
        self._looking: set[str] = set()
        self.watch = context.shell.host_watch
        self.facts: DeploymentFacts | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self.actions_of_endpoint = EndpointActions(context, self, self._query.ask)
        self.actions_of_host = HostActions(context, self, self._query.ask)
        self._look_clock = QTimer(self, interval=LOOK_SECONDS * 1000)
        self._look_clock.timeout.connect(self._on_time)
        self._build()
        self.watch.follow(self)
        self.watch.changed.connect(self._on_hosts)

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.actions_of_endpoint.workspace = self.actions_of_host.workspace = workspace
        self.watch.attach(workspace)
        self.view.log.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self.watch.read()
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        if self._shows_host:
            return Place(self.name, "", {"host": self._host})
        return Place(self.name, self._chosen, {"tab": self.view.tabs.currentIndex()})

    def go(self, place: Place) -> None:
        self.view.tabs.setCurrentIndex(place.how.get("tab", 0))
        if place.subject:
            self._choose(place.subject)
        elif host := place.how.get("host", ""):
            self._choose_host(str(host))

    def path(self) -> list[tuple[str, Place | None]]:
        top = ("Deployments", Place(self.name))
        if self._shows_host:
            return [top, (hosts_reading.title(self._host), None)]
        if not self._chosen:
            return [("Deployments", None)]
        return [
            top,
            (hosts_reading.title(self._host), Place(self.name, "", {"host": self._host})),
            (self._chosen, None),
        ]

    def panes(self) -> list[QWidget]:
        if self._stack.currentWidget() is not self._content:
            return [self.deploy]
        shown = self.host_view.panes() if self._shows_host else self.view.panes()
        lists = [self.hosts.hosts, *([self.hosts.list] if self.hosts.list.isVisible() else [])]
        return [self.deploy, *lists, *shown]

    def commands(self) -> list[Command]:
        actions, one = self.actions_of_endpoint, self.one
        found = [
            Command(
                "primary",
                "Deploy model version…",
                "rocket",
                lambda: actions.deploy(None),
                "mlops deployments deploy MODEL@champion",
            ),
            Command("add_host", "Add host…", "plus", self.actions_of_host.add, "mlops hosts add NAME --kind KIND"),
        ]
        state = self.watch.facts.state(self._host)
        if state is not None and state.host.kind is not HostKind.PROCESS:
            found += self.actions_of_host.commands(state)
        if one is None or self._shows_host:
            return found
        found += commands_of(one, actions, self._try)
        log = f"mlops deployments log {one.name}"
        return [*found, Command("log", f"Log of {one.name}", "scroll-text", self._show_log, log)]

    @property
    def one(self) -> EndpointFacts | None:
        """The endpoint that is shown."""
        return self.facts.endpoint(self._chosen) if self.facts is not None else None

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Deployments")
        self.header.show_sentence("Opening the workspace…")
        self.deploy = Button(theme, "Deploy model version…", icon="rocket", kind="primary")
        self.deploy.clicked.connect(lambda: self.actions_of_endpoint.deploy(None))
        self.add_host = Button(theme, "Add host…", icon="plus")
        self.add_host.clicked.connect(self.actions_of_host.add)
        self.header.add_action(self.add_host)
        self.header.add_action(self.deploy)
        column.addWidget(self.header)
        column.addWidget(line(theme))
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._skeleton = Skeleton(theme, "deployments", 46, edge=20)
        self._stack.addWidget(self._skeleton)
        self._content = QWidget()
        row = QHBoxLayout(self._content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.hosts = HostsPane(theme)
        self.hosts.list.chosen.connect(self._on_chosen)
        self.hosts.hosts.chosen.connect(self._on_host_chosen)
        self.hosts.hosts.dropped.connect(lambda reference, host: self.actions_of_host.deploy(host, reference))
        self.hosts.hosts.menu_wanted.connect(self._on_host_menu)
        row.addWidget(self.hosts)
        self.view = EndpointView(self._context)
        self.view.asked.connect(self._on_asked)
        self.view.return_asked.connect(self._on_return_asked)
        self.host_view = HostView(self._context, self.actions_of_host)
        self.host_view.endpoint_chosen.connect(self._on_chosen)
        self._right = QStackedWidget()
        self._right.addWidget(self.view)
        self._right.addWidget(self.host_view)
        row.addWidget(self._right, 1)
        self._stack.addWidget(self._content)
        self.empty = EmptyState(theme, "rocket", "Nothing is deployed", NOTHING, "mlops deployments deploy MODEL")
        self._stack.addWidget(self.empty)
        self._error_holder = QWidget()
        holder = QVBoxLayout(self._error_holder)
        holder.setContentsMargins(20, 14, 20, 16)
        self.error = ErrorBox(theme, self.refresh)
        holder.addWidget(self.error)
        holder.addStretch(1)
        self._stack.addWidget(self._error_holder)
        self._fit()

    # Reading and showing

    def _read(self) -> DeploymentFacts:
        return read_deployments(self.workspace, self._context.clock())

    def _show(self, facts: DeploymentFacts) -> None:
        self.facts = facts
        self.header.show_sentence(sentence(facts, facts.read_at))
        if not facts.endpoints and not self._has_hosts:
            self._stack.setCurrentWidget(self.empty)
            return
        before = (self.place(), self._host)
        self._find_place(facts)
        self._show_chosen()
        self._stack.setCurrentWidget(self._content)
        if (self.place(), self._host) != before:
            self._context.shell.place_changed()
        self._look()

    @property
    def _has_hosts(self) -> bool:
        return self.facts is not None and len(self.facts.hosts) > 1

    def _find_place(self, facts: DeploymentFacts) -> None:
        """Where it stood, as far as that is still there; else at an endpoint of the host, of any, or at a host."""
        if self._shows_host and (self._host in facts.hosts):
            return
        if facts.endpoint(self._chosen) is None:
            there = [*facts.on(self._host), *facts.endpoints]
            self._chosen = there[0].name if there else ""
        one = facts.endpoint(self._chosen)
        self._shows_host = one is None
        self._host = one.endpoint.host if one is not None else facts.hosts[-1]

    def _show_chosen(self) -> None:
        facts, one, hosts = self.facts, self.one, self.watch.facts
        if facts is None:
            return
        self.hosts.show_facts(facts, hosts, self._host, "" if self._shows_host or one is None else one.name)
        if self._shows_host:
            self.host_view.show_host(facts, hosts, self._host)
        elif one is not None:
            self.view.show_endpoint(facts, one)
            self.view.show_hosts(hosts)
        self._right.setCurrentWidget(self.host_view if self._shows_host else self.view)

    def _on_hosts(self) -> None:
        """A host answered, or not."""
        facts = self.facts
        if facts is None or not self.isVisible():
            return
        if self._stack.currentWidget() is self.empty and self._has_hosts:
            self._query.ask()
        elif self._stack.currentWidget() is self._content:
            self._show_chosen()

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is not None:
            self._context.shell.show_failure(error)
            return
        self.header.show_sentence("The deployments could not be read.")
        self.error.show_error(error)
        self._stack.setCurrentWidget(self._error_holder)

    def _look(self) -> None:
        """Asks the host how the servers are right now; that may take a while, so never twice at once."""
        one = self.one
        if one is None or self._shows_host or one.endpoint.host in self._looking or self._workspace is None:
            return
        name, host, workspace = one.name, one.endpoint.host, self.workspace
        self._looking.add(host)
        self._context.lanes.call(
            lambda: (name, workspace.deployments.look(name)),
            lambda found: self._on_looked(host, found),
            lambda error: self._on_not_looked(host, error),
            owner=self,
            apart=host,
        )

    def _on_looked(self, host: str, found: tuple[str, Sequence[Sighting]]) -> None:
        self._looking.discard(host)
        name, seen = found
        if name == self._chosen:
            self.view.show_seen(seen)

    def _on_not_looked(self, host: str, error: BaseException) -> None:
        self._looking.discard(host)
        if not isinstance(error, UserError):  # one that was erased meanwhile is read anew by the feed
            self._context.shell.show_failure(error)

    # What happens

    def _choose(self, endpoint: str) -> None:
        self._chosen, self._shows_host = endpoint, False
        one = self.one
        if one is not None:
            self._host = one.endpoint.host
        self._show_chosen()
        self._context.shell.place_changed()
        self._look()

    def _choose_host(self, host: str) -> None:
        self._host, self._shows_host = host, True
        self._show_chosen()
        if self.facts is not None and self._has_hosts:
            self._stack.setCurrentWidget(self._content)
        self._context.shell.place_changed()

    def _on_chosen(self, endpoint: str) -> None:
        if endpoint != self._chosen or self._shows_host:
            self._choose(endpoint)

    def _on_host_chosen(self, host: str) -> None:
        if host != self._host or not self._shows_host:
            self._choose_host(host)

    def _on_host_menu(self, name: str, at: QPoint) -> None:
        state = self.watch.facts.state(name)
        if state is not None:
            self.actions_of_host.show_menu(state, at)

    def _test_host(self) -> None:
        self._choose_host(self._host)
        self.watch.check(self._host)

    def _on_asked(self, what: str) -> None:
        one, actions = self.one, self.actions_of_endpoint
        if one is None:
            return
        acts: dict[str, Callable[[], None]] = {
            "try": self._try,
            "back": lambda: actions.go_back(one),
            "start": lambda: actions.start(one),
            "deploy": lambda: actions.deploy(one),
            "restart": lambda: actions.restart(one),
            "stop": lambda: actions.stop(one),
            "token": lambda: actions.new_token(one),
            "trash": lambda: actions.trash(one),
            "cancel": lambda: actions.cancel(one),
            "try-version": lambda: actions.try_version(one),
            "promote": lambda: actions.promote(one),
            "end-trial": lambda: actions.end_trial(one),
            "host": self._test_host,
        }
        acts[what]()

    def _on_return_asked(self, number: int) -> None:
        one = self.one
        if one is not None:
            target = next(deployment for deployment in one.deployments if deployment.number == number)
            self.actions_of_endpoint.go_back(one, target)

    def _try(self) -> None:
        self._context.shell.go(Place("try-it", self._chosen))

    def _show_log(self) -> None:
        self.view.tabs.setCurrentIndex(0)
        self.view.log.view.lines.setFocus()

    def _on_time(self) -> None:
        """What was seen grows old, what runs goes on: shown again as of now."""
        facts = self.facts
        if facts is None or self._stack.currentWidget() is not self._content:
            return
        from dataclasses import replace

        self.facts = replace(facts, read_at=self._context.clock())
        self.header.show_sentence(sentence(self.facts, self.facts.read_at))
        self._show_chosen()
        self._look()

    def _fit(self) -> None:
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        self.hosts.set_small(small)
        self.view.set_small(small)
        self.host_view.set_small(small)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_clock.start()
        self.watch.look()
        self._on_time()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look_clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
