"""The base image of a host: pulled there by its engine, or sent from a tar of this computer."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.domain.errors import JobCancelledError
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dialogs.sheet import Sheet
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.fields import Field
from mlops_desktop.gui.widgets.marks import Icon, Progress
from mlops_desktop.gui.widgets.option_card import OptionCard
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.domain.hosts import Host, HostState
    from mlops_desktop.services.workspace import Workspace

_WHY = (
    "A model image stands on a base image with Python. It has to be on the host once; "
    "from then on only the model and its libraries are sent."
)


class BasePreparation(QObject):
    """One preparation under way. `cancel` ends it at its next word."""

    def __init__(self, context: Context, dialog: BaseImageDialog) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self._ended = threading.Event()

    def begin(self, workspace: Workspace, name: str, reference: str, archive: Path | None) -> None:
        ended, lanes, dialog = self._ended, self._context.lanes, self._dialog

        def report(sentence: str, done: int, total: int) -> None:
            if ended.is_set():
                raise JobCancelledError("It was cancelled.", hint="What was sent already need not be sent again.")
            lanes.tell(lambda: dialog.show_progress(sentence, done, total), dialog)

        lanes.call(
            lambda: workspace.hosts.prepare_base(name, archive, report, reference=reference),
            dialog.show_done,
            dialog.show_failed,
            owner=dialog,
            apart=f"base image on {name}",
            finishes=f"A base image is being brought to {name}.",
        )

    def cancel(self) -> None:
        self._ended.set()


class BaseImageDialog(Sheet):
    """Closing it cancels what is under way; what the host has already stays there."""

    def __init__(self, context: Context, workspace: Workspace, state: HostState, parent: QWidget) -> None:
        super().__init__(context.theme, "download", f"Base image on {state.host.name}", parent, width=600)
        self._context, self._workspace, self._state = context, workspace, state
        self._work: BasePreparation | None = None
        theme = context.theme
        self.body.addWidget(Text(theme, _WHY, "table", "muted", wrap=True))
        self.reference = LineEntry(theme, "Base image")
        self.reference.setFont(theme.font("mono"))
        self.reference.show_text(state.host.base_image)
        self.field = Field(theme, "Base image", self.reference, "Debian with Python, such as python:3.11-slim")
        self.body.addWidget(self.field)
        self._group = QButtonGroup(self)
        self.pull = OptionCard(theme, "Pull it there", f"{state.host.name} fetches it from its registry by itself.")
        sentence = f"For a host without a registry: a tar, as docker save writes it, is sent to {state.host.name}."
        self.archive = OptionCard(theme, "Import a tar", sentence)
        for card in (self.pull, self.archive):
            self._group.addButton(card.button)
            self.body.addWidget(card)
        self.archive.add(self._make_file())
        self.pull.button.setChecked(True)
        self._progress = self._make_progress()
        self.body.addWidget(self._progress)
        self.error = ErrorBox(theme)
        self.error.hide()
        self.body.addWidget(self.error)
        self.body.addStretch(1)
        self.copy = self.add_button("Copy as CLI", kind="ghost", icon="square-terminal")
        self.foot.addStretch(1)
        self.cancel = self.add_button("Cancel")
        self.prepare = self.add_button("Prepare base image", kind="primary", icon="download")
        self.prepare.setDefault(True)
        self.copy.clicked.connect(self._on_copy)
        self.cancel.clicked.connect(self._on_cancel)
        self.prepare.clicked.connect(self._on_prepare)
        self.reference.setFocus()

    def _make_file(self) -> QWidget:
        theme, holder = self._context.theme, QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        self.file = LineEntry(theme, "Tar of the base image", "/path/to/base.tar")
        self.file.textEdited.connect(lambda _: self.archive.button.setChecked(True))
        self.choose = Button(theme, "Choose file…", small=True)
        self.choose.setAutoDefault(False)
        self.choose.clicked.connect(self._on_choose)
        row.addWidget(self.file, 1)
        row.addWidget(self.choose)
        return holder

    def _make_progress(self) -> QWidget:
        theme, holder = self._context.theme, QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(5)
        row = QHBoxLayout()
        self._sign = Icon(theme, "loader-circle", "accent-text", 15)
        self._words = ElidedText(theme, "", "table")
        self._bytes = Text(theme, "", "number", "muted")
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        row.addWidget(self._bytes)
        column.addLayout(row)
        self._bar = Progress(theme, "How much is there")
        column.addWidget(self._bar)
        holder.hide()
        return holder

    # What the preparation says

    def show_progress(self, sentence: str, done: int, total: int) -> None:
        self._words.setText(sentence)
        self._bytes.setText(f"{formats.size(done)} of {formats.size(total)}" if total else "")
        self._bar.set_share(done / total if total else None)

    def show_done(self, identity: str) -> None:
        self._work = None
        host, reference = self._state.host.name, self.reference.text().strip()
        self._context.shell.say(f"{reference} is on {host}, {formats.short_hash(identity[7:])}", "circle-check")
        self._context.shell.host_watch.check(host)
        self.accept()

    def show_failed(self, error: BaseException) -> None:
        self._work = None
        self._progress.hide()
        self._set_busy(False)
        if isinstance(error, JobCancelledError):
            self.field.show_help("Cancelled. What was sent already need not be sent again.")
            return
        self.error.show_error(error)
        self.error.show()
        self.prepare.setFocus()

    # What happens

    def _on_choose(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Tar of the base image", "", "Tar files (*.tar *.tar.gz *.tgz)")
        if chosen:
            self.file.setText(chosen)
            self.archive.button.setChecked(True)

    @property
    def _archive(self) -> Path | None:
        return Path(self.file.text().strip()) if self.archive.is_chosen else None

    def _on_prepare(self) -> None:
        if self._work is not None:
            return
        if self.archive.is_chosen and not self.file.text().strip():
            self.file.setFocus()
            return
        self.error.hide()
        self._set_busy(True)
        self.show_progress("Asking the engine…", 0, 0)
        self._progress.show()
        self._work = BasePreparation(self._context, self)
        self._work.begin(self._workspace, self._state.host.name, self.reference.text().strip(), self._archive)

    def _set_busy(self, busy: bool) -> None:
        self.prepare.setVisible(not busy)
        self.cancel.set_caption("Cancel preparing" if busy else "Cancel")
        for part in (self.field, self.pull, self.archive):
            part.setEnabled(not busy)

    def _on_cancel(self) -> None:
        if self._work is None:
            self.reject()
            return
        self._work.cancel()
        self.cancel.set_caption("Cancelling…")

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(
            base_command(self._state.host, self.reference.text().strip(), self._archive)
        )
        self._context.shell.say("Command copied", "copy")

    def done(self, result: int) -> None:
        if self._work is not None:
            self._work.cancel()
        super().done(result)


def base_command(host: Host, reference: str, archive: Path | None) -> str:
    line = f"mlops hosts base {shlex.quote(host.name)}"
    if archive is not None:
        line += f" --import {shlex.quote(str(archive))}"
    return line if reference == host.base_image else f"{line} --image {shlex.quote(reference)}"
