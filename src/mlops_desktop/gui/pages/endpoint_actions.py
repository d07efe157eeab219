"""What a person does to an endpoint: go back, start, restart, stop, a new token, the trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.confirm import ConfirmDialog, Question
from mlops_desktop.gui.readings import deployments as reading
from mlops_desktop.gui.readings.deployments import EndpointFacts

if TYPE_CHECKING:
    from mlops_desktop.domain.deployments import Deployment
    from mlops_desktop.services.workspace import Workspace


class EndpointActions(QObject):
    """Disturbing ones ask first. `then` reads again."""

    def __init__(self, context: Context, parent: QWidget, then: Callable[[], object]) -> None:
        super().__init__(parent)
        self._context, self._widget, self._then = context, parent, then
        self.workspace: Workspace | None = None

    def deploy(self, one: EndpointFacts | None) -> None:
        from mlops_desktop.gui.dialogs.deploy import DeployDialog

        if self.workspace is not None:
            endpoint = one.name if one is not None else ""
            DeployDialog(self._context, self.workspace, "", self._widget.window(), endpoint=endpoint).open()

    def go_back(self, one: EndpointFacts, to: Deployment | None = None) -> None:
        """To the named deployment, or to the one before."""
        target = to or reading.way_back(one)
        if target is None:
            return
        number = target.number if to is not None else None
        version = reading.version_words(target.model_reference, one.name)
        answering = one.answering
        if answering is None:
            self._do(lambda workspace: workspace.deployments.rollback(one.name, number), f"{one.name} starts {version}")
            return
        now = reading.version_words(answering.model_reference, one.name)
        warm = reading.is_warm(one, target)
        effects = [
            ("play", f"{version} starts beside {now}." if not warm else f"{version} still runs, kept warm."),
            ("circle-check", f"When {version} is healthy and answers its stored example rightly, it takes over; {now} "
             "finishes what is open. No request fails."),
            ("shield-check", f"If {version} is not right, nothing is switched and {now} goes on."),
            ("undo-2", f"The address, the port and the token stay. {now} stays here for the way back."),
        ]  # fmt: skip
        self._ask(
            Question(f"Roll back {one.name} to {version}?", effects, f"Keep {now}", f"Roll back to {version}"),
            lambda workspace: workspace.deployments.rollback(one.name, number),
            f"{one.name} goes back to {version}",
        )

    def start(self, one: EndpointFacts) -> None:
        self._do(lambda workspace: workspace.deployments.restart(one.name), f"{one.name} is being started")

    def restart(self, one: EndpointFacts) -> None:
        words = f"{one.name} restarts; a fresh {reading.placed_in(one.endpoint)} takes over and no request fails"
        self._do(lambda workspace: workspace.deployments.restart(one.name), words)

    def stop(self, one: EndpointFacts) -> None:
        answering = one.answering
        if answering is None:
            return
        version = reading.version_words(answering.model_reference, one.name)
        servers = sum(deployment.is_placed for deployment in one.deployments)
        thing, host = reading.placed_in(one.endpoint), one.endpoint.host
        ended = formats.plural(servers, thing, f"{thing}{'es' if thing.endswith('s') else 's'}")
        effects = [
            ("square", f"{one.endpoint.url} answers nobody any more. Requests that are open are answered first."),
            ("server", f"{ended} on {host} will end."),
            ("shield-check", f"The endpoint, its port {one.endpoint.port}, its token and its history stay. "
             f"Start again brings {version} back."),
        ]  # fmt: skip
        self._ask(
            Question(f"Stop {one.name}?", effects, "Keep it running", f"Stop {one.name}"),
            lambda workspace: workspace.deployments.stop(one.name),
            f"{one.name} is being stopped",
        )

    def cancel(self, one: EndpointFacts) -> None:
        words = f"The deployment of {one.name} is being cancelled; what answered before goes on"
        self._do(lambda workspace: workspace.deployments.cancel(one.name), words, icon="x")

    def try_version(self, one: EndpointFacts) -> None:
        from mlops_desktop.gui.dialogs.try_version import TryVersionDialog

        if self.workspace is not None:
            TryVersionDialog(self._context, self.workspace, one, self._widget.window()).open()

    def promote(self, one: EndpointFacts) -> None:
        words = f"The version on trial takes over on {one.name}; no request fails"
        self._do(lambda workspace: workspace.trials.promote(one.name), words)

    def end_trial(self, one: EndpointFacts) -> None:
        words = f"The trial on {one.name} ends; the version that answers stays"
        self._do(lambda workspace: workspace.trials.end(one.name), words, icon="x")

    def new_token(self, one: EndpointFacts) -> None:
        from mlops_desktop.gui.dialogs.token import TokenDialog

        if self.workspace is not None:
            TokenDialog(self._context, self.workspace, one.name, self._widget.window()).open()

    def trash(self, one: EndpointFacts) -> None:
        from mlops_desktop.services.trash import Kind

        name = one.name

        def take_back() -> None:
            self._do(lambda workspace: workspace.trash.restore(Kind.ENDPOINT, [name]), f"{name} is back")

        self._do(
            lambda workspace: workspace.trash.put(Kind.ENDPOINT, [name]),
            f"Endpoint {name} moved to trash",
            icon="trash-2",
            undo=take_back,
        )

    def _ask(self, question: Question, work: Callable[[Workspace], object], said: str) -> None:
        theme, window = self._context.theme, self._widget.window()
        ConfirmDialog(theme, question, lambda: self._do(work, said), window).open()

    def _do(
        self,
        work: Callable[[Workspace], object],
        said: str,
        *,
        icon: str = "rocket",
        undo: Callable[[], None] | None = None,
    ) -> None:
        workspace = self.workspace
        if workspace is None:
            return

        def done(_: object) -> None:
            self._context.shell.say(said, icon, undo)
            self._then()

        self._context.lanes.run(lambda: work(workspace), done, self._context.shell.show_failure, owner=self)
