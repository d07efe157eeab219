"""The shell: sidebar, top bar, pages and status bar around one workspace."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.events import Events
from mlops_desktop.gui.frame import EXPERIMENTS, Frame, short_path
from mlops_desktop.gui.history import History, Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.pages.home import HomePage
from mlops_desktop.gui.state import WindowState, save_state
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Theme

if TYPE_CHECKING:
    from mlops_desktop.domain.errors import UserError
    from mlops_desktop.gui.pages.experiments import ExperimentsPage
    from mlops_desktop.gui.pages.welcome import WelcomePage
    from mlops_desktop.gui.readings.home import HomeFacts
    from mlops_desktop.gui.widgets.message_bar import MessageBar
    from mlops_desktop.gui.widgets.notices import Notice
    from mlops_desktop.gui.window_menu import WindowMenu
    from mlops_desktop.services.workspace import Workspace

DISK_SECONDS = 60


class MainWindow(QMainWindow):
    """Opens its folder in the lane after the first paint; without a folder it asks for one.

    `first_painted` comes once; `other_wanted` asks for a window on another folder, with a name if it is to be made.
    """

    first_painted = Signal()
    opened = Signal()
    failed = Signal(object)
    other_wanted = Signal(Path, str)

    def __init__(
        self,
        theme: Theme,
        lanes: Lanes,
        clock: Callable[[], datetime],
        *,
        open_folder: Callable[[Path], Workspace],
        state: WindowState,
        state_folder: Path,
    ) -> None:
        super().__init__()
        self._theme, self._lanes, self._clock = theme, lanes, clock
        self._open_folder, self._state_folder = open_folder, state_folder
        self.state = state
        self.workspace: Workspace | None = None
        self._painted = False
        self._history = History()
        self.events = Events(lanes, self)
        self.context = Context(theme, lanes, self.events, clock, self)
        self._experiments: ExperimentsPage | None = None
        self.welcome: WelcomePage | None = None
        self.setWindowTitle("MLOps Desktop")
        self.setMinimumSize(860, 560)
        self._build()
        self._connect()
        self._restore_size()

    # What the start of the program asks for

    def begin(self, folder: Path | None) -> None:
        """Shows the shell on a folder that will be opened, or the first start."""
        if folder is None:
            self._show_welcome()
            return
        self.frame.show_shell()
        self.sidebar.workspace.show_workspace(folder.name, short_path(folder), str(folder))
        self.setWindowTitle(f"{folder.name} — MLOps Desktop")
        self.status.show_part(self.status.workspace, Sign("loader-circle", "accent-text", "Opening…"))
        self.go_to("home")

    def open(self, folder: Path, make: Callable[[], Workspace] | None = None) -> None:
        """Opens the folder in the lane, or does `make` there."""
        if self.welcome is not None:
            self.welcome.show_waiting(True)
        work = make or (lambda: self._open_folder(folder))
        self._lanes.run(work, self._on_opened, lambda error: self._on_not_opened(folder, error), owner=self)

    # What pages ask for (context.Shell)

    def remember(self, state: WindowState) -> None:
        self.state = state
        self._lanes.call(lambda: save_state(self._state_folder, state), owner=self)

    def open_run(self, run_id: str, experiment: str = "") -> None:
        self.go_to("experiments")
        self.experiments.open_run(run_id, experiment)
        self.place_changed()

    def open_experiment(self, name: str) -> None:
        self.go_to("experiments")
        if name != self.experiments.place().experiment:
            self.experiments.choose(name)

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
        page = self.page()
        if page is None:
            return
        self._history.visit(page.place())
        self._show_way()

    # Pages

    @property
    def experiments(self) -> ExperimentsPage:
        """Made when it is first asked for, so that the first paint need not wait for it."""
        if self._experiments is None:
            from mlops_desktop.gui.pages.experiments import ExperimentsPage

            self._experiments = ExperimentsPage(self.context)
            self._pages.addWidget(self._experiments)
            if self.workspace is not None:
                self._experiments.attach(self.workspace)
        return self._experiments

    def go_to(self, page: str) -> None:
        """Shows the page by name."""
        wanted: QWidget = self.experiments if page == "experiments" else self.home
        self._pages.setCurrentWidget(wanted)
        self.sidebar.navigation.show_page(page)
        self.place_changed()

    def go_back(self) -> None:
        self._go(self._history.back())

    def go_forward(self) -> None:
        self._go(self._history.forward())

    def refresh(self) -> None:
        page = self.page()
        if page is not None:
            page.refresh()
        self._measure()

    def show_running(self) -> None:
        self.go_to("experiments")
        self.experiments.choose("")
        self.experiments.show_running()

    def set_density(self, density: str) -> None:
        self.remember(replace(self.state, density=density))
        if self._experiments is not None:
            self._experiments.set_density(density)

    def page(self) -> HomePage | ExperimentsPage | None:
        shown = self._pages.currentWidget()
        if shown is self._experiments:
            return self._experiments
        return self.home if shown is self.home else None

    def _go(self, place: Place | None) -> None:
        if place is None:
            return
        wanted: QWidget = self.experiments if place.page == "experiments" else self.home
        self._pages.setCurrentWidget(wanted)
        self.sidebar.navigation.show_page(place.page)
        (self.experiments if place.page == "experiments" else self.home).go(place)
        self._show_way()

    def _show_way(self) -> None:
        self.top.back.setEnabled(self._history.can_go_back)
        self.top.forward.setEnabled(self._history.can_go_forward)
        if self.page() is self.home:
            self.top.show_path([("Home", lambda: None)])
        else:
            here = self.experiments.path()
            self.top.show_path([("Experiments", lambda: self.open_experiment("")), (here, lambda: None)])

    # Making

    def _build(self) -> None:
        self.frame = Frame(self._theme)
        self.setCentralWidget(self.frame)
        self.sidebar, self.top, self.status = self.frame.sidebar, self.frame.top, self.frame.status
        self._pages = self.frame.pages
        self.home = HomePage(self.context)
        self._pages.addWidget(self.home)
        self._notice: Notice | None = None
        self.menu: WindowMenu | None = None
        self.first_painted.connect(self._on_first_painted, Qt.ConnectionType.QueuedConnection)

    def _on_first_painted(self) -> None:
        """What nobody sees at first: keys, the menu, the ring of the keyboard."""
        from mlops_desktop.gui.keyboard import wire_keys
        from mlops_desktop.gui.widgets.focus_ring import FocusRing
        from mlops_desktop.gui.window_menu import WindowMenu

        wire_keys(self)
        self.menu = WindowMenu(self, self._theme)
        self.sidebar.workspace.setMenu(self.menu)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._ring = FocusRing(self._theme, self, app)

    @property
    def message(self) -> MessageBar:
        return self.frame.message

    @property
    def notice(self) -> Notice:
        """Made when something is first said."""
        if self._notice is None:
            from mlops_desktop.gui.widgets.notices import Notice

            self._notice = Notice(self._theme, self)
        return self._notice

    def take_back(self) -> None:
        """Undoes what the last notice says, if it still stands."""
        if self._notice is not None:
            self._notice.take_back()

    def _connect(self) -> None:
        self.sidebar.navigation.chosen.connect(self.go_to)
        self.top.back.clicked.connect(self.go_back)
        self.top.forward.clicked.connect(self.go_forward)
        self.top.keys.clicked.connect(self.show_keys)
        self.top.running.clicked.connect(self.show_running)
        self.events.opened.connect(self._on_followed)
        self.events.changed.connect(self._on_changed)
        self.events.broken.connect(self._on_broken)
        self.events.mended.connect(self._on_mended)
        self._lanes.failed.connect(self.show_failure)
        self.home.read.connect(self._on_home_read)
        self._disk_clock = QTimer(self, interval=DISK_SECONDS * 1000)
        self._disk_clock.timeout.connect(self._measure)

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
        self.setWindowTitle(f"{name} — MLOps Desktop")
        self._on_mended()
        self.status.show_part(self.status.record, Sign("shield-check", "muted", "Changes recorded"))
        self.events.follow(workspace.feed)
        self.home.attach(workspace)
        if self._experiments is not None:
            self._experiments.attach(workspace)
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
        self.setWindowTitle("MLOps Desktop")
        self.status.show_part(self.status.workspace, Sign("folder-open", "muted", "No workspace open"))

    # What changes

    def _on_followed(self) -> None:
        """What was committed before the feed was open may have been missed."""
        self.home.refresh()
        if self._experiments is not None:
            self._experiments.refresh()

    def _on_changed(self, changes: object) -> None:
        if isinstance(changes, tuple):
            self.home.on_changes(changes)
            if self._experiments is not None:
                self._experiments.on_changes(changes)

    def _on_broken(self, error: UserError) -> None:
        self.status.show_part(self.status.workspace, Sign("triangle-alert", "warn", "Not reachable"))
        self.message.say(f"{error.message} {error.hint}".strip(), severity="warn")

    def _on_mended(self) -> None:
        self.status.show_part(self.status.workspace, Sign("circle-check", "ok", "Workspace open"))
        self.frame.clear_message()

    def _on_home_read(self, facts: HomeFacts) -> None:
        from mlops_desktop.gui.readings.status import deployments_sign, job_sign, run_counts

        total, running = run_counts(facts)
        self.sidebar.navigation.pages.set_entry(1, replace(EXPERIMENTS, count=total, running=running))
        self.top.running.show_count(running)
        self.status.show_part(self.status.deployments, deployments_sign(facts))
        self.status.show_part(self.status.job, job_sign(facts))

    def _measure(self) -> None:
        """Sizes of the folder are counted beside other work, for that takes a while in a large one."""
        if self.workspace is not None:
            self._lanes.call(self.workspace.disk, self._on_measured, self.show_failure, owner=self)

    def _on_measured(self, disk: tuple[int, int]) -> None:
        self.status.show_part(self.status.disk, Sign("hard-drive", "muted", f"{formats.size(disk[1])} free"))
        self.home.show_disk(disk)

    # Keyboard and frame

    def show_keys(self) -> None:
        from mlops_desktop.gui.widgets.keys_sheet import KeysDialog

        KeysDialog(self._theme, self).open()

    def _restore_size(self) -> None:
        if not (self.state.geometry and self.restoreGeometry(QByteArray(base64.b64decode(self.state.geometry)))):
            self.resize(1440, 900)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hides at once; then ends the lanes, the workspace last. Runs and deployments go on."""
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        state, workspace, folder = replace(self.state, geometry=geometry), self.workspace, self._state_folder
        self.hide()
        if self._notice is not None:
            self._notice.dismiss()
        self._disk_clock.stop()

        def last() -> None:
            save_state(folder, state)
            if workspace is not None:
                workspace.close()

        self._lanes.close(last)
        super().closeEvent(event)
