"""Home of an empty workspace: the two ways in, and the five steps to a model that answers."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.way import SAMPLE_NAME, WayCard, make_way, sample_file
from mlops_desktop.gui.widgets.text import Text

WIDTH = 914


class FirstSteps(QScrollArea):
    """Import a file, or look at the sample."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        theme = context.theme
        self.setWidgetResizable(True)
        self.setAccessibleName("First steps")
        content = QWidget()
        content.setObjectName("page")
        outer = self._outer = QVBoxLayout(content)
        outer.setSpacing(12)
        both = QWidget()
        both.setMaximumWidth(WIDTH)
        cards = QHBoxLayout(both)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(14)
        sentence = "A CSV or TSV file. Types, missing values and findings are shown before anything is stored."
        own = WayCard(theme, "download", "Import your own data", sentence, kind="accent")
        self.choose = own.add_button(
            "Choose file…", context.shell.import_data, "or drop it on the window", kind="primary"
        )
        sentence = "336,776 flights from New York in 2013 with weather. You see how they are read, then train on them."
        sample = WayCard(theme, "play", "Open the sample flights", sentence)
        self.sample = sample.add_button(
            "Open sample", lambda: context.shell.go(Place("import", sample_file(), {"dataset": SAMPLE_NAME}))
        )
        for card in (own, sample):
            cards.addWidget(card, 1)
        outer.addWidget(both)
        outer.addSpacing(8)
        outer.addWidget(Text(theme, "The way to a live model", "title"))
        way = make_way(theme)
        way.setMaximumWidth(WIDTH)
        outer.addWidget(way)
        outer.addStretch(1)
        self.setWidget(content)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._outer.setContentsMargins(edge, 8, edge, 16)

    def panes(self) -> list[QWidget]:
        return [self.choose]
