"""Home: what needs me, what runs, is everything answering."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.page import SMALL, Command, Page
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.widgets.buttons import Button
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.skeleton import Skeleton

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.gui.pages.home_content import HomeContent
    from mlops_desktop.gui.pages.home_empty import FirstSteps
    from mlops_desktop.gui.readings.home import HomeFacts
    from mlops_desktop.gui.widgets.states import ErrorBox

NOT_SHOWN = frozenset({"setting"})


class HomePage(Page):
    """Answers first: one sentence, then what to do, then the rest. `read` carries the facts to the window.

    Until something was read there is only the header and a skeleton; what fills it is loaded after the first paint.
    """

    name = section = "home"
    least_width = 600
    read = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self, unseen=True)
        self._stale = False
        self._disk: tuple[int, int] | None = None
        self._steps: FirstSteps | None = None
        self._error: ErrorBox | None = None
        self.facts: HomeFacts | None = None
        self.content: HomeContent | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(context.theme, "Home")
        self.header.show_sentence("Opening the workspace…")
        self.new_run = Button(context.theme, "New run", icon="plus")
        self.new_run.clicked.connect(self._on_new_run)
        self.import_data = Button(context.theme, "Import data", icon="download", kind="primary")
        self.import_data.clicked.connect(context.shell.import_data)
        for button in (self.new_run, self.import_data):
            self.header.add_action(button)
            button.hide()
        column.addWidget(self.header)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._skeleton = Skeleton(context.theme, "the workspace", 46, edge=20)
        self._stack.addWidget(self._skeleton)

    # What the window asks for

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def show_disk(self, disk: tuple[int, int]) -> None:
        """Bytes the workspace takes, bytes free."""
        self._disk = disk
        if self.content is not None:
            self.content.computer.show_disk(disk)

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind.value not in NOT_SHOWN for change in changes):
            self._query.ask_soon()

    def path(self) -> list[tuple[str, Place | None]]:
        return [("Home", None)]

    def commands(self) -> list[Command]:
        return [Command("primary", "Import data…", "download", self._context.shell.import_data)]

    def _on_new_run(self) -> None:
        self._context.shell.go(Place("new-run"))

    def panes(self) -> list[QWidget]:
        shown = self._stack.currentWidget()
        if self._steps is not None and shown is self._steps:
            return self._steps.panes()
        return self.content.panes() if self.content is not None and shown is self.content else []

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale and self.facts is not None:
            self._fill(self.facts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # Reading

    def _read(self) -> HomeFacts:
        # Loaded here too, so that the GUI thread finds it loaded when it fills the page.
        importlib.import_module("mlops_desktop.gui.pages.home_content")
        from mlops_desktop.gui.readings.home import read_home

        return read_home(self.workspace, self._context.clock())

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is not None:
            self._context.shell.show_failure(error)
            return
        if self._error is None:
            from mlops_desktop.gui.widgets.states import ErrorBox

            self._error = ErrorBox(self._context.theme, self.refresh)
            holder = QWidget()
            column = QVBoxLayout(holder)
            column.setContentsMargins(20, 4, 20, 16)
            column.addWidget(self._error)
            column.addStretch(1)
            self._stack.addWidget(holder)
        self._error.show_error(error)
        self.header.show_sentence("The workspace could not be read.")
        parent = self._error.parentWidget()
        if parent is not None:
            self._stack.setCurrentWidget(parent)

    # Showing

    def _show(self, facts: HomeFacts) -> None:
        """The window hears of the facts at once; the page shows them when it is seen."""
        self.facts = facts
        self.read.emit(facts)
        self._stale = True
        if self.isVisible():
            self._fill(facts)

    def _fill(self, facts: HomeFacts) -> None:
        from mlops_desktop.gui.readings.home import sentence

        self._stale = False
        self.import_data.setVisible(not facts.is_empty)
        self.new_run.setVisible(bool(facts.datasets))
        if facts.is_empty:
            self._show_steps()
            return
        if self.content is None:
            from mlops_desktop.gui.pages.home_content import HomeContent

            self.content = HomeContent(self._context)
            self._stack.addWidget(self.content)
            if self._disk is not None:
                self.content.computer.show_disk(self._disk)
            self._fit()
        self.header.show_sentence(sentence(facts))
        self.content.show_facts(facts, self.workspace)
        self._stack.setCurrentWidget(self.content)

    def _show_steps(self) -> None:
        if self._steps is None:
            from mlops_desktop.gui.pages.home_empty import FirstSteps

            self._steps = FirstSteps(self._context)
            self._stack.addWidget(self._steps)
            self._fit()
        self.header.show_sentence("Nothing here yet. Import a table to begin, or open the sample.")
        self._stack.setCurrentWidget(self._steps)

    def _fit(self) -> None:
        small = self.window().width() < SMALL * self._context.theme.zoom
        self.header.set_small(small)
        for part in (self.content, self._steps):
            if part is not None:
                part.set_small(small)
