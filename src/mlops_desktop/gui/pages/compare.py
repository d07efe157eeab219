"""Two to eight runs side by side: who is best in what and how surely, and in what they differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QMenu, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.comparisons import chart_kinds
from mlops_desktop.domain.experiments import RunStatus, Task
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.compare_charts import CurveCharts, MatricesCard, MetricCharts
from mlops_desktop.gui.pages.compare_layout import place_cards
from mlops_desktop.gui.pages.compare_runs import RunCards, WarningCard
from mlops_desktop.gui.pages.compare_tables import DifferencesTable, MetricsTable
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import compare as reading
from mlops_desktop.gui.readings.compare import CompareFacts, read_compare
from mlops_desktop.gui.readings.home import quoted
from mlops_desktop.gui.widgets.buttons import Button, IconButton
from mlops_desktop.gui.widgets.command_line import CopyButton
from mlops_desktop.gui.widgets.controls import Segments
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

VIEWS = (("all", "All"), ("charts", "Charts"), ("differences", "Differences"))
CHART_HEIGHT = 204


class ComparePage(Page):
    """The runs' names are the subject; the first one is A, what others are compared with."""

    name, section = "compare", "experiments"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._names: tuple[str, ...] = ()
        self._small: bool | None = None
        self.facts: CompareFacts | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self._build()

    # What the window asks for

    def refresh(self) -> None:
        if self._workspace is not None and self._names:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        known = {run.id for run in self.facts.runs} if self.facts else set()
        if any(change.kind is ChangeKind.RUN and change.object_id in known for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name, ",".join(self._names), {"view": self.views.value})

    def go(self, place: Place) -> None:
        names = tuple(dict.fromkeys(part.strip() for part in place.subject.split(",") if part.strip()))
        self.views.show_value(place.how.get("view") or "all")
        if names != self._names or not names:
            self._names = names
            self.facts = None
            self.header.show_title("Compare")
            self.header.show_sentence("Reading…" if names else "No run is chosen")
            self._show_actions()
            self.stack.setCurrentWidget(self._loading if names else self._empty)
            self.refresh()
        self._arrange()

    def path(self) -> Sequence[tuple[str, Place | None]]:
        home = self.facts.runs[0].experiment_name if self.facts else ""
        middle = [(home, Place("experiments", home))] if home else []
        return [("Experiments", Place("experiments")), *middle, ("Compare", None)]

    def panes(self) -> Sequence[QWidget]:
        if self.facts is None or self.stack.currentWidget() is not self.content:
            return []
        parts: list[QWidget | None] = [
            self.cards.cards[0].link if self.cards.cards else None,
            self.metric_charts.folds.chart,
            self.metrics.table,
            self.differences.table,
        ]
        return [part for part in parts if part is not None and part.isVisible()]

    def commands(self) -> Sequence[Command]:
        if self.facts is None:
            return ()
        found = []
        best = self._best_name()
        if best:
            found.append(Command("primary", f"Register {best}…", "box", self.register))
        line = self._command_line()
        return [*found, Command("export", "Export the charts…", "upload", self.export, f"{line} --charts FOLDER")]

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "Compare")
        self.views = Segments(theme, "What is shown", VIEWS)
        self.views.show_value("all")
        self.views.chosen.connect(self._on_view)
        self.copy = CopyButton(theme, "", "Copy as CLI", what="that compares these runs", small=False)
        self.export_button = Button(theme, "Export charts…", icon="upload")
        self.export_button.clicked.connect(self.export)
        self.register_button = Button(theme, "Register…", icon="box", kind="primary")
        self.register_button.clicked.connect(self.register)
        self.more = IconButton(theme, "ellipsis", "More actions")
        self._menu = QMenu(self)
        self._menu.addAction(theme.icon("copy", "muted", 16), "Copy as CLI", self.copy.click)
        self._menu.addAction(theme.icon("upload", "muted", 16), "Export charts…", self.export)
        self.more.clicked.connect(lambda: self._menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height() + 2))))
        for part in (self.views, self.copy, self.export_button, self.more, self.register_button):
            self.header.add_action(part)
        column.addWidget(self.header)
        self.stack = QStackedWidget()
        self._loading = Skeleton(theme, "the runs", edge=20)
        self._empty = EmptyState(
            theme,
            "chart-line",
            "Nothing to compare yet",
            "Side by side, two to eight runs show which one is best, how surely, and what was different.",
            action="Choose runs",
            act=lambda: self._context.shell.go(Place("experiments")),
        )
        self.error = QWidget()
        inner = QVBoxLayout(self.error)
        inner.setContentsMargins(20, 12, 20, 12)
        self.error_box = ErrorBox(theme, self.refresh)
        inner.addWidget(self.error_box)
        inner.addStretch(1)
        self.content = self._make_content()
        for shown in (self._loading, self._empty, self.error, self.content):
            self.stack.addWidget(shown)
        column.addWidget(self.stack, 1)
        self._show_actions()

    def _make_content(self) -> QScrollArea:
        theme = self._context.theme
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Comparison")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setObjectName("page")
        self._frame = QVBoxLayout(content)
        self._frame.setSpacing(12)
        self.cards = RunCards(theme)
        self.cards.chosen.connect(self._on_chosen)
        self.cards.opened.connect(lambda name: self._context.shell.go(Place("run", name)))
        self._frame.addWidget(self.cards)
        self.warning = WarningCard(theme)
        self._frame.addWidget(self.warning)
        self.grid = QGridLayout()
        self.grid.setSpacing(12)
        self.metric_charts = MetricCharts(self._context)
        self.curves = CurveCharts(self._context)
        self.metrics = MetricsTable(self._context)
        self.matrices = MatricesCard(self._context)
        self.differences = DifferencesTable(self._context)
        charts = (self.metric_charts.folds, self.metric_charts.spread, self.curves.roc, self.curves.pr)
        for card in (*charts, self.metrics, self.matrices, self.differences):
            card.setParent(content)  # shown before it has its place it would be a window of its own
        for card in charts:
            card.chart.setMinimumHeight(CHART_HEIGHT)
        self._frame.addLayout(self.grid)
        self._frame.addStretch(1)
        scroll.setWidget(content)
        return scroll

    # Reading and showing

    def _read(self) -> CompareFacts:
        return read_compare(self.workspace, self._names)

    def _show(self, facts: CompareFacts) -> None:
        if facts.asked != self._names:
            return  # other runs were asked for meanwhile
        if len(self._names) > reading.MOST:
            self._context.shell.say(f"The first {reading.MOST} runs are compared.", "info")
        self.facts, self._names = facts, facts.names
        self.header.show_title(reading.title(facts))
        self.header.show_sentence(reading.sentence(facts))
        self.cards.show_facts(facts)
        self.warning.show_sentences(facts.comparison.warnings)
        self.metric_charts.show_facts(facts)
        self.curves.show_facts(facts)
        self.metrics.show_facts(facts)
        self.differences.show_facts(facts)
        self._show_actions()
        self._arrange()
        self.stack.setCurrentWidget(self.content)
        self._context.shell.place_changed()

    def _show_actions(self) -> None:
        facts, best = self.facts, self._best_name()
        small, drawn = bool(self._small), facts is not None and any(facts.evaluations)
        self.views.setVisible(facts is not None)
        self.copy.setVisible(facts is not None and not small)
        self.export_button.setVisible(drawn and not small)
        self.more.setVisible(facts is not None and small)
        self._menu.actions()[1].setVisible(drawn)
        self.register_button.setVisible(bool(best))
        if facts is not None and facts.best is not None:
            self.register_button.set_caption(f"Register {reading.letter(facts.best)}…")
            self.register_button.setAccessibleName(f"Register {best}")
        self.copy.set_text(self._command_line())

    def _best_name(self) -> str:
        facts = self.facts
        if facts is None or facts.best is None or facts.runs[facts.best].status is not RunStatus.FINISHED:
            return ""
        return facts.names[facts.best]

    def _command_line(self) -> str:
        return f"mlops experiments compare {' '.join(map(quoted, self._names))}"

    def _arrange(self) -> None:
        """Puts the cards of the view into the grid: three columns, or two where the window is small."""
        facts = self.facts
        while self.grid.count():
            self.grid.takeAt(0)
        everything = (
            self.metric_charts.folds,
            self.curves.roc,
            self.curves.pr,
            self.metric_charts.spread,
            self.metrics,
            self.matrices,
            self.differences,
        )
        if facts is None:
            return
        view = self.views.value
        numbers = facts.task is Task.REGRESSION
        has_curves = facts.task is not None and (numbers or bool(reading.labels_of(facts)))
        wanted = {
            self.metric_charts.folds: view != "differences",
            self.metric_charts.spread: view != "differences",
            self.curves.roc: view != "differences" and has_curves,
            self.curves.pr: view != "differences" and has_curves and not numbers,
            self.metrics: view != "charts",
            self.matrices: view != "differences" and facts.task is not None and not numbers,
            self.differences: view != "charts",
        }
        columns = 2 if self._small else 6
        self.matrices.set_a_row(4 if view == "charts" or self._small else 3 if len(facts.runs) > 4 else 2)
        self.matrices.show_facts(facts)
        for card in everything:
            card.setVisible(wanted[card] and (card is not self.matrices or not card.isHidden()))
        wide = (self.metrics, self.matrices, self.differences)
        place_cards(self.grid, [card for card in everything if not card.isHidden()], wide, columns)

    # What happens

    def _on_view(self, _view: object) -> None:
        self._arrange()
        self._context.shell.place_changed()

    def _on_chosen(self, names: tuple[str, ...]) -> None:
        self._context.shell.go(Place(self.name, ",".join(names), {"view": self.views.value}))

    def register(self) -> None:
        """Makes the best of them a model version."""
        best = self._best_name()
        if best:
            from mlops_desktop.gui.dialogs.register import RegisterDialog

            RegisterDialog(self._context, self.workspace, best, self.window()).open()

    def export(self) -> None:
        """Asks for a folder, and has the charts drawn into it."""
        if self.facts is None or not any(self.facts.evaluations):
            return
        dialog = QFileDialog(self.window(), "Folder for the charts")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.export_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, folder: str) -> None:
        """Every chart that these runs have together, as PNG and SVG, drawn by a worker."""
        if self.facts is None:
            return
        shell, theme = self._context.shell, "dark" if self._context.theme.name == "dark" else "light"
        shell.say("Drawing the charts…", "chart-line")
        self.export_button.setEnabled(False)
        work = partial(_draw, self.workspace, self.facts, Path(folder), theme)
        finishes = f"Charts are being written to {Path(folder).name}."
        self._context.lanes.call(work, self._on_drawn, self._on_not_drawn, owner=self, finishes=finishes)

    def _on_drawn(self, files: Sequence[Path]) -> None:
        self.export_button.setEnabled(True)
        where = files[0].parent.name if files else ""
        self._context.shell.say(f"{formats.plural(len(files), 'file')} written to {where}", "upload")

    def _on_not_drawn(self, error: BaseException) -> None:
        self.export_button.setEnabled(True)
        self._context.shell.show_failure(error)

    def _on_failed(self, error: BaseException) -> None:
        self.error_box.show_error(error)
        if self.facts is None:
            self.header.show_sentence("The runs could not be read.")
            self.stack.setCurrentWidget(self.error)
        else:
            self._context.shell.show_failure(error)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        edge = 14 if small else 20
        self.header.set_small(small)
        self._frame.setContentsMargins(edge, 2, edge, 16)
        if small is not self._small:
            self._small = small
            self._show_actions()
            self._arrange()


def _draw(workspace: Workspace, facts: CompareFacts, folder: Path, theme: str) -> Sequence[Path]:
    from mlops_desktop.domain.errors import InvalidInputError

    files: list[Path] = []
    for kind in chart_kinds(facts.runs):
        try:
            drawn, _ = workspace.experiments.chart(kind, facts.names, folder, theme=theme)
        except InvalidInputError:
            if kind == "metrics":
                raise
            continue  # a kind that shows one run at a time, or classes that differ
        files += drawn
    return files
