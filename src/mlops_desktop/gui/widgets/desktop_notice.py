"""The desktop's own notification, for long work that ended while the window was not in front."""

from __future__ import annotations

import html

from PySide6.QtCore import QObject, QProcess, QStandardPaths
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from mlops_desktop.gui.theme.theme import Theme

LONGEST = 300


def without_markup(sentence: str) -> str:
    """Some desktops read markup in what a tray says, and some show what is escaped as it is."""
    return sentence[:LONGEST].replace("<", "‹")


class DesktopNotice(QObject):
    """Through the tray where there is one, else through `notify-send`; a desktop with neither only marks the window."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme, self._window = theme, window
        self._tray: QSystemTrayIcon | None = None

    def tell(self, title: str, sentence: str) -> None:
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._theme.icon("box", "accent-text", 32), self)
                self._tray.activated.connect(self._window.activateWindow)
                self._tray.messageClicked.connect(self._window.activateWindow)
            self._tray.show()
            self._tray.showMessage(title, without_markup(sentence))
            return
        program = QStandardPaths.findExecutable("notify-send")
        if program:
            # Notification servers may read markup in the sentence; names are only ever text.
            QProcess.startDetached(program, ["--app-name=MLOps Desktop", "--", title, html.escape(sentence[:LONGEST])])
