"""The way from a table to a live model, as five steps beside each other; the first start and an empty Home show it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text
from mlops_desktop.resources import resource

STEPS = (
    ("download", "Import", "a CSV file"),
    ("play", "Run", "a suggested estimator"),
    ("box", "Register", "the best, by Compare"),
    ("rocket", "Deploy", "on this computer"),
    ("send", "Try it", "and copy the curl command"),
)
SAMPLE_NAME = "flights"


def sample_file() -> str:
    """The sample that ships with the program: every flight from New York in 2013."""
    return str(resource("samples", "flights.csv.zip"))


def make_way(theme: Theme) -> QFrame:
    card = QFrame()
    card.setProperty("card", "true")
    row = QHBoxLayout(card)
    row.setContentsMargins(1, 1, 1, 1)
    row.setSpacing(0)
    for place, (icon, verb, what) in enumerate(STEPS, 1):
        step = QWidget()
        inner = QVBoxLayout(step)
        inner.setContentsMargins(14, 10, 8, 10)
        inner.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(Icon(theme, icon, "accent-text", 17))
        first.addWidget(Text(theme, f"{place}. {verb}", "title"))
        first.addStretch(1)
        inner.addLayout(first)
        inner.addWidget(Text(theme, what, "table", "muted", wrap=True))
        inner.addStretch(1)
        if place > 1:
            row.addWidget(_upright())
        row.addWidget(step, 1)
    return card


class WayCard(QFrame):
    """A large way in: icon, title, sentence, one button, and a note beside it."""

    def __init__(
        self, theme: Theme, icon: str, title: str, sentence: str, *, kind: str = "true", least: int = 214
    ) -> None:
        super().__init__()
        self._theme = theme
        self.setProperty("card", kind)
        self.setMinimumHeight(least)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(18, 18, 18, 18)
        self.column.setSpacing(6)
        plate = QFrame()
        plate.setObjectName("plate")
        plate.setFixedSize(38, 38)
        inner = QHBoxLayout(plate)
        inner.setContentsMargins(9, 9, 9, 9)
        inner.addWidget(Icon(theme, icon, "accent-text", 20))
        self.column.addWidget(plate)
        self.column.addSpacing(6)
        self.column.addWidget(Text(theme, title, "section"))
        self.column.addWidget(Text(theme, sentence, "body", "muted", wrap=True))
        self.column.addStretch(1)

    def add_button(self, caption: str, act: Callable[[], object], note: str = "", *, kind: str = "normal") -> Button:
        button = Button(self._theme, caption, kind=kind)
        button.clicked.connect(lambda _=False: act())
        row = QHBoxLayout()
        row.setSpacing(9)
        row.addWidget(button)
        if note:
            row.addWidget(Text(self._theme, note, "table", "muted"))
        row.addStretch(1)
        self.column.addLayout(row)
        return button


def _upright() -> QFrame:
    """A line between two steps."""
    made = QFrame()
    made.setProperty("line", True)
    made.setFixedWidth(1)
    return made
