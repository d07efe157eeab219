"""What the window says of a workspace whose disk is full: from the start, and while it is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from tests import mounting, needs
from tests.gui.conftest import wait
from tests.gui.test_troubled_places import is_open, make, said, windows
from tests.storage.test_storage_full_disk import fill

from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.services import room


def test_s_05_a_window_on_a_full_disk_only_views_and_says_so(theme: Theme, tmp_path: Path, qtbot: QtBot) -> None:
    needs.mounts()
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounting.memory(disk, "32m"):
        make(disk / "study")
        fill(disk)
        with windows(theme, tmp_path) as opens:
            window = opens(disk / "study")
            wait(qtbot, lambda: is_open(window) and window.shell.home.content is not None)
            assert said(window.shell).startswith(f"Viewing only. The disk that holds {disk / 'study'} is full.")
            assert window.shell.status.workspace.accessibleName() == "Viewing only"


def test_s_04_a_window_says_that_its_disk_became_full_and_that_it_has_room_again(
    theme: Theme, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "study")
    with windows(theme, tmp_path) as opens:
        window = opens(tmp_path / "study")
        wait(qtbot, lambda: is_open(window) and window.shell.home.content is not None)
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=room.LITTLE - 1))
        window.shell.standing.look()
        wait(qtbot, lambda: "as good as full" in said(window.shell))
        assert window.shell.status.workspace.accessibleName() == "Disk full"
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
        window.shell.standing.look()
        wait(qtbot, lambda: window.shell.status.workspace.accessibleName() == "Workspace open")
        assert said(window.shell) == ""
