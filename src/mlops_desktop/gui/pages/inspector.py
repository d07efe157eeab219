"""The inspector: everything known of one run, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.domain.experiments import Run, RunStatus
from mlops_desktop.domain.run_summaries import Registered
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.item_models.columns import dataset_text
from mlops_desktop.gui.readings import runs as reading
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import Arc
from mlops_desktop.gui.widgets.buttons import Button, ElidedLink, IconButton
from mlops_desktop.gui.widgets.cards import FactList
from mlops_desktop.gui.widgets.marks import Progress, StatusWord
from mlops_desktop.gui.widgets.states import ErrorBox
from mlops_desktop.gui.widgets.tabs import Tabs
from mlops_desktop.gui.widgets.text import ElidedText, Text, line
from mlops_desktop.gui.widgets.warnings import Warnings

WIDTH, SMALL_WIDTH = 292, 268
NARROWEST, WIDEST = 240, 560


class Inspector(QWidget):
    """Title, status, actions, tabs; a list of facts under each."""

    closed = Signal()
    cancel_asked = Signal(object)
    trash_asked = Signal(object)
    register_asked = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        theme = self._theme = context.theme
        self._context, self._clock = context, context.clock
        self.run: Run | None = None
        self._made: Sequence[Registered] = ()
        self._best: dict[str, float] = {}
        self._origin = ""
        self._cancelling: set[str] = set()
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(NARROWEST)
        self.setMaximumWidth(WIDEST)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        self.tabs = Tabs(theme, "Inspector tabs")
        for name in ("Overview", "Params", "Environment"):
            self.tabs.addTab(name)
        self.tabs.currentChanged.connect(lambda place: self._show_tab())
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(line(theme))
        column.addWidget(self._make_body(), 1)

    def show_run(
        self, run: Run | None, best: dict[str, float], origin: str = "", made: Sequence[Registered] = ()
    ) -> None:
        """`best` maps each metric to the best mean of the runs beside it; `origin` names the run that it repeats,
        `made` are the model versions made of it."""
        if run is None or self.run is None or run.id != self.run.id:
            self._doubts.show_lines(())
        self.run, self._best, self._origin, self._made = run, best, origin, made
        if run is not None and run.status.is_ended:
            self._cancelling.discard(run.id)
        self._show_head()
        self._show_tab()

    def show_warnings(self, doubts: Sequence[str], *, is_cancelling: bool) -> None:
        """What speaks against comparing the run's figures; whether it was asked to stop, here or elsewhere."""
        self._doubts.show_lines(doubts)
        self._show_doubts()
        if self.run is not None and is_cancelling:
            self._cancelling.add(self.run.id)
            self._show_head()

    def _show_doubts(self) -> None:
        self._doubts.setVisible(self.run is not None and self.tabs.currentIndex() == 0 and bool(self._doubts.lines))

    def refresh_clock(self) -> None:
        """Elapsed and remaining time, as of now."""
        if self.run is not None and self.run.status is RunStatus.RUNNING:
            self._show_head()

    # Making

    def _make_head(self) -> QVBoxLayout:
        theme = self._theme
        head = QVBoxLayout()
        head.setContentsMargins(14, 10, 10, 8)
        head.setSpacing(4)
        first = QHBoxLayout()
        self._name = ElidedText(theme, "", "title")
        self.open_button = IconButton(theme, "maximize-2", "Open the page of this run (Enter)", size=24, picture=15)
        self.open_button.clicked.connect(lambda: self._go("run"))
        self.close_button = IconButton(theme, "x", "Hide inspector (Ctrl+I)", size=24, picture=15)
        self.close_button.clicked.connect(self.closed)
        first.addWidget(self._name, 1)
        first.addWidget(self.open_button)
        first.addWidget(self.close_button)
        head.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(6)
        self._arc = Arc(theme, 14)
        self._status = StatusWord(theme)
        self._note = ElidedText(theme, "", "number", "muted")
        for part in (self._arc, self._status):
            second.addWidget(part)
        second.addWidget(self._note, 1)
        head.addLayout(second)
        self._bar = Progress(theme, "Progress of the run")
        head.addWidget(self._bar)
        self._times = QWidget()
        third = QHBoxLayout(self._times)
        third.setContentsMargins(0, 0, 0, 0)
        self._elapsed = Text(theme, "", "number", "muted")
        self._left = Text(theme, "", "number", "muted")
        third.addWidget(self._elapsed)
        third.addStretch(1)
        third.addWidget(self._left)
        head.addWidget(self._times)
        head.addSpacing(4)
        head.addLayout(self._make_actions())
        return head

    def _make_actions(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(8)
        self.cancel = Button(theme, "Cancel run", icon="square", small=True)
        self.register = Button(theme, "Register…", icon="box", small=True)
        self.trash = IconButton(theme, "trash-2", "Move this run to trash", size=28)
        self.log = Button(theme, "Log", icon="scroll-text", small=True)
        self.log.clicked.connect(lambda: self._go("run", tab="log"))
        self.cancel.clicked.connect(self._on_cancel)
        self.trash.clicked.connect(lambda: self.trash_asked.emit(self.run))
        self.register.clicked.connect(lambda: self.register_asked.emit(self.run))
        self._actions = (self.register, self.cancel, self.log, self.trash)
        for button in self._actions[:3]:
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.trash)
        return row

    def _make_body(self) -> QScrollArea:
        theme = self._theme
        body = QWidget()
        body.setObjectName("inspectorbody")
        column = QVBoxLayout(body)
        column.setContentsMargins(14, 12, 14, 14)
        column.setSpacing(10)
        self._failure = ErrorBox(theme, narrow=True)
        self._doubts = Warnings(theme)
        self._metrics = _MetricList(theme)
        self._links = _LinkList(theme, self._context)
        self._facts = FactList(theme)
        self._notes_title = Text(theme, "Notes", "title")
        self._notes = Text(theme, "", "table", wrap=True)
        self._nothing = Text(theme, "", "table", "muted", wrap=True)
        for part in (
            self._failure,
            self._doubts,
            self._metrics,
            self._links,
            self._facts,
            self._notes_title,
            self._notes,
            self._nothing,
        ):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Facts of the run")
        scroll.setWidget(body)
        return scroll

    # Showing

    def _show_head(self) -> None:
        run, now = self.run, self._clock()
        parts = (self._arc, self._status, self._note, self._bar, self._times, *self._actions)
        if run is None:
            self._name.setText("No run chosen")
            for part in parts:
                part.hide()
            return
        running = run.status is RunStatus.RUNNING
        self._name.setText(run.name)
        self._status.set_sign(run_sign(run.status))
        asked = run.id in self._cancelling
        self._status.setVisible(not running and not asked)
        self._arc.setVisible(running)
        note = reading.status_note(run, now)
        self._note.setText("Cancelling…" if asked else f"Running · {note}" if running else note)
        self._note.set_tone("accent-text" if running and not asked else "muted")
        self._note.show()
        self._bar.set_share(run.progress)
        self._bar.setVisible(running)
        self._times.setVisible(running)
        self._elapsed.setText(_elapsed(run, now))
        self._left.setText("" if asked else reading.time_left(run, now))
        self.cancel.set_caption("Cancelling…" if asked else "Cancel run")
        self.cancel.setVisible(not run.status.is_ended)
        self.register.setVisible(run.status is RunStatus.FINISHED)
        self.trash.setVisible(run.status.is_ended)
        self.log.setVisible(run.status is not RunStatus.QUEUED)

    def _show_tab(self) -> None:
        run, tab = self.run, self.tabs.currentIndex()
        self.tabs.setVisible(run is not None)
        self._show_doubts()
        first = run is not None and tab == 0
        failed = run is not None and run.failure is not None and run.status is not RunStatus.CANCELLED
        self._failure.setVisible(first and failed)
        self._metrics.setVisible(bool(first and run and run.metrics))
        for part in (self._notes, self._notes_title):
            part.setVisible(bool(first and run and run.notes))
        self._links.setVisible(first)
        self.open_button.setVisible(run is not None)
        self._facts.setVisible(run is not None)
        self._nothing.hide()
        if run is None:
            self._nothing.setText("Choose a run in the table to see what it was given and what it measured.")
            self._nothing.show()
            return
        if tab == 0:
            if run.failure:
                self._failure.show_problem(run.failure.message, run.failure.hint, run.failure.code, run.failure.details)
            self._metrics.show_rows(reading.metric_rows(run, self._best))
            self._notes.setText(run.notes)
            self._links.show_links(_links(run, self._origin, self._made))
            tips = {
                "Validation": reading.validation_text(run),
                "Dataset hash": run.dataset_hash,
                "Bundle": run.bundle_hash or "",
            }
            self._facts.show_facts(reading.overview(run, self._clock()), tips)
        elif tab == 1:
            self._facts.show_facts(reading.params(run))
        else:
            facts = reading.environment(run)
            self._facts.show_facts(facts)
            ended = run.status.is_ended
            self._nothing.setText("It ended before this was recorded." if ended else "Recorded when the run ends.")
            self._nothing.setVisible(not facts)

    def _on_cancel(self) -> None:
        if self.run is not None and self.run.id not in self._cancelling:
            self._cancelling.add(self.run.id)
            self._show_head()
            self.cancel_asked.emit(self.run)

    def _go(self, page: str, **how: str) -> None:
        if self.run is not None:
            self._context.shell.go(Place(page, self.run.name, how))


