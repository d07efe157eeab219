"""The first start: the sample, one's own file, or a workspace that is there already."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.pages.way import WayCard, make_way, sample_file
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.busy_note import BusyNote
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import LineEntry
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.gui.widgets.states import ErrorBox

WIDTH = 940
NAME = "my-workspace"
OPENING = "Opening the workspace…"
MOST_RECENT = 3
FEW_BYTES = 2_000_000_000


class WelcomePage(QWidget):
    """`chosen` carries an existing folder; `recovery_wanted` one whose registry is damaged, and a sound copy of that;
    `wanted` a folder, the name of the workspace to make in it (empty where one is there already), and a file to import
    first, or none.
    """

    chosen = Signal(Path)
    recovery_wanted = Signal(Path, Path)
    wanted = Signal(Path, str, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.parent_folder = Path.home() / "MLOps"
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = self._make_column()
        column.addStretch(1)
        column.addLayout(self._make_title())
        column.addSpacing(10)
        self.doing = BusyNote(theme)
        kept = self.doing.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self.doing.setSizePolicy(kept)
        column.addWidget(self.doing)
        self._said = self._wanted_words = ""
        self.error: ErrorBox | None = None
        self._offered: tuple[Path, Path] | None = None
        self._error_place = QVBoxLayout()
        column.addLayout(self._error_place)
        column.addSpacing(10)
        column.addLayout(self._make_cards())
        column.addSpacing(20)
        column.addWidget(Text(theme, "The way to a live model", "title"))
        column.addSpacing(8)
        column.addWidget(make_way(theme))
        column.addSpacing(20)
        column.addWidget(Text(theme, "This computer", "title"))
        column.addSpacing(8)
        column.addLayout(self._make_checks())
        column.addSpacing(18)
        column.addLayout(self._make_foot())
        column.addStretch(1)
        self._show_place()

    def show_recent(self, folders: Sequence[str]) -> None:
        """Workspaces used before, newest first."""
        clear_layout(self._recent)
        names = [Path(folder).name for folder in folders[:MOST_RECENT]]
        for folder in folders[:MOST_RECENT]:
            path = Path(folder)
            caption = path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
            button = Button(self._theme, caption or folder, icon="folder", kind="link", tip=folder)
            button.setAccessibleName(f"Open workspace {folder}")
            button.clicked.connect(lambda _=False, place=path: self.chosen.emit(place))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_error(self, error: BaseException) -> None:
        if self.error is None:
            from mlops_desktop.gui.widgets.states import ErrorBox

            self.error = ErrorBox(self._theme)
            self._error_place.addWidget(self.error)
            self.recover = Button(self._theme, "Take the newest sound copy", icon="archive", small=True)
            self.recover.clicked.connect(self._on_recover)
            self.error.add_action(self.recover)
        self.error.show_error(error)
        facts = getattr(error, "facts", {})
        self._offered = (Path(facts["folder"]), Path(facts["copy"])) if "copy" in facts else None
        self.recover.setVisible(self._offered is not None)
        self.error.show()

    def show_waiting(self, waiting: bool) -> None:
        """While a folder is opened or made, nothing else can be asked for."""
        self.setEnabled(not waiting)
        if waiting and self.error is not None:
            self.error.hide()
        self.doing.end(self._said)
        if waiting:
            self._said = self._wanted_words or OPENING
            self.doing.begin(self._said)
        self._wanted_words = ""

    def import_file(self, file: str) -> None:
        """Makes the workspace, or opens the one of that name, and imports the file there."""
        folder, name = self._folder()
        verb = "Making" if name else "Opening"
        then = f", then reading {Path(file).name}" if file else ""
        self._wanted_words = f"{verb} the workspace {folder.name}{then}…"
        self.wanted.emit(folder, name, file)

    def minimumSizeHint(self) -> QSize:
        return QSize(640, 400)

    # Making

    def _make_column(self) -> QVBoxLayout:
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName("Welcome")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        ground = QWidget()
        ground.setObjectName("welcome")
        centre = QHBoxLayout(ground)
        centre.setContentsMargins(30, 20, 30, 20)
        middle = QWidget()
        middle.setMaximumWidth(WIDTH)
        centre.addStretch(1)
        centre.addWidget(middle, 100)
        centre.addStretch(1)
        scroll.setWidget(ground)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        return column

    def _make_title(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        logo = QFrame()
        logo.setObjectName("logo")
        logo.setFixedSize(44, 44)
        inner = QHBoxLayout(logo)
        inner.setContentsMargins(9, 9, 9, 9)
        inner.addWidget(Icon(self._theme, "box", "on-accent", 26))
        row.addWidget(logo)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Text(self._theme, "Welcome to MLOps Desktop", "figure"))
        sentence = (
            "From a CSV file to a model that answers, on your own computer. No account, no server, nothing leaves it."
        )
        words.addWidget(Text(self._theme, sentence, "body", "muted", wrap=True))
        row.addLayout(words, 1)
        return row

    def _make_cards(self) -> QHBoxLayout:
        theme = self._theme
        cards = QHBoxLayout()
        cards.setSpacing(14)
        sentence = "336,776 flights from New York in 2013 with weather. Everything you make of them is real."
        sample = WayCard(theme, "play", "Open the sample flights", sentence, kind="accent")
        self.sample = sample.add_button("Open sample", lambda: self.import_file(sample_file()), kind="primary")
        sentence = "A CSV or TSV file. Types, missing values and findings are shown before anything is stored."
        own = WayCard(theme, "download", "Import your own data", sentence, kind="drop")
        self.choose = own.add_button("Choose file…", self._on_choose, "or drop it here")
        there = WayCard(theme, "folder-open", "Open a workspace", "One that was made before, also a copy of another.")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        there.column.insertLayout(there.column.count() - 1, self._recent)
        self.open = there.add_button("Choose folder…", self._on_open)
        for card, share in ((sample, 115), (own, 100), (there, 100)):
            cards.addWidget(card, share)
        return cards

    def _make_checks(self) -> QHBoxLayout:
        """What this computer has; looked at in no time, for nothing here asks another program."""
        theme = self._theme
        home = Path.home()
        place = next(folder for folder in (home, *home.parents) if folder.exists())
        free = shutil.disk_usage(place).free
        low = free < FEW_BYTES
        row = QHBoxLayout()
        row.setSpacing(28)
        for fine, title, note in (
            (True, "Python runtime", f"{platform.python_version()}, included"),
            (not low, "Disk", f"{formats.size(free)} free" + (", which is little" if low else "")),
            (True, "Serving", "on this computer, at a port of its own"),
        ):
            one = QHBoxLayout()
            one.setSpacing(8)
            icon = Icon(theme, "circle-check" if fine else "triangle-alert", "ok" if fine else "warn", 15)
            one.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
            words = QVBoxLayout()
            words.setSpacing(1)
            words.addWidget(Text(theme, title, "table-strong"))
            words.addWidget(Text(theme, note, "table", "muted"))
            one.addLayout(words)
            row.addLayout(one)
        row.addStretch(1)
        return row

    def _make_foot(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Text(theme, "Workspace", "table", "muted"))
        self.name = LineEntry(theme, "Name of the new workspace")
        self.name.setText(NAME)
        self.name.setMaximumWidth(190)
        self.name.textChanged.connect(self._show_place)
        self.name.returnPressed.connect(self._on_make)
        row.addWidget(self.name, 1)
        row.addWidget(Text(theme, "in", "table", "muted"))
        self._place_words = ElidedText(theme, "", "mono", "muted", Qt.TextElideMode.ElideMiddle)
        row.addWidget(self._place_words)
        self.elsewhere = Button(theme, "Change place…", kind="link", small=True)
        self.elsewhere.clicked.connect(self._on_elsewhere)
        row.addWidget(self.elsewhere)
        row.addStretch(2)
        self.make = Button(theme, "Make an empty workspace", kind="link", small=True)
        self.make.clicked.connect(self._on_make)
        row.addWidget(self.make)
        return row

    # What a person does

    def _on_recover(self) -> None:
        if self._offered is not None:
            self._wanted_words = f"Putting the registry of {self._offered[0].name} back…"
            self.recovery_wanted.emit(*self._offered)

    def _show_place(self) -> None:
        home = str(Path.home())
        shown = str(self.parent_folder)
        self._place_words.setText(f"~{shown.removeprefix(home)}" if shown.startswith(home) else shown)
        self.make.setAccessibleName(f"Make the workspace {self.name.text().strip() or NAME} and leave it empty")

    def _folder(self) -> tuple[Path, str]:
        """Where the workspace goes and its name; the name is empty where it is there already."""
        name = self.name.text().strip() or NAME
        folder = self.parent_folder / name
        return (folder, "") if (folder / "workspace.json").is_file() else (folder, name)

    def _on_make(self) -> None:
        self.import_file("")

    def _on_choose(self) -> None:
        from mlops_desktop.gui.importing import FILTER

        dialog = QFileDialog(self, "Import data", str(Path.home()), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_elsewhere(self) -> None:
        place = QFileDialog.getExistingDirectory(self, "Where the new workspace folder goes", str(Path.home()))
        if place:
            self.parent_folder = Path(place)
            self._show_place()

    def _on_open(self) -> None:
        place = QFileDialog.getExistingDirectory(self, "Workspace folder", str(Path.home()))
        if place:
            self.chosen.emit(Path(place))
