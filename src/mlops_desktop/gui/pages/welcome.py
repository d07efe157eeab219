"""The first start: choose a workspace folder, or make one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text

if TYPE_CHECKING:
    from mlops_desktop.gui.widgets.states import ErrorBox

WIDTH = 940
PATH = (
    ("download", "Import", "a CSV file"),
    ("play", "Run", "a suggested estimator"),
    ("box", "Register", "the best run"),
    ("rocket", "Deploy", "on this computer"),
    ("send", "Try it", "with one command"),
)


class WelcomePage(QWidget):
    """`chosen` carries an existing folder, `wanted` a folder and the name of the workspace to make in it."""

    chosen = Signal(Path)
    wanted = Signal(Path, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("welcome")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
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
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addStretch(1)
        column.addLayout(self._make_title())
        column.addSpacing(20)
        self.error: ErrorBox | None = None
        self._error_place = QVBoxLayout()
        column.addLayout(self._error_place)
        column.addSpacing(6)
        cards = QHBoxLayout()
        cards.setSpacing(14)
        cards.addWidget(self._make_new(), 115)
        cards.addWidget(self._make_open(), 100)
        column.addLayout(cards)
        column.addSpacing(20)
        column.addWidget(Text(theme, "The way to a live model", "title"))
        column.addSpacing(8)
        column.addWidget(self._make_path())
        column.addStretch(1)
        scroll.setWidget(ground)

    def show_recent(self, folders: Sequence[str]) -> None:
        """Workspaces used before, newest first."""
        clear_layout(self._recent)
        for folder in folders[:4]:
            path = Path(folder)
            button = Button(self._theme, path.name or folder, icon="folder", kind="link", tip=folder)
            button.setAccessibleName(f"Open workspace {folder}")
            button.clicked.connect(lambda _=False, place=path: self.chosen.emit(place))
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def show_error(self, error: BaseException) -> None:
        if self.error is None:
            from mlops_desktop.gui.widgets.states import ErrorBox

            self.error = ErrorBox(self._theme)
            self._error_place.addWidget(self.error)
        self.error.show_error(error)
        self.error.show()

    def show_waiting(self, waiting: bool) -> None:
        """While a folder is opened or made, nothing else can be asked for."""
        self.setEnabled(not waiting)
        if waiting and self.error is not None:
            self.error.hide()

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

    def _card(self, icon: str, title: str, sentence: str, kind: str) -> tuple[QFrame, QVBoxLayout]:
        card = QFrame()
        card.setProperty("card", kind)
        card.setMinimumHeight(246)
        column = QVBoxLayout(card)
        column.setContentsMargins(18, 18, 18, 18)
        column.setSpacing(6)
        plate = QFrame()
        plate.setObjectName("plate")
        plate.setFixedSize(38, 38)
        inner = QHBoxLayout(plate)
        inner.setContentsMargins(9, 9, 9, 9)
        inner.addWidget(Icon(self._theme, icon, "accent-text", 20))
        column.addWidget(plate)
        column.addSpacing(6)
        column.addWidget(Text(self._theme, title, "section"))
        column.addWidget(Text(self._theme, sentence, "body", "muted", wrap=True))
        return card, column

    def _make_new(self) -> QFrame:
        sentence = (
            "A folder that holds everything: registry, datasets, runs, models. It can be copied and backed up as one."
        )
        card, column = self._card("plus", "Make a workspace", sentence, "accent")
        column.addSpacing(4)
        column.addWidget(Text(self._theme, "Name", "table-strong"))
        self.name = QLineEdit("my-workspace")
        self.name.setAccessibleName("Name of the new workspace")
        self.name.selectAll()
        column.addWidget(self.name)
        self._place_words = ElidedText(self._theme, "", "caption", "muted", Qt.TextElideMode.ElideMiddle)
        column.addWidget(self._place_words)
        column.addStretch(1)
        self.make = Button(self._theme, "Make workspace", kind="primary")
        self.elsewhere = Button(self._theme, "Choose place…", kind="ghost")
        self.make.clicked.connect(self._on_make)
        self.elsewhere.clicked.connect(self._on_elsewhere)
        self.name.textChanged.connect(lambda text: self._show_place())
        self.name.returnPressed.connect(self._on_make)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.make)
        row.addWidget(self.elsewhere)
        row.addStretch(1)
        column.addLayout(row)
        self.parent_folder = Path.home() / "MLOps"
        self._show_place()
        return card

    def _make_open(self) -> QFrame:
        sentence = "One that was made before, here or by the command line; also a copy of another computer's."
        card, column = self._card("folder-open", "Open a workspace", sentence, "true")
        column.addSpacing(4)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column.addLayout(self._recent)
        column.addStretch(1)
        self.open = Button(self._theme, "Choose folder…")
        self.open.clicked.connect(self._on_open)
        column.addWidget(self.open)
        return card

    def _make_path(self) -> QFrame:
        card = QFrame()
        card.setProperty("card", "true")
        row = QHBoxLayout(card)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        for place, (icon, verb, what) in enumerate(PATH, 1):
            step = QWidget()
            inner = QVBoxLayout(step)
            inner.setContentsMargins(14, 10, 8, 10)
            inner.setSpacing(3)
            first = QHBoxLayout()
            first.setSpacing(8)
            first.addWidget(Icon(self._theme, icon, "accent-text", 17))
            first.addWidget(Text(self._theme, f"{place}. {verb}", "title"))
            first.addStretch(1)
            inner.addLayout(first)
            inner.addWidget(Text(self._theme, what, "table", "muted"))
            if place > 1:
                row.addWidget(_upright())
            row.addWidget(step, 1)
        return card

    def _show_place(self) -> None:
        self._place_words.setText(str(self.parent_folder / (self.name.text().strip() or "…")))

    def _on_make(self) -> None:
        name = self.name.text().strip()
        self.wanted.emit(self.parent_folder / name if name else self.parent_folder, name)

    def _on_elsewhere(self) -> None:
        place = QFileDialog.getExistingDirectory(self, "Where the new workspace folder goes", str(Path.home()))
        if place:
            self.parent_folder = Path(place)
            self._show_place()

    def _on_open(self) -> None:
        place = QFileDialog.getExistingDirectory(self, "Workspace folder", str(Path.home()))
        if place:
            self.chosen.emit(Path(place))

    def minimumSizeHint(self) -> QSize:
        return QSize(640, 400)


def _upright() -> QFrame:
    """A line between two steps."""
    made = QFrame()
    made.setProperty("line", True)
    made.setFixedWidth(1)
    return made
