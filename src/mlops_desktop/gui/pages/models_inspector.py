"""The inspector of Models: aliases and where they point, what answers, the figure over the versions, what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.charts.values import Axis, Lines, Series
from mlops_desktop.gui.readings import models as reading
from mlops_desktop.gui.readings.models import ModelFacts
from mlops_desktop.gui.statuses import health_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.chips import Chip, ChipSign
from mlops_desktop.gui.widgets.layouts import clear_layout
from mlops_desktop.gui.widgets.marks import Icon
from mlops_desktop.gui.widgets.text import ElidedText, Text, line, plain_tip

WIDTH, SMALL_WIDTH = 292, 256
NARROWEST, WIDEST = 232, 560
FEW = 5


class Section(QWidget):
    """A titled part with a link at its right; `rows` takes what is in it."""

    def __init__(self, theme: Theme, title: str, link: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line(theme))
        head = QHBoxLayout()
        head.setContentsMargins(14, 9, 10, 5)
        self.title = ElidedText(theme, title, "title")
        head.addWidget(self.title, 1)
        self.link = Button(theme, link, kind="link", small=True)
        if not link:
            self.link.hide()
        self.note = Text(theme, "", "table", "muted")
        self.note.hide()
        head.addWidget(self.note)
        head.addWidget(self.link)
        column.addLayout(head)
        self.rows = QVBoxLayout()
        self.rows.setContentsMargins(14, 0, 14, 10)
        self.rows.setSpacing(8)
        column.addLayout(self.rows)


class ModelInspector(QWidget):
    """Everything known of the current row's model. `opened` carries a reference to show."""

    opened = Signal(str)
    deployments_wanted = Signal(str)
    deploy_wanted = Signal(str)

    def __init__(self, theme: Theme, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._theme, self._clock = theme, clock
        self.facts: ModelFacts | None = None
        self.number = 0
        self._all = False
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        body = QWidget()
        body.setObjectName("inspectorbody")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        self.aliases = Section(theme, "Aliases", "Set alias…")
        self.alias_menu = QMenu(self)
        self.aliases.link.setMenu(self.alias_menu)
        self.serving = Section(theme, "Serving", "Open Deployments")
        self.serving.link.clicked.connect(lambda: self.deployments_wanted.emit(""))
        self.figures = Section(theme, "")
        self.chart = LineChart(theme, "The main metric by version")
        self.chart.setFixedHeight(126)
        self.figures.rows.setContentsMargins(6, 0, 10, 8)
        self.figures.rows.addWidget(self.chart)
        self.changes = Section(theme, "Last changes", "All")
        self.changes.link.clicked.connect(self._on_all)
        for section in (self.aliases, self.serving, self.figures, self.changes):
            column.addWidget(section)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName("Facts of the model")
        self.area.setWidget(body)
        outer.addWidget(self.area)

    @property
    def reference(self) -> str:
        """The version that actions are about: the current row's, else the champion, else the newest."""
        if self.facts is None:
            return ""
        return self.facts.reference(self.number)

    def show_model(self, facts: ModelFacts | None, number: int = 0) -> None:
        """`number` is the version of the current row, 0 for the model's own row."""
        if facts is not None and self.facts is not None and facts.model.id != self.facts.model.id:
            self._all = False
        changed = facts != self.facts
        self.facts, self.number = facts, number
        if facts is None:
            return
        self._show_head(facts)
        if changed:
            self._show_aliases(facts)
            self._show_serving(facts)
            self._show_figures(facts)
            self._show_changes(facts)

    # Making

    def _make_head(self) -> QVBoxLayout:
        theme = self._theme
        head = QVBoxLayout()
        head.setContentsMargins(14, 12, 10, 10)
        head.setSpacing(4)
        first = QHBoxLayout()
        first.setSpacing(8)
        self._name = ElidedText(theme, "", "section")
        self.open_button = Button(theme, "Open", kind="link", small=True)
        self.open_button.clicked.connect(lambda: self.opened.emit(self.reference))
        first.addWidget(Icon(theme, "box", "muted", 16))
        first.addWidget(self._name, 1)
        first.addWidget(self.open_button)
        head.addLayout(first)
        self._words = Text(theme, "", "table", "muted", wrap=True)
        head.addWidget(self._words)
        return head

    # Showing

    def _show_head(self, facts: ModelFacts) -> None:
        name, version = facts.model.name, facts.version(self.number) or facts.champion or facts.versions[0]
        self._name.setText(f"{name} v{self.number}" if self.number else name)
        self.open_button.setAccessibleName(f"Open {name} v{version.number}")
        self.open_button.setToolTip(plain_tip(f"Open {name} v{version.number}"))
        parts = [facts.model.description, f"{reading.task_words(version)}."]
        self._words.setText("\n".join(part for part in parts if part))

    def _show_aliases(self, facts: ModelFacts) -> None:
        clear_layout(self.aliases.rows)
        now, theme, model = self._clock(), self._theme, facts.model
        if not model.aliases:
            words = "No alias is set. An alias is a name that moves from version to version, such as champion."
            self.aliases.rows.addWidget(Text(theme, words, "table", "muted", wrap=True))
            return
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(9)
        grid.setColumnStretch(2, 1)
        for place, alias in enumerate(reading.alias_order(model.aliases)):
            move = reading.latest_move(facts, alias)
            number = model.aliases[alias]
            button = Button(theme, f"v{number}", kind="link", small=True)
            button.setAccessibleName(f"{alias} is v{number}, open it")
            button.clicked.connect(lambda _=False, shown=number: self.opened.emit(f"{model.name}@v{shown}"))
            when = ElidedText(theme, _when(move.moved_at, move.moved_by, now) if move else "", "table", "muted")
            grid.addWidget(ChipSign(theme, Chip(alias)), place, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(button, place, 1)
            grid.addWidget(when, place, 2)
        self.aliases.rows.addLayout(grid)

    def _show_serving(self, facts: ModelFacts) -> None:
        clear_layout(self.serving.rows)
        theme = self._theme
        self.serving.link.setVisible(bool(facts.answering))
        for one in facts.answering:
            sign = health_sign(one.health)
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(Icon(theme, sign.icon, sign.token, 14), 0, Qt.AlignmentFlag.AlignTop)
            column = QVBoxLayout()
            column.setSpacing(0)
            name = Button(theme, f"{one.endpoint.name} · v{one.number}", kind="link", small=True)
            name.setAccessibleName(f"Endpoint {one.endpoint.name} answers with v{one.number}, open it")
            name.clicked.connect(lambda _=False, shown=one.endpoint.name: self.deployments_wanted.emit(shown))
            column.addWidget(name)
            note = f"{sign.word} · {one.endpoint.host} · port {one.endpoint.port}"
            column.addWidget(ElidedText(theme, note, "table", "muted"))
            row.addLayout(column, 1)
            self.serving.rows.addLayout(row)
        if not facts.answering:
            words = "No endpoint answers with a version of it."
            self.serving.rows.addWidget(Text(theme, words, "table", "muted", wrap=True))
            deploy = Button(theme, "Deploy…", icon="rocket", small=True)
            deploy.clicked.connect(lambda: self.deploy_wanted.emit(self.reference))
            self.serving.rows.addWidget(deploy)

    def _show_figures(self, facts: ModelFacts) -> None:
        key, figures, of_test = reading.by_version(facts)
        self.figures.setVisible(len(figures) > 1)
        if len(figures) < 2:
            return
        where = "test part" if of_test else "mean over folds"
        self.figures.title.setText(f"{key} by version")
        self.figures.note.setText(where)
        self.figures.note.show()
        places = formats.decimals([value for _, value in figures])
        names = tuple(f"v{number}" for number, _ in figures)
        values = tuple(value for _, value in figures)
        series = Series(key, tuple(float(place) for place in range(len(names))), values, has_dots=True)
        up = Axis(words=lambda value: formats.number(value, min(places, 2)))
        said = ", ".join(f"{name} {formats.number(value, places)}" for name, value in zip(names, values, strict=True))
        self.chart.show_lines(Lines((series,), Axis(names=names), up), f"{key} by version, {where}: {said}")

    def _show_changes(self, facts: ModelFacts) -> None:
        clear_layout(self.changes.rows)
        self.changes.rows.setSpacing(0)
        changes, now, theme = reading.changes(facts), self._clock(), self._theme
        self.changes.link.setVisible(len(changes) > FEW and not self._all)
        self.changes.link.set_caption(f"All {formats.count(len(changes))}")
        for place, change in enumerate(changes if self._all else changes[:FEW]):
            if place:
                self.changes.rows.addWidget(line(theme))
            row = QHBoxLayout()
            row.setContentsMargins(0, 6, 0, 6)
            row.setSpacing(5)
            row.addWidget(Text(theme, change.who, "table-strong"))
            row.addWidget(ElidedText(theme, change.what, "table", "muted"), 1)
            when = Text(theme, formats.moment(change.at, now), "number", "muted")
            when.setToolTip(plain_tip(formats.full_moment(change.at)))
            row.addWidget(when)
            self.changes.rows.addLayout(row)

    def _on_all(self) -> None:
        self._all = True
        if self.facts is not None:
            self._show_changes(self.facts)


def _when(at: datetime, who: str, now: datetime) -> str:
    return f"{formats.moment(at, now)} by {who}"
