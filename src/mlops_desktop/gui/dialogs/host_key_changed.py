"""A host that proves itself with another key than the confirmed one: blocked, until a person compared the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.hosts import HostKind
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.readings import hosts as reading
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.fields import number_sign
from mlops_desktop.gui.widgets.fingerprint import Fingerprint, FingerprintEntry
from mlops_desktop.gui.widgets.marks import Icon, StatusWord
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.hosts import Host, HostState
    from mlops_desktop.services.workspace import Workspace


class HostKeyChangedDialog(Sheet):
    """There is no way to connect anyway: the new key is taken only when the pasted fingerprint is that of it.

    For a host over TLS it is about the certificate of its authority, which lies in the folder of the host.
    """

    def __init__(self, context: Context, workspace: Workspace, state: HostState, parent: QWidget) -> None:
        name = state.host.name
        self._is_ssh = state.host.kind is HostKind.SSH
        title = f"Host key of {name} changed, connection blocked" if self._is_ssh else f"New authority of {name}"
        super().__init__(context.theme, "shield-check", title, parent, width=858)
        self._context, self._workspace, self._state = context, workspace, state
        theme, report = context.theme, state.report
        self._offered = report.fingerprint if report is not None and self._is_ssh else ""
        if self._is_ssh:
            self.body.addWidget(self._make_alarm(theme, name))
        self.body.addLayout(self._make_proofs(theme))
        self.body.addLayout(self._make_words(theme))
        self.error = ErrorBox(theme)
        self.error.hide()
        self.body.addWidget(self.error)
        self._make_foot(theme)
        self.entry.compare_with(self._offered)
        self.entry.compared.connect(self._show_replace)
        self._show_replace()
        self.keep.setDefault(True)
        self.keep.setFocus()

    # Making

    def _make_alarm(self, theme: Theme, name: str) -> QFrame:
        card = QFrame()
        card.setProperty("card", "error")
        row = QHBoxLayout(card)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(10)
        row.addWidget(Icon(theme, "circle-x", "error", 16), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(Text(theme, f"{name} shows another key than the one that was confirmed", "title", wrap=True))
        at, now = self._state.checked_at, self._context.clock()
        seen = f" Noticed {formats.moment(at, now)}." if at is not None else ""
        words = f"The connection was ended before logging in; no key, token or data was sent.{seen}"
        column.addWidget(Text(theme, words, "table", wrap=True))
        row.addLayout(column, 1)
        return card

    def _make_proofs(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        confirmed = Sign("shield-check", "ok", "Confirmed")
        self.pinned = Fingerprint(theme, "Confirmed fingerprint")
        row.addWidget(_proof_card(theme, confirmed, "field", self.pinned, self._kind_words), 1)
        self.pinned.show_fingerprint(pinned_fingerprint(self._state.host))
        self.offered = Fingerprint(theme, "Offered fingerprint", "error")
        if self._is_ssh:
            shown = Sign("triangle-alert", "error", "Offered now")
            row.addWidget(_proof_card(theme, shown, "alarm", self.offered, self._kind_words), 1)
            self.offered.show_fingerprint(self._offered)
        return row

    @property
    def _kind_words(self) -> str:
        report = self._state.report
        if not self._is_ssh or report is None:
            return "SHA-256 of the authority"
        return f"SHA256, {reading.key_kind(report.offered)}".rstrip(", ")

    def _make_words(self, theme: Theme) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(20)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(Text(theme, "What to do", "title"))
        for number, (title, sentence) in enumerate(self._advice(), start=1):
            left.addLayout(_numbered(theme, str(number), title, sentence))
        holder = QVBoxLayout()
        holder.setContentsMargins(26, 0, 0, 0)
        name = self._state.host.name
        label = f"New fingerprint of {name}" if self._is_ssh else f"Fingerprint of the new authority of {name}"
        self.entry = FingerprintEntry(theme, label, "SHA256:…" if self._is_ssh else "AB:CD:EF:…")
        holder.addWidget(self.entry)
        self._help = Text(theme, "Empty: the key stays as it was", "caption", "muted", wrap=True)
        holder.addWidget(self._help)
        left.addLayout(holder)
        left.addStretch(1)
        row.addLayout(left, 3)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(Text(theme, "Until then", "title"))
        for icon, tone, title, sentence in self._meanwhile():
            right.addLayout(_signed(theme, icon, tone, title, sentence))
        right.addStretch(1)
        row.addLayout(right, 2)
        return row

    def _advice(self) -> list[tuple[str, str]]:
        name = self._state.host.name
        if not self._is_ssh:
            folder = self._state.host.credentials
            return [
                (f"Ask who runs {name}", "Was the authority of its engine replaced on purpose?"),
                ("Yes: put the new ca.pem in place", f"It belongs into {folder}."),
                ("Then paste its fingerprint", "It is taken only when the engine proves itself with it."),
            ]
        return [
            (f"Ask who runs {name}", "Was it set up anew, or were its SSH keys renewed?"),
            ("Yes: paste the new fingerprint they give you", "The key is replaced only when it is the one offered."),
            (
                "No, or nobody knows: leave it blocked",
                "Somebody may be answering in its place. Report it; Copy details has all of it.",
            ),
        ]

    def _meanwhile(self) -> list[tuple[str, str, str, str]]:
        many = formats.plural(self._state.endpoints, "endpoint")
        found = []
        if self._state.endpoints:
            keeps = "keeps" if self._state.endpoints == 1 else "keep"
            found.append(("circle-check", "ok", f"{many} {keeps} answering", "whoever reaches the port is served"))
        report = self._state.report
        if report is None or not report.ok:
            found.append(("circle-x", "error", "Blocked", "deploy, roll back, Try it, log, memory"))
        found.append(("shield-check", "muted", "Nothing is lost", "replacing the key is written to the record"))
        return found

    def _make_foot(self, theme: Theme) -> None:
        report = self._state.report
        code = report.code if report is not None else ""
        self.foot.addWidget(Text(theme, code, "mono", "muted"))
        self.copy = CopyButton(theme, self._details(), "Copy details")
        self.foot.addWidget(self.copy)
        self.foot.addStretch(1)
        self.keep = self.add_button("Keep blocked" if self._is_ssh else "Keep the old one")
        caption = "Replace key" if self._is_ssh else "Replace authority"
        self.replace = self.add_button(caption, kind="destroy")
        self.keep.clicked.connect(self.reject)
        self.replace.clicked.connect(self._on_replace)

    def _details(self) -> str:
        host, report = self._state.host, self._state.report
        lines = [f"{report.code} {report.sentence}" if report else "", f"host {host.name}, {host.address}"]
        lines += [f"confirmed {pinned_fingerprint(host)}", f"offered {self._offered}" if self._offered else ""]
        return "\n".join(filter(None, lines))

    # What happens

    def _show_replace(self) -> None:
        may = self.entry.is_same if self._offered else bool(self.entry.given)
        self.replace.setEnabled(may)
        if not self.entry.given:
            words = "Empty: the key stays as it was"
        elif may:
            words = "From then on only this one is let through."
        else:
            words = f"This is not what {self._state.host.name} offers. Leave it blocked."
        self._help.setText(words)
        self.replace.setToolTip("" if may else "Paste the fingerprint that you were given first")

    def _on_replace(self) -> None:
        name, given, workspace = self._state.host.name, self.entry.given, self._workspace
        self.replace.setEnabled(False)
        self.error.hide()
        self._context.lanes.call(
            lambda: workspace.hosts.trust(name, given), self._on_trusted, self._on_refused, owner=self, apart=name
        )

    def _on_trusted(self, host: Host) -> None:
        self._context.shell.say(
            f"{host.name} is known by its new {'key' if self._is_ssh else 'authority'}", "shield-check"
        )
        self._context.shell.host_watch.read()
        self._context.shell.host_watch.check(host.name)
        self.accept()

    def _on_refused(self, error: BaseException) -> None:
        self._show_replace()
        self.error.show_error(error)
        self.error.show()


def pinned_fingerprint(host: Host) -> str:
    from mlops_desktop.services.host_proofs import authority_fingerprint, key_fingerprints

    if host.kind is HostKind.TLS:
        return authority_fingerprint(host.pinned)
    return next(iter(key_fingerprints(host.pinned)), "")


def _proof_card(theme: Theme, sign: Sign, card: str, fingerprint: Fingerprint, kind: str) -> QFrame:
    made = QFrame()
    made.setProperty("card", card)
    made.setAccessibleName(sign.word)
    column = QVBoxLayout(made)
    column.setContentsMargins(12, 9, 8, 8)
    column.setSpacing(3)
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(StatusWord(theme, sign))
    row.addWidget(Text(theme, kind, "table", "muted"))
    row.addStretch(1)
    column.addLayout(row)
    column.addWidget(fingerprint)
    return made


def _numbered(theme: Theme, number: str, title: str, sentence: str) -> QHBoxLayout:
    return _worded(theme, number_sign(theme, number), title, sentence)


def _signed(theme: Theme, icon: str, tone: str, title: str, sentence: str) -> QHBoxLayout:
    return _worded(theme, Icon(theme, icon, tone, 15), title, sentence)


def _worded(theme: Theme, sign: QWidget, title: str, sentence: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(Text(theme, title, "label", wrap=True))
    words.addWidget(Text(theme, sentence, "table", "muted", wrap=True))
    row.addLayout(words, 1)
    return row
