"""The second step of deploying: behind which endpoint, at which port, and what will happen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.deployments import PortUse
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings import deploy as reading
from mlops_desktop.gui.readings.deploy import DeployFacts, DeployPlan
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.column_area import ColumnArea
from mlops_desktop.gui.widgets.controls import Choice, LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
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
        self._asked = 0
        theme = context.theme
        content.setObjectName("tableground")
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        column.addWidget(Text(theme, "Where should it run?", "title"))
        column.addWidget(self._make_host(theme))
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

    def _make_host(self, theme: Theme) -> QFrame:
        card = QFrame()
        card.setProperty("card", "true")
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 9, 12, 9)
        row.setSpacing(10)
        row.addWidget(Icon(theme, "laptop", "muted", 17))
        column = QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(Text(theme, "This computer", "title"))
        column.addWidget(Text(theme, "A process of its own, reached only from this computer", "table", "muted"))
        row.addLayout(column, 1)
        row.addWidget(StatusWord(theme, Sign("circle-check", "ok", "Ready")))
        return card

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
        self._group.addButton(self.new.button)
        self.new.button.toggled.connect(lambda on: self._on_changed() if on else None)
        return self.new

    # What the dialog asks

    def show_facts(self, facts: DeployFacts, reference: str, endpoint: str = "") -> None:
        """Everything is suggested: the endpoint that has this model, else a new one with a free port."""
        self._facts, self._reference = facts, reference
        self.existing.setVisible(bool(facts.endpoints))
        self.which.set_options([(one.name, reading.endpoint_words(one)) for one in facts.endpoints])
        wanted = facts.endpoint(endpoint) or reading.suggested_endpoint(facts, reference)
        if self.which.value is None or wanted is not None:
            self.which.show_value(wanted.name if wanted else facts.endpoints[0].name if facts.endpoints else None)
        self.name.show_text(reading.suggested_name(facts, reference))
        self.port.show_text(str(facts.port))
        self.name_field.show_help("letters, digits, - and _")
        self.port_field.show_help("free now")
        self.name_field.clear_error()
        self.port_field.clear_error()
        (self.existing if wanted is not None else self.new).button.setChecked(True)
        self._show_effects()

    @property
    def plan(self) -> DeployPlan:
        if self.existing.is_chosen:
            name = str(self.which.value)
            return DeployPlan(self._reference, name, 0, self._facts.endpoint(name))
        return DeployPlan(self._reference, self.name.text().strip(), reading.port_number(self.port.text()) or 0)

    @property
    def faults(self) -> list[Field]:
        """The fields that need attention."""
        if self.existing.is_chosen:
            return []
        return [field for field in (self.name_field, self.port_field) if field.error]

    def check(self) -> None:
        """As on submit: what can be said at once is said; the port was asked when it was typed."""
        self._check_name()
        if reading.port_number(self.port.text()) is None:
            self.port_field.show_error("A port is a number from 1 to 65535.", *self._free_port())

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
        if reading.port_number(self.port.text()) is None:
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
        self._asked = port
        self._context.lanes.call(
            lambda: self._workspace.deployments.port_use(port),
            self._on_port_use,
            self._context.shell.show_failure,
            owner=self,
        )

    def _on_port_use(self, use: PortUse) -> None:
        if use.port != reading.port_number(self.port.text()):
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