def _links(run: Run, origin: str, made: Sequence[Registered]) -> list[tuple[str, str, Place | None]]:
    """Label, words and where they lead."""
    rows: list[tuple[str, str, Place | None]] = [
        ("Dataset version", dataset_text(run.dataset_reference), Place("datasets", run.dataset_reference))
    ]
    for version in made:
        words = " · ".join((version.reference, *version.aliases))
        rows.append(("Model version", words, Place("model-version", version.reference)))
    if run.rerun_of:
        rows.append(("Re-run of", origin or "a run not shown here", Place("run", origin) if origin else None))
    return rows


def _elapsed(run: Run, now: datetime) -> str:
    return f"{formats.duration(now - run.started_at)} elapsed" if run.started_at else ""


class _LinkList(QWidget):
    """Labels at the left, links at the right."""

    def __init__(self, theme: Theme, context: Context) -> None:
        super().__init__()
        self._theme, self._context = theme, context
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self.rows: list[tuple[str, str, Place | None]] = []
        self.buttons: list[Button] = []

    def show_links(self, rows: list[tuple[str, str, Place | None]]) -> None:
        if rows == self.rows:
            return
        self.rows, self.buttons = rows, []
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for label, words, place in rows:
            holder = QWidget()
            row = QHBoxLayout(holder)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(Text(self._theme, label, "table", "muted"))
            row.addSpacing(12)
            row.addStretch(1)
            row.addWidget(self._link(label, words, place) if place else ElidedText(self._theme, words, "table"))
            self._column.addWidget(holder)

    def _link(self, label: str, words: str, place: Place) -> Button:
        button = ElidedLink(self._theme, words)
        button.setAccessibleName(f"{label}: {words}")
        button.clicked.connect(lambda: self._context.shell.go(place))
        self.buttons.append(button)
        return button


class _MetricList(QWidget):
    """Metric, mean ± spread, difference to the best run."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 2)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        grid.addWidget(Text(theme, "Metrics", "title"), 0, 0)
        self._against = Text(theme, "vs best", "table", "muted")
        self._against.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(Text(theme, "mean ± sd", "table", "muted"), 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._against, 0, 2)
        self._rows: list[tuple[ElidedText, Text, Text]] = []

    def show_rows(self, rows: list[tuple[str, str, str]]) -> None:
        while len(self._rows) < len(rows):
            place = len(self._rows) + 1
            made = (
                ElidedText(self._theme, "", "table", "muted"),
                Text(self._theme, "", "number-strong"),
                Text(self._theme, "", "number", "muted"),
            )
            for column, label in enumerate(made):
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._grid.addWidget(label, place, column)
            self._rows.append(made)
        compared = any(row[2] for row in rows)
        for place, labels in enumerate(self._rows):
            for column, label in enumerate(labels):
                label.setVisible(place < len(rows) and (column < 2 or compared))
                if place < len(rows):
                    label.setText(rows[place][column])
        self._against.setVisible(compared)
        self._grid.setHorizontalSpacing(8 if compared else 0)
