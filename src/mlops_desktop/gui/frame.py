"""The fixed parts of the window and where they stand: sidebar, top bar, message bar, pages, status bar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from mlops_desktop import __version__
from mlops_desktop.gui.ground import NARROW_BELOW
from mlops_desktop.gui.pages.page import Page
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.bars import StatusBar, TopBar
from mlops_desktop.gui.widgets.sidebar import Entry, Sidebar

if TYPE_CHECKING:
    from mlops_desktop.gui.widgets.message_bar import MessageBar


class Pages(QStackedWidget):
    """In a window smaller than the shown page can be, the page moves in it; nothing of it is squeezed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        if not isinstance(page, Page):
            return QSize(0, 0)
        return QSize(self._theme.px(page.least_width), self._theme.px(page.least_height))


class PageGround(QWidget):
    """Holds the pages as large as the view or as they have to be. It has no layout: a wrapped text somewhere in a page
    would make the whole page as high as all that could be scrolled in it."""

    def __init__(self, theme: Theme, pages: Pages) -> None:
        super().__init__()
        self._pages = pages
        pages.setParent(self)
        pages.currentChanged.connect(self.updateGeometry)
        theme.changed.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        return self._pages.minimumSizeHint()

    def sizeHint(self) -> QSize:
        return self._pages.minimumSizeHint()  # its own would ask every page, also those that were never seen

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pages.setGeometry(self.rect())


class Frame(QWidget):
    """The shell, or something in its place; the status bar is below both."""

    def __init__(self, theme: Theme, sections: tuple[Entry, ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._root = QStackedWidget()
        self._shell = QWidget()
        row = QHBoxLayout(self._shell)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.sidebar = Sidebar(theme, sections)
        row.addWidget(self.sidebar)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        self.top = TopBar(theme)
        self._theme = theme
        self._message: MessageBar | None = None
        self._message_place = QVBoxLayout()
        self._message_place.setContentsMargins(20, 0, 20, 0)
        self.pages = Pages(theme)
        self.pages.setObjectName("stack")
        view = QScrollArea()
        view.setObjectName("pageview")
        view.setAccessibleName("Page")
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setWidgetResizable(True)
        view.setWidget(PageGround(theme, self.pages))
        middle.addWidget(self.top)
        middle.addLayout(self._message_place)
        middle.addWidget(view, 1)
        row.addLayout(middle, 1)
        self._root.addWidget(self._shell)
        column.addWidget(self._root, 1)
        self.status = StatusBar(theme, __version__)
        column.addWidget(self.status)

    @property
    def message(self) -> MessageBar:
        """Made when something is first said."""
        if self._message is None:
            from mlops_desktop.gui.widgets.message_bar import MessageBar

            self._message = MessageBar(self._theme)
            self._message.stood.connect(
                lambda stands: self._message_place.setContentsMargins(20, 8 if stands else 0, 20, 0)
            )
            self._message_place.addWidget(self._message)
        return self._message

    def clear_message(self) -> None:
        if self._message is not None:
            self._message.hide()

    @property
    def shows_shell(self) -> bool:
        return self._root.currentWidget() is self._shell

    def show_shell(self) -> None:
        self._root.setCurrentWidget(self._shell)

    def show_instead(self, page: QWidget) -> None:
        """A page without sidebar and top bar."""
        if self._root.indexOf(page) < 0:
            self._root.addWidget(page)
        self._root.setCurrentWidget(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Narrow windows show the sections by their icons alone."""
        self.sidebar.set_narrow(self.width() < NARROW_BELOW * self._theme.zoom)


def short_path(folder: Path) -> str:
    """With ~ for the person's own folder."""
    try:
        return f"~/{folder.relative_to(Path.home()).as_posix()}"
    except ValueError:
        return str(folder)
