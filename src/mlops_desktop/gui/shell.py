"""The shell: sidebar, top bar, pages and status bar around one workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from mlops_desktop.gui import formats
from mlops_desktop.gui.beginning import Beginning
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.dropping import DropTarget
from mlops_desktop.gui.events import Events
from mlops_desktop.gui.frame import Frame, short_path
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.host_watch import HostWatch, open_deploy
from mlops_desktop.gui.keyboard import wire_keys
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.leaving import Leaving
from mlops_desktop.gui.navigator import Navigator
from mlops_desktop.gui.overlays import Overlays
from mlops_desktop.gui.pages.book import SECTIONS, make_page
from mlops_desktop.gui.pages.home import HomePage
from mlops_desktop.gui.pages.page import Page
from mlops_desktop.gui.preparing import Preparing
from mlops_desktop.gui.queries import Query
from mlops_desktop.gui.readings.activity import ActivityFacts, State, read_activity
from mlops_desktop.gui.standing import Standing
from mlops_desktop.gui.state import ZOOMS, WindowState
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.gui.widgets.focus_ring import FocusRing
from mlops_desktop.gui.window_menu import WindowMenu

if TYPE_CHECKING:
    from mlops_desktop.domain.changes import Change
    from mlops_desktop.gui.main_window import MainWindow
    from mlops_desktop.gui.notifications import Notifications
    from mlops_desktop.gui.pages.experiments import ExperimentsPage
    from mlops_desktop.gui.pages.welcome import WelcomePage
    from mlops_desktop.gui.readings.home import HomeFacts
    from mlops_desktop.gui.widgets.message_bar import MessageBar
    from mlops_desktop.gui.widgets.notices import Notice
    from mlops_desktop.services.workspace import Workspace

DISK_SECONDS = 60
_WORK = frozenset({"job", "deployment", "rollout", "endpoint"})


class Shell(QObject):
    """Opens its folder in the lane; without a folder it asks for one.

    `other_wanted` asks for a window on another folder, with a name if it is to be made; `window_wanted` for one more on
    the same.
    """

    opened = Signal()
    failed = Signal(object)
    other_wanted = Signal(Path, str)
    window_wanted = Signal(Path)

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
        self.open_folder = open_folder
        self.workspace: Workspace | None = None
        self.works = ActivityFacts()
        theme.set_zoom(self.state.zoom / 100)
        self.events = Events(lanes, self)
        self.context: Context = Context(theme, lanes, self.events, clock, self)
        self.frame = Frame(theme, SECTIONS)
        self.sidebar, self.top, self.status = self.frame.sidebar, self.frame.top, self.frame.status
        self.host_watch: HostWatch = HostWatch(self.context, self, self.status)
        self.navigator = Navigator(self.frame, lambda name: make_page(name, self.context), self)
        self.preparing = Preparing(self.navigator, lanes, self)
        self.overlays = Overlays(self)
        self.beginning, self.leaving = Beginning(self), Leaving(self)
        self.standing = Standing(self)
        self.welcome: WelcomePage | None = None
        window.setCentralWidget(self.frame)
        theme.dress(window)
        self.menu = WindowMenu(self, theme)
        self.sidebar.workspace.setMenu(self.menu)
        wire_keys(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.ring = FocusRing(theme, window, app)
        self.drops = DropTarget(theme, window, lanes, lambda: self.workspace is not None or self.welcome is not None)
        self.drops.dropped.connect(self._on_dropped)
        self.drops.refused.connect(
            lambda verdict: self.message.say(f"{verdict.title}. {verdict.sentence} Nothing was imported.")
        )
        self._query = Query(lanes, self._read_works, self._on_works, self.show_failure, self)
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

    def open(self, folder: Path, make: Callable[[], Workspace] | None = None, then: Place | None = None) -> None:
        """Opens the folder in the lane, or does `make` there, and goes to the place after that."""
        if self.welcome is not None:
            self.welcome.show_waiting(True)
        self.beginning.then = then or self.beginning.then
        work = make or (lambda: self.open_folder(folder))
        self._lanes.run(work, self._on_opened, lambda error: self._on_not_opened(folder, error), owner=self)

    def end(self) -> None:
        """Ends the lanes, the workspace last. Runs and deployments go on."""
        self.overlays.end()
        self.preparing.end()
        self._disk_clock.stop()
        self.leaving.end(self.beginning.end())

    # What pages ask for (context.Surroundings)

    @property
    def state(self) -> WindowState:
        return self.window.state

    def remember(self, state: WindowState) -> None:
        self.window.state = state
        self.leaving.save()

    def go(self, place: Place) -> None:
        self.navigator.go(place)

    def go_to(self, page: str) -> None:
        """Shows the page by name, as it stood last."""
        self.navigator.show(page)

    def say(
        self, sentence: str, icon: str = "info", undo: Callable[[], object] | None = None, action: str = "Undo"
    ) -> None:
        self.notifications.say(sentence, icon, undo, action)

    def show_failure(self, error: BaseException) -> None:
        """The user's trouble above the page; ours to the crash dialog."""
        from mlops_desktop.domain.errors import UserError

        if isinstance(error, UserError):
            self.message.say(f"{formats.sentences(error.message, error.hint)} ({error.code})")
        else:
            self.failed.emit(error)

    def place_changed(self) -> None:
        self.navigator.stood()

    def show_activity(self, state: State | None = None) -> None:
        """Opens Activity, on the tab of the state if one is named."""
        self.overlays.activity.open(state)
        self.top.bell.show_news(False)

    def import_data(self) -> None:
        """Asks for a file and shows how it would be read."""
        from mlops_desktop.gui.importing import choose_and_import

        choose_and_import(self.context, self.window)

    def deploy(self, reference: str, host: str = "") -> None:
        if self.workspace is not None:
            open_deploy(self.context, self.workspace, reference, self.window, host)

    # What keys, bars, menu and palette do

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

    def toggle_activity(self) -> None:
        if self.overlays.shown_activity is not None:
            self.overlays.shown_activity.close_panel()
        else:
            self.show_activity()

    def set_density(self, density: str) -> None:
        self.remember(replace(self.state, density=density))
        for page in self.navigator.made():
            page.set_density(density)

    def set_look(self, look: str) -> None:
        self._theme.choose(Look(look))
        self.remember(replace(self.state, look=look))

    def zoom(self, way: int) -> None:
        """A step larger or smaller; 0 is as designed."""
        now = ZOOMS.index(self.state.zoom) if self.state.zoom in ZOOMS else ZOOMS.index(100)
        self.set_zoom(ZOOMS[max(0, min(len(ZOOMS) - 1, now + way))] if way else 100)

    def set_zoom(self, percent: int) -> None:
        self._theme.set_zoom(percent / 100)
        self.remember(replace(self.state, zoom=percent))
        self.frame.fit()

    def show_help(self) -> None:
        place = self.page.place() if self.page is not None and self.frame.shows_shell else Place("welcome")
        self.overlays.show_guide(place.subject if place.page == "settings" and place.subject else place.page)

    def show_guide(self, page: str) -> None:
        self.overlays.show_guide(page)

    def show_keys(self) -> None:
        self.overlays.show_keys()

    def new_window(self) -> None:
        if self.workspace is not None:
            self.window_wanted.emit(self.workspace.folder)

    def take_back(self) -> None:
        """Undoes what the last notice says, if it still stands."""
        self.notifications.take_back()

    @property
    def message(self) -> MessageBar:
        return self.frame.message

    @property
    def notifications(self) -> Notifications:
        return self.overlays.notifications

    @property
    def notice(self) -> Notice:
        return self.notifications.notice

    def said_changed(self) -> None:
        """Something was said, or taken back."""
        panel = self.overlays.shown_activity
        if panel is not None:
            panel.show_said()
        else:
            self.top.bell.show_news(True)

    def _connect(self) -> None:
        self.navigator.moved.connect(self._on_moved)
        self.sidebar.navigation.chosen.connect(self.go_to)
        self.sidebar.navigation.dropped.connect(self.deploy)
        self.sidebar.foot.chosen.connect(self.go_to)
        self.top.back.clicked.connect(self.navigator.back)
        self.top.forward.clicked.connect(self.navigator.forward)
        self.top.search.clicked.connect(lambda _=False: self.overlays.palette.open())
        self.top.help.clicked.connect(self.show_help)
        self.top.running.clicked.connect(self.toggle_activity)
        self.top.bell.clicked.connect(self.toggle_activity)
        self.events.opened.connect(self._on_feed_opened)
        self.events.changed.connect(self._on_changed)
        self.events.broken.connect(self.standing.show_trouble)
        self.events.mended.connect(self.standing.show_open)
        self._lanes.failed.connect(self.show_failure)
        self._disk_clock.timeout.connect(self._measure)
        self.home.read.connect(self._on_home_read)

    # Opening

    def _on_opened(self, workspace: Workspace) -> None:
        if self.workspace is not None:
            raise RuntimeError("a window opens one workspace")
        self.workspace = workspace
        self.remember(self.state.with_recent(workspace.folder))
        if self.welcome is not None:
            self.frame.show_shell()
            self.go_to("home")
        self.sidebar.workspace.show_workspace(workspace.name, short_path(workspace.folder), str(workspace.folder))
        self.window.setWindowTitle(f"{workspace.name} — MLOps Desktop")
        self.standing.show_open()
        self.status.show_part(self.status.record, Sign("shield-check", "muted", "Changes recorded"))
        self.events.follow(workspace.feed)
        self.navigator.attach(workspace)
        self._query.ask()
        self._disk_clock.start()
        self._measure()
        self.beginning.go()
        self.preparing.begin()
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
            self.welcome.recovery_wanted.connect(self.standing.recover)
            self.welcome.wanted.connect(self._on_first_wanted)
        self.welcome.show_recent(self.state.recent)
        self.frame.show_instead(self.welcome)
        self.window.setWindowTitle("MLOps Desktop")
        self.status.show_part(self.status.workspace, Sign("folder-open", "muted", "No workspace open"))

    def _on_dropped(self, path: Path) -> None:
        if self.workspace is not None:
            self.go(Place("import", str(path)))
        elif self.welcome is not None and self.welcome.isEnabled():
            self.welcome.import_file(str(path))

    def _on_first_wanted(self, folder: Path, name: str, file: str) -> None:
        """The first workspace, and what is to be imported there."""
        self.beginning.then = Place("import", file) if file else None
        self.other_wanted.emit(folder, name)

    # What changes

    def _on_moved(self) -> None:
        self.top.back.setEnabled(self.navigator.can_go_back)
        self.top.forward.setEnabled(self.navigator.can_go_forward)
        if self.page is not None:
            here = self.page.place()
            self.top.show_path([(name, partial(self.go, place or here)) for name, place in self.page.path()])
            if self.workspace is not None and self.page.section != self.state.page:
                self.remember(replace(self.state, page=self.page.section))

    def _on_feed_opened(self) -> None:
        self.navigator.refresh_all()
        self._query.ask()

    def _on_changed(self, changes: tuple[Change, ...]) -> None:
        self.navigator.tell(changes)
        if any(change.kind.value in _WORK for change in changes):
            self._query.ask_soon()

    def _read_works(self) -> ActivityFacts:
        return read_activity(self.workspace) if self.workspace is not None else ActivityFacts()

    def _on_works(self, works: ActivityFacts) -> None:
        self.works = works
        self.top.running.show_count(len(works.of(State.RUNNING)))
        self.notifications.follow(works)
        if self.overlays.has_activity:
            self.overlays.activity.show_facts(works)

    def _on_home_read(self, facts: HomeFacts) -> None:
        from mlops_desktop.gui.readings.home import is_wanted
        from mlops_desktop.gui.readings.status import deployments_sign, job_sign, section_counts

        for page, (count, running) in section_counts(facts).items():
            self.sidebar.navigation.pages.show_count(page, count, running)
        self.leaving.served = tuple(endpoint.name for endpoint, _ in facts.served if is_wanted(endpoint))
        self.status.show_part(self.status.deployments, deployments_sign(facts))
        self.status.show_part(self.status.job, job_sign(facts))

    def _measure(self) -> None:
        """Sizes of the folder are counted beside other work, for that takes a while in a large one."""
        if self.workspace is not None:
            self._lanes.call(self.workspace.disk, self._on_measured, self.show_failure, owner=self)
            self.standing.look()

    def _on_measured(self, disk: tuple[int, int]) -> None:
        self.status.show_part(self.status.disk, Sign("hard-drive", "muted", f"{formats.size(disk[1])} free"))
        self.home.show_disk(disk)
