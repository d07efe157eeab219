"""The log of an endpoint's servers: of the one that answers, or of any before it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from mlops_desktop.domain.errors import HostError
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.readings import deployments as reading
from mlops_desktop.gui.readings.deployments import EndpointFacts
from mlops_desktop.gui.readings.log import LogLine
from mlops_desktop.gui.readings.serving_log import parse_serving_log
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.log_view import LogView
from mlops_desktop.services.workspace import Workspace

LINES = 5_000


class EndpointLog(QWidget):
    """Reads again when it is asked to; never twice at once. `choice` stands where the page wants it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._one: EndpointFacts | None = None
        self._shown: tuple[str, int] | None = None
        self._busy = self._wanted = False
        self.workspace: Workspace | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 1)
        column.setSpacing(6)
        self.choice = Choice(context.theme, "Log of which deployment")
        self.choice.setMinimumWidth(260)
        self.choice.chosen.connect(lambda _: self.read())
        self.view = LogView(context, "Log of the endpoint", empty="Nothing was logged yet.")
        column.addWidget(self.view, 1)

    def show_endpoint(self, one: EndpointFacts) -> None:
        other = self._one is None or self._one.name != one.name
        before = self._one.spoken_of if self._one else None
        self._one = one
        spoken_of = one.spoken_of
        self.choice.set_options([(each.number, _words(one, each.number)) for each in one.deployments])
        # Follows what answers until a person looks at another one.
        if other or self.choice.value is None or (before is not None and self.choice.value == before.number):
            self.choice.show_value(spoken_of.number if spoken_of else None)
        self.read()

    def show_number(self, number: int) -> None:
        """The log of one deployment, as if it was chosen."""
        self.choice.show_value(number)
        self.read()

    def read(self) -> None:
        number, one, workspace = self.choice.value, self._one, self.workspace
        if one is None or workspace is None or not isinstance(number, int) or not self.isVisible():
            return
        if self._busy:
            self._wanted = True
            return
        if self._shown != (one.name, number):
            self._shown = (one.name, number)
            self.view.clear()
        self._busy = True
        name = one.name
        self._context.lanes.call(
            lambda: parse_serving_log(workspace.deployments.log(name, LINES, number=number)),
            self._on_read,
            self._on_failed,
            owner=self,
            apart=one.endpoint.host,
        )

    def _on_read(self, lines: Sequence[LogLine]) -> None:
        self.view.show_lines(lines)
        self._end()

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, HostError):  # the page says that the host does not answer
            self.view.show_lines([LogLine("", "warning", f"{error.message} {error.hint}".strip())])
        else:
            self._context.shell.show_failure(error)
        self._end()

    def _end(self) -> None:
        self._busy = False
        if self._wanted:
            self._wanted = False
            self.read()


def _words(one: EndpointFacts, number: int) -> str:
    deployment = next(each for each in one.deployments if each.number == number)
    version = reading.version_words(deployment.model_reference, one.name)
    answers = deployment is one.answering and reading.answers_now(deployment)
    note = "answers" if answers else deployment.status.value
    return f"{version}, no. {number} · {note}"
