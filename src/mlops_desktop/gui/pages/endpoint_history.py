"""What changed behind an endpoint: every rollout, and the chosen one step by step."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.readings import rollouts
from mlops_desktop.gui.readings.deployments import DeploymentFacts, EndpointFacts, in_containers
from mlops_desktop.gui.readings.endpoint_tables import ROLLOUT_HEADS, rollout_rows
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.rollout_steps import RolloutSteps
from mlops_desktop.gui.widgets.small_table import SmallTable
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import Text

STEPS_WIDTH = 340


class RolloutHistory(QWidget):
    """The newest is chosen until a person goes to another one."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._facts: DeploymentFacts | None = None
        self._one: EndpointFacts | None = None
        self._chosen = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.table = SmallTable(theme, "Changes of this endpoint", ROLLOUT_HEADS)
        self.table.pointed.connect(self._on_current)
        self.table.selectionModel().currentChanged.connect(self._on_current)
        row.addWidget(self.table, 1, Qt.AlignmentFlag.AlignTop)
        self._side = QWidget()
        self._side.setFixedWidth(STEPS_WIDTH)
        column = QVBoxLayout(self._side)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(10)
        self._title = Text(theme, "", "title")
        self.steps = RolloutSteps(theme)
        self.error = ErrorBox(theme)
        column.addWidget(self._title)
        column.addWidget(self.steps)
        column.addWidget(self.error)
        column.addStretch(1)
        row.addWidget(self._side)

    def show_endpoint(self, facts: DeploymentFacts, one: EndpointFacts) -> None:
        if self._one is None or self._one.name != one.name:
            self._chosen = ""
        newest = one.rollouts[0].id if one.rollouts else ""
        follows = self._one is None or not self._one.rollouts or self._chosen in ("", self._one.rollouts[0].id)
        self._facts, self._one = facts, one
        if follows:
            self._chosen = newest
        self.table.show_rows(rollout_rows(facts, one))
        place = next((place for place, rollout in enumerate(one.rollouts) if rollout.id == self._chosen), 0)
        self.table.go_to(place)
        self._show_steps()

    def set_small(self, small: bool) -> None:
        self._side.setFixedWidth(280 if small else STEPS_WIDTH)

    def _on_current(self, index: QModelIndex) -> None:
        if self._one is not None and 0 <= index.row() < len(self._one.rollouts):
            self._chosen = self._one.rollouts[index.row()].id
            self._show_steps()

    def _show_steps(self) -> None:
        one, facts = self._one, self._facts
        rollout = next((each for each in one.rollouts if each.id == self._chosen), None) if one else None
        self._side.setVisible(rollout is not None)
        if rollout is None or one is None or facts is None:
            return
        self._title.setText(rollouts.change_title(rollout, one.deployments))
        containers = in_containers(one.endpoint)
        self.steps.show_stages(rollouts.stages(rollout, one.deployments, facts.read_at, containers=containers))
        self.error.setVisible(rollout.failure is not None and not rollouts.was_cancelled(rollout))
        if rollout.failure is not None:
            failure = rollout.failure
            self.error.show_problem(failure.message, failure.hint, failure.code, failure.details)
