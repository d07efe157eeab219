"""The shell: sidebar, top bar, pages and status bar around one workspace."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.events import Events
from mlops_desktop.gui.frame import Frame, short_path
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.keyboard import wire_keys
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.navigator import Navigator
from mlops_desktop.gui.pages.book import SECTIONS, make_page
from mlops_desktop.gui.pages.home import HomePage
from mlops_desktop.gui.pages.page import Page
from mlops_desktop.gui.state import WindowState, save_state
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.focus_ring import FocusRing
from mlops_desktop.gui.window_menu import WindowMenu

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.domain.errors import UserError
    from mlops_desktop.gui.main_window import MainWindow
    from mlops_desktop.gui.pages.experiments import ExperimentsPage
    from mlops_desktop.gui.pages.welcome import WelcomePage
    from mlops_desktop.gui.readings.home import HomeFacts
    from mlops_desktop.gui.widgets.message_bar import MessageBar
    from mlops_desktop.gui.widgets.notices import Notice
    from mlops_desktop.services.workspace import Workspace

DISK_SECONDS = 60


class Shell(QObject):
    """Opens its folder in the lane; without a folder it asks for one.

    `other_wanted` asks for a window on another folder, with a name if it is to be made.
    """

    opened = Signal()
    failed = Signal(object)
    other_wanted = Signal(Path, str)

    def __init__(
        self,
        window: MainWindow,
        theme: Theme,
        lanes: Lanes,
        clock: Callable[[], datetime],
        open_folder: Callable[[Path], Workspace],
    ) -> None:
        super().__init__(window)
        self.window = window
        self._theme, self._lanes = theme, lanes
        self._open_folder = open_folder
        self.workspace: Workspace | None = None
        self.events = Events(lanes, self)
        self.context = Context(theme, lanes, self.events, clock, self)
        self.frame = Frame(theme, SECTIONS)
        self.sidebar, self.top, self.status = self.frame.sidebar, self.frame.top, self.frame.status
        self.navigator = Navigator(self.frame, lambda name: make_page(name, self.context), self)
        self.welcome: WelcomePage | None = None
        self._notice: Notice | None = None
        window.setCentralWidget(self.frame)
        self.menu = WindowMenu(self, theme)
        self.sidebar.workspace.setMenu(self.menu)
        wire_keys(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.ring = FocusRing(theme, window, app)
        self._disk_clock = QTimer(self, interval=DISK_SECONDS * 1000)
        self._connect()

    # What the start of the program asks for

    def begin(self, folder: Path | None) -> None:
        """Shows the shell on a folder that will be opened, or the first start."""
        if folder is None:
            self._show_welcome()
            return
        self.frame.show_shell()
        self.sidebar.workspace.show_workspace(folder.name, short_path(folder), str(folder))
        self.window.setWindowTitle(f"{folder.name} — MLOps Desktop")
        self.status.show_part(self.status.workspace, Sign("loader-circle", "accent-text", "Opening…"))
        self.go_to("home")

    def open(self, folder: Path, make: Callable[[], Workspace] | None = None) -> None:
        """Opens the folder in the lane, or does `make` there."""
        if self.welcome is not None:
            self.welcome.show_waiting(True)
        work = make or (lambda: self._open_folder(folder))
        self._lanes.run(work, self._on_opened, lambda error: self._on_not_opened(folder, error), owner=self)

    def end(self) -> None:
        """Ends the lanes, the workspace last. Runs and deployments go on."""
        state, workspace, folder = self.state, self.workspace, self.window.state_folder
        if self._notice is not None:
            self._notice.dismiss()
        self._disk_clock.stop()

        def last() -> None:
            save_state(folder, state)
            if workspace is not None:
                workspace.close()

        self._lanes.close(last)

    # What pages ask for (context.Surroundings)

    @property
    def state(self) -> WindowState:
        return self.window.state

    def remember(self, state: WindowState) -> None:
        self.window.state = state
        self._lanes.call(lambda: save_state(self.window.state_folder, state), owner=self)

    def go(self, place: Place) -> None:
        self.navigator.go(place)

    def go_to(self, page: str) -> None:
        """Shows the page by name, as it stood last."""
        self.navigator.show(page)

    def say(self, sentence: str, icon: str = "info", undo: Callable[[], None] | None = None) -> None:
        self.notice.say(sentence, icon, undo)

    def show_failure(self, error: BaseException) -> None:
        """The user's trouble above the page; ours to the crash dialog."""
        from mlops_desktop.domain.errors import UserError

        if isinstance(error, UserError):
            self.message.say(f"{error.message} {error.hint}".strip())
        else:
            self.failed.emit(error)

    def place_changed(self) -> None:
        self.navigator.stood()

    # What keys, bars and menu do

    @property
    def page(self) -> Page | None:
        return self.navigator.current

    @property
    def home(self) -> HomePage:
        return cast("HomePage", self.navigator.page("home"))

    @property
    def experiments(self) -> ExperimentsPage:
        return cast("ExperimentsPage", self.navigator.page("experiments"))

    def refresh(self) -> None:
        if self.page is not None:
            self.page.refresh()
        self._measure()

    def show_running(self) -> None:
        self.go_to("experiments")
        self.experiments.choose("")
        self.experiments.show_running()

    def set_density(self, density: str) -> None:
        self.remember(replace(self.state, density=density))
        if self.navigator.has("experiments"):
            self.experiments.set_density(density)

    def show_keys(self) -> None:
        from mlops_desktop.gui.widgets.keys_sheet import KeysDialog

        KeysDialog(self._theme, self.window).open()

    def take_back(self) -> None:
        """Undoes what the last notice says, if it still stands."""
        if self._notice is not None:
            self._notice.take_back()

    @property
    def message(self) -> MessageBar:
        return self.frame.message

    @property
    def notice(self) -> Notice:
        """Made when something is first said."""
        if self._notice is None:
            from mlops_desktop.gui.widgets.notices import Notice

            self._notice = Notice(self._theme, self.window)
        return self._notice

    def _connect(self) -> None:
        self.navigator.moved.connect(self._on_moved)
        self.sidebar.navigation.chosen.connect(self.go_to)
        self.top.back.clicked.connect(self.navigator.back)
        self.top.forward.clicked.connect(self.navigator.forward)
        self.top.keys.clicked.connect(self.show_keys)
        self.top.running.clicked.connect(self.show_running)
        self.events.opened.connect(self.navigator.refresh_all)
        self.events.changed.connect(self._on_changed)
        self.events.broken.connect(self._on_broken)
        self.events.mended.connect(self._on_mended)
        self._lanes.failed.connect(self.show_failure)
        self._disk_clock.timeout.connect(self._measure)
        self.home.read.connect(self._on_home_read)

    # Opening

    def _on_opened(self, workspace: Workspace) -> None:
        if self.workspace is not None:
            raise RuntimeError("a window opens one workspace")
        self.workspace = workspace
        name, folder = workspace.name, workspace.folder
        self.remember(self.state.with_recent(folder))
        if self.welcome is not None:
            self.frame.show_shell()
            self.go_to("home")
        self.sidebar.workspace.show_workspace(name, short_path(folder), str(folder))
        self.window.setWindowTitle(f"{name} — MLOps Desktop")
        self._on_mended()
        self.status.show_part(self.status.record, Sign("shield-check", "muted", "Changes recorded"))
        self.events.follow(workspace.feed)
        self.navigator.attach(workspace)
        self._disk_clock.start()
        self._measure()
        # Loaded beside other work, so that the first look at the page does not wait for it.
        self._lanes.call(lambda: importlib.import_module("mlops_desktop.gui.pages.experiments"), owner=self)
        self.opened.emit()

    def _on_not_opened(self, folder: Path, error: BaseException) -> None:
        from mlops_desktop.domain.errors import UserError

        if not isinstance(error, UserError):
            self.failed.emit(error)
        self._show_welcome()
        if self.welcome is not None:
            self.welcome.show_waiting(False)
            self.welcome.show_error(error)

    def _show_welcome(self) -> None:
        if self.welcome is None:
            from mlops_desktop.gui.pages.welcome import WelcomePage

            self.welcome = WelcomePage(self._theme)
            self.welcome.chosen.connect(self.open)
            self.welcome.wanted.connect(self.other_wanted)
        self.welcome.show_recent(self.state.recent)
        self.frame.show_instead(self.welcome)
        self.window.setWindowTitle("MLOps Desktop")
        self.status.show_part(self.status.workspace, Sign("folder-open", "muted", "No workspace open"))

    # What changes

    def _on_moved(self) -> None:
        self.top.back.setEnabled(self.navigator.can_go_back)
        self.top.forward.setEnabled(self.navigator.can_go_forward)
        if self.page is not None:
            here = self.page.place()
            self.top.show_path([(name, partial(self.go, place or here)) for name, place in self.page.path()])

    def _on_changed(self, changes: tuple[Change, ...]) -> None:
        self.navigator.tell(changes)

    def _on_broken(self, error: UserError) -> None:
        self.status.show_part(self.status.workspace, Sign("triangle-alert", "warn", "Not reachable"))
        self.message.say(f"{error.message} {error.hint}".strip(), severity="warn")

    def _on_mended(self) -> None:
        self.status.show_part(self.status.workspace, Sign("circle-check", "ok", "Workspace open"))
        self.frame.clear_message()

    def _on_home_read(self, facts: HomeFacts) -> None:
        from mlops_desktop.gui.readings.status import deployments_sign, job_sign, section_counts

        for page, (count, running) in section_counts(facts).items():
            self.sidebar.navigation.pages.show_count(page, count, running)
        self.top.running.show_count(section_counts(facts)["experiments"][1])
        self.status.show_part(self.status.deployments, deployments_sign(facts))
        self.status.show_part(self.status.job, job_sign(facts))

    def _measure(self) -> None:
        """Sizes of the folder are counted beside other work, for that takes a while in a large one."""
        if self.workspace is not None:
            self._lanes.call(self.workspace.disk, self._on_measured, self.show_failure, owner=self)

    def _on_measured(self, disk: tuple[int, int]) -> None:
        self.status.show_part(self.status.disk, Sign("hard-drive", "muted", f"{formats.size(disk[1])} free"))
        self.home.show_disk(disk)
