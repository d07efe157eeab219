"""The registry by which images go to a host: where it is, and who logs in there."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.hosts import parse_registry
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.hosts import Host, HostState
    from mlops_desktop.gui.context import Context
    from mlops_desktop.services.workspace import Workspace

_WHY = (
    "By way of a registry, images are put together by the Docker of this computer, pushed there, and pulled by {host} "
    "by their digest. Without one they are sent to {host} over its connection."
)
_KNOWN = "Stays as it is where nothing is written here"
_KEPT = "Kept in this computer's keyring, never in a file"


class HostRegistryDialog(Sheet):
    """Asks for address, user and password. The password is read once and not kept in the window."""

    def __init__(self, context: Context, workspace: Workspace, state: HostState, parent: QWidget) -> None:
        super().__init__(context.theme, "package", f"Registry for {state.host.name}", parent, width=560)
        self._context, self._workspace, self._host = context, workspace, state.host
        self._busy = False
        theme, host = context.theme, state.host
        self.body.addWidget(Text(theme, _WHY.format(host=host.name), "table", "muted", wrap=True))
        self.address = LineEntry(theme, "Registry", "registry.example:5000/team")
        self.address.setFont(theme.font("mono"))
        self.address.show_text(host.registry)
        self.address_field = Field(theme, "Registry", self.address, "Machine, port and folder, without https://")
        self.body.addWidget(self.address_field)
        self.user = LineEntry(theme, "User", "nobody logs in")
        self.user.show_text(host.registry_user)
        self.password = LineEntry(theme, "Password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.user_field = Field(theme, "User", self.user, "Empty where the registry asks for none")
        self.password_field = Field(theme, "Password", self.password, _KNOWN if host.registry_user else _KEPT)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.user_field, 1)
        row.addWidget(self.password_field, 1)
        self.body.addLayout(row)
        self.error = ErrorBox(theme)
        self.error.hide()
        self.body.addWidget(self.error)
        self.body.addStretch(1)
        self.copy = self.add_button("Copy as CLI", kind="ghost", icon="square-terminal")
        self.none = self.add_button("Use no registry", kind="ghost")
        self.none.setVisible(bool(host.registry))
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.use = self.add_button("Use this registry", kind="primary", icon="package")
        self.use.setDefault(True)
        self.copy.clicked.connect(self._on_copy)
        self.none.clicked.connect(self._on_none)
        self.cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self._on_use)
        for entry, field in ((self.address, self.address_field), (self.user, self.user_field)):
            entry.textEdited.connect(field.clear_error)
        self.address.setFocus()

    def _on_use(self) -> None:
        if self._busy:
            return
        try:
            address = parse_registry(self.address.text())
        except InvalidInputError as error:
            self.address_field.show_error(f"{error.message} {error.hint}".strip())
            self.address.setFocus()
            return
        name, user, password = self._host.name, self.user.text().strip(), self.password.text() or None
        self._begin(lambda: self._workspace.hosts.set_registry(name, address, user, password))

    def _on_none(self) -> None:
        if not self._busy:
            self._begin(lambda: self._workspace.hosts.remove_registry(self._host.name))

    def _begin(self, work: Callable[[], Host]) -> None:
        """Beside the window: the keyring may ask the person first."""
        self._set_busy(True)
        self.error.hide()
        self._context.lanes.call(work, self._on_done, self._on_failed, owner=self, apart="registry of a host")

    def _on_done(self, host: Host) -> None:
        words = (
            f"Images for {host.name} go by way of {host.registry}"
            if host.registry
            else (f"Images are sent to {host.name} itself")
        )
        self._context.shell.say(words, "package")
        self._context.shell.host_watch.check(host.name)
        self.accept()

    def _on_failed(self, error: BaseException) -> None:
        self._set_busy(False)
        self.error.show_error(error)
        self.error.show()
        self.use.setFocus()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for part in (self.address_field, self.user_field, self.password_field, self.none, self.use):
            part.setEnabled(not busy)

    def _on_copy(self) -> None:
        line = registry_command(self._host.name, self.address.text().strip(), self.user.text().strip())
        QGuiApplication.clipboard().setText(line)
        self._context.shell.say("Command copied", "copy")


def registry_command(name: str, address: str, user: str) -> str:
    """The same as a line for a terminal, which asks for the password there."""
    line = f"mlops hosts registry {shlex.quote(name)} {shlex.quote(address) if address else 'ADDRESS'}"
    return f"{line} --user {shlex.quote(user)}" if user else line
