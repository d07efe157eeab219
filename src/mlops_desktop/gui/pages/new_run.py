"""New run: what is learnt from what, how, and how well it is measured; everything suggested is filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.pages.setup.form import RunForm
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings import run_draft
from mlops_desktop.gui.readings.run_draft import Draft
from mlops_desktop.gui.readings.run_setup import Setup, read_rerun, read_setup
from mlops_desktop.gui.readings.run_validation import experiment_of
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.controls import LineEntry, TextEntry
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton
from mlops_desktop.gui.widgets.states import EmptyState, ErrorBox
from mlops_desktop.gui.widgets.text import plain_caption

if TYPE_CHECKING:
    from mlops_desktop.domain.experiments import Run
    from mlops_desktop.services.workspace import Workspace

_CONCERN = frozenset({ChangeKind.DATASET, ChangeKind.EXPERIMENT})
_LATER = frozenset({"dataset", "target", "by"})
"""Errors of these fields are shown when a start was asked for, not before."""


class NewRunPage(Page):
    """The draft is the person's; everything else is read for it, again after each change."""

    name = "new-run"
    section = "experiments"
    least_width = 1040

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.draft = Draft()
        self.setup: Setup | None = None
        self._asked: Draft | None = None
        self._subject = ""
        self._wants_start = self._submitted = self._is_starting = False
        self._small: bool | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self, beside=True)
        self._build()

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace
        if self.draft == Draft():
            self.draft = self._remembered() or Draft()
        self.refresh()

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if self.isVisible() and any(change.kind in _CONCERN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        how = {"target": self.draft.target, "rerun_of": self.draft.rerun_of, "experiment": self.draft.experiment or ""}
        return Place(self.name, self._subject, {key: value for key, value in how.items() if value})

    def go(self, place: Place) -> None:
        """Another run to repeat, other data or another target begin a new draft; else the one there goes on."""
        self._subject = place.subject
        origin, target = place.how.get("rerun_of", ""), place.how.get("target", "")
        if origin:
            validated_as = str(place.how.get("validated_as", ""))
            if origin != self.draft.rerun_of or validated_as:
                self.start_from(origin, validated_as)
            return
        other_data = place.subject and place.subject != self.draft.dataset
        other_target = target and target != self.draft.target
        if other_data or other_target:
            self._begin(Draft(dataset=place.subject or self.draft.dataset, target=target))
        if place.how.get("experiment") and place.how["experiment"] != self.draft.experiment:
            self.change({"experiment": place.how["experiment"]})

    def path(self) -> list[tuple[str, Place | None]]:
        experiment = self.draft.experiment
        middle: list[tuple[str, Place | None]] = [(experiment, Place("experiments", experiment))] if experiment else []
        return [("Experiments", Place("experiments")), *middle, ("New run", None)]

    def panes(self) -> list[QWidget]:
        if self._stack.currentWidget() is not self.form:
            return []
        return self.form.panes()

    def commands(self) -> list[Command]:
        line = self.ready.copy.text_to_copy or "mlops experiments run DATASET TARGET"
        return [
            Command("primary", "Start run", "play", self.start, line),
            Command("start_over", "Start over with what is suggested", "rotate-cw", self.start_over),
        ]

    # What a person does

    def change(self, changes: dict[str, Any]) -> None:
        """Takes changes of the draft in, keeps it, and reads what follows from them."""
        draft = replace(self.draft, **changes)
        if draft == self.draft:
            self._show_problems()
            return
        self.draft = draft
        self._remember()
        if self.setup is not None:
            self.setup = replace(self.setup, draft=draft)
            self._show_parts()
        self._query.ask()

    def start_from(self, run: str, validated_as: str = "") -> None:
        """Fills everything from an earlier run; the validation from another, where one is named."""
        self._context.lanes.call(
            lambda: read_rerun(self.workspace, run, validated_as),
            self._begin,
            self._context.shell.show_failure,
            owner=self,
        )

    def start_over(self) -> None:
        """Back to what is suggested for these data and this target; it can be undone."""
        before = self.draft
        self._begin(Draft(dataset=before.dataset, target=before.target))
        self._context.shell.say("Everything is as suggested", "rotate-cw", lambda: self._begin(before))

    def start(self) -> None:
        """Starts the runs when nothing is wrong; else leads to the first field that needs attention."""
        focus = self.focusWidget()
        if isinstance(focus, LineEntry | TextEntry):
            focus.left.emit()
        if self._is_starting:
            return
        self._wants_start = self._submitted = True
        if self._query.is_busy or self.setup is None or self._asked is not self.draft:
            self.ready.show_busy()
            self._query.ask()
            return
        self._start_now()

    # Making

    def _build(self) -> None:
        context = self._context
        theme = context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(theme, "New run")
        self.header.show_sentence("Reading…")
        self.over = Button(theme, "Start over", kind="ghost", tip="Everything as suggested")
        self.over.clicked.connect(self.start_over)
        self.origin = Button(theme, "Start from a run", icon="chevron-down", tip="Fills everything from an earlier run")
        self._origins = QMenu(self)
        self._origins.aboutToShow.connect(self._fill_origins)
        self.origin.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.origin.setMenu(self._origins)
        self.header.add_action(self.over)
        self.header.add_action(self.origin)
        column.addWidget(self.header)
        form = self.form = RunForm(context)
        self.data, self.features, self.estimators = form.data, form.features, form.estimators
        self.validation, self.settings, self.ready = form.validation, form.settings, form.ready
        self._error = ErrorBox(theme, self.refresh)
        self._empty = EmptyState(
            theme,
            "database",
            "No data yet",
            "A run trains one estimator on a dataset version and keeps what it measured. Import a table first.",
            "mlops datasets import FILE",
            action="Go to Datasets",
            act=lambda: context.shell.go(Place("datasets")),
        )
        self._stack = QStackedWidget()
        for widget in (Skeleton(theme, "the form"), self.form, self._empty, self._error_page()):
            self._stack.addWidget(widget)
        column.addWidget(self._stack, 1)
        for part in self.form.parts:
            part.changed.connect(self.change)
        self.ready.changed.connect(self.change)
        self.ready.start_asked.connect(self.start)
        self.estimators.param_changed.connect(self._on_param)

    def _error_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 4, 20, 16)
        column.addWidget(self._error)
        column.addStretch(1)
        return page

    # Reading and showing

    def _read(self) -> Setup:
        self._asked = self.draft
        return read_setup(self.workspace, self._asked)

    def _show(self, setup: Setup) -> None:
        if self._asked is not self.draft:
            self._query.ask()  # it was changed meanwhile
            return
        self.draft = self._asked = setup.draft
        self.setup = setup
        if not setup.datasets:
            self.header.show_sentence("A run needs data to learn from.")
            self._stack.setCurrentWidget(self._empty)
        else:
            self._stack.setCurrentWidget(self.form)
            self._show_parts()
        self.over.setVisible(bool(setup.datasets))
        self.origin.setVisible(bool(setup.origins))
        self._context.shell.place_changed()
        if self._wants_start:
            self._start_now()

    def _show_parts(self) -> None:
        if self.setup is None:
            return
        self.form.show_setup(self.setup)
        self._show_problems()
        self._show_header(self.setup)

    def _show_header(self, setup: Setup) -> None:
        draft = setup.draft
        experiment = experiment_of(setup)
        known = any(one.name == experiment for one in setup.experiments)
        parts = [f"in {'' if known else 'the new '}experiment {experiment}"] if experiment and draft.target else []
        if parts and setup.usual is not None and setup.usual.is_as_last_run:
            parts.append(f"as its last run {setup.usual.last_run}")
        if setup.base.rerun_of:
            changes = self.changes()
            words = formats.plural(changes, "change") if changes else "nothing changed yet"
            parts.insert(0, f"repeats {setup.base.rerun_of}, {words}")
        self.header.show_sentence(" · ".join([*parts, "draft kept automatically"]))

    def changes(self) -> int:
        """How many fields differ from where the draft began."""
        return self.form.changes()

    def problems(self) -> dict[str, str]:
        """What needs attention, by field; parameters as `estimator.parameter`."""
        setup = self.setup
        found = run_draft.problems(self.draft)
        if setup is None:
            return found
        if setup.trouble is not None and setup.trouble_field not in found:
            found[setup.trouble_field] = f"{setup.trouble.message} {setup.trouble.hint}".strip()
        current = {name for name in setup.problems if name == "class_weight" or self._is_chosen(name)}
        return found | {name: setup.problems[name] for name in current}

    def _is_chosen(self, name: str) -> bool:
        return name.partition(".")[0] in self.draft.estimators

    def _show_problems(self) -> dict[str, str]:
        found = self.problems()
        later = set() if self._submitted else {name for name in _LATER if not getattr(self.draft, name)}
        shown = {name: words for name, words in found.items() if name not in later}
        self.form.show_problems(shown)
        if not found:
            self._submitted = False
        return shown

    def _on_failed(self, error: BaseException) -> None:
        self._wants_start = False
        if self.setup is None:
            self.header.show_sentence("The form could not be read.")
            self._error.show_error(error)
            self._stack.setCurrentIndex(self._stack.count() - 1)
        else:
            self._context.shell.show_failure(error)
            self.ready.show_setup(self.setup)

    # What happens

    def _begin(self, draft: Draft) -> None:
        self._submitted = self._wants_start = False
        self.draft = draft
        self._remember()
        self.refresh()

    def _on_param(self, estimator: str, name: str, text: str, default: str) -> None:
        self.change({"params": self.draft.with_param(estimator, name, text, default).params})

    def _fill_origins(self) -> None:
        self._origins.clear()
        for run in self.setup.origins if self.setup else ():
            words = f"{run.name}  ·  {run.spec.estimator}  ·  {run.dataset_reference}"
            self._origins.addAction(plain_caption(words)).triggered.connect(
                lambda _=False, name=run.name: self.start_from(name)
            )

    def _start_now(self) -> None:
        self._wants_start = False
        if self.problems():
            self._show_problems()
            self.form.focus_first_problem()
            return
        self._is_starting = True
        self.ready.start.set_caption("Starting…")
        asked, workspace = run_draft.request(self.draft), self.workspace
        self._context.lanes.run(
            lambda: workspace.experiments.start_runs(asked), self._on_started, self._on_not_started, owner=self
        )

    def _on_started(self, runs: Sequence[Run]) -> None:
        self._is_starting = self._submitted = False
        experiment = runs[0].experiment_name
        focus = self.focusWidget()
        if focus is not None:
            focus.clearFocus()  # else the field would tell its text when the page goes, to the next draft
        self.draft = Draft(dataset=self.draft.dataset, target=self.draft.target)
        self._forget()
        what = f"Run {runs[0].name}" if len(runs) == 1 else formats.plural(len(runs), "run")
        shell = self._context.shell
        shell.go(Place("experiments", experiment, {"run": runs[0].id}))
        shell.say(f"{what} started in {experiment}", "play")
        self.refresh()

    def _on_not_started(self, error: BaseException) -> None:
        self._is_starting = False
        if self.setup is not None:
            self.ready.show_setup(self.setup)
        self._context.shell.show_failure(error)

    # The draft between starts

    @property
    def _key(self) -> str:
        return f"new-run:{self.workspace.folder}"

    def _remembered(self) -> Draft | None:
        kept = self._context.shell.state.drafts.get(self._key, {}).get("draft", "")
        try:
            return run_draft.load_draft(json.loads(kept)) if kept else None
        except ValueError:
            return None

    def _remember(self) -> None:
        kept = json.dumps(run_draft.store_draft(self.draft))
        shell = self._context.shell
        shell.remember(shell.state.with_draft(self._key, {"draft": kept}))

    def _forget(self) -> None:
        shell = self._context.shell
        shell.remember(shell.state.with_draft(self._key, {}))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.window().width() < SMALL * self._context.theme.zoom
        if small is self._small:
            return
        self._small = small
        self.header.set_small(small)
        self.form.set_small(small)
