"""Zoom: everything grows, what is made later too, and comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import press

from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.state import WindowState, load_state
from mlops_desktop.gui.theme.theme import Theme


@pytest.fixture(autouse=True)
def _as_designed(theme: Theme) -> Iterator[None]:
    yield
    theme.set_zoom(1)


def measures(window: MainWindow) -> list[tuple[int, int, int]]:
    """Type and fixed sizes of what stays over a change of the zoom."""
    parts: list[QWidget] = [
        window.shell.top, window.shell.status, window.shell.sidebar, window.shell.home.header,
        *window.shell.home.header.findChildren(QLabel),
    ]  # fmt: skip
    return [(part.font().pixelSize(), part.minimumHeight(), part.minimumWidth()) for part in parts]


def test_keys_zoom_in_steps_and_it_is_kept(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    window.activateWindow()
    control = Qt.KeyboardModifier.ControlModifier
    press(window, Qt.Key.Key_Equal, control)
    assert theme.zoom == 1.1
    press(window, Qt.Key.Key_Plus, control)
    assert load_state(window.state_folder).zoom == 125
    press(window, Qt.Key.Key_Minus, control)
    assert theme.zoom == 1.1
    press(window, Qt.Key.Key_0, control)
    assert theme.zoom == 1
    for _ in range(20):
        window.shell.zoom(-1)
    assert window.state.zoom == 80


def test_there_and_back_is_as_before(window: MainWindow, qapp: QApplication) -> None:
    before = measures(window)
    window.shell.set_zoom(150)
    qapp.processEvents()
    assert window.shell.top.height() == 66
    assert window.shell.sidebar.width() == 78
    larger = measures(window)
    assert all(now[0] >= then[0] for now, then in zip(larger, before, strict=True))
    window.shell.set_zoom(80)
    window.shell.set_zoom(100)
    qapp.processEvents()
    assert measures(window) == before
    assert window.shell.top.height() == 44


def test_what_is_made_later_has_the_zoom_too(make_window: MakeWindow, qapp: QApplication) -> None:
    state = replace(WindowState(look="light"), zoom=200)
    window = make_window(FakeWorkspace(), state=state)
    window.shell.show_activity()
    qapp.processEvents()
    panel = window.shell.overlays.shown_activity
    assert panel is not None
    assert panel.width() == 808
    assert panel.cards()[0].bar.height() == 12
    assert window.shell.home.import_data.height() == 58
