"""Settings, Workspace: where it is, how large, a copy of it, whether it is sound, and its own settings."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.settings.section import Section, SettingRow
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import FactList
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.text import Text

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.domain.verification import Verification

MOST_JOBS, MOST_PROBLEMS = 16, 20
CONCURRENT = "jobs.concurrent"


class WorkspaceSection(Section):
    """Reads in the lane; copying and verifying go on beside other work."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._make_place()
        self._make_care()
        theme = self._theme
        card = self.card("Background work", "the same for everybody who uses this workspace")
        self.jobs = Choice(theme, "Jobs at once")
        self.jobs.setMinimumWidth(80)
        self.jobs.chosen.connect(self._on_jobs)
        self.jobs_row = SettingRow(theme, "Jobs at once", "Reading…", self.jobs)
        card.body.addWidget(self.jobs_row)
        self.column.addStretch(1)

    def refresh(self) -> None:
        if self._workspace is None:
            return
        workspace = self._workspace
        self._show_place(None)
        self.copy_path.set_text(str(workspace.folder))
        lanes = self._context.lanes
        lanes.call(workspace.disk, self._show_place, self._on_failed, owner=self)
        lanes.run(lambda: workspace.settings.get(CONCURRENT), self._show_jobs, self._on_failed, owner=self)

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind.value == "setting" for change in changes):
            self.refresh()

    def _make_place(self) -> None:
        theme = self._theme
        card = self.card("This workspace")
        self.facts = FactList(theme)
        holder = QVBoxLayout()
        holder.setContentsMargins(14, 0, 14, 10)
        holder.addWidget(self.facts)
        card.body.addLayout(holder)
        self.copy_path = CopyButton(theme, "", "Copy path", what="of the workspace folder", kind="ghost")
        self.open_folder = Button(theme, "Open folder", icon="folder-open", small=True, kind="ghost")
        self.open_folder.clicked.connect(self._on_open_folder)
        card.head.addWidget(self.copy_path)
        card.head.addWidget(self.open_folder)

    def _show_place(self, disk: tuple[int, int] | None) -> None:
        workspace = self.workspace
        taken, free = (formats.size(disk[0]), formats.size(disk[1])) if disk else ("counting…", "counting…")
        folder = str(workspace.folder)
        self.facts.show_facts(
            [("Name", workspace.name), ("Folder", folder), ("Size", taken), ("Free on its disk", free)],
            {"Folder": folder},
        )

    def _make_care(self) -> None:
        theme = self._theme
        card = self.card("Care")
        self.backup = Button(theme, "Back up to a file…", icon="archive")
        self.backup.clicked.connect(self._on_backup)
        sentence = "One zip file with registry, stored files and bundles. Work may go on. Tokens are not in it."
        self.backup_row = SettingRow(theme, "Backup", sentence, self.backup)
        card.body.addWidget(self.backup_row)
        self.verify = Button(theme, "Verify", icon="shield-check")
        self.verify.clicked.connect(self._on_verify)
        sentence = "Checks the database, every stored file and bundle by its hash, and the record of decisions."
        self.verify_row = SettingRow(theme, "Verify", sentence, self.verify)
        card.body.addWidget(self.verify_row)
        self._problems = QVBoxLayout()
        self._problems.setContentsMargins(14, 0, 14, 0)
        self._problems.setSpacing(3)
        card.body.addLayout(self._problems)

    # What a person does

    def _on_open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.workspace.folder)))

    def _on_backup(self) -> None:
        now = self._context.clock().astimezone()
        suggested = Path.home() / f"{self.workspace.name}-{now:%Y-%m-%d}.zip"
        chosen, _ = QFileDialog.getSaveFileName(self, "Back up the workspace to", str(suggested), "Zip files (*.zip)")
        if chosen:
            self.write_backup(Path(chosen))

    def write_backup(self, target: Path) -> None:
        """Copies beside other work and says what came of it."""
        from mlops_desktop import bootstrap

        workspace = self.workspace
        self.backup_row.say(f"Writing {target}…")
        self.backup.hide()
        self._context.lanes.call(
            lambda: bootstrap.backup_workspace(workspace, target),
            lambda size: self._on_backed_up(target, size),
            self._on_backup_failed,
            owner=self,
            finishes=f"A backup is being written to {target.name}.",
        )

    def _on_backed_up(self, target: Path, size: int) -> None:
        self.backup.show()
        self.backup_row.say(f"Backed up at {self._now()} to {target}, {formats.size(size)}.", "ok")
        self._context.shell.say(f"Workspace backed up to {target.name}, {formats.size(size)}", "archive")

    def _on_backup_failed(self, error: BaseException) -> None:
        self.backup.show()
        self.backup_row.say(f"Not backed up: {error} Nothing in the workspace was changed.", "error")
        self._context.shell.show_failure(error)

    def _on_verify(self) -> None:
        workspace = self.workspace
        clear_layout(self._problems)
        self.verify.hide()
        self.verify_row.say("Verifying… every stored file is read.")
        self._context.lanes.call(workspace.verify, self._on_verified, self._on_verify_failed, owner=self)

    def _on_verified(self, result: Verification) -> None:
        self.verify.show()
        files = formats.plural(result.artifacts, "stored file")
        bundles = formats.plural(result.bundles, "bundle")
        checked = f"{files}, {bundles} and {formats.plural(result.audit_entries, 'decision')}"
        if result.is_clean:
            self.verify_row.say(f"Sound at {self._now()}: {checked} are as they were stored.", "ok")
            return
        many = formats.plural(len(result.problems), "problem")
        self.verify_row.say(f"{many} at {self._now()} among {checked}. Restore a backup, or make anew what is named.",
                            "error")  # fmt: skip
        for problem in result.problems[:MOST_PROBLEMS]:
            words = f"{problem.area} {problem.subject}: {problem.sentence}"
            self._problems.addWidget(Text(self._theme, words, "table", "error", wrap=True))

    def _on_verify_failed(self, error: BaseException) -> None:
        self.verify.show()
        self.verify_row.say(f"Not verified: {error}", "error")
        self._context.shell.show_failure(error)

    def _on_jobs(self, number: object) -> None:
        workspace = self.workspace
        self._context.lanes.run(
            lambda: workspace.settings.set(CONCURRENT, number), self._show_jobs, self._on_failed, owner=self
        )

    def _show_jobs(self, number: Any) -> None:
        known = self.workspace.settings.known[CONCURRENT]
        numbers = sorted({*range(1, MOST_JOBS + 1), int(number)})
        self.jobs.set_options([(one, str(one)) for one in numbers])
        self.jobs.show_value(int(number))
        self.jobs_row.say(f"{known.meaning.capitalize()}. Unless set it is {known.default} on this computer.")

    def _on_failed(self, error: BaseException) -> None:
        self._context.shell.show_failure(error)
        if self.jobs.value is not None:
            self.jobs_row.say("Not changed.", "error")

    def _now(self) -> str:
        now: datetime = self._context.clock()
        return formats.moment(now, now)
