"""What every page is given: the look, the lanes, the events, the clock, and what the window does for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from mlops_desktop.gui.events import Events
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.state import WindowState
from mlops_desktop.gui.theme.theme import Theme

if TYPE_CHECKING:
    from mlops_desktop.gui.host_watch import HostWatch
    from mlops_desktop.gui.readings.activity import State


class Surroundings(Protocol):
    """What a page may ask of the window around it."""

    @property
    def state(self) -> WindowState: ...
    @property
    def host_watch(self) -> HostWatch:
        """How the hosts are, for every page and dialog of the window."""
        ...

    def remember(self, state: WindowState) -> None:
        """Keeps the state, for this window and the next start."""
        ...

    def go(self, place: Place) -> None:
        """Leads to a page, standing as the place says."""
        ...

    def say(
        self, sentence: str, icon: str = "info", undo: Callable[[], object] | None = None, action: str = "Undo"
    ) -> None:
        """Says in passing what was done, and how to take it back; with `action` "Open" `undo` leads to it."""
        ...

    def show_activity(self, state: State | None = None) -> None:
        """Opens Activity, where work goes on with progress, log and cancel."""
        ...

    def import_data(self) -> None:
        """Asks for a file and shows how it would be read."""
        ...

    def deploy(self, reference: str, host: str = "") -> None:
        """Asks where the model version is to answer; with `host` that one is chosen."""
        ...

    def set_look(self, look: str) -> None: ...
    def set_density(self, density: str) -> None: ...
    def set_zoom(self, percent: int) -> None: ...
    def show_guide(self, page: str) -> None:
        """Opens the user guide at a page such as `errors.md`."""
        ...

    def show_failure(self, error: BaseException) -> None: ...
    def place_changed(self) -> None:
        """The page stands elsewhere now: the path and the history follow."""
        ...


@dataclass(frozen=True)
class Context:
    theme: Theme
    lanes: Lanes
    events: Events
    clock: Callable[[], datetime]
    shell: Surroundings
