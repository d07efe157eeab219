"""Where a window begins: at the section that was shown last, unless the window did not live through showing it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from mlops_desktop.gui.pages.book import PAGES

if TYPE_CHECKING:
    from mlops_desktop.gui.history import Place
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.gui.state import WindowState

SETTLED_SECONDS = 3.0
"""A section that was shown for so long is no danger to the next start."""


class Beginning(QObject):
    """Of one window. `then` is a place that was asked for before there was a workspace."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell = shell
        self.then: Place | None = None
        self._settled = QTimer(self, singleShot=True, interval=round(SETTLED_SECONDS * 1000))
        self._settled.timeout.connect(self._on_settled)

    def go(self) -> None:
        """To the place that was asked for, else to the section that was shown last."""
        shell, state = self._shell, self._shell.state
        if self.then is not None:
            shell.go(self.then)
            self.then = None
        elif state.page == "home" or state.page not in PAGES or shell.page is not shell.home:
            return
        elif state.opening == state.page:
            shell.remember(replace(state, opening="", page="home"))
            title = state.page.capitalize()
            shell.say(f"The window did not live through showing {title} at its last start, so it begins at Home.",
                      "triangle-alert")  # fmt: skip
        else:
            shell.remember(replace(state, opening=state.page))
            shell.go_to(state.page)
            self._settled.start()

    def begin_at_home(self) -> None:
        """Next time: something failed in what is shown."""
        self._shell.remember(replace(self._shell.state, page="home"))

    def end(self) -> WindowState:
        """What is to be remembered of a window that closes in order."""
        self._settled.stop()
        return replace(self._shell.state, opening="")

    def _on_settled(self) -> None:
        self._shell.remember(replace(self._shell.state, opening=""))
