"""Asks which version is to be tried beside the one that answers, how, and with what share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from mlops_desktop.domain.deployments import TrialKind
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.readings.deployments import EndpointFacts, version_words
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.radios import Radio
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.models import ModelVersion
    from mlops_desktop.services.workspace import Workspace

_SHARES = {TrialKind.CANARY: (0.05, 0.1, 0.25, 0.5), TrialKind.SHADOW: (0.1, 0.5, 1.0)}
_USUAL = {TrialKind.CANARY: 0.1, TrialKind.SHADOW: 1.0}
_EFFECTS = {
    TrialKind.CANARY: "It answers every so many connections. One that it does not take at once is answered by the "
    "version before: no request fails.",
    TrialKind.SHADOW: "It answers nobody. What it would have said is compared and recorded.",
}


class TryVersionDialog(Sheet):
    """Starts the trial; its rollout is followed on the endpoint's page."""

    def __init__(self, context: Context, workspace: Workspace, one: EndpointFacts, parent: QWidget) -> None:
        super().__init__(context.theme, "flask-conical", f"Try a second version on {one.name}", parent, width=480)
        self._context, self._workspace, self._one = context, workspace, one
        theme = context.theme
        self.version = Choice(theme, "Model version")
        self.version_field = Field(theme, "Model version", self.version)
        self.body.addWidget(self.version_field)
        ways = QWidget()
        row = QHBoxLayout(ways)
        row.setContentsMargins(0, 0, 0, 0)
        self.canary = Radio(theme, "Canary", "answers a share")
        self.shadow = Radio(theme, "Shadow", "only compared")
        group = QButtonGroup(self)
        for radio in (self.canary, self.shadow):
            group.addButton(radio)
            row.addWidget(radio)
        self.canary.setChecked(True)
        self.body.addWidget(Field(theme, "How", ways))
        self.share = Choice(theme, "Share")
        self.body.addWidget(Field(theme, "Share", self.share))
        self.effect = Text(theme, "", "table", "muted", wrap=True)
        self.body.addWidget(self.effect)
        self.copy = CopyButton(theme, "", "Copy as CLI", kind="quiet", small=False)
        self.foot.addWidget(self.copy)
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.primary = self.add_button("Start trial", kind="primary", icon="flask-conical")
        self.cancel.clicked.connect(self.reject)
        self.primary.clicked.connect(self._on_start)
        self.primary.setDefault(True)
        group.buttonToggled.connect(self._on_way)
        self.share.chosen.connect(self._on_chosen)
        self.version.chosen.connect(self._on_chosen)
        self._on_way()
        self._read()

    @property
    def kind(self) -> TrialKind:
        return TrialKind.CANARY if self.canary.isChecked() else TrialKind.SHADOW

    def _read(self) -> None:
        workspace, answering = self._workspace, self._one.answering
        model = answering.model_reference.rpartition("@")[0] if answering is not None else ""
        self.primary.setEnabled(False)

        def show(versions: Sequence[ModelVersion]) -> None:
            now = answering.model_version_id if answering is not None else ""
            others = [version for version in versions if version.id != now]
            words = [(one.reference, version_words(one.reference, self._one.name)) for one in reversed(others)]
            self.version.set_options(words)
            if words:
                self.version.show_value(words[0][0])
            else:
                self.version_field.show_error(f"{model} has no other version yet.")
            self.primary.setEnabled(bool(words))
            self._on_chosen()

        self._context.lanes.run(
            lambda: list(workspace.models.versions(model)), show, self._context.shell.show_failure, owner=self
        )

    def _on_way(self) -> None:
        of = "connections" if self.kind is TrialKind.CANARY else "requests"
        self.share.set_options([(share, f"{100 * share:.0f} % of the {of}") for share in _SHARES[self.kind]])
        self.share.show_value(_USUAL[self.kind])
        self.effect.setText(_EFFECTS[self.kind])
        self._on_chosen()

    def _on_chosen(self) -> None:
        shadow = "" if self.kind is TrialKind.CANARY else " --shadow"
        words = f"mlops trials start {self.version.value} {self._one.name} --share {self.share.value}{shadow}"
        self.copy.set_text(words)

    def _on_start(self) -> None:
        workspace, name = self._workspace, self._one.name
        reference, kind, share = str(self.version.value), self.kind, self.share.value
        if not isinstance(share, float):
            return

        def started(_: object) -> None:
            self._context.shell.say(f"{reference} is being started beside the version that answers", "flask-conical")
            self.accept()

        self.primary.setEnabled(False)
        self._context.lanes.run(
            lambda: workspace.trials.start(reference, name, kind=kind, share=share),
            started,
            self._on_failed,
            owner=self,
        )

    def _on_failed(self, error: BaseException) -> None:
        self.primary.setEnabled(True)
        self._context.shell.show_failure(error)
