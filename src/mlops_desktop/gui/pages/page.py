"""What every page is: a widget with a name, a place in the sidebar, and what the window around it may ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.history import Place

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.workspace import Workspace

SMALL = 1180
"""Below this width of the window, in pixels, a page stands closer."""


@dataclass(frozen=True)
class Command:
    """Something that can be done here. With the name of a key in `keys.KEYS`, that key does it.

    `line` is the same on the command line, where it can be said in one.
    """

    name: str
    title: str
    icon: str
    act: Callable[[], object]
    line: str = ""


class Page(QWidget):
    """`name` is what a Place calls it; `section` is the entry of the sidebar that it belongs to."""

    name = ""
    section = ""
    least_width = 860
    """In pixels of the design; a narrower window shows a part of the page and a scroll bar."""
    least_height = 0
    """Likewise, for pages whose parts share the height; the others scroll in themselves."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        self._workspace: Workspace | None = None

    @property
    def workspace(self) -> Workspace:
        """The open workspace. Raises RuntimeError before there is one."""
        if self._workspace is None:
            raise RuntimeError(f"the page {self.name} was used before a workspace was open")
        return self._workspace

    def attach(self, workspace: Workspace) -> None:
        """Comes once, when the workspace is open; then the page reads for the first time."""
        self._workspace = workspace
        self.refresh()

    def refresh(self) -> None:
        """Reads again. Does nothing before a workspace is open."""

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        """What any process committed; a page reads again only for what concerns it."""

    def place(self) -> Place:
        """Where the page stands, so that the way back leads to the same sight."""
        return Place(self.name)

    def go(self, place: Place) -> None:
        """Stands as the place says; what it shows may follow later."""

    def path(self) -> Sequence[tuple[str, Place | None]]:
        """The parts of the path in the top bar; each but the last leads to its place."""
        return ()

    def panes(self) -> Sequence[QWidget]:
        """What F6 goes through, in reading order."""
        return ()

    def set_density(self, density: str) -> None:
        """How high rows are to be from now on, by the names of `data_table.DENSITIES`."""

    def commands(self) -> Sequence[Command]:
        """What can be done here now, for the keys and the palette."""
        return ()
