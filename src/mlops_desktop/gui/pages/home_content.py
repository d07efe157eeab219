"""What fills Home once the workspace was read: tiles, attention, tables; work, changes, computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.home_cards import AttentionCard, ChangesCard, ComputerCard, RunningCard, TileCard
from mlops_desktop.gui.pages.home_tables import DeploymentsCard, LatestRunsCard
from mlops_desktop.gui.readings.home import HomeFacts, attention, tiles

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

TILES = 4
ROOM_FOR_BOTH = 900
"""A window narrower than this shows the columns below each other."""
LARGEST = 16_777_215
"""Qt's way of saying that a size has no limit."""


class HomeContent(QScrollArea):
    """Two columns; nothing is cut, the page scrolls."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._theme = theme = context.theme
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Overview")
        content = QWidget()
        content.setObjectName("page")
        row = self._frame = QHBoxLayout(content)
        left = QVBoxLayout()
        left.setSpacing(12)
        tile_row = QHBoxLayout()
        tile_row.setSpacing(12)
        self.tiles = [TileCard(theme) for _ in range(TILES)]
        for card in self.tiles:
            tile_row.addWidget(card, 1)
        left.addLayout(tile_row)
        self.attention = AttentionCard(context)
        self.deployments = DeploymentsCard(context)
        self.latest = LatestRunsCard(context)
        for part in (self.attention, self.deployments, self.latest):
            left.addWidget(part)
        left.addStretch(1)
        row.addLayout(left, 1)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(12)
        self.running = RunningCard(context)
        self.changes = ChangesCard(context)
        self.computer = ComputerCard(theme)
        right.addWidget(self.running)
        right.addWidget(self.changes, 1)
        right.addWidget(self.computer)
        row.addWidget(self._right)
        self.setWidget(content)

    def show_facts(self, facts: HomeFacts, workspace: Workspace) -> None:
        for card, tile in zip(self.tiles, tiles(facts), strict=True):
            card.show_tile(tile)
        self.attention.show_notes(attention(facts), facts.read_at)
        self.deployments.show_facts(facts)
        self.latest.show_runs(facts)
        self.running.show_jobs(facts, workspace)
        self.changes.show_changes(facts)

    def set_small(self, small: bool) -> None:
        edge = 14 if small else 20
        self._frame.setContentsMargins(edge, 0, edge, 16)
        self._frame.setSpacing(12 if small else 16)
        narrow = self.window().width() < ROOM_FOR_BOTH * self._theme.zoom
        self._frame.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
        self._right.setMinimumWidth(0 if narrow else 272 if small else 330)
        self._right.setMaximumWidth(LARGEST if narrow else 272 if small else 330)
        for card in self.tiles:
            card.set_small(small)

    def panes(self) -> list[QWidget]:
        return [self, *[card.table for card in (self.deployments, self.latest) if card.table.isVisible()]]
