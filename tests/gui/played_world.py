"""A window on a workspace whose registry is real and whose servers a test plays: for rare states, without waiting."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QApplication
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import NOW
from tests.services.world import World

from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.deployments import DeploymentsPage
from mlops_desktop.storage.registry import open_registry


def make_template(folder: Path) -> World:
    """A world to be copied: the model `late` with three versions, the second of them champion."""
    open_registry(folder, state_folder=folder, actor="", machine="", program_version="1.0").close()
    world = World(folder / "workspace", folder / "state", folder / "registry.db")
    world.clock.now = NOW - timedelta(hours=3)
    for name in ("one", "two", "three"):
        world.model("late", name)
    world.workspace.models.set_alias("late@v2", "champion")
    return world


def copy_of(template: World, folder: Path) -> World:
    world = template.copy(folder)
    world.clock.now = NOW - timedelta(minutes=20)
    return world


def open_window(make_window: MakeWindow, world: World, size: tuple[int, int] = (1440, 900)) -> MainWindow:
    window = make_window(None, open_folder=lambda folder: world.workspace, size=size)
    window.shell.begin(world.folder)
    window.shell.open(world.folder)
    QApplication.processEvents()
    return window


def open_deployments(window: MainWindow, endpoint: str = "") -> DeploymentsPage:
    window.shell.go(Place("deployments", endpoint))
    QApplication.processEvents()
    page = window.shell.page
    assert isinstance(page, DeploymentsPage)
    return page


def seen_now(world: World) -> None:
    """The keeper looks at the servers at the window's own time."""
    world.clock.now = NOW
    world.see_to_endpoints()
