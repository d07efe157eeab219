"""Deploy: a model version behind an endpoint, in three steps of which the last is progress."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import PortInUseError
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.gui import formats, tab_order
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.deploy_choice import VersionChoice
from mlops_desktop.gui.dialogs.deploy_form import DeployForm
from mlops_desktop.gui.dialogs.deploy_progress import DeployProgress
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.deploy import DeployFacts, DeployPlan, read_deploy
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.stepper import Stepper
from mlops_desktop.gui.widgets.text import ElidedText, Text, line
from mlops_desktop.services.deployments import DeployOrder
from mlops_desktop.services.workspace import Workspace

SIZE = (944, 660)
NARROW = 800
"""Below this width at this zoom the steps at the left give their room to what is asked."""
CHOICE, FORM, PROGRESS = 0, 1, 2


class DeployDialog(QDialog):
    """Esc and closing leave what has begun going on in the background.

    With an empty `model_reference` it asks for the version first; `endpoint` is the one to switch, `host` the one to
    begin with.
    """

    def __init__(
        self,
        context: Context,
        workspace: Workspace,
        model_reference: str,
        parent: QWidget,
        *,
        endpoint: str = "",
        host: str = "",
    ) -> None:
        super().__init__(parent)
        self._context, self._workspace = context, workspace
        self._wanted, self._endpoint, self._host = model_reference, endpoint, host
        self._facts = DeployFacts()
        self._reference = ""
        self._sent: DeployPlan | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build(context.theme)
        px = context.theme.px
        width = min(px(SIZE[0]), parent.width() - 40)
        self.stepper.setVisible(width >= px(NARROW))
        self.resize(width, min(px(SIZE[1]), parent.height() - 60))
        for sequence in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(sequence), self).activated.connect(self._on_primary)
        self._show_place(FORM if model_reference else CHOICE)
        self._watch = context.shell.host_watch
        self._watch.attach(workspace)
        self._watch.follow(self)
        self._watch.changed.connect(self._on_hosts)
        self._read()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch.look()

    def _on_hosts(self) -> None:
        if self._reference and self._stack.currentIndex() == FORM:
            self.form.show_hosts(self._watch.facts)

    # Making

    def focusNextPrevChild(self, next: bool) -> bool:
        return tab_order.go(self, forward=next)

    def _build(self, theme: Theme) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(20, 14, 20, 13)
        head.setSpacing(10)
        head.addWidget(Icon(theme, "rocket", "accent-text", 18))
        self.title = ElidedText(theme, "", "section")
        head.addWidget(self.title, 1)
        column.addLayout(head)
        column.addWidget(line(theme))
        middle = QHBoxLayout()
        middle.setSpacing(0)
        self.stepper = Stepper(theme, ("Model version", "Host and endpoint", "Start and check"))
        self.stepper.chosen.connect(self._show_place)
        middle.addWidget(self.stepper)
        self._stack = QStackedWidget()
        self.choice = VersionChoice(self._context)
        self.choice.moved.connect(lambda _: self._show_foot())
        self.choice.table.escaped.connect(self.reject)
        self.form = DeployForm(self._context, self._workspace)
        self.form.changed.connect(self._show_foot)
        self.running = DeployProgress(self._context, self._workspace)
        self.running.ended.connect(self._on_ended)
        self.running.moved.connect(self._show_foot)
        for page in (self.choice, self.form, self.running):
            self._stack.addWidget(page)
        self._loading = Skeleton(theme, "model versions and endpoints", 40, edge=20)
        self._stack.addWidget(self._loading)
        self._trouble = QWidget()
        holder = QVBoxLayout(self._trouble)
        holder.setContentsMargins(20, 16, 20, 16)
        self.error = ErrorBox(theme, self._read)
        holder.addWidget(self.error)
        holder.addStretch(1)
        self._stack.addWidget(self._trouble)
        middle.addWidget(self._stack, 1)
        column.addLayout(middle, 1)
        column.addWidget(self._make_foot(theme))
        self.primary.setDefault(True)  # a button knows its dialog only once it is in it

    def _make_foot(self, theme: Theme) -> QWidget:
        foot = QWidget()
        foot.setObjectName("dialogfoot")
        foot.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 11, 16, 11)
        row.setSpacing(8)
        self._sign = Icon(theme, "triangle-alert", "error", 14)
        self.note = Text(theme, "", "table", "muted")
        self.cancel = Button(theme, "Cancel deployment", kind="danger")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.running.cancel)
        row.addWidget(self.cancel)
        row.addWidget(self._sign)
        row.addWidget(self.note, 1)
        self.copy = Button(theme, "Copy as CLI", icon="square-terminal")
        self.back = Button(theme, "Back")
        self.close_button = Button(theme, "Close")
        self.primary = Button(theme, "Deploy", icon="rocket", kind="primary")
        for button in (self.copy, self.back, self.close_button):
            button.setAutoDefault(False)
        self.copy.clicked.connect(self._on_copy)
        self.back.clicked.connect(self._on_back)
        self.close_button.clicked.connect(self.reject)
        self.primary.clicked.connect(self._on_primary)
        for button in (self.copy, self.back, self.close_button, self.primary):
            row.addWidget(button)
        return foot

    # Reading

    def _read(self) -> None:
        self._stack.setCurrentWidget(self._loading)
        wanted, clock = self._wanted, self._context.clock
        self._context.lanes.run(
            lambda: read_deploy(self._workspace, clock(), wanted), self._on_read, self._on_not_read, owner=self
        )

    def _on_read(self, found: tuple[DeployFacts, str]) -> None:
        self._facts, reference = found
        self._reference = reference
        self.choice.show_versions(self._facts.versions, reference)
        if reference:
            self.form.show_facts(self._facts, reference, self._endpoint, self._host)
        self._show_place(FORM if reference else CHOICE)
        if reference:
            self.primary.setFocus()
        else:
            self.choice.table.setFocus()

    def _on_not_read(self, error: BaseException) -> None:
        self.error.show_error(error)
        self._stack.setCurrentWidget(self._trouble)
        self._show_foot()

    # Showing

    def _show_place(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self._show_foot()

    @property
    def _place(self) -> int:
        place = self._stack.currentIndex()
        return place if place <= PROGRESS else (FORM if self._wanted else CHOICE)

    def _show_foot(self) -> None:
        place = self._place
        reading = self._stack.currentIndex() > PROGRESS
        faults = self.form.faults if place == FORM else []
        self._show_title(place)
        self._show_primary(place, reading)
        self.back.setVisible(place == FORM or (place == PROGRESS and self.running.is_failed))
        self.back.set_caption("Change and try again" if place == PROGRESS else "Back")
        self.copy.setVisible(place == FORM or (place == PROGRESS and not self.running.is_done))
        goes_on = place == PROGRESS and not (self.running.is_done or self.running.is_failed)
        self.cancel.setVisible(goes_on and self.running.may_be_cancelled)
        self.close_button.setVisible(not goes_on)  # to continue in the background is to close
        self.close_button.set_caption("Close" if place == PROGRESS else "Cancel")
        self._sign.setVisible(bool(faults))
        self.note.set_tone("error" if faults else "muted")
        if faults:
            names = ", ".join(field.label.text() for field in faults)
            number = formats.plural(len(faults), "field needs", "fields need")
            self.note.setText(f"{number} attention: {names}")
        elif goes_on:
            self.note.setText(self._going_words())
        else:
            self.note.setText("")

    def _going_words(self) -> str:
        host = self._sent.host if self._sent is not None else "the host"
        if self.running.is_cancelling:
            return "Cancelling… what answered before goes on."
        if self.running.may_be_cancelled and self._sent is not None and self._sent.in_containers:
            return f"Cancelling leaves what answers on {host} as it is now."
        return "It goes on when this is closed."

    def _show_title(self, place: int) -> None:
        reference = (self.choice.reference if place == CHOICE else self._reference).replace("@v", " v")
        plan = self._sent if place == PROGRESS else None
        title = f"Deploy {reference}".strip()
        if plan:
            title += f" behind {plan.endpoint}" + (f" on {plan.host}" if plan.in_containers else "")
        self.title.setText(title if reference else "Deploy a model version")
        self.setWindowTitle(self.title.text())
        endpoint = plan.endpoint if plan else self.form.plan.endpoint if place == FORM else ""
        host = plan.host if plan else self.form.host if place == FORM else ""
        where = f"{host}, {endpoint}" if endpoint and host != THIS_COMPUTER else endpoint
        notes = (reference, where, "takes some seconds" if place != PROGRESS else "")
        self.stepper.show_place(place, notes, can_return=place == FORM or self.running.is_failed)
        if place == PROGRESS and self.running.is_done:
            self.stepper.finish()

    def _show_primary(self, place: int, reading: bool) -> None:
        captions = {CHOICE: "Continue", FORM: "Deploy", PROGRESS: "Continue in background"}
        caption = captions[place]
        if place == PROGRESS and self.running.is_done:
            caption = "Try it"
        self.primary.set_caption(caption)
        self.primary.set_icon({"Deploy": "rocket", "Try it": "send"}.get(caption, ""))
        self.primary.setVisible(
            not reading
            and not (place == PROGRESS and self.running.is_failed)
            and not (place == CHOICE and self.choice.is_empty)
        )

    # What happens

    def _on_primary(self) -> None:
        if self._stack.currentIndex() == CHOICE:
            self._choose()
        elif self._stack.currentIndex() == FORM:
            self._deploy()
        elif self._stack.currentIndex() == PROGRESS:
            if self.running.is_done:
                self._try_it()
            elif not self.running.is_failed:
                self._leave()

    def _choose(self) -> None:
        if not self.choice.reference:
            return
        self._reference = self.choice.reference
        self.form.show_facts(self._facts, self._reference, self._endpoint, self._host)
        self._show_place(FORM)
        self.primary.setFocus()

    def _deploy(self) -> None:
        if not self.primary.isEnabled():
            return
        self.form.check()
        faults = self.form.faults
        self._show_foot()
        if faults:
            faults[0].control.setFocus()
            return
        plan = self._sent = self.form.plan
        self.primary.setEnabled(False)
        self._context.lanes.call(
            lambda: self._send(plan),
            lambda order: self._on_sent(plan, order),
            self._on_refused,
            owner=self,
            apart=plan.host,
        )

    def _send(self, plan: DeployPlan) -> DeployOrder:
        service = self._workspace.deployments
        if plan.existing is None and plan.port:
            use = service.port_use(plan.port, host=plan.host)
            if use.holder:
                raise PortInUseError(f"Port {use.port} is used by {use.holder}.", hint=f"Use {use.next_free}.")
        return service.deploy(
            plan.reference, endpoint=plan.endpoint, port=plan.port, host=plan.host, published=plan.published
        )

    def _on_sent(self, plan: DeployPlan, order: DeployOrder) -> None:
        self.primary.setEnabled(True)
        self.running.follow(plan, order)
        self._show_place(PROGRESS)
        self.primary.setFocus()

    def _on_refused(self, error: BaseException) -> None:
        self.primary.setEnabled(True)
        if isinstance(error, PortInUseError):
            self.form.show_port_fault(f"{error.message} {error.hint}")
            self.form.port.setFocus()
            return
        self.error.show_error(error)
        self._stack.setCurrentWidget(self._trouble)
        self._show_foot()

    def _on_ended(self) -> None:
        self._show_foot()
        if self.running.is_failed:
            self.back.setFocus()
            # What failed may have left an endpoint behind; the next attempt begins from what is true now.
            self._wanted = self._reference
            self._endpoint = self._sent.endpoint if self._sent else ""
            self._host = self._sent.host if self._sent else ""
        else:
            self.primary.setFocus()

    def _on_back(self) -> None:
        if self._place == PROGRESS:
            self._read()
        else:
            self._show_place(CHOICE)
            self.choice.table.setFocus()

    def _on_copy(self) -> None:
        plan = self._sent if self._place == PROGRESS and self._sent else self.form.plan
        QGuiApplication.clipboard().setText(plan.command)
        self.note.setText("Command copied")

    def _try_it(self) -> None:
        endpoint = self._sent.endpoint if self._sent else ""
        self.accept()
        self._context.shell.go(Place("try-it", endpoint))

    def _leave(self) -> None:
        endpoint = self._sent.endpoint if self._sent else ""
        self.accept()
        self._context.shell.go(Place("deployments", endpoint))

    def done(self, result: int) -> None:
        """By Esc, too; closing asks nothing, for nothing is lost."""
        self.running.stop()
        super().done(result)
