"""Try it: ask a running endpoint with a real row, see its answer, and take the request along as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.endpoint_actions import EndpointActions
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.pages.try_answer import AnswerCard
from mlops_desktop.gui.pages.try_request import RequestCard
from mlops_desktop.gui.pages.try_sent import ResponseCard, SentCard
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import try_it as reading
from mlops_desktop.gui.readings.deployments import reach
from mlops_desktop.gui.readings.snippets import snippets
from mlops_desktop.gui.readings.try_it import Sent, Signature, TryFacts, ask
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.code_block import CodeCard
from mlops_desktop.gui.widgets.dimming import dim
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

MOST_SENT = 100
_CONCERN = frozenset({ChangeKind.ENDPOINT, ChangeKind.DEPLOYMENT, ChangeKind.ROLLOUT})
NOTHING = "An endpoint answers predictions of one model version. Deploy a model version, then try it here."


class TryItPage(Page):
    """Inputs at the left, the answer in the middle, code and response at the right."""

    name = "try-it"
    section = "deployments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._chosen = ""
        self.facts: TryFacts | None = None
        self.signature = Signature("")
        self.sent: list[Sent] = []
        self._sending = False
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self.actions_of_endpoint = EndpointActions(context, self, self._query.ask)
        self._build(context.theme)

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.actions_of_endpoint.workspace = workspace
        super().attach(workspace)

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, self._chosen)

    def go(self, place: Place) -> None:
        """Another endpoint begins anew; the same one stands as it was left."""
        if place.subject and place.subject != self._chosen:
            self._chosen = place.subject
            self._begin_anew()
            self.refresh()

    def path(self) -> list[tuple[str, Place | None]]:
        deployments: tuple[str, Place | None] = ("Deployments", Place("deployments"))
        if not self._chosen:
            return [deployments, ("Try it", None)]
        return [deployments, (self._chosen, Place("deployments", self._chosen)), ("Try it", None)]

    def panes(self) -> list[QWidget]:
        if self._stack.currentWidget() is not self._content:
            return []
        first = next(iter(self.request.fields.values()), None)
        inputs = self.request.text if self.request.is_json or first is None else first.control
        panes: list[QWidget] = [self.send, inputs]
        if self.sent:
            panes.append(self.history)
        return [*panes, self.code.tabs, *([self.response] if self.sent else [])]

    def commands(self) -> list[Command]:
        if self.facts is None or self.facts.one is None:
            return []
        name = self.facts.one.name
        return [
            Command("primary", "Send request", "send", self.ask, f"mlops deployments predict {name}"),
            Command("another_row", "Fill in another example", "rotate-cw", self.request.fill_another),
            Command("add_row", "Add a row to the request", "plus", self.request.add_row),
            Command("log", f"Log of {name}", "scroll-text", self._show_log, f"mlops deployments log {name}"),
        ]

    # Making

    def _build(self, theme: Theme) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Try it")
        self.header.show_sentence("Opening the workspace…")
        self.send = Button(theme, "Send request", icon="send", kind="primary")
        self.send.setToolTip("Send request (Ctrl+Enter)")
        self.send.clicked.connect(self.ask)
        self.header.add_action(self.send)
        column.addWidget(self.header)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._stack.addWidget(Skeleton(theme, "the endpoint", 46, edge=20))
        self._stack.addWidget(self._make_content(theme))
        self._stack.addWidget(
            EmptyState(
                theme,
                "send",
                "No endpoint to try",
                NOTHING,
                "mlops deployments deploy MODEL",
                action="Deploy model version…",
                act=lambda: self.actions_of_endpoint.deploy(None),
            )
        )
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(20, 4, 20, 16)
        self.error = ErrorBox(theme, self.refresh)
        inner.addWidget(self.error)
        inner.addStretch(1)
        self._stack.addWidget(holder)
        self._fit()

    def _make_content(self, theme: Theme) -> QWidget:
        self._content = QWidget()
        row = self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._content)
        row.setSpacing(12)
        self.request = RequestCard(theme)
        self.request.changed.connect(self._on_request)
        row.addWidget(self.request)
        rest = QWidget()
        rest.setObjectName("page")
        self._rest = QBoxLayout(QBoxLayout.Direction.LeftToRight, rest)
        self._rest.setContentsMargins(0, 0, 0, 0)
        self._rest.setSpacing(12)
        middle = QVBoxLayout()
        middle.setSpacing(12)
        self.answer = AnswerCard(theme)
        self.answer.start_asked.connect(self._start)
        self.answer.token_asked.connect(self._new_token)
        middle.addWidget(self.answer)
        self.history_card = SentCard(theme)
        self.history_card.chosen.connect(self._on_history)
        self.history = self.history_card.table
        middle.addWidget(self.history_card)
        middle.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(12)
        self.code = CodeCard(theme, "The same request as code")
        self.code.setMinimumHeight(240)
        right.addWidget(self.code, 3)
        self.response_card = ResponseCard(theme)
        self.response, self.copy_response = self.response_card.text, self.response_card.copy
        right.addWidget(self.response_card, 2)
        self._rest.addLayout(middle, 6)
        self._rest.addLayout(right, 5)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setAccessibleName("Answer and code")
        self._scroll.setWidget(rest)
        row.addWidget(self._scroll, 1)
        return self._content

    # Reading and showing

    def _read(self) -> tuple[TryFacts, Signature]:
        facts = reading.read_try(self.workspace, self._context.clock(), self._chosen)
        if not facts.reference or facts.reference == self.signature.reference:
            return facts, self.signature
        return facts, reading.read_signature(self.workspace, facts.reference)

    def _show(self, found: tuple[TryFacts, Signature]) -> None:
        facts, signature = found
        before, self.facts = self._chosen, facts
        if facts.one is None:
            self.header.show_title("Try it")
            self.header.show_sentence("Nothing is deployed")
            self.send.hide()
            self._stack.setCurrentIndex(2)
            return
        self._chosen = facts.one.name
        if before and before != self._chosen:  # the one that was shown is gone
            self._begin_anew()
        self.header.show_title(f"Try it: {facts.one.name} on {facts.one.endpoint.host}")
        self.header.show_sentence(self._sentence(facts))
        self.send.show()
        self.signature = signature
        self.request.show_signature(signature)
        if not self.sent:
            self.answer.show_nothing(facts)
        elif self.answer.sent is not None and not self._sending:
            self.answer.show_sent(self.answer.sent, facts, signature)
        self._on_request()
        self._stack.setCurrentWidget(self._content)
        if before != self._chosen:
            self._context.shell.place_changed()

    def _begin_anew(self) -> None:
        """What was sent to another endpoint is not this one's."""
        self.sent = []
        self._sending = False
        self._show_history()
        self.response_card.hide()

    @staticmethod
    def _sentence(facts: TryFacts) -> str:
        assert facts.one is not None
        version = facts.reference.replace("@v", " v")
        if facts.one.answering is None:
            return f"Stopped; {version} answered last." if version else "Nothing ever answered here."
        host = facts.one.host
        way = f"through the connection to {host.name}" if host is not None and host.is_remote else ""
        return (
            f"{version} answers. Sent {way or 'through the real endpoint'}, with the token kept on this computer; "
            "it counts like any other request."
        )

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is not None:
            self._context.shell.show_failure(error)
            return
        self.header.show_sentence("The endpoint could not be read.")
        self.error.show_error(error)
        self._stack.setCurrentIndex(3)

    def _show_code(self) -> None:
        one = self.facts.one if self.facts else None
        if one is not None:
            way = reach(one)
            only_on = "" if way.from_here else one.endpoint.host
            self.code.show_codes(snippets(one.name, way.url, self.request.rows, only_on))

    def _show_history(self) -> None:
        self.history_card.show_sent(self.sent, self._chosen)

    # What happens

    def ask(self) -> None:
        """Sends the request; a field that cannot be sent gets the focus instead."""
        facts = self.facts
        if facts is None or facts.one is None or self._sending:
            return
        self.request.clear_marks()
        if self.request.faults or self.request.body_fault:
            self.request.focus_first_fault()
            return
        rows = tuple(dict(row) for row in self.request.rows)
        name, workspace = facts.one.name, self.workspace
        self._sending = True
        self.answer.show_sending()
        self._context.lanes.call(
            lambda: ask(workspace, name, rows, self._context.clock),
            lambda sent: self._on_answered(name, sent),
            self._on_not_sent,
            owner=self,
            apart=facts.one.endpoint.host,
        )

    def _on_not_sent(self, error: BaseException) -> None:
        self._sending = False
        if self.facts is not None and self.answer.sent is not None:
            self.answer.show_sent(self.answer.sent, self.facts, self.signature)
        elif self.facts is not None:
            self.answer.show_nothing(self.facts)
        self._context.shell.show_failure(error)

    def _on_answered(self, endpoint: str, sent: Sent) -> None:
        if endpoint != self._chosen:
            return  # a person went to another endpoint meanwhile
        self._sending = False
        self.sent = [*self.sent, sent][-MOST_SENT:]
        self._show_sent(sent)
        self._show_history()

    def _show_sent(self, sent: Sent) -> None:
        if self.facts is None:
            return
        self.answer.show_sent(sent, self.facts, self.signature)
        self.response_card.show_sent(sent)
        self._show_stale()
        name = getattr(sent.error, "field", "")
        if name:
            self.request.mark(name, str(sent.error))

    def _on_history(self, place: int) -> None:
        sent = self.sent[place]
        self.request.show_rows([dict(row) for row in sent.rows])
        self._show_sent(sent)

    def _on_request(self) -> None:
        self._show_code()
        self._show_stale()

    def _show_stale(self) -> None:
        """An answer stands for what was sent, not for what is typed since."""
        sent = self.answer.sent
        is_stale = (
            sent is not None
            and (sent.error is None or bool(getattr(sent.error, "field", "")))
            and (bool(self.request.body_fault) or list(sent.rows) != self.request.rows)
        )
        self.answer.show_stale(is_stale)
        dim(self.response, is_stale)

    def _start(self) -> None:
        if self.facts is not None and self.facts.one is not None:
            self.actions_of_endpoint.start(self.facts.one)

    def _new_token(self) -> None:
        if self.facts is not None and self.facts.one is not None:
            self.actions_of_endpoint.new_token(self.facts.one)

    def _show_log(self) -> None:
        self._context.shell.go(Place("deployments", self._chosen, {"tab": 0}))

    def _fit(self) -> None:
        small = self.window().width() < SMALL * self._context.theme.zoom
        edge = 14 if small else 20
        self.header.set_small(small)
        self._row.setContentsMargins(edge, 0, edge, 14)
        self.request.set_small(small)
        directions = QBoxLayout.Direction
        self._rest.setDirection(directions.TopToBottom if small else directions.LeftToRight)
        for place, stretch in enumerate((0, 1) if small else (6, 5)):
            self._rest.setStretch(place, stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
