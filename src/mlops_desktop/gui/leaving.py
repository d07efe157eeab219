"""Closing the window: what goes on is known, the person is asked, and what this window itself has begun is finished."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mlops_desktop.gui.readings.activity import State
from mlops_desktop.gui.state import save_state

if TYPE_CHECKING:
    from mlops_desktop.gui.closing import ClosingDialog, GoingOn
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.gui.state import WindowState

_LOG = logging.getLogger("mlops_desktop.gui")


class Leaving(QObject):
    """Of one window. `served` are the endpoints that should answer, as Home last read them."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._shell = shell
        self._unsaved = ""
        self.served: tuple[str, ...] = ()
        self.dialog: ClosingDialog | None = None

    @property
    def going_on(self) -> GoingOn:
        """What goes on when the window is closed, as known from the last look."""
        from mlops_desktop.gui.closing import GoingOn

        facts = self._shell.works
        works = (*facts.of(State.RUNNING), *facts.of(State.WAITING))
        jobs = tuple(work.job_id for work in works if work.job_id and not work.cancelling)
        return GoingOn(jobs, self.served, self._shell.context.lanes.unfinished)

    @property
    def asks(self) -> bool:
        """What this window itself has to finish is said even to who does not want to be asked any more."""
        going_on = self.going_on
        wanted = self._shell.state.asks_on_close and self._shell.workspace is not None and bool(going_on.words)
        return wanted or bool(going_on.here)

    def ask(self) -> None:
        """Closes the window; where something goes on and the person wants to be asked, says so before."""
        if not self.asks:
            self._shell.window.close()
        elif self.dialog is None:
            going_on = self.going_on
            self.dialog = self._shell.overlays.ask_to_close(going_on, partial(self._on_decided, going_on))
            self.dialog.finished.connect(self._on_asked)

    def _on_asked(self) -> None:
        self.dialog = None

    def _on_decided(self, going_on: GoingOn, stops: bool, asks: bool) -> None:
        from mlops_desktop.gui.closing import stop

        shell = self._shell
        if asks != shell.state.asks_on_close:
            shell.remember(replace(shell.state, asks_on_close=asks))
        workspace = shell.workspace
        if not stops or workspace is None:
            shell.window.close()
            return
        shell.context.lanes.run(
            lambda: stop(workspace, going_on), lambda _: self._close(), shell.show_failure, owner=self
        )

    def _close(self) -> None:
        self._shell.window.close()

    def end(self, state: WindowState) -> None:
        """Ends the lanes, the workspace last, whatever becomes of the state."""
        shell, folder = self._shell, self._shell.window.state_folder
        workspace = shell.workspace

        def last() -> None:
            try:
                save_state(folder, lambda: state)
            except OSError as error:
                _LOG.warning("what the window looked like was not saved: %s", error)
            finally:
                if workspace is not None:
                    workspace.close()

        shell.context.lanes.close(last)

    def save(self) -> None:
        """Keeps the window's state beside other work."""
        window = self._shell.window
        self._shell.context.lanes.call(
            lambda: save_state(window.state_folder, lambda: window.state),
            self._on_saved,
            self._on_not_saved,
            owner=self,
        )

    def _on_saved(self, _: None) -> None:
        self._unsaved = ""

    def _on_not_saved(self, error: BaseException) -> None:
        """A disk that is full or may not be written is the person's trouble, and said once."""
        if not isinstance(error, OSError):
            self._shell.show_failure(error)
        elif str(error) != self._unsaved:
            self._unsaved = str(error)
            folder = self._shell.window.state_folder
            sentence = f"How the window looks cannot be remembered in {folder}: {error.strerror}. All else goes on."
            self._shell.message.say(sentence, severity="warn")
