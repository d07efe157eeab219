"""The menu of the window, behind the workspace button: other workspaces, look, density, keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMenu

from mlops_desktop.gui.state import ZOOMS
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.gui.widgets.text import plain_caption

if TYPE_CHECKING:
    from mlops_desktop.gui.shell import Shell

T = TypeVar("T", bound=str)
_LOOKS = {Look.SYSTEM: "As the system", Look.LIGHT: "Light", Look.DARK: "Dark"}
_ZOOMS = {str(percent): f"{percent} %" for percent in ZOOMS}
_DENSITIES = {"compact": "Compact", "standard": "Standard", "comfortable": "Comfortable"}


class WindowMenu(QMenu):
    """Filled anew each time it is opened."""

    def __init__(self, shell: Shell, theme: Theme) -> None:
        super().__init__(shell.window)
        self._shell, self._theme = shell, theme
        self.setAccessibleName("Workspace menu")
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        self.clear()
        shell = self._shell
        self.addAction("New window").triggered.connect(shell.new_window)
        self.addAction("Open workspace…").triggered.connect(self.ask_for_workspace)
        self.addAction("New workspace…").triggered.connect(self.ask_for_new)
        here = str(shell.workspace.folder) if shell.workspace else ""
        others = [folder for folder in shell.state.recent if folder != here]
        if others:
            recent = self.addMenu("Recent workspaces")
            for folder in others:
                action = recent.addAction(plain_caption(folder))
                action.triggered.connect(lambda _=False, place=folder: shell.other_wanted.emit(Path(place), ""))
        if here:
            copy = self.addAction("Copy folder path")
            copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(here))
        self.addSeparator()
        self._add_choice("Look", _LOOKS, self._theme.look, shell.set_look)
        self._add_choice("Rows", _DENSITIES, shell.state.density, shell.set_density)
        self._add_choice("Zoom", _ZOOMS, str(shell.state.zoom), lambda percent: shell.set_zoom(int(percent)))
        self.addAction("Settings").triggered.connect(lambda: shell.go_to("settings"))
        self.addAction("Keys").triggered.connect(shell.show_keys)
        self.addSeparator()
        self.addAction("Close window").triggered.connect(shell.leaving.ask)

    def _add_choice(self, title: str, choices: Mapping[T, str], chosen: T, choose: Callable[[T], None]) -> None:
        menu = self.addMenu(title)
        group = QActionGroup(menu)
        for value, words in choices.items():
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.setActionGroup(group)
            action.triggered.connect(lambda _=False, one=value: choose(one))

    def ask_for_workspace(self) -> None:
        place = QFileDialog.getExistingDirectory(self._shell.window, "Workspace folder", str(Path.home()))
        if place:
            self._shell.other_wanted.emit(Path(place), "")

    def ask_for_new(self) -> None:
        place = QFileDialog.getExistingDirectory(
            self._shell.window, "Where the new workspace folder goes", str(Path.home())
        )
        if not place:
            return
        name, agreed = QInputDialog.getText(
            self._shell.window, "New workspace", "Name", QLineEdit.EchoMode.Normal, "my-workspace"
        )
        if agreed and name.strip():
            self._shell.other_wanted.emit(Path(place) / name.strip(), name.strip())
