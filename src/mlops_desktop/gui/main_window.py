"""The window: its grounds at once, and after the first paint the shell around one workspace."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QMainWindow

from mlops_desktop.gui.ground import paint_ground
from mlops_desktop.gui.state import WindowState, save_state
from mlops_desktop.gui.theme.tokens import load_tokens

if TYPE_CHECKING:
    from datetime import datetime

    from mlops_desktop.gui.lanes import Lanes
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.gui.theme.theme import Theme
    from mlops_desktop.services.workspace import Workspace


DESIGNED = QSize(1440, 900)
TITLE_BAR = 32
"""What a desktop puts above a window; its true height is known only after the window is shown."""


class MainWindow(QMainWindow):
    """Knows its size and its state. What is in it is `shell`, which `fill` makes.

    `first_painted` comes once, before the shell is there.
    """

    first_painted = Signal()

    def __init__(self, state: WindowState, state_folder: Path) -> None:
        super().__init__()
        self.state, self.state_folder = state, state_folder
        self._shell: Shell | None = None
        self._painted = False
        self.setWindowTitle("MLOps Desktop")
        self.setMinimumSize(860, 560)
        self._restore_size()

    @property
    def is_filled(self) -> bool:
        return self._shell is not None

    @property
    def shell(self) -> Shell:
        """What `fill` made. Raises RuntimeError before."""
        if self._shell is None:
            raise RuntimeError("the window is not filled yet")
        return self._shell

    def fill(
        self, theme: Theme, lanes: Lanes, clock: Callable[[], datetime], open_folder: Callable[[Path], Workspace]
    ) -> Shell:
        """Makes the shell; until then the window shows its grounds."""
        from mlops_desktop.gui.shell import Shell

        self._shell = Shell(self, theme, lanes, clock, open_folder)
        return self._shell

    def _restore_size(self) -> None:
        """As it was left (Qt brings one back whose screen is gone), else as designed where the screen is that large."""
        if not (self.state.geometry and self.restoreGeometry(QByteArray(base64.b64decode(self.state.geometry)))):
            room = self.screen().availableGeometry().size()
            self.resize(DESIGNED.boundedTo(QSize(room.width(), room.height() - TITLE_BAR)))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._shell is None:
            dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
            look = self.state.look if self.state.look != "system" else "dark" if dark else "light"
            paint_ground(QPainter(self), self.rect(), load_tokens()[look])
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def focusNextPrevChild(self, next: bool) -> bool:
        from mlops_desktop.gui import tab_order

        return tab_order.go(self, forward=next)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hides at once; then the shell ends. Runs and deployments go on.

        Where the person closes the window and something goes on, that is said first.
        """
        if event.spontaneous() and self._shell is not None and self._shell.leaving.asks:
            event.ignore()
            self._shell.leaving.ask()
            return
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        self.state = replace(self.state, geometry=geometry)
        self.hide()
        if self._shell is None:
            save_state(self.state_folder, lambda: self.state)
        else:
            self._shell.end()
        super().closeEvent(event)
