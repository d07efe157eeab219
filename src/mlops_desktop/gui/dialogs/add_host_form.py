"""What a new host is: its kind, its address, with what to log in, and its name here."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import AlreadyExistsError, InvalidNameError, MlopsError
from mlops_desktop.domain.hosts import DEFAULT_BASE_IMAGE, HostKind
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import LineEntry, Segments
from mlops_desktop.gui.widgets.fields import Field

KINDS = ((HostKind.DOCKER, "Docker here"), (HostKind.SSH, "Docker over SSH"), (HostKind.TLS, "Docker over TLS"))


@dataclass(frozen=True)
class HostPlan:
    """What was typed; nothing of it was checked yet."""

    name: str
    kind: HostKind
    address: str = ""
    credentials: str = ""
    base_image: str = DEFAULT_BASE_IMAGE

    def command(self, fingerprint: str = "") -> str:
        line = f"mlops hosts add {shlex.quote(self.name or 'NAME')} --kind {self.kind.value}"
        if self.address:
            line += f" --address {shlex.quote(self.address)}"
        if self.credentials:
            option = "--certificates" if self.kind is HostKind.TLS else "--key"
            line += f" {option} {shlex.quote(self.credentials)}"
        if self.base_image != DEFAULT_BASE_IMAGE:
            line += f" --base-image {shlex.quote(self.base_image)}"
        return f"{line} --fingerprint {fingerprint}" if fingerprint else line


@dataclass(frozen=True)
class _Words:
    address: str
    placeholder: str
    address_help: str
    login: str
    login_placeholder: str
    login_help: str


_WORDS = {
    HostKind.DOCKER: _Words("Socket", "/var/run/docker.sock", "empty: the usual one of this computer", "", "", ""),
    HostKind.SSH: _Words(
        "Address", "mlops@gpu-box", "user@machine[:port], or a Host of your SSH config",
        "Log in with key", "~/.ssh/id_ed25519", "empty: as OpenSSH chooses (agent, SSH configuration, hardware key)",
    ),
    HostKind.TLS: _Words(
        "Address", "gpu-box:2376", "machine and port of the engine",
        "Folder with certificates", "~/.docker/gpu-box", "with cert.pem, key.pem and ca.pem, as Docker names them",
    ),
}  # fmt: skip


class HostForm(QWidget):
    """`changed` follows every change; the name is suggested until somebody types one."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._named = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.kind = Segments(theme, "Kind of host", KINDS)
        self.kind.show_value(HostKind.SSH)
        self.kind.chosen.connect(lambda _: self._on_kind())
        column.addWidget(self.kind)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.address = LineEntry(theme, "Address")
        self.address.setFont(theme.font("mono"))
        self.address_field = Field(theme, "Address", self.address)
        self.name = LineEntry(theme, "Name here")
        self.name_field = Field(theme, "Name here", self.name, "letters, digits, - and _")
        row.addWidget(self.address_field, 3, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.name_field, 2, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        self.login_field = Field(theme, "Log in with key", self._make_login(theme))
        column.addWidget(self.login_field)
        self.base = LineEntry(theme, "Base image")
        self.base.setFont(theme.font("mono"))
        self.base.show_text(DEFAULT_BASE_IMAGE)
        self.base_field = Field(
            theme, "Base image", self.base, "what model images stand on there; any Debian with Python"
        )
        column.addWidget(self.base_field)
        self.address.textEdited.connect(lambda _: self._on_address())
        self.name.textEdited.connect(lambda _: self._on_name())
        for entry in (self.login, self.base):
            entry.textEdited.connect(lambda _: self._on_edited())
        self._on_kind()

    def _make_login(self, theme: Theme) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.login = LineEntry(theme, "Log in with key")
        self.login.setFont(theme.font("mono"))
        self.choose = Button(theme, "Choose…")
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._on_choose)
        row.addWidget(self.login, 1)
        row.addWidget(self.choose)
        return holder

    # What the dialog asks

    @property
    def plan(self) -> HostPlan:
        kind = HostKind(str(self.kind.value))
        login = "" if kind is HostKind.DOCKER else self.login.text().strip()
        base = self.base.text().strip()
        return HostPlan(self.name.text().strip(), kind, self.address.text().strip(), login, base)

    @property
    def fields(self) -> tuple[Field, ...]:
        return (self.address_field, self.name_field, self.login_field, self.base_field)

    def show_fault(self, error: MlopsError) -> Field:
        """At the field that is meant, as far as that can be known."""
        words = f"{error.message} {error.hint}".strip()
        field = self._meant(error)
        field.show_error(words)
        return field

    def _meant(self, error: MlopsError) -> Field:
        if isinstance(error, InvalidNameError | AlreadyExistsError):
            return self.name_field
        said = error.message.lower()
        if "image" in said:
            return self.base_field
        if "address" in said or "socket" in said:
            return self.address_field
        return self.login_field if self.login_field.isVisible() else self.address_field

    def clear_faults(self) -> None:
        for field in self.fields:
            field.clear_error()

    # What happens

    def _on_kind(self) -> None:
        kind = HostKind(str(self.kind.value))
        words = _WORDS[kind]
        self.address_field.label.setText(words.address)
        self.address.setAccessibleName(words.address)
        self.address.setPlaceholderText(words.placeholder)
        self.address_field.show_help(words.address_help)
        self.login_field.setVisible(bool(words.login))
        self.login_field.label.setText(words.login)
        self.login.setAccessibleName(words.login)
        self.login.setPlaceholderText(words.login_placeholder)
        self.login_field.show_help(words.login_help)
        self.choose.setAccessibleName(f"Choose: {words.login}")
        self._suggest_name()
        self._on_edited()

    def _on_address(self) -> None:
        self._suggest_name()
        self._on_edited()

    def _on_name(self) -> None:
        self._named = bool(self.name.text().strip())
        self._on_edited()

    def _on_edited(self) -> None:
        self.clear_faults()
        self.changed.emit()

    def _suggest_name(self) -> None:
        if not self._named:
            self.name.show_text(suggested_name(HostKind(str(self.kind.value)), self.address.text()))

    def _on_choose(self) -> None:
        if HostKind(str(self.kind.value)) is HostKind.TLS:
            chosen = QFileDialog.getExistingDirectory(self, "Folder with certificates")
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, "Private SSH key")
        if chosen:
            self.login.setText(chosen)
            self._on_edited()


def suggested_name(kind: HostKind, address: str) -> str:
    """The machine's own name without its domain: `gpu-box` for `mlops@gpu-box.lan:22`."""
    if kind is HostKind.DOCKER:
        return "docker"
    machine = address.strip().rpartition("@")[2]
    if machine.startswith("[") or re.fullmatch(r"[0-9.]+(:[0-9]*)?", machine):
        bare = machine.partition("]")[0].lstrip("[") if machine.startswith("[") else machine.partition(":")[0]
        return re.sub(r"[^0-9A-Za-z]+", "-", f"host {bare}").strip("-") if bare else ""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", machine.partition(":")[0].partition(".")[0]).strip("-")
