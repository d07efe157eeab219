"""A host that is new here: is the key that it shows the one of the machine that is meant?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from mlops_desktop.domain.hosts import HostReport
from mlops_desktop.gui.readings.hosts import key_kind
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.fingerprint import Fingerprint, FingerprintEntry
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

_READ_THERE = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"


class UnknownKey(QFrame):
    """`compared` follows every change of what was pasted."""

    compared = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", "note")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 14, 12)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Icon(theme, "shield-check", "note", 16))
        self.title = Text(theme, "", "title", wrap=True)
        head.addWidget(self.title, 1)
        self._kind = Text(theme, "", "caption", "muted")
        self._kind.setProperty("chip", "outline")
        head.addWidget(self._kind)
        column.addLayout(head)
        ground = QFrame()
        ground.setProperty("card", "field")
        inner = QVBoxLayout(ground)
        inner.setContentsMargins(12, 8, 6, 8)
        self.offered = Fingerprint(theme, "Fingerprint it shows")
        inner.addWidget(self.offered)
        column.addWidget(ground)
        self.given = FingerprintEntry(theme, "Fingerprint you were given")
        self.given.compared.connect(self.compared)
        column.addWidget(self.given)
        self._help = Text(theme, "", "caption", "muted", wrap=True)
        self._help.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._help)

    @property
    def is_same(self) -> bool:
        return self.given.is_same

    def show_key(self, name: str, report: HostReport) -> None:
        self.title.setText(f"{name} is new here. Is this its key?")
        self.setAccessibleName(self.title.text())
        kind = key_kind(report.offered)
        self._kind.setText(kind)
        self._kind.setVisible(bool(kind))
        self.offered.show_fingerprint(report.fingerprint)
        self.given.compare_with(report.fingerprint)
        self._help.setText(f"Ask who runs {name}, or read it on its own screen: {_READ_THERE}")
