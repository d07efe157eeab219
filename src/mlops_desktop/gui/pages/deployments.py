"""Deployments: where does what run, how healthy, and how do I go back?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.deployments import Sighting
from mlops_desktop.domain.errors import UserError
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.endpoint_actions import EndpointActions
from mlops_desktop.gui.pages.endpoint_view import EndpointView
from mlops_desktop.gui.pages.hosts_pane import HostsPane
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts, read_deployments, sentence, way_back
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox
from mlops_desktop.gui.widgets.text import line

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

LOOK_SECONDS = 2
_CONCERN = frozenset({ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT, ChangeKind.ROLLOUT, ChangeKind.MODEL})
NOTHING = (
    "An endpoint answers predictions of one model version at an address on this computer. "
    "It switches to another version without a failed request, and back again."
)


class DeploymentsPage(Page):
    """Hosts at the left, the chosen endpoint in full beside them."""

    name = section = "deployments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chosen = ""
        self._looking = False
        self.facts: DeploymentFacts | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self.actions_of_endpoint = EndpointActions(context, self, self._query.ask)
        self._look_clock = QTimer(self, interval=LOOK_SECONDS * 1000)
        self._look_clock.timeout.connect(self._on_time)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.actions_of_endpoint.workspace = workspace
        self.view.log.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, self._chosen, {"tab": self.view.tabs.currentIndex()})

    def go(self, place: Place) -> None:
        self.view.tabs.setCurrentIndex(place.how.get("tab", 0))
        if place.subject:
            self._choose(place.subject)

    def path(self) -> list[tuple[str, Place | None]]:
        if not self._chosen:
            return [("Deployments", None)]
        return [("Deployments", Place(self.name)), ("This computer", Place(self.name)), (self._chosen, None)]

    def panes(self) -> list[QWidget]:
        if self._stack.currentWidget() is not self._content:
            return [self.deploy]
        return [self.deploy, self.hosts.list, *self.view.panes()]

    def commands(self) -> list[Command]:
        actions, one = self.actions_of_endpoint, self.one
        found = [
            Command(
                "primary",
                "Deploy model version…",
                "rocket",
                lambda: actions.deploy(None),
                "mlops deployments deploy MODEL@champion",
            )
        ]
        if one is None:
            return found
        name = one.name
        if one.spoken_of is not None:
            line_of = f"mlops deployments predict {name}"
            found.append(Command("try_it", f"Try {name}", "send", self._try, line_of))
        if one.answering is not None and one.open_rollout is None:
            if way_back(one) is not None:
                line_of = f"mlops deployments rollback {name}"
                found.append(
                    Command("roll_back", f"Roll back {name}…", "undo-2", lambda: actions.go_back(one), line_of)
                )
            found += [
                Command(
                    "restart", f"Restart {name}", "rotate-cw", lambda: actions.restart(one),
                    f"mlops deployments restart {name}",
                ),
                Command("stop", f"Stop {name}…", "square", lambda: actions.stop(one), f"mlops deployments stop {name}"),
            ]  # fmt: skip
        found.append(
            Command(
                "token", f"New token for {name}…", "key-round", lambda: actions.new_token(one),
                f"mlops deployments token {name}",
            )
        )  # fmt: skip
        if one.open_rollout is None:
            found.append(
                Command(
                    "deploy", f"Deploy another version behind {name}…", "rocket", lambda: actions.deploy(one),
                    f"mlops deployments deploy MODEL --endpoint {name}",
                )
            )  # fmt: skip
        if one.answering is None and one.open_rollout is None:
            found.append(
                Command(
                    "trash", f"Move {name} to trash", "trash-2", lambda: actions.trash(one),
                    f"mlops trash put endpoint {name}",
                )
            )  # fmt: skip
        found.append(Command("log", f"Log of {name}", "scroll-text", self._show_log, f"mlops deployments log {name}"))
        return found

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
        row.addWidget(self.hosts)
        self.view = EndpointView(self._context)
        self.view.asked.connect(self._on_asked)
        self.view.return_asked.connect(self._on_return_asked)
        row.addWidget(self.view, 1)
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
        if not facts.endpoints:
            self._stack.setCurrentWidget(self.empty)
            return
        before = self._chosen
        if facts.endpoint(self._chosen) is None:
            self._chosen = facts.endpoints[0].name
        self._show_chosen()
        self._stack.setCurrentWidget(self._content)
        if self._chosen != before:
            self._context.shell.place_changed()
        self._look()

    def _show_chosen(self) -> None:
        facts, one = self.facts, self.one
        if facts is not None and one is not None:
            self.hosts.show_facts(facts, one.name)
            self.view.show_endpoint(facts, one)

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
        if one is None or self._looking or self._workspace is None:
            return
        self._looking = True
        name, workspace = one.name, self.workspace
        self._context.lanes.call(
            lambda: (name, workspace.deployments.look(name)), self._on_looked, self._on_not_looked, owner=self
        )

    def _on_looked(self, found: tuple[str, Sequence[Sighting]]) -> None:
        self._looking = False
        name, seen = found
        if name == self._chosen:
            self.view.show_seen(seen)

    def _on_not_looked(self, error: BaseException) -> None:
        self._looking = False
        if not isinstance(error, UserError):  # one that was erased meanwhile is read anew by the feed
            self._context.shell.show_failure(error)

    # What happens

    def _choose(self, endpoint: str) -> None:
        self._chosen = endpoint
        self._show_chosen()
        self._context.shell.place_changed()
        self._look()

    def _on_chosen(self, endpoint: str) -> None:
        if endpoint != self._chosen:
            self._choose(endpoint)

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
        if facts is None or not facts.endpoints:
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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_clock.start()
        self._on_time()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._look_clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
