"""A fingerprint to compare: in groups for the eye, copied whole, and a field that says whether another is the same."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.readings.hosts import grouped
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import IconButton
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.marks import StatusWord
from mlops_desktop.gui.widgets.text import Text

_JOINER = "\N{WORD JOINER}"
_SAME = Sign("circle-check", "ok", "Same")
_DIFFERS = Sign("circle-x", "error", "Differs")


class Fingerprint(QWidget):
    """In groups of eight; the copy is in one piece, as programs show it."""

    def __init__(self, theme: Theme, name: str, tone: str = "text") -> None:
        super().__init__()
        self._whole = ""
        self._name = name
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._text = Text(theme, "", "mono", tone, wrap=True)
        self.copy = IconButton(theme, "copy", f"Copy {name.lower()}", size=24, picture=13)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._whole))
        row.addWidget(self._text, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def whole(self) -> str:
        return self._whole

    def show_fingerprint(self, whole: str) -> None:
        self._whole = whole
        self._text.setText(_unbroken(grouped(whole)))
        self._text.setAccessibleName(f"{self._name}: {whole}")


def _unbroken(groups: str) -> str:
    """A line ends between groups only."""
    return " ".join(_JOINER.join(group) for group in groups.split())


class FingerprintEntry(QWidget):
    """`compared` follows every change; nothing is said while nothing was given."""

    compared = Signal()

    def __init__(self, theme: Theme, label: str, placeholder: str = "SHA256:…") -> None:
        super().__init__()
        self._shown = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        words = Text(theme, label, "table-strong")
        column.addWidget(words)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.entry = LineEntry(theme, label, placeholder)
        self.entry.setFont(theme.font("mono"))
        self.entry.textChanged.connect(self._on_changed)
        words.setBuddy(self.entry)
        self.verdict = StatusWord(theme)
        self.verdict.hide()
        row.addWidget(self.entry, 1)
        row.addWidget(self.verdict)
        column.addLayout(row)

    def compare_with(self, fingerprint: str) -> None:
        """What the host shows now; empty where only the host itself can be asked."""
        self._shown = fingerprint
        self._on_changed()

    @property
    def given(self) -> str:
        return self.entry.text().strip()

    @property
    def is_same(self) -> bool:
        from mlops_desktop.services.host_proofs import is_same

        return bool(self.given) and is_same(self.given, self._shown)

    def _on_changed(self) -> None:
        said = bool(self.given and self._shown)
        self.verdict.setVisible(said)
        if said:
            self.verdict.set_sign(_SAME if self.is_same else _DIFFERS)
        self.entry.setAccessibleDescription(("Same" if self.is_same else "Differs") if said else "")
        self.compared.emit()
