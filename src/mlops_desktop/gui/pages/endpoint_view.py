"""One endpoint in full: head, what answers, its deployments, log and history."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.deployments import Deployment, Sighting
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.endpoint_head import EndpointHead
from mlops_desktop.gui.pages.endpoint_history import RolloutHistory
from mlops_desktop.gui.pages.endpoint_log import EndpointLog
from mlops_desktop.gui.pages.trial_card import TrialCard
from mlops_desktop.gui.readings import deployments as reading
from mlops_desktop.gui.readings import endpoint_tables as tables
from mlops_desktop.gui.readings import hosts as host_reading
from mlops_desktop.gui.readings import rollouts
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.rollout_steps import RolloutSteps
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import Text, line

LOG, HISTORY = 0, 1
_WAYS_ON = {"restart": "Start again", "deploy": "Deploy another version…", "host": "Test connection…"}
HEAD = 20
"""As high as the head of a card with a link in it, so that cards side by side begin alike."""


class _FactsCard(Card):
    """A title and a list of facts, or one sentence where none is known."""

    def __init__(self, theme: Theme, title: str, nothing: str) -> None:
        super().__init__(theme, title)
        self.title.setMinimumHeight(HEAD)
        column = QVBoxLayout()
        column.setContentsMargins(13, 0, 13, 12)
        self.facts = FactList(theme)
        self._nothing = Text(theme, nothing, "table", "muted", wrap=True)
        column.addWidget(self.facts)
        column.addWidget(self._nothing)
        column.addStretch(1)
        self.body.addLayout(column)

    def show_facts(self, facts: Sequence[tuple[str, str]], tips: dict[str, str] | None = None) -> None:
        self.facts.show_facts(facts, tips)
        self.facts.setVisible(bool(facts))
        self._nothing.setVisible(not facts)


def _version_title(answering: Deployment | None) -> str:
    if answering is None:
        return "Answered last with"
    return "Answers with" if reading.answers_now(answering) else "Should answer with"


class EndpointView(QScrollArea):
    """`asked` carries what was asked for; `return_asked` the number of the deployment to go back to."""

    asked = Signal(str)
    return_asked = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        theme = context.theme
        self._facts: DeploymentFacts | None = None
        self._one: EndpointFacts | None = None
        self._seen: dict[str, Sighting] = {}
        self._hosts = HostsFacts()
        self._way_on, self._troubled = "restart", 0
        self._is_small = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Endpoint")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("page")
        column = self._column = QVBoxLayout(content)
        column.setSpacing(10)
        self.head = EndpointHead(theme)
        self.head.asked.connect(self.asked)
        self.head.copied.connect(lambda: context.shell.say("Address copied", "copy"))
        column.addWidget(self.head)
        self.failure = self._make_failure(theme)
        column.addWidget(self.failure)
        self.rollout = self._make_rollout(theme)
        column.addWidget(self.rollout)
        column.addLayout(self._make_cards(theme))
        self.trial = TrialCard(theme)
        self.trial.asked.connect(self.asked)
        column.addWidget(self.trial)
        column.addWidget(self._make_deployments(theme))
        column.addWidget(self._make_tabs(theme), 1)
        self.setWidget(content)

    # Making

    def _make_failure(self, theme: Theme) -> ErrorBox:
        box = ErrorBox(theme)
        self.again = Button(theme, "Start again", small=True)
        self.again.clicked.connect(lambda: self.asked.emit(self._way_on))
        self.to_log = Button(theme, "Open log", small=True)
        self.to_log.clicked.connect(self._on_to_log)
        self.end = Button(theme, "Stop…", small=True)
        self.end.clicked.connect(lambda: self.asked.emit("stop"))
        for button in (self.again, self.end, self.to_log):
            box.add_action(button)
        return box

    def _make_rollout(self, theme: Theme) -> Card:
        card = Card(theme, "Under way")
        self.cancel = Button(theme, "Cancel deployment", kind="danger", small=True)
        self.cancel.clicked.connect(lambda: self.asked.emit("cancel"))
        card.head.addWidget(self.cancel)
        self._steps = RolloutSteps(theme)
        holder = QVBoxLayout()
        holder.setContentsMargins(13, 0, 13, 12)
        holder.addWidget(self._steps)
        card.body.addLayout(holder)
        return card

    def _make_cards(self, theme: Theme) -> QGridLayout:
        self._cards = QGridLayout()
        self._cards.setSpacing(10)
        self.version = _FactsCard(theme, "Answers with", "Its model version lies in the trash.")
        self.open_version = Button(theme, "Open", kind="link", small=True)
        self.open_version.setAccessibleName("Open the model version")
        self.open_version.setFixedHeight(18)
        self.version.head.setContentsMargins(13, 10, 9, 8)  # a link has room of its own at its edge
        self.open_version.clicked.connect(self._on_version)
        self.version.head.addWidget(self.open_version)
        self.requests = _FactsCard(theme, "Requests", "Nothing answers now, so nothing is counted.")
        self.server = _FactsCard(theme, "This computer", "")
        self.copy_image = IconButton(theme, "copy", "Copy image", size=20, picture=13)
        self.copy_image.clicked.connect(self._on_copy_image)
        self.server.head.addWidget(self.copy_image)
        self.host = _FactsCard(theme, "Host", "It was not asked yet.")
        self._host_sign = StatusWord(theme)
        self.host.head.addWidget(self._host_sign)
        self.open_host = Button(theme, "Open", kind="link", small=True)
        self.open_host.setAccessibleName("Open the host")
        self.open_host.setFixedHeight(18)
        self.open_host.clicked.connect(lambda: self.asked.emit("host"))
        self.host.head.addWidget(self.open_host)
        self._place_cards()
        return self._cards

    def _place_cards(self) -> None:
        """Side by side; where there is no room for four, two and two."""
        cards = (self.version, self.requests, self.server, self.host)
        columns = 2 if self._is_small and not self.host.isHidden() else len(cards)
        for place, card in enumerate(cards):
            row, column = divmod(place, columns)
            self._cards.addWidget(card, row, column)
            self._cards.setColumnStretch(place, 1 if place < columns and not card.isHidden() else 0)

    def _make_deployments(self, theme: Theme) -> Card:
        self.deployments = Card(theme, "Deployments of this endpoint", "newest first")
        self.table = SmallTable(theme, "Deployments of this endpoint", tables.DEPLOYMENT_HEADS)
        self.table.pointed.connect(self._on_pointed)
        self.table.activated.connect(lambda index: self._on_row(index.row()))
        self.deployments.body.addWidget(self.table)
        return self.deployments

    def _make_tabs(self, theme: Theme) -> Card:
        card = Card(theme)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        self.tabs = Tabs(theme, "More of this endpoint")
        self.tabs.addTab("Log")
        self.tabs.addTab("History")
        self.tabs.currentChanged.connect(self._on_tab)
        self.log = EndpointLog(self._context)
        row.addWidget(self.tabs)
        row.addStretch(1)
        row.addWidget(self.log.choice)
        card.body.addLayout(row)
        card.body.addWidget(line(theme))
        self._stack = QStackedWidget()
        self.log.setMinimumHeight(220)
        self.history = RolloutHistory(theme)
        self._stack.addWidget(self.log)
        self._stack.addWidget(self.history)
        card.body.addWidget(self._stack, 1)
        return card

    # Showing

    def show_endpoint(self, facts: DeploymentFacts, one: EndpointFacts) -> None:
        if self._one is None or self._one.name != one.name:
            self._seen = {}
        self._facts, self._one = facts, one
        self.setAccessibleName(f"Endpoint {one.name}")
        self.head.show_endpoint(facts, one)
        self._show_trouble(one)
        self._show_rollout(facts, one)
        self._show_cards()
        warm = reading.warm_ones(one)
        words = ["newest first"]
        if warm:
            version = reading.version_words(warm[0].model_reference, one.name)
            words.append(f"{version} is kept warm, the way back to it is quick")
        self.deployments.sub.setText(" · ".join(words))
        self.log.show_endpoint(one)
        self.history.show_endpoint(facts, one)
        self.tabs.set_count(HISTORY, len(one.rollouts))

    def show_seen(self, seen: Sequence[Sighting]) -> None:
        """What the host saw of this endpoint's servers just now."""
        self._seen = {item.deployment_id: item for item in seen}
        if self._facts is not None:
            self._show_cards()

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._column.setContentsMargins(16, 12, edge, 14)
        self.history.set_small(small)
        self._is_small = small
        self._place_cards()

    def panes(self) -> list[QWidget]:
        last = self.log.view.lines if self.tabs.currentIndex() == LOG else self.history.table
        return [self.head.try_it, self.table, self.tabs, last]

    def _show_trouble(self, one: EndpointFacts) -> None:
        """The failure of what should answer, or of the newest attempt where nothing came after it."""
        trouble = reading.trouble(one)
        self.failure.setVisible(trouble is not None)
        if trouble is None:
            return
        failure, self._way_on = trouble.failure, trouble.way_on
        self._troubled = trouble.deployment.number if trouble.deployment is not None else 0
        self.to_log.setVisible(self._troubled > 0)
        self.again.set_caption(_WAYS_ON[trouble.way_on])
        self.again.setVisible(one.open_rollout is None)
        drifted = trouble.deployment is not None and reading.has_drifted(trouble.deployment)
        self.end.setVisible(drifted and one.open_rollout is None)
        self.failure.set_doubt(trouble.is_doubt)
        self.failure.show_problem(
            failure.message, formats.sentences(failure.hint, trouble.stayed), failure.code, failure.details
        )

    def _show_rollout(self, facts: DeploymentFacts, one: EndpointFacts) -> None:
        rollout = one.open_rollout
        self.rollout.setVisible(rollout is not None)
        if rollout is not None:
            words = rollouts.change_words(rollout, one.deployments)
            self.rollout.title.setText(f"Under way: {words}")
            containers = reading.in_containers(one.endpoint)
            self._steps.show_stages(
                rollouts.stages(rollout, one.deployments, facts.read_at, containers=containers, build=one.build)
            )
            self.cancel.setVisible(rollout.may_be_cancelled and not rollout.cancelled_by)

    def _show_cards(self) -> None:
        facts, one = self._facts, self._one
        if facts is None or one is None:
            return
        answering = one.answering
        sighting = self._seen.get(answering.id) if answering else None
        self.version.title.setText(_version_title(answering))
        tips = {"Bundle": one.version.manifest_hash} if one.version else None
        self.version.show_facts(tables.version_facts(one), tips)
        self.open_version.setVisible(one.version is not None)
        self.requests.show_facts(tables.request_facts(sighting))
        if sighting is not None and sighting.observation.running:
            self.requests.sub.setText("since it was started")
        else:
            self.requests.sub.setText("")
        identities = {"Image": answering.image} if answering and answering.image else {}
        if answering and answering.container:
            identities["Container"] = answering.container.id
        self.server.show_facts(tables.server_facts(facts, one, sighting), identities)
        self.server.title.setText("Container" if reading.in_containers(one.endpoint) else "This computer")
        self.copy_image.setVisible(bool(identities.get("Image")))
        self._show_host()
        self.trial.show_trial(one, self._seen, facts.read_at)
        images = any(deployment.image for deployment in one.deployments)
        self.table.leave_out(frozenset() if images else frozenset({tables.IMAGE}))
        self.table.show_rows(tables.deployment_rows(facts, one, self._seen))

    def show_hosts(self, hosts: HostsFacts) -> None:
        """How the hosts are as of the last look."""
        self._hosts = hosts
        self._show_host()

    def _show_host(self) -> None:
        facts, one = self._facts, self._one
        state = self._hosts.state(one.endpoint.host) if one is not None else None
        elsewhere = one is not None and reading.in_containers(one.endpoint)
        shown = elsewhere and state is not None
        if self.host.isHidden() is shown:
            self.host.setVisible(shown)
            self._place_cards()
        if facts is None or state is None or not elsewhere:
            return
        self.host.title.setText(host_reading.title(state.host.name))
        self._host_sign.set_sign(self._hosts.sign(state, facts.read_at))
        self.host.show_facts(host_reading.host_facts(state, facts.read_at, brief=True))

    # What happens

    def _on_copy_image(self) -> None:
        answering = self._one.answering if self._one is not None else None
        if answering is not None:
            QGuiApplication.clipboard().setText(answering.image)
            self._context.shell.say("Image copied", "copy")

    def _on_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.log.choice.setVisible(place == LOG)
        if place == LOG:
            self.log.read()

    def _on_to_log(self) -> None:
        self.tabs.setCurrentIndex(LOG)
        self.log.show_number(self._troubled)
        self.log.view.lines.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(self.log)

    def _on_version(self) -> None:
        if self._one is not None and self._one.version is not None:
            self._context.shell.go(Place("model-version", self._one.version.reference))

    def _on_pointed(self, index: QModelIndex) -> None:
        if index.column() == tables.ACTION:
            self._on_row(index.row())

    def _on_row(self, row: int) -> None:
        one = self._one
        if one is not None and 0 <= row < len(one.deployments) and reading.can_return_to(one, one.deployments[row]):
            self.return_asked.emit(one.deployments[row].number)
