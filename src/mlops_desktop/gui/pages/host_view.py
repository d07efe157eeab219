"""One host in full: how it was found, what it is, what it proves itself with, and the endpoints there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.hosts import HostKind, HostState
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.pages.host_actions import HostActions
from mlops_desktop.gui.readings import deployments as endpoints
from mlops_desktop.gui.readings import endpoint_tables
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.cards import Card, FactList
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.rollout_steps import RolloutSteps
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text

HEADS = (
    Head("Endpoint", 180, stretch=True),
    Head("Answers with", 150),
    Head("How it is", 110),
    Head("Address there", 140, keep=2),
    Head("Last seen", 96, keep=1, numeric=True),
)


class HostView(QScrollArea):
    """`endpoint_chosen` carries the name of the endpoint that the person goes to."""

    endpoint_chosen = Signal(str)

    def __init__(self, context: Context, actions: HostActions) -> None:
        super().__init__()
        self._context, self._actions = context, actions
        self._state: HostState | None = None
        self._shown: Sequence[EndpointFacts] = ()
        theme = context.theme
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Host")
        content = QWidget()
        content.setObjectName("page")
        column = self._column = QVBoxLayout(content)
        column.setSpacing(10)
        column.addLayout(self._make_head(theme))
        self.failure = ErrorBox(theme)
        self.way_on = Button(theme, "", small=True)
        self.way_on.clicked.connect(self._on_way_on)
        self.failure.add_action(self.way_on)
        column.addWidget(self.failure)
        column.addLayout(self._make_cards(theme))
        column.addWidget(self._make_endpoints(theme))
        column.addStretch(1)
        self.setWidget(content)

    # Making

    def _make_head(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(10)
        self.title = ElidedText(theme, "", "section")
        self.sign = StatusWord(theme)
        self.age = ElidedText(theme, "", "table", "muted")
        first.addWidget(self.title)
        first.addWidget(self.sign)
        first.addWidget(self.age, 1)
        first.addStretch()
        words.addLayout(first)
        self.kind = ElidedText(theme, "", "table", "muted")
        words.addWidget(self.kind)
        row.addLayout(words, 1)
        self.test = Button(theme, "Test connection", icon="rotate-cw")
        self.deploy = Button(theme, "Deploy here…", icon="rocket")
        self.more = IconButton(theme, "ellipsis", "More for this host")
        self.test.clicked.connect(lambda: self._with_state(lambda state: self._actions.test(state.host.name)))
        self.deploy.clicked.connect(lambda: self._with_state(lambda state: self._actions.deploy(state.host.name)))
        self.more.clicked.connect(self._on_more)
        for button in (self.test, self.deploy, self.more):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _make_cards(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.machine_card, self.facts = _fact_card(theme, "Machine")
        self.proof_card, self.proofs = _fact_card(theme, "Key and base image")
        self._base = Text(theme, "", "table", wrap=True)
        self.prepare = Button(theme, "Prepare base image…", icon="download", small=True)
        self.prepare.clicked.connect(lambda: self._with_state(self._actions.prepare))
        holder = QVBoxLayout()
        holder.setContentsMargins(13, 2, 13, 12)
        holder.setSpacing(8)
        holder.addWidget(self._base)
        holder.addWidget(self.prepare, 0, Qt.AlignmentFlag.AlignLeft)
        holder.addStretch(1)
        self.proof_card.body.addLayout(holder)
        self.test_card = Card(theme, "Last test")
        self.steps = RolloutSteps(theme, "Steps of the test")
        inner = QVBoxLayout()
        inner.setContentsMargins(13, 0, 13, 12)
        inner.addWidget(self.steps)
        inner.addStretch(1)
        self.test_card.body.addLayout(inner)
        for card in (self.machine_card, self.proof_card, self.test_card):
            row.addWidget(card, 1)
        return row

    def _make_endpoints(self, theme: Theme) -> Card:
        self.endpoints_card = Card(theme, "Endpoints on this host", "Enter opens one")
        self.table = SmallTable(theme, "Endpoints on this host", HEADS)
        self.table.activated.connect(lambda index: self._on_row(index.row()))
        self.table.pointed.connect(self._on_pointed)
        self._nothing = Text(theme, "", "table", "muted", wrap=True)
        self._nothing.setContentsMargins(14, 0, 14, 12)
        self.endpoints_card.body.addWidget(self.table)
        self.endpoints_card.body.addWidget(self._nothing)
        return self.endpoints_card

    # Showing

    def show_host(self, facts: DeploymentFacts, hosts: HostsFacts, name: str) -> None:
        state = hosts.state(name)
        if state is None:
            return
        self._state = state
        now, checking = facts.read_at, name in hosts.checking
        is_here = state.host.kind is HostKind.PROCESS
        self.setAccessibleName(f"Host {name}")
        self.title.setText(reading.title(name))
        self.sign.set_sign(hosts.sign(state, now))
        self.age.setText(reading.age_words(state, now, checking=checking))
        self.kind.setText(" · ".join(filter(None, (reading.kind_words(state), "" if is_here else state.host.address))))
        self.test.setVisible(not is_here)
        self.test.setEnabled(not checking)
        self.test.set_caption("Checking…" if checking else "Test connection")
        self._show_failure(state)
        self.facts.show_facts(reading.host_facts(state, now))
        proofs = reading.proof_facts(state.host)
        self.proofs.show_facts(proofs, dict(proofs))
        self.proof_card.setVisible(not is_here)
        self.test_card.setVisible(not is_here)
        words, tone = reading.base_words(state)
        self._base.setText(words)
        self._base.set_tone(tone)
        self._show_steps(state, checking)
        self._show_endpoints(facts, name)

    def _show_failure(self, state: HostState) -> None:
        report = reading.failed_report(state.report)
        self.failure.setVisible(report is not None)
        if report is None:
            return
        changed = reading.key_changed(state)
        self.way_on.set_caption("Compare and trust…" if changed else "Test connection")
        stays = "Endpoints there go on as they are; from here nothing is asked of it." if state.endpoints else ""
        details = "\n".join(filter(None, (f"confirmed {report.pinned_fingerprint}", f"shows {report.fingerprint}")))
        self.failure.show_problem(
            report.sentence, formats.sentences(report.hint, stays), report.code, details if report.fingerprint else ""
        )

    def _show_steps(self, state: HostState, checking: bool) -> None:
        report = state.report
        done = report.steps if report is not None else ()
        self.steps.show_stages(reading.steps(state.host, done, running=checking and report is None))
        well = sum(step.ok for step in done)
        self.test_card.sub.setText(f"{well} of {len(self.steps.stages)}" if done else "")

    def _show_endpoints(self, facts: DeploymentFacts, name: str) -> None:
        self._shown = facts.on(name)
        self.table.show_rows([_row(facts, one) for one in self._shown])
        self.table.setVisible(bool(self._shown))
        self.endpoints_card.sub.setText("Enter opens one" if self._shown else "")
        self._nothing.setVisible(not self._shown)
        self._nothing.setText("Nothing is deployed there yet. Deploy here… puts a model version behind a new endpoint.")

    def set_edge(self, edge: int) -> None:
        """The room around it, where it does not stand on the page itself."""
        self._column.setContentsMargins(edge, 0, edge, 0)

    def set_small(self, small: bool) -> None:
        self._column.setContentsMargins(16, 12, 14 if small else 20, 14)

    def panes(self) -> list[QWidget]:
        return [self.test if self.test.isVisible() else self.deploy, self.table]

    # What happens

    def _with_state(self, act: Callable[[HostState], object]) -> None:
        if self._state is not None:
            act(self._state)

    def _on_way_on(self) -> None:
        state = self._state
        if state is not None and reading.key_changed(state):
            self._actions.trust(state)
        elif state is not None:
            self._actions.test(state.host.name)

    def _on_more(self) -> None:
        if self._state is not None:
            self._actions.show_menu(self._state, self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _on_pointed(self, index: QModelIndex) -> None:
        if index.column() == 0:
            self._on_row(index.row())

    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self._shown):
            self.endpoint_chosen.emit(self._shown[row].name)


def _fact_card(theme: Theme, title: str) -> tuple[Card, FactList]:
    card = Card(theme, title)
    holder = QVBoxLayout()
    holder.setContentsMargins(13, 0, 13, 8)
    facts = FactList(theme)
    holder.addWidget(facts)
    card.body.addLayout(holder)
    card.body.setAlignment(Qt.AlignmentFlag.AlignTop)
    return card, facts


def _row(facts: DeploymentFacts, one: EndpointFacts) -> CellRow:
    now, spoken_of = facts.read_at, one.spoken_of
    seen = spoken_of.checked_at if spoken_of is not None else None
    how = endpoints.condition(one, now)
    return CellRow(
        one.name,
        (
            Cell(one.name, "accent-text", strong=True, tip=f"Open {one.name}"),
            Cell(spoken_of.model_reference.replace("@v", " v") if spoken_of else formats.NOT_SET),
            Cell(sign=how.foremost, tip=how.note),
            Cell(endpoint_tables.address_on_host(one.endpoint), "muted"),
            Cell(formats.moment(seen, now) if seen else formats.NOT_SET, "muted"),
        ),
    )
