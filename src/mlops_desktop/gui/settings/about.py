"""Settings, About: version, packages and their licences, the log, and what a report of a fault needs."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QVBoxLayout

from mlops_desktop import __version__
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.item_models.cells import Cell, CellRow, Head
from mlops_desktop.gui.settings.section import Section, SettingRow
from mlops_desktop.gui.state import state_folder
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.cards import FactList
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.small_table import SmallTable

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

HEADS = (Head("Package", 220, stretch=True), Head("Version", 140), Head("Licence", 320, keep=1))


class AboutSection(Section):
    """The packages are looked up beside other work when the section is first shown."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme = self._theme
        card = self.card("MLOps Desktop", __version__)
        self.facts = FactList(theme)
        holder = QVBoxLayout()
        holder.setContentsMargins(14, 0, 14, 10)
        holder.addWidget(self.facts)
        card.body.addLayout(holder)
        self.facts.show_facts(
            [
                ("Version", __version__),
                ("Python", platform.python_version()),
                ("Qt", qVersion()),
                ("System", platform.platform(terse=True)),
                ("Licence", "Apache License 2.0"),
            ]
        )
        help_card = self.card("Help")
        guide = Button(theme, "Open the guide", icon="book-open")
        guide.clicked.connect(lambda: context.shell.show_guide("index.md"))
        help_card.body.addWidget(SettingRow(theme, "User guide", "Comes with the program; no network needed.", guide))
        codes = Button(theme, "Show the codes")
        codes.clicked.connect(lambda: context.shell.show_guide("errors.md"))
        sentence = "Every error ends with a code such as MD-DAT-001; the guide says what each means and what to do."
        help_card.body.addWidget(SettingRow(theme, "Error codes", sentence, codes))
        self._make_report()
        packages = self.card("Packages", "what the program is built on")
        self.table = SmallTable(theme, "Packages", HEADS)
        packages.body.addWidget(self.table)
        self.column.addStretch(1)

    def refresh(self) -> None:
        if not self.table.cells.rows:
            self._context.lanes.call(read_packages, self._show_packages, self._context.shell.show_failure, owner=self)

    def _make_report(self) -> None:
        theme = self._theme
        card = self.card("When something goes wrong")
        self.log_file = state_folder() / "window.log"
        copy = CopyButton(theme, str(self.log_file), "Copy path", what="of the log file", kind="ghost")
        open_folder = Button(theme, "Open folder", icon="folder-open", small=True, kind="ghost")
        open_folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.log_file).parent)))
        )
        card.body.addWidget(SettingRow(theme, "Log file of the window", str(self.log_file), copy, open_folder))
        self.copy_diagnosis = Button(theme, "Copy diagnosis", icon="copy")
        self.copy_diagnosis.clicked.connect(self._on_copy)
        sentence = "Versions, counts and problems for a report: no data, no names, no secrets."
        self.diagnosis_row = SettingRow(theme, "Diagnosis", sentence, self.copy_diagnosis)
        card.body.addWidget(self.diagnosis_row)

    def _on_copy(self) -> None:
        workspace: Workspace = self.workspace
        self.diagnosis_row.say("Looking…")
        self._context.lanes.run(workspace.diagnose, self._on_diagnosed, self._on_failed, owner=self)

    def _on_diagnosed(self, facts: dict[str, Any]) -> None:
        QGuiApplication.clipboard().setText(json.dumps(facts, indent=1, default=str))
        problems = facts.get("problems") or []
        found = f"{len(problems)} problems found" if problems else "no problem found"
        self.diagnosis_row.say(f"Copied; {found}. It can be pasted into a report.", "warn" if problems else "ok")

    def _on_failed(self, error: BaseException) -> None:
        self.diagnosis_row.say("Not copied.", "error")
        self._context.shell.show_failure(error)

    def _show_packages(self, packages: Sequence[tuple[str, str, str]]) -> None:
        rows = [
            CellRow(name, (Cell(name, strong=True), Cell(version), Cell(licence, "muted", tip=licence)))
            for name, version, licence in packages
        ]
        self.table.show_rows(rows)


def read_packages() -> list[tuple[str, str, str]]:
    """Name, version and licence of every package the program asks for."""
    import re
    from importlib import metadata

    try:
        wanted = metadata.requires("mlops-desktop") or []
    except metadata.PackageNotFoundError:
        wanted = []
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
    found = []
    for name in sorted(names, key=str.lower):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found.append((name, metadata.version(name), _licence(about)))
    return found


def _licence(about: Any) -> str:
    """The short form: the expression, else the classifier, else the first line of the text."""
    expression = about.get("License-Expression")
    if expression:
        return str(expression)
    kinds = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    if kinds:
        return "; ".join(kinds)
    text = str(about.get("License") or "").strip()
    return text.splitlines()[0][:80] if text else "see its own files"
