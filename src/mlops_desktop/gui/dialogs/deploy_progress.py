"""The last step of deploying: the rollout step by step, the new server's log, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.deployments import Deployment, Endpoint, Rollout, RolloutStep
from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.hosts import Host
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import rollouts
from mlops_desktop.gui.readings.deploy import DeployPlan
from mlops_desktop.gui.readings.deployments import EndpointFacts, in_containers, reach, version_words
from mlops_desktop.gui.readings.log import LogLine
from mlops_desktop.gui.readings.serving_log import parse_rollout_log, parse_serving_log
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.log_lines import LogLines
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.rollout_steps import RolloutSteps
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text
from mlops_desktop.gui.widgets.token_box import TokenBox
from mlops_desktop.services.deployments import DeployOrder
from mlops_desktop.services.workspace import Workspace

LOOK_MILLISECONDS = 500
LOG_LINES = 500


@dataclass(frozen=True)
class Progress:
    """A rollout as it stands, with what it speaks of."""

    endpoint: Endpoint
    rollout: Rollout
    known: tuple[Deployment, ...]
    log: tuple[LogLine, ...]
    build: rollouts.Build = field(default_factory=rollouts.Build)


class DeployProgress(QWidget):
    """Follows one rollout by the feed, and twice a second for its clock. `ended` follows its end, once.

    `moved` follows each step. The log of a container comes from its engine, which may take its time: by itself.
    """

    ended = Signal()
    moved = Signal()

    def __init__(self, context: Context, workspace: Workspace) -> None:
        super().__init__()
        self._context, self._workspace = context, workspace
        self._plan: DeployPlan | None = None
        self._order: DeployOrder | None = None
        self.progress: Progress | None = None
        self._server_log: tuple[LogLine, ...] = ()
        self._asks_engine = self._cancelling = False
        self._query = Query(context.lanes, self._read, self._show, context.shell.show_failure, self)
        self._clock = QTimer(self, interval=LOOK_MILLISECONDS)
        self._clock.timeout.connect(self._query.ask)
        context.events.changed.connect(self._on_changes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QWidget()
        left.setFixedWidth(306)
        self._fill_left(context.theme, left)
        row.addWidget(left)
        right = QFrame()
        self._fill_right(context.theme, right)
        row.addWidget(right, 1)

    def _on_changes(self, _: object) -> None:
        if self._order is not None:
            self._query.ask_soon()

    def _fill_left(self, theme: Theme, left: QWidget) -> None:
        column = QVBoxLayout(left)
        column.setContentsMargins(18, 14, 16, 12)
        column.setSpacing(12)
        head = QHBoxLayout()
        self._title = Text(theme, "Progress", "title")
        head.addWidget(self._title)
        head.addStretch(1)
        self._time = Text(theme, "", "number", "muted")
        head.addWidget(self._time)
        column.addLayout(head)
        self.steps = RolloutSteps(theme)
        column.addWidget(self.steps)
        column.addStretch(1)

    def _fill_right(self, theme: Theme, right: QWidget) -> None:
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 14, 18, 12)
        column.setSpacing(10)
        self.error = ErrorBox(theme)
        self.error.hide()
        column.addWidget(self.error)
        column.addWidget(self._make_address(theme))
        self.token = TokenBox(theme)
        self.token.hide()
        column.addWidget(self.token)
        self._log_title = Text(theme, "Log", "title")
        column.addWidget(self._log_title)
        ground = QFrame()
        ground.setProperty("card", "code")
        inner = QVBoxLayout(ground)
        inner.setContentsMargins(1, 5, 1, 5)
        self.log = LogLines(theme, "Log of the new server")
        self.log.set_wraps(True)
        self.log.nothing = "No line yet."
        inner.addWidget(self.log)
        column.addWidget(ground, 1)
        column.addWidget(self._make_note(theme))

    def _make_address(self, theme: Theme) -> QFrame:
        self.address = QFrame()
        self.address.setProperty("card", "true")
        column = QVBoxLayout(self.address)
        column.setContentsMargins(12, 9, 8, 8)
        column.setSpacing(2)
        self._answers = StatusWord(theme)
        column.addWidget(self._answers)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.url = ElidedText(theme, "", "mono")
        copy = IconButton(theme, "copy", "Copy address", size=24, picture=13)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.url.text()))
        row.addWidget(self.url)
        row.addWidget(copy)
        row.addStretch(1)
        column.addLayout(row)
        self._way = Text(theme, "", "table", "muted", wrap=True)
        column.addWidget(self._way)
        self.address.hide()
        return self.address

    def _make_note(self, theme: Theme) -> QFrame:
        self._note = QFrame()
        self._note.setProperty("card", "info")
        row = QHBoxLayout(self._note)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(9)
        row.addWidget(Icon(theme, "shield-check", "accent-text", 16))
        self._note_words = Text(theme, "", "table", wrap=True)
        row.addWidget(self._note_words, 1)
        return self._note

    # What the dialog asks

    def follow(self, plan: DeployPlan, order: DeployOrder) -> None:
        self._plan, self._order, self.progress = plan, order, None
        self._server_log, self._cancelling = (), False
        self._log_title.setText(
            "Log of the build and the new server" if plan.in_containers else "Log of the new server"
        )
        self.error.hide()
        self.address.hide()
        if order.token is not None:
            self.token.show_token(order.endpoint.name, order.token)
            self.token.show()
        self._note_words.setText(_promise(plan))
        self._note.show()
        self.log.show_lines([])
        self._clock.start()
        self._query.ask()

    def stop(self) -> None:
        self._clock.stop()

    def cancel(self) -> None:
        """What answered before goes on; the rollout says when it has ended."""
        order, workspace = self._order, self._workspace
        if order is None or self._cancelling:
            return
        self._cancelling = True
        self.moved.emit()
        self._context.lanes.run(
            lambda: workspace.deployments.cancel(order.endpoint.name),
            lambda _: self._query.ask(),
            self._on_not_cancelled,
            owner=self,
        )

    def _on_not_cancelled(self, error: BaseException) -> None:
        """It has switched already, or ended."""
        self._cancelling = False
        self._context.shell.show_failure(error)
        self._query.ask()

    @property
    def may_be_cancelled(self) -> bool:
        progress = self.progress
        return not self._cancelling and progress is not None and progress.rollout.may_be_cancelled

    @property
    def is_cancelling(self) -> bool:
        return self._cancelling and not (self.is_done or self.is_failed)

    @property
    def was_cancelled(self) -> bool:
        return self.progress is not None and rollouts.was_cancelled(self.progress.rollout)

    @property
    def is_done(self) -> bool:
        return self.progress is not None and self.progress.rollout.step is RolloutStep.DONE

    @property
    def is_failed(self) -> bool:
        return self.progress is not None and self.progress.rollout.step is RolloutStep.FAILED

    def _host_of(self, endpoint: Endpoint) -> Host | None:
        state = self._context.shell.host_watch.facts.state(endpoint.host)
        return state.host if state is not None else None

    # Reading and showing

    def _read(self) -> Progress | None:
        order = self._order
        if order is None:
            return None
        service, name = self._workspace.deployments, order.endpoint.name
        known = tuple(service.history(name))
        rollout = next(one for one in service.rollouts(name) if one.id == order.rollout.id)
        number = next((one.number for one in known if one.id == rollout.to_deployment_id), None)
        said, build = parse_rollout_log(service.rollout_log(name, number, LOG_LINES), rollout.created_at)
        endpoint = service.endpoint(name)
        served = () if in_containers(endpoint) else parse_serving_log(service.log(name, LOG_LINES, number=number))
        return Progress(endpoint, rollout, known, (*said, *served) if in_containers(endpoint) else served, build)

    def _ask_engine(self, progress: Progress) -> None:
        """What the new container wrote, as soon as there is one."""
        rollout, name, host = progress.rollout, progress.endpoint.name, progress.endpoint.host
        placed = next((one for one in progress.known if one.id == rollout.to_deployment_id), None)
        if self._asks_engine or placed is None or placed.container is None or not in_containers(progress.endpoint):
            return
        self._asks_engine = True
        service, number = self._workspace.deployments, placed.number
        self._context.lanes.call(
            lambda: parse_serving_log(service.log(name, LOG_LINES, number=number)),
            self._on_server_log,
            self._on_no_server_log,
            owner=self,
            apart=host,
        )

    def _on_server_log(self, lines: tuple[LogLine, ...]) -> None:
        self._asks_engine = False
        self._server_log = lines
        if self.progress is not None:
            self._show_log((*self.progress.log, *lines))

    def _on_no_server_log(self, error: BaseException) -> None:
        self._asks_engine = False
        if not isinstance(error, UserError):  # the rollout itself says what is wrong with the host
            self._context.shell.show_failure(error)

    def _show(self, progress: Progress | None) -> None:
        if progress is None or self._order is None or progress.rollout.id != self._order.rollout.id:
            return
        if self.progress is not None and self.progress.rollout.step.is_ended:
            return
        self.progress = progress
        now = self._context.clock()
        containers = in_containers(progress.endpoint)
        self.steps.show_stages(
            rollouts.stages(progress.rollout, progress.known, now, containers=containers, build=progress.build)
        )
        self._time.setText(rollouts.took(progress.rollout, now))
        self._show_log((*progress.log, *self._server_log))
        self._ask_engine(progress)
        self.moved.emit()
        if progress.rollout.step.is_ended:
            self._clock.stop()
            self._show_end(progress)
            self.ended.emit()

    def _show_log(self, lines: Sequence[LogLine]) -> None:
        at_end = self.log.is_at_end
        self.log.show_lines(lines)
        if at_end:
            self.log.go_to_end()

    def _show_end(self, progress: Progress) -> None:
        failure, plan = progress.rollout.failure, self._plan
        if self.was_cancelled and plan is not None:
            self._note_words.setText(f"Cancelled. {_stayed(plan)}")
            return
        if failure is not None and plan is not None:
            self.error.show_problem(
                failure.message, f"{failure.hint} {_stayed(plan)}".strip(), failure.code, failure.details
            )
            self.error.show()
            self._note.hide()
            return
        from mlops_desktop.gui.statuses import Sign

        version = self._plan.version if self._plan else ""
        self._answers.set_sign(Sign("circle-check", "ok", f"{version} answers, healthy"))
        way = reach(EndpointFacts(progress.endpoint, host=self._host_of(progress.endpoint)))
        self.url.setText(f"{way.url}/predict")
        self._way.setText(way.sentence)
        self._way.setVisible(bool(way.sentence))
        self.address.show()
        self._note.hide()
        self._time.setText(f"{formats.duration(_span(progress.rollout))} in all")


def _span(rollout: Rollout) -> timedelta:
    return (rollout.finished_at or rollout.created_at) - rollout.created_at


def _promise(plan: DeployPlan) -> str:
    answering = plan.existing.answering if plan.existing is not None else None
    if answering is None:
        thing = "container" if plan.in_containers else "process"
        return f"Nothing answers there yet. If a step fails, the new {thing} is ended and you are told why."
    old = version_words(answering.model_reference, plan.endpoint)
    return f"{old} answers all requests until {plan.version} is right. If a step fails, nothing is switched."


def _stayed(plan: DeployPlan) -> str:
    answering = plan.existing.answering if plan.existing is not None else None
    if answering is None:
        return "Nothing answers at this endpoint; nothing else was touched."
    return f"{version_words(answering.model_reference, plan.endpoint)} kept answering all the time."
