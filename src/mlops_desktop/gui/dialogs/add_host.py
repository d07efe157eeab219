"""Add a host: what it is, tried step by step, its key confirmed, then kept."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import HostKeyUnknownError, MlopsError
from mlops_desktop.domain.hosts import Host, HostKind, HostReport, HostStepResult
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.add_host_form import HostForm, HostPlan
from mlops_desktop.gui.dialogs.add_host_key import UnknownKey
from mlops_desktop.gui.dialogs.sheet import EDGE, Sheet
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.rollout_steps import RolloutSteps
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import Text, line

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

SIDE = 262


class Stand(enum.Enum):
    """How far the adding is."""

    ASKING = enum.auto()
    TESTING = enum.auto()
    KEY = enum.auto()
    FAILED = enum.auto()
    WELL = enum.auto()


class Trial(QObject):
    """One test of a host that is not kept yet; each step arrives as it comes."""

    def __init__(self, context: Context, workspace: Workspace, dialog: AddHostDialog, plan: HostPlan) -> None:
        super().__init__(dialog)
        self._context, self._workspace, self._dialog, self._plan = context, workspace, dialog, plan

    def begin(self, confirmed: Host | None = None) -> None:
        self._context.lanes.call(
            lambda: self._try_out(confirmed),
            lambda found: self._dialog.show_report(self, *found),
            lambda error: self._dialog.show_refused(self, error),
            owner=self._dialog,
            apart=f"trial of {self._plan.name}",
        )

    def _try_out(self, confirmed: Host | None) -> tuple[Host, HostReport]:
        """In the lane."""
        plan, lanes, dialog, service = self._plan, self._context.lanes, self._dialog, self._workspace.hosts
        host = confirmed or service.draft(
            plan.name, plan.kind, plan.address, plan.credentials, base_image=plan.base_image
        )
        lanes.tell(lambda: dialog.show_begun(self, host), dialog)

        def tell(result: HostStepResult) -> None:
            lanes.tell(lambda: dialog.show_step(self, result), dialog)

        return host, service.try_out(host, tell)


class AddHostDialog(Sheet):
    """Nothing is kept before Add host; nobody is logged in to before the key is confirmed."""

    def __init__(self, context: Context, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(context.theme, "server", "Add host", parent, width=858)
        self._context, self._workspace = context, workspace
        self._stand = Stand.ASKING
        self._trial: Trial | None = None
        self._host: Host | None = None
        self._report: HostReport | None = None
        self._steps: list[HostStepResult] = []
        self._build(context.theme)
        for sequence in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(sequence), self).activated.connect(self._on_primary)
        self._show()
        self.form.address.setFocus()

    # Making

    def _build(self, theme: Theme) -> None:
        self.body.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(0)
        left = QVBoxLayout()
        left.setContentsMargins(EDGE, 14, EDGE, 14)
        left.setSpacing(12)
        self.form = HostForm(theme)
        self.form.changed.connect(self._on_changed)
        left.addWidget(self.form)
        self.key = UnknownKey(theme)
        self.key.compared.connect(self._show_buttons)
        left.addWidget(self.key)
        self.error = ErrorBox(theme)
        left.addWidget(self.error)
        left.addLayout(self._make_note(theme))
        left.addStretch(1)
        row.addLayout(left, 1)
        row.addWidget(self._make_side(theme))
        self.body.addLayout(row, 1)
        self.copy = self.add_button("Copy as CLI", kind="ghost", icon="square-terminal")
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.without = self.add_button("Add without comparing", kind="ghost")
        self.primary = self.add_button("Test connection", kind="primary")
        self.primary.setDefault(True)
        self.copy.clicked.connect(self._on_copy)
        self.cancel.clicked.connect(self.reject)
        self.without.clicked.connect(self._confirm)
        self.primary.clicked.connect(self._on_primary)

    def _make_note(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self._note_sign = Icon(theme, "info", "muted", 15)
        self._note = Text(theme, "", "table", "muted", wrap=True)
        row.addWidget(self._note_sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._note, 1)
        return row

    def _make_side(self, theme: Theme) -> QWidget:
        side = QWidget()
        side.setObjectName("dialogside")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(Text(theme, "Test connection", "title"))
        head.addStretch(1)
        self._count = Text(theme, "", "number", "muted")
        head.addWidget(self._count)
        column.addLayout(head)
        self.steps = RolloutSteps(theme, "Steps of the test")
        column.addWidget(self.steps)
        column.addStretch(1)
        column.addWidget(line(theme))
        self._sent = Text(theme, "", "table", "muted", wrap=True)
        column.addWidget(self._sent)
        return side

    # What a trial says; an older one is not heard any more

    def show_begun(self, trial: Trial, host: Host) -> None:
        if trial is self._trial:
            self._host = host
            self._show_steps()

    def show_step(self, trial: Trial, result: HostStepResult) -> None:
        if trial is self._trial:
            self._steps.append(result)
            self._show_steps()

    def show_report(self, trial: Trial, host: Host, report: HostReport) -> None:
        if trial is not self._trial:
            return
        self._host, self._report, self._steps = host, report, list(report.steps)
        if report.ok:
            self._stand = Stand.WELL
        elif report.code == HostKeyUnknownError.code and report.offered:
            self._stand = Stand.KEY
            self.key.show_key(host.name, report)
        else:
            self._stand = Stand.FAILED
            self.error.show_problem(report.sentence, report.hint, report.code)
        self._show()
        (self.key.given.entry if self._stand is Stand.KEY else self.primary).setFocus()

    def show_refused(self, trial: Trial, error: BaseException) -> None:
        """What was typed cannot be a host, or cannot be kept."""
        if trial is not self._trial:
            return
        self._stand = Stand.ASKING
        self._show()
        if isinstance(error, MlopsError):
            self.form.show_fault(error).control.setFocus()
        else:
            self._context.shell.show_failure(error)

    # Showing

    def _show(self) -> None:
        self.key.setVisible(self._stand is Stand.KEY)
        self.error.setVisible(self._stand is Stand.FAILED)
        self._show_steps()
        self._show_note()
        self._show_buttons()

    def _show_steps(self) -> None:
        plan = self.form.plan
        shown = self._host or _unnamed(plan)
        running = self._stand is Stand.TESTING
        stages = reading.steps(shown, self._steps, running=running, waits=self._stand is Stand.KEY)
        self.steps.show_stages(stages)
        well = sum(step.ok for step in self._steps)
        self._count.setText(f"{well} of {len(stages)}" if self._steps else "")
        name = plan.name or "it"
        words = {
            Stand.ASKING: f"Nothing was sent to {name} yet.",
            Stand.TESTING: f"Asking {name}…",
            Stand.KEY: f"So far nothing was sent to {name} but a greeting.",
            Stand.FAILED: "Nothing was changed there, and nothing was kept here.",
            Stand.WELL: f"Nothing was changed on {name}.",
        }
        self._sent.setText(words[self._stand])

    def _show_note(self) -> None:
        plan, report = self.form.plan, self._report
        sign, tone, words = "info", "muted", ""
        if self._stand is Stand.KEY:
            words = f"The key is kept in this workspace and pinned. If it ever differs, {plan.name} is blocked."
        elif self._stand is Stand.WELL and report is not None and report.facts is not None:
            there = bool(report.facts.base)
            sign, tone = "circle-check", "ok"
            words = f"{plan.name} can be used: Docker {report.facts.engine}, {report.facts.architecture}."
            if not there:
                words += f" {plan.base_image} is not there yet: prepare it after adding, or the first deployment does."
        elif self._stand is Stand.ASKING and plan.kind is HostKind.SSH:
            words = "One connection by OpenSSH; no port is opened on the host, and your key stays where it is."
        elif self._stand is Stand.ASKING and plan.kind is HostKind.TLS:
            words = "The engine has to prove itself by ca.pem; the certificates stay where they are."
        self._note_sign.set_sign(sign, tone)
        self._note_sign.setVisible(bool(words))
        self._note.setText(words)
        self._note.set_tone(tone)
        self._note.setVisible(bool(words))

    def _show_buttons(self) -> None:
        captions = {
            Stand.ASKING: "Test connection",
            Stand.TESTING: "Testing…",
            Stand.KEY: "Confirm key and continue",
            Stand.FAILED: "Test again",
            Stand.WELL: "Add host",
        }
        icons = {Stand.KEY: "shield-check", Stand.WELL: "plus"}
        given = bool(self.key.given.given)
        self.primary.set_caption(captions[self._stand])
        may = self._stand is not Stand.KEY or self.key.is_same
        self.primary.set_icon(icons.get(self._stand, "") if may else "")
        self.primary.setEnabled(may and self._stand is not Stand.TESTING)
        self.primary.setToolTip("" if may else "Paste the fingerprint that you were given; it has to be the same")
        self.without.setVisible(self._stand is Stand.KEY and not given)

    # What happens

    def _on_changed(self) -> None:
        """What was tried is not this host any more."""
        self._trial, self._host, self._report, self._steps = None, None, None, []
        self._stand = Stand.ASKING
        self._show()

    def _on_primary(self) -> None:
        if not self.primary.isEnabled():
            return
        if self._stand is Stand.KEY:
            self._confirm()
        elif self._stand is Stand.WELL:
            self._add()
        elif self._stand is not Stand.TESTING:
            self._begin(None)

    def _begin(self, confirmed: Host | None) -> None:
        self.form.clear_faults()
        self._stand, self._steps, self._report = Stand.TESTING, [], None
        self._trial = Trial(self._context, self._workspace, self, self.form.plan)
        self._show()
        self._trial.begin(confirmed)

    def _confirm(self) -> None:
        host, report = self._host, self._report
        if self._stand is Stand.KEY and host is not None and report is not None:
            self._begin(self._workspace.hosts.confirmed(host, report))

    def _add(self) -> None:
        host = self._host
        if host is None:
            return
        self.primary.setEnabled(False)
        trial = self._trial

        def refused(error: BaseException) -> None:
            if trial is not None:
                self.show_refused(trial, error)

        self._context.lanes.run(lambda: self._workspace.hosts.add(host), self._on_added, refused, owner=self)

    def _on_added(self, host: Host) -> None:
        from mlops_desktop.gui.history import Place

        context, report = self._context, self._report
        context.shell.host_watch.read()
        self.accept()
        context.shell.go(Place("deployments", "", {"host": host.name}))
        there = report is not None and report.facts is not None and report.facts.base
        words = f"Host {host.name} added" if there else f"Host {host.name} added; its base image is not there yet"
        context.shell.say(words, "server")

    def _on_copy(self) -> None:
        report = self._report
        fingerprint = report.fingerprint if report is not None and self._stand is Stand.KEY else ""
        QGuiApplication.clipboard().setText(self.form.plan.command(fingerprint))
        self.copy.set_caption("Copied")
        QTimer.singleShot(2000, self.copy, lambda: self.copy.set_caption("Copy as CLI"))


def _unnamed(plan: HostPlan) -> Host:
    """For the steps of a host of this kind, before it was drafted."""
    from mlops_desktop.domain.hosts import this_computer

    return Host("", plan.name, plan.kind, this_computer().created_at, "")
