"""The second step of deploying: behind which endpoint, at which port, and what will happen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.deployments import PortUse
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.deploy_hosts import HostChoice
from mlops_desktop.gui.readings import deploy as reading
from mlops_desktop.gui.readings.deploy import DeployFacts, DeployPlan
from mlops_desktop.gui.readings.hosts import HostsFacts
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.column_area import ColumnArea
from mlops_desktop.gui.widgets.controls import Box, Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.option_card import OptionCard
from mlops_desktop.gui.widgets.text import Text
from mlops_desktop.services.workspace import Workspace

PAUSE_MILLISECONDS = 250


class DeployForm(ColumnArea):
    """`changed` follows every change of the plan or of its faults."""

    changed = Signal()

    def __init__(self, context: Context, workspace: Workspace) -> None:
        content = QWidget()
        super().__init__(content, "Endpoint")
        self._context, self._workspace = context, workspace
        self._facts = DeployFacts()
        self._reference = ""
        theme = context.theme
        content.setObjectName("tableground")
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        column.addWidget(Text(theme, "Where should it run?", "title"))
        self.hosts = HostChoice(theme)
        self.hosts.chosen.connect(self._on_host)
        self.hosts.test_asked.connect(context.shell.host_watch.check)
        column.addWidget(self.hosts)
        column.addSpacing(4)
        column.addWidget(Text(theme, "Behind which endpoint?", "title"))
        self._group = QButtonGroup(self)
        column.addWidget(self._make_existing(theme))
        column.addWidget(self._make_new(theme))
        column.addSpacing(4)
        column.addWidget(Text(theme, "What will happen", "title"))
        self._effects = QVBoxLayout()
        self._effects.setSpacing(7)
        column.addLayout(self._effects)
        column.addStretch(1)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MILLISECONDS)
        self._pause.timeout.connect(self._ask_port)

    # Making

    def _make_existing(self, theme: Theme) -> OptionCard:
        sentence = "The new version takes over there without a failed request; the address and the token stay."
        self.existing = OptionCard(theme, "Switch an endpoint", sentence)
        self.which = Choice(theme, "Which endpoint")
        self.which.chosen.connect(lambda _: self._on_choice(self.existing))
        self.existing.add(self.which)
        self._group.addButton(self.existing.button)
        self.existing.button.toggled.connect(lambda on: self._on_changed() if on else None)
        return self.existing

    def _make_new(self, theme: Theme) -> OptionCard:
        self.new = OptionCard(theme, "Make a new endpoint", "It gets its own address and its own token.")
        row = QHBoxLayout()
        row.setSpacing(12)
        self.name = LineEntry(theme, "Name of the endpoint")
        self.port = LineEntry(theme, "Port on this computer")
        self.port.setMaxLength(5)
        self.name_field = Field(theme, "Name", self.name)
        self.port_field = Field(theme, "Port on this computer", self.port)
        self.name.textEdited.connect(lambda _: self._on_name())
        self.port.textEdited.connect(lambda _: self._on_port())
        for field, stretch in ((self.name_field, 3), (self.port_field, 2)):
            row.addWidget(field, stretch, Qt.AlignmentFlag.AlignTop)
        self.new.body.addLayout(row)
        self.publish = Box(theme, "Publish it on every network of the host")
        self.publish.clicked.connect(self._on_publish)
        self.new.add(self.publish)
        self.warning = self._make_warning(theme)
        self.new.add(self.warning)
        self._group.addButton(self.new.button)
        self.new.button.toggled.connect(lambda on: self._on_changed() if on else None)
        return self.new

    def _make_warning(self, theme: Theme) -> QFrame:
        card = QFrame()
        card.setProperty("card", "warn")
        row = QHBoxLayout(card)
        row.setContentsMargins(10, 7, 10, 8)
        row.setSpacing(8)
        row.addWidget(Icon(theme, "triangle-alert", "warn", 15), 0, Qt.AlignmentFlag.AlignTop)
        self._warning_words = Text(theme, "", "table", wrap=True)
        row.addWidget(self._warning_words, 1)
        card.hide()
        return card

    # What the dialog asks

    def show_facts(self, facts: DeployFacts, reference: str, endpoint: str = "", host: str = "") -> None:
        """Everything is suggested: the host, its endpoint that has this model, else a new one with a free port."""
        self._facts, self._reference = facts, reference
        self.hosts.show_hosts(HostsFacts(facts.hosts), self._context.clock())
        self.hosts.choose(reading.suggested_host(facts, reference, endpoint, host))
        self.name.show_text(reading.suggested_name(facts, reference))
        self.name_field.show_help("letters, digits, - and _")
        self.name_field.clear_error()
        self._suggest(endpoint)

    def show_hosts(self, hosts: HostsFacts) -> None:
        """How the hosts are as of the last look; the choice stays."""
        if hosts.states:
            self.hosts.show_hosts(hosts, self._context.clock())

    @property
    def host(self) -> str:
        return self.hosts.value

    def _suggest(self, endpoint: str = "") -> None:
        """For the chosen host."""
        facts, host = self._facts, self.host
        there = facts.on(host)
        self.existing.setVisible(bool(there))
        self.which.set_options([(one.name, reading.endpoint_words(one)) for one in there])
        named = next((one for one in there if one.name == endpoint), None)
        wanted = named or reading.suggested_endpoint(facts, self._reference, host)
        if self.which.value is None or wanted is not None:
            self.which.show_value(wanted.name if wanted else there[0].name if there else None)
        label = f"Port on {host}"
        self.port_field.label.setText(label)
        self.port.setAccessibleName(label)
        self.port_field.clear_error()
        elsewhere = host != THIS_COMPUTER
        self.port.show_text("" if elsewhere else str(facts.port))
        self.port.setPlaceholderText("any free one" if elsewhere else "")
        self.port_field.show_help(f"asking {host}…" if elsewhere else "free now")
        self.publish.setVisible(elsewhere)
        self.publish.setChecked(False)
        self.warning.hide()
        (self.existing if wanted is not None else self.new).button.setChecked(True)
        self._show_effects()
        if elsewhere:
            self._ask_for_port(host)

    def _ask_for_port(self, host: str) -> None:
        """A free one of the host, which may take a while to say so."""

        def found(use: PortUse) -> None:
            if self.host == host and not self.port.text().strip():
                self.port.show_text(str(use.next_free))
                self.port_field.show_help("free now")
                self._on_changed()

        def failed(error: BaseException) -> None:
            if self.host == host and not self.port_field.error:
                self.port_field.show_help("any free one; the host did not say which")
                if not isinstance(error, UserError):
                    self._context.shell.show_failure(error)

        service = self._workspace.deployments
        self._context.lanes.call(
            lambda: service.port_use(reading.FIRST_PORT, host=host), found, failed, owner=self, apart=host
        )

    def _on_host(self, host: str) -> None:
        self._suggest()
        self.changed.emit()

    def _on_publish(self) -> None:
        self.new.button.setChecked(True)
        self._warning_words.setText(reading.published_words(self.host))
        self.warning.setVisible(self.publish.isChecked())
        self._on_changed()
        if self.publish.isChecked():
            QTimer.singleShot(0, self.warning, lambda: self.ensureWidgetVisible(self.warning))

    @property
    def plan(self) -> DeployPlan:
        if self.existing.is_chosen:
            name = str(self.which.value)
            return DeployPlan(self._reference, name, 0, self._facts.endpoint(name), self.host)
        port = reading.port_number(self.port.text()) or 0
        published = self.host != THIS_COMPUTER and self.publish.isChecked()
        return DeployPlan(self._reference, self.name.text().strip(), port, None, self.host, published)

    @property
    def faults(self) -> list[Field]:
        """The fields that need attention."""
        if self.existing.is_chosen:
            return []
        return [field for field in (self.name_field, self.port_field) if field.error]

    def check(self) -> None:
        """As on submit: what can be said at once is said; the port was asked when it was typed."""
        self._check_name()
        if reading.port_number(self.port.text()) is None and not self._may_be_any:
            self.port_field.show_error("A port is a number from 1 to 65535.", *self._free_port())

    @property
    def _may_be_any(self) -> bool:
        return self.host != THIS_COMPUTER and not self.port.text().strip()

    def show_port_fault(self, words: str) -> None:
        self.port_field.show_error(words)
        self.changed.emit()

    # What happens

    def _on_choice(self, card: OptionCard) -> None:
        card.button.setChecked(True)
        self._on_changed()

    def _on_changed(self) -> None:
        self._show_effects()
        self.changed.emit()

    def _on_name(self) -> None:
        self.new.button.setChecked(True)
        self._check_name()
        self._on_changed()

    def _check_name(self) -> None:
        name = self.name.text().strip()
        fault = reading.name_fault(self._facts, name)
        if not fault:
            self.name_field.clear_error()
        elif self._facts.endpoint(name) is not None:
            self.name_field.show_error(fault, "Switch it", lambda: self._switch(name))
        else:
            self.name_field.show_error(fault)

    def _switch(self, name: str) -> None:
        self.which.show_value(name)
        self._on_choice(self.existing)

    def _on_port(self) -> None:
        self.new.button.setChecked(True)
        if self._may_be_any:
            self._pause.stop()
            self.port_field.clear_error()
            self.port_field.show_help("any free one, kept from then on")
        elif reading.port_number(self.port.text()) is None:
            self._pause.stop()
            self.port_field.show_error("A port is a number from 1 to 65535.", *self._free_port())
        elif self._context.lanes.is_inline:
            self._ask_port()
        else:
            self._pause.start()
        self._on_changed()

    def _free_port(self) -> tuple[str, Callable[[], object]]:
        port = self._facts.port
        return f"Use {port}", lambda: self._take_port(port)

    def _take_port(self, port: int) -> None:
        self.port.setText(str(port))
        self.port.setFocus()
        self._ask_port()

    def _ask_port(self) -> None:
        port = reading.port_number(self.port.text())
        if port is None:
            return
        host = self.host
        self._context.lanes.call(
            lambda: self._workspace.deployments.port_use(port, host=host),
            lambda use: self._on_port_use(host, use),
            self._on_not_asked,
            owner=self,
            apart="" if host == THIS_COMPUTER else host,
        )

    def _on_not_asked(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self.port_field.show_error(f"{error.message} {error.hint}".strip())
            self.changed.emit()
        else:
            self._context.shell.show_failure(error)

    def _on_port_use(self, host: str, use: PortUse) -> None:
        if host != self.host or use.port != reading.port_number(self.port.text()):
            return  # another one was typed meanwhile
        fault = reading.port_fault(use)
        if fault:
            free = use.next_free
            self.port_field.show_error(fault, f"Use {free}", lambda: self._take_port(free))
        else:
            self.port_field.clear_error()
            self.port_field.show_help("free now")
        self._on_changed()

    def _show_effects(self) -> None:
        clear_layout(self._effects)
        theme = self._context.theme
        for icon, sentence in reading.effects(self.plan):
            row = QHBoxLayout()
            row.setSpacing(9)
            row.addWidget(Icon(theme, icon, "muted", 15), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(Text(theme, sentence, "table", wrap=True), 1)
            self._effects.addLayout(row)
