"""The ways to an import: the file dialog, and what a dropped thing is in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QFileDialog, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab", ".dat", ".data", ".psv", ".asc", ".gz", ".zip", ""})
FILTER = "Text tables (*.csv *.tsv *.txt *.tab *.dat *.data *.psv *.asc *.gz *.zip);;All files (*)"


@dataclass(frozen=True)
class Verdict:
    """What a drop would do. Without a path it is refused, and the sentence says why."""

    title: str
    sentence: str
    path: Path | None = None


def choose_and_import(context: Context, parent: QWidget, dataset: str = "") -> None:
    """Asks for a file and leads to its preview; with a dataset's name as its next version."""
    dialog = QFileDialog(parent, "Import data", str(Path.home()), FILTER)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda path: context.shell.go(import_place(Path(path), dataset)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def import_place(path: Path, dataset: str = "") -> Place:
    return Place("import", str(path), {"dataset": dataset} if dataset else {})


def judge(urls: Sequence[QUrl]) -> Verdict:
    """By the names alone; whether it is a folder is another question."""
    if len(urls) != 1:
        said = "One file at a time is imported, so that its preview can be looked at."
        return Verdict(f"{len(urls)} files cannot be imported at once", said)
    url = urls[0]
    if not url.isLocalFile():
        return Verdict("This is no file of this computer", "Save it here first, then drop the file.")
    path = Path(url.toLocalFile())
    if path.suffix.lower() not in ENDINGS:
        said = "Save it as CSV, TSV or TXT (also .gz, or .zip with one file) and drop that."
        return Verdict(f"{path.name} is no text table", said)
    return Verdict(f"Import {path.name}", "Shows how it would be read. Nothing is stored before you say so.", path)


def looking(path: Path) -> Verdict:
    """Between the drop and the page that shows it."""
    return Verdict(f"Reading {path.name}…", "Its preview comes next. Nothing is stored before you say so.", path)


def folder(path: Path) -> Verdict:
    return Verdict(f"{path.name} is a folder", "Drop one file with a table in it.")
