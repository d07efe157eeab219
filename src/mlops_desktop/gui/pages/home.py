"""Home: what needs me, what runs, is everything answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.pages.home_cards import (
    AttentionCard,
    ChangesCard,
    ComputerCard,
    RunningCard,
    TileCard,
)
from mlops_desktop.gui.pages.home_empty import FirstSteps
from mlops_desktop.gui.pages.home_tables import DeploymentsCard, LatestRunsCard
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.home import HomeFacts, attention, read_home, sentence, tiles
from mlops_desktop.gui.widgets.page_header import PageHeader
from mlops_desktop.gui.widgets.states import ErrorBox, Skeleton

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

SMALL = 1180
NOT_SHOWN = frozenset({ChangeKind.SETTING})


class HomePage(QWidget):
    """Answers first: one sentence, then what to do, then the rest. `read` carries the facts to the window."""

    name = "home"
    read = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._workspace: Workspace | None = None
        self._query = Query(context.lanes, self._read, self._show, self._on_failed, self)
        self.facts: HomeFacts | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = PageHeader(context.theme, "Home")
        self.header.show_sentence("Opening the workspace…")
        column.addWidget(self.header)
        self._stack = QStackedWidget()
        column.addWidget(self._stack, 1)
        self._skeleton = Skeleton(context.theme, "the workspace", 46, edge=20)
        self._stack.addWidget(self._skeleton)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Overview")
        self._stack.addWidget(self._scroll)
        self._steps: FirstSteps | None = None
        self._error: ErrorBox | None = None
        self._built = False
        self._disk: tuple[int, int] | None = None

    # What the window asks for

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._query.ask()

    def refresh(self) -> None:
        if self._workspace is not None:
            self._query.ask()

    def show_disk(self, disk: tuple[int, int]) -> None:
        """Bytes the workspace takes, bytes free."""
        self._disk = disk
        if self._built:
            self._computer.show_disk(disk)

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        if any(change.kind not in NOT_SHOWN for change in changes):
            self._query.ask_soon()

    def place(self) -> Place:
        return Place(self.name)

    def go(self, place: Place) -> None:
        """Home always stands the same."""

    def panes(self) -> list[QWidget]:
        if not self._built or self._stack.currentWidget() is not self._scroll:
            return []
        return [self._scroll, *[t.table for t in (self._deployments, self._latest) if t.isVisible()]]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # Reading

    def _read(self) -> HomeFacts:
        if self._workspace is None:
            raise RuntimeError("Home was asked before a workspace was open")
        return read_home(self._workspace, self._context.clock())

    def _on_failed(self, error: BaseException) -> None:
        if self.facts is not None:
            self._context.shell.show_failure(error)
            return
        if self._error is None:
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
        self.facts = facts
        self.read.emit(facts)
        if facts.is_empty:
            self._show_steps()
            return
        if not self._built:
            self._build()
        self.header.show_sentence(sentence(facts))
        notes = attention(facts)
        for card, tile in zip(self._tiles, tiles(facts), strict=True):
            card.show_tile(tile)
        self._attention.show_notes(notes, facts.read_at)
        self._deployments.show_facts(facts)
        self._latest.show_runs(facts)
        self._running.show_jobs(facts)
        self._changes.show_changes(facts)
        self._stack.setCurrentWidget(self._scroll)

    def _show_steps(self) -> None:
        if self._steps is None:
            self._steps = FirstSteps(self._context.theme)
            self._stack.addWidget(self._steps)
        self.header.show_sentence("Nothing here yet. The way to a model that answers has five commands.")
        self._stack.setCurrentWidget(self._steps)

    def _build(self) -> None:
        theme = self._context.theme
        content = QWidget()
        content.setObjectName("page")
        row = QHBoxLayout(content)
        row.setContentsMargins(20, 0, 20, 16)
        row.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(12)
        self._tile_row = QHBoxLayout()
        self._tile_row.setSpacing(12)
        self._tiles = [TileCard(theme) for _ in range(4)]
        for card in self._tiles:
            self._tile_row.addWidget(card, 1)
        left.addLayout(self._tile_row)
        self._attention = AttentionCard(self._context)
        self._deployments = DeploymentsCard(theme)
        self._latest = LatestRunsCard(self._context)
        for part in (self._attention, self._deployments, self._latest):
            left.addWidget(part)
        left.addStretch(1)
        row.addLayout(left, 1)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(12)
        self._running = RunningCard(theme, self._context.clock)
        self._changes = ChangesCard(theme)
        self._computer = ComputerCard(theme)
        right.addWidget(self._running)
        right.addWidget(self._changes, 1)
        right.addWidget(self._computer)
        row.addWidget(self._right)
        self._frame = row
        self._scroll.setWidget(content)
        self._built = True
        if self._disk is not None:
            self._computer.show_disk(self._disk)
        self._fit()

    def _fit(self) -> None:
        small = self.window().width() < SMALL
        self.header.set_small(small)
        if self._built:
            edge = 14 if small else 20
            self._frame.setContentsMargins(edge, 0, edge, 16)
            self._frame.setSpacing(12 if small else 16)
            self._right.setFixedWidth(272 if small else 330)
            for card in self._tiles:
                card.set_small(small)
