"""The pages of the window, each made when it is first visited, and the way through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView

from mlops_desktop.gui.frame import Frame
from mlops_desktop.gui.history import History, Place
from mlops_desktop.gui.pages.page import Page

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.services.workspace import Workspace

MakePage = Callable[[str], Page]


class Navigator(QObject):
    """`moved` follows every step, and every new standing of the page that is shown."""

    moved = Signal()

    def __init__(self, frame: Frame, make: MakePage, parent: QObject) -> None:
        super().__init__(parent)
        self._frame, self._make = frame, make
        self._made: dict[str, Page] = {}
        self._ready: dict[str, Page] = {}
        self._history = History()
        self._workspace: Workspace | None = None

    @property
    def can_go_back(self) -> bool:
        return self._history.can_go_back

    @property
    def can_go_forward(self) -> bool:
        return self._history.can_go_forward

    @property
    def current(self) -> Page | None:
        shown = self._frame.pages.currentWidget()
        return shown if isinstance(shown, Page) else None

    def page(self, name: str) -> Page:
        """The page of that name; the first time it is made and given the workspace."""
        page = self._made.get(name)
        if page is None:
            page = self._made[name] = self._ready.pop(name) if name in self._ready else self._make(name)
            self._frame.pages.addWidget(page)
            if self._workspace is not None:
                page.attach(self._workspace)
        return page

    def make_ready(self, name: str) -> None:
        """Makes the page without showing it, so that the first way to it is short; a second call puts it into the
        window. Each of the two is a short turn of the loop."""
        if name in self._made:
            return
        if name not in self._ready:
            self._ready[name] = self._make(name)
        elif self._frame.pages.indexOf(self._ready[name]) < 0:
            self._frame.pages.addWidget(self._ready[name])

    def has(self, name: str) -> bool:
        """Whether the page was visited before."""
        return name in self._made

    def made(self) -> Sequence[Page]:
        """The pages visited so far."""
        return tuple(self._made.values())

    def show(self, name: str) -> None:
        """Shows the page as it stood last."""
        self._put(self.page(name))
        self.stood()

    def go(self, place: Place) -> None:
        """Shows the page, standing as the place says."""
        page = self.page(place.page)
        with self._focus_kept(page):
            self._put(page)
            page.go(place)
        self.stood()

    def back(self) -> None:
        self._step(self._history.back())

    def forward(self) -> None:
        self._step(self._history.forward())

    def stood(self) -> None:
        """The page that is shown stands elsewhere now: history, sidebar and path follow."""
        if self.current is not None:
            self._history.visit(self.current.place())
            self.moved.emit()

    def attach(self, workspace: Workspace) -> None:
        self._workspace = workspace
        for page in list(self._made.values()):
            page.attach(workspace)

    def refresh_all(self) -> None:
        for page in self._made.values():
            page.refresh()

    def tell(self, changes: tuple[Change, ...]) -> None:
        for page in self._made.values():
            page.on_changes(changes)

    def _put(self, page: Page) -> None:
        self._frame.pages.setCurrentWidget(page)
        self._frame.sidebar.show_page(page.section)

    def _step(self, place: Place | None) -> None:
        if place is None:
            return
        page = self.page(place.page)
        with self._focus_kept(page):
            self._put(page)
            page.go(place)
        self.moved.emit()

    @contextmanager
    def _focus_kept(self, page: Page) -> Iterator[None]:
        """A person who was in the page before is in this one then: in its table, or at its first pane."""
        pages = self._frame.pages
        before = pages.window().focusWidget()
        was_inside = before is not None and pages.isAncestorOf(before)
        yield
        now = pages.window().focusWidget()
        if was_inside and not (now is not None and now.isVisible() and page.isAncestorOf(now)):
            panes = page.panes()
            aim = next((pane for pane in panes if isinstance(pane, QAbstractItemView)), panes[0] if panes else None)
            if aim is not None:
                aim.setFocus(Qt.FocusReason.OtherFocusReason)
