"""Home of an empty workspace: the five commands from a CSV to a model that answers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.cards import Card
from mlops_desktop.gui.widgets.command_line import CommandLine
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import Text

STEPS = (
    ("download", "Import", "Reads a CSV, types and profiles its columns, and keeps it as version 1.",
     "mlops datasets import flights.csv --derive 'late = arr_delay > 15'"),
    ("play", "Run", "Trains a suggested estimator and measures it; runs show up here while they work.",
     "mlops experiments run flights late"),
    ("box", "Register", "Makes the best run version 1 of a model.",
     "mlops models register RUN flight-late --alias champion"),
    ("rocket", "Deploy", "Starts it on this computer behind an address of its own.",
     "mlops deployments deploy flight-late@champion"),
    ("send", "Try it", "Asks the endpoint with a row of the model's own example.",
     "mlops deployments predict flight-late"),
)  # fmt: skip


class FirstSteps(QScrollArea):
    """Each step with its command, ready to copy."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName("First steps")
        content = QWidget()
        content.setObjectName("page")
        outer = QVBoxLayout(content)
        outer.setContentsMargins(20, 4, 20, 16)
        outer.setSpacing(12)
        card = Card(theme, "The way to a model that answers", "each command can be copied")
        card.setMaximumWidth(900)
        for place, (icon, verb, sentence, command) in enumerate(STEPS, 1):
            card.body.addWidget(_step(theme, icon, f"{place}. {verb}", sentence, command))
        outer.addWidget(card)
        whole = Card(theme, "All of it with sample data", "336,776 flights, in a workspace of its own")
        whole.setMaximumWidth(900)
        holder = QVBoxLayout()
        holder.setContentsMargins(13, 0, 13, 12)
        self.demo = CommandLine(theme, "mlops demo --keep")
        holder.addWidget(self.demo)
        whole.body.addLayout(holder)
        outer.addWidget(whole)
        outer.addStretch(1)
        self.setWidget(content)


def _step(theme: Theme, icon: str, title: str, sentence: str, command: str) -> QFrame:
    step = QFrame()
    step.setProperty("row", True)
    row = QHBoxLayout(step)
    row.setContentsMargins(13, 10, 13, 10)
    row.setSpacing(12)
    row.addWidget(Icon(theme, icon, "accent-text", 18), 0, Qt.AlignmentFlag.AlignTop)
    column = QVBoxLayout()
    column.setSpacing(4)
    column.addWidget(Text(theme, title, "title"))
    column.addWidget(Text(theme, sentence, "table", "muted", wrap=True))
    column.addWidget(CommandLine(theme, command))
    row.addLayout(column, 1)
    return step
