"""Import preview: is the file read rightly, what is odd, where does it go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.datasets import ReadAnswers
from mlops_desktop.domain.jobs import Job, JobStatus
from mlops_desktop.domain.previews import FindingChoice, Obstacle, Preview, Recipe, WayOut
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.importing import choose_and_import
from mlops_desktop.gui.pages.import_content import ImportContent, ImportHeader
from mlops_desktop.gui.pages.import_problem import ProblemPane
from mlops_desktop.gui.pages.import_progress import ProgressPane
from mlops_desktop.gui.pages.import_reading import Destinations, FileReading, Order, read_destinations
from mlops_desktop.gui.pages.import_work import DATASETS, NEW_RUN, ImportWork, Wish
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.readings import import_preview as reading
from mlops_desktop.gui.readings.import_findings import FindingView, views
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace


class ImportPage(Page):
    """Stands at one file: read, refused, or being imported. An import goes on without the page."""

    name, section = "import", "datasets"
    least_width, least_height = 1000, 520

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.file: Path | None = None
        self.preview: Preview | None = None
        self._wanted = ""
        self._recipe: Recipe | None = None
        self._guessed = ReadAnswers()
        self._decided: frozenset[str] = frozenset()
        self._destinations = Destinations()
        self._then = ""
        self._small: bool | None = None
        self.work = ImportWork(context, self)
        self.work.moved.connect(self._on_moved)
        self.work.ended.connect(self._on_ended)
        self.work.refused.connect(self._on_not_queued)
        self.reading = FileReading(context.lanes, self)
        self.reading.begun.connect(self._on_begun)
        self.reading.read.connect(self._on_read)
        self.reading.refused.connect(self._on_refused)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self.reading.follow(workspace)
        super().attach(workspace)
        if self.file is not None and self.reading.order is None:
            self._begin()

    def refresh(self) -> None:
        """Reads the file again, as it is on the disk now."""
        if self._workspace is not None and self.reading.order is not None and not self.work.is_shown:
            self.reading.ask(self.reading.order)

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind is ChangeKind.JOB for change in changes):
            self.work.ask()

    def place(self) -> Place:
        return Place(self.name, str(self.file) if self.file else "", {"dataset": self._wanted} if self._wanted else {})

    def go(self, place: Place) -> None:
        path = Path(place.subject) if place.subject else None
        dataset = str(place.how.get("dataset", ""))
        if path is not None and (path, dataset) == (self.file, self._wanted):
            return
        self._forget()
        self.file, self._wanted = path, dataset
        if path is None:
            self._show_nothing()
        elif self._workspace is not None:
            self._begin()

    def path(self) -> list[tuple[str, Place | None]]:
        return [("Datasets", Place(DATASETS)), (self.title, None)]

    @property
    def title(self) -> str:
        return f"Import {self.file.name}" if self.file else "Import data"

    def panes(self) -> list[QWidget]:
        shown = self._stack.currentWidget()
        if shown is self.content:
            return [*self.content.panes(), self.run_button]
        if shown is self.problem:
            return [*self.problem.ways[:1], self.choose]
        return [self.progress.leave] if shown is self.progress else []

    def commands(self) -> list[Command]:
        shown = self._stack.currentWidget()
        if shown is self.content:
            line = f"mlops datasets import {self.file.name if self.file else 'FILE'}"
            return [
                Command("primary", "Import and set up run", "play", self.import_and_set_up, line),
                Command("import_only", "Import", "download", self.import_only, line),
                Command("derive", "Add a derived column", "plus", self.derive),
            ]
        if shown is self.problem and self.problem.ways:
            return [Command("primary", "Take the first way out", "play", self.problem.ways[0].click)]
        if shown is self.progress:
            return [Command("primary", "Continue in background", "play", self._on_left)]
        return [Command("primary", "Choose a file", "folder-open", self._choose)]

    # What a person does

    def import_only(self) -> None:
        self._import(DATASETS)

    def import_and_set_up(self) -> None:
        self._import(NEW_RUN)

    def derive(self) -> None:
        """To the first derived column that is not written yet."""
        editor = self.content.derived
        empty = next((row for row in editor.rows if not row.text), None)
        if empty is None:
            editor.add.click()
        else:
            empty.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    # Making

    def _build(self) -> None:
        theme = self._context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        header = self.header = ImportHeader(theme)
        self.attention, self.cancel, self.choose, self.again = (
            header.attention, header.cancel, header.choose, header.again
        )  # fmt: skip
        self.import_button, self.run_button = header.import_button, header.run_button
        self.cancel.clicked.connect(self._on_cancel)
        self.choose.clicked.connect(self._choose)
        self.again.clicked.connect(self.refresh)
        self.import_button.clicked.connect(self.import_only)
        self.run_button.clicked.connect(self.import_and_set_up)
        column.addWidget(self.header)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        said = (
            "A CSV or TSV file, also packed as .gz or .zip. Its preview shows how it would be read before it is stored."
        )
        self.nothing = EmptyState(theme, "download", "No file chosen", said, action="Choose file…", act=self._choose)
        self.skeleton = Skeleton(theme, "the file", 30, edge=20)
        self.content = ImportContent(theme)
        self.problem = ProblemPane(theme)
        self.progress = ProgressPane(theme)
        for pane in (self.nothing, self.skeleton, self.content, self.problem, self.progress):
            self._stack.addWidget(pane)
        self._connect()
        self._show_nothing()

    def _connect(self) -> None:
        content = self.content
        content.answers.changed.connect(self._ask)
        content.preview.type_chosen.connect(self._on_type)
        content.derived.changed.connect(self._on_derived)
        content.findings.decided.connect(self._on_decided)
        content.findings.change_asked.connect(content.preview.open_menu_of)
        content.goes_to.changed.connect(self._clear_attention)
        self.problem.way_taken.connect(self._on_way)
        self.progress.cancel_asked.connect(self._on_cancel_import)
        self.progress.left.connect(self._on_left)

    # Reading

    def _begin(self) -> None:
        self.header.show_title(self.title)
        self._show(self.skeleton, "Reading the file…")
        self._context.lanes.run(
            lambda: read_destinations(self.workspace), self._on_destinations, self._on_unreadable, owner=self
        )

    def _on_destinations(self, found: Destinations) -> None:
        if self.file is None:
            return
        self._destinations = found
        named = reading.name_of(self.file.name, [version.dataset_name for version in found.versions])
        self._recipe = found.recipes.get(self._wanted or named)
        answers = self._recipe.answers if self._recipe else ReadAnswers()
        self.content.target.start(self._recipe.target if self._recipe else None)
        self.content.derived.show_texts(self._recipe.derived if self._recipe else ())
        self.content.recipe.show_origin(self._recipe.reference if self._recipe else "")
        self.reading.ask(Order(self.file, answers, self.content.derived.texts))

    def _on_unreadable(self, error: BaseException) -> None:
        self._on_refused(error, None)

    def _on_begun(self) -> None:
        if self.preview is not None:
            self.header.show_sentence("Reading again…")

    def _on_read(self, preview: Preview) -> None:
        order = self.reading.order
        if self.file is None or order is None:
            return
        first = self.preview is None
        self.preview = preview
        if first:
            self._guessed = preview.answers
            dataset = self._wanted or reading.likely_dataset(self.file.name, preview, self._destinations.versions)
            name = reading.free_name(self.file.name, self._destinations.names)
            self.content.goes_to.start(self._destinations, name, dataset)
        self._show(self.content, reading.header_sentence(preview))
        recipe = self._recipe.reference if self._recipe else ""
        self.content.answers.show_preview(preview, self._asked(), self._guessed, recipe)
        self.content.preview.show_preview(preview)
        self.content.findings.show_views(views(preview, self._decided))
        self.content.goes_to.show_preview(preview)
        self.content.target.show_columns(preview.columns, order.derived)
        self.content.derived.show_columns(preview.columns)
        if first:
            self._fit(again=True)
            self._focus_first()
        self._go_on_importing()

    def _on_refused(self, error: BaseException, obstacle: Obstacle | None) -> None:
        from mlops_desktop.domain.errors import AlreadyExistsError, ExpressionError

        self._then = ""
        if self.file is None:
            return
        if isinstance(error, ExpressionError | AlreadyExistsError) and self.reading.order is not None:
            self._ask(self.reading.order.answers, ())
            return
        said = "It cannot be read as it is set now · nothing was stored"
        recipe = self._recipe if self.preview is None else None
        if recipe is not None:
            said = f"It does not fit the recipe of {recipe.reference} · nothing was stored"
        self.problem.show_problem(self.file, error, obstacle, recipe)
        self._show(self.problem, said)

    def _focus_first(self) -> None:
        """The place to write a derived column, unless a person is elsewhere already."""
        focus = self.window().focusWidget()
        if self.isVisible() and (focus is None or not self.isAncestorOf(focus)):
            self.content.derived.rows[0].name.setFocus(Qt.FocusReason.OtherFocusReason)

    # Answers

    def _asked(self) -> ReadAnswers:
        return self.reading.order.answers if self.reading.order else ReadAnswers()

    def _ask(self, answers: ReadAnswers, derived: tuple[str, ...] | None = None) -> None:
        if self.file is not None:
            texts = self.content.derived.texts if derived is None else derived
            self.reading.ask(Order(self.file, answers, texts))

    def _on_derived(self, texts: tuple[str, ...]) -> None:
        self._clear_attention()
        self._ask(self._asked(), texts)

    def _on_type(self, name: str, kind: object) -> None:
        from mlops_desktop.domain.datasets import ColumnType

        column = self.preview.column(name) if self.preview else None
        if column is not None:
            self._decided |= {name}
            self._ask(reading.with_type(self._asked(), column, kind if isinstance(kind, ColumnType) else None))

    def _on_decided(self, view: FindingView, choice: FindingChoice) -> None:
        if self.preview is None:
            return
        names = {name for item in self.preview.findings if choice in item.choices for name in item.finding.columns}
        self._decided |= names
        self._ask(reading.changed(self._asked(), self.preview.answers, choice.answers))

    def _on_way(self, way: WayOut) -> None:
        if self._recipe is not None and way.answers == ReadAnswers():
            self._recipe = None
            self.content.recipe.show_origin("")
        self._show(self.skeleton, "Reading the file…")
        self._ask(way.answers)

    # Importing

    def _import(self, then: str) -> None:
        if self._stack.currentWidget() is not self.content:
            return
        self.content.derived.flush()
        problems = self.content.problems()
        if problems:
            many = len(problems) > 1
            self.attention.setText(f"{len(problems)} field{'s need' if many else ' needs'} attention")
            self.attention.show()
            problems[0].setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._then = then
        if not self.reading.is_busy:
            self._go_on_importing()

    def _go_on_importing(self) -> None:
        """Imports what was read last, as soon as nothing is being read."""
        preview, order, workspace = self.preview, self.reading.order, self.workspace
        if not self._then or preview is None or order is None or self.reading.is_busy or self.work.is_shown:
            return
        answers = preview.answers if preview.complete else order.answers
        content = self.content
        wish = Wish(
            path=order.path,
            name=content.goes_to.name,
            answers=answers,
            derived=order.derived,
            target=content.target.target,
            keeps_recipe=content.recipe.is_kept,
            then=self._then,
        )
        self._show(self.progress, "")
        self.work.start(workspace, wish)

    def _on_not_queued(self, error: BaseException) -> None:
        self._then = ""
        self._context.shell.show_failure(error)
        if self.preview is not None:
            self._show(self.content, reading.header_sentence(self.preview))

    def _on_moved(self, job: Job) -> None:
        self.progress.show_job(job)
        self.header.show_sentence(job.title)

    def _on_ended(self, job: Job, wish: Wish, was_shown: bool) -> None:
        is_here = was_shown and self.isVisible()
        if was_shown:
            self._then = ""
            self._stop_showing(job)
        self.work.say_ended(job, wish, is_here=is_here)

    def _stop_showing(self, job: Job) -> None:
        """The page after its import: empty where that is done, back at the preview or the reason where not."""
        from mlops_desktop.services.jobs import error_of

        if job.status is JobStatus.FINISHED:
            self._forget()
            self.file = None
            self._show_nothing()
        elif job.failure is not None and job.status is not JobStatus.CANCELLED and self.file is not None:
            self.problem.show_problem(self.file, error_of(job.failure), None)
            self._show(self.problem, "The import stopped · nothing was stored")
        elif self.preview is not None:
            self._show(self.content, reading.header_sentence(self.preview))

    # What happens around

    def _on_cancel(self) -> None:
        """Nothing was stored, so there is nothing to undo."""
        self._forget()
        self.file = None
        self._show_nothing()
        self._context.shell.go(Place(DATASETS))

    def _on_cancel_import(self) -> None:
        self.work.cancel(self.workspace)

    def _on_left(self) -> None:
        """The import goes on; what it made is said when it is done."""
        self.work.look_away()
        self._on_cancel()

    def _choose(self) -> None:
        choose_and_import(self._context, self.window(), self._wanted)

    def _forget(self) -> None:
        """Nothing of the file before is shown any more."""
        self.reading.forget()
        self.preview, self._recipe, self._then = None, None, ""
        self.work.look_away()
        self._decided = frozenset()
        self._clear_attention()
        self.content.preview.forget()
        self.content.recipe.box.setChecked(True)

    def _clear_attention(self) -> None:
        self.attention.hide()

    def _show_nothing(self) -> None:
        self.header.show_title("Import data")
        self._show(self.nothing, "A file becomes a dataset version")

    def _show(self, pane: QWidget, sentence: str) -> None:
        self._stack.setCurrentWidget(pane)
        self.header.show_sentence(sentence)
        shown = pane is self.content
        self.import_button.setVisible(shown)
        self.run_button.setVisible(shown)
        self.choose.setVisible(pane is self.problem)
        self.again.setVisible(pane is self.problem)
        self._fit_cancel()

    def _fit_cancel(self) -> None:
        shown = self._stack.currentWidget()
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.cancel.setVisible(shown in (self.content, self.problem, self.skeleton) and not small)

    def _fit(self, *, again: bool = False) -> None:
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        self._fit_cancel()
        if again or small is not self._small:
            self._small = small
            self.content.set_small(small)
            self.problem.set_small(small)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
