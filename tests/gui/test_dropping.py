"""Files dropped on the window: one is taken wherever it falls, anything else is refused in words."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace

from mlops_desktop.gui.history import Place
from mlops_desktop.gui.importing import judge
from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.services.workspace import Workspace

NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton


def mime(paths: Sequence[Path | str]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def enter(window: MainWindow, data: QMimeData) -> bool:
    """As the desktop does: the window as a whole is told, not a widget in it."""
    event = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, LEFT, NONE)
    QApplication.sendEvent(window.windowHandle(), event)
    return event.isAccepted()


def drop(window: MainWindow, data: QMimeData) -> None:
    event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, LEFT, NONE, QEvent.Type.Drop)
    QApplication.sendEvent(window.windowHandle(), event)


@pytest.fixture
def places(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    went: list[Place] = []
    monkeypatch.setattr(window.shell, "go", went.append)
    return went


def test_a_file_over_the_window_is_announced_and_dropped_it_is_previewed(
    window: MainWindow, places: list[Place], tmp_path: Path
) -> None:
    path = tmp_path / "flights.csv"
    path.write_text("a,b\n1,2\n")
    data = mime([path])
    assert enter(window, data)
    overlay = window.shell.drops.overlay
    assert overlay.isVisible()
    assert overlay.geometry() == window.rect()
    assert overlay.accessibleName().startswith("Import flights.csv. Shows how it would be read")
    drop(window, data)
    assert not overlay.isVisible()
    assert places == [Place("import", str(path))]


def test_the_overlay_goes_when_the_file_is_dragged_away(window: MainWindow, places: list[Place]) -> None:
    data = mime(["/tmp/flights.csv"])
    enter(window, data)
    QApplication.sendEvent(window.windowHandle(), QDragLeaveEvent())
    assert not window.shell.drops.overlay.isVisible()
    assert places == []


def test_several_files_are_refused_in_words(window: MainWindow, places: list[Place], tmp_path: Path) -> None:
    data = mime([tmp_path / "a.csv", tmp_path / "b.csv"])
    enter(window, data)
    assert window.shell.drops.overlay.verdict.path is None
    drop(window, data)
    assert places == []
    assert window.shell.message.sentence.startswith("2 files cannot be imported at once.")
    assert window.shell.message.sentence.endswith("Nothing was imported.")


def test_a_folder_is_refused_in_words(window: MainWindow, places: list[Place], tmp_path: Path) -> None:
    data = mime([tmp_path])
    enter(window, data)
    assert window.shell.drops.overlay.verdict.title == f"{tmp_path.name} is a folder"
    drop(window, data)
    assert places == []
    assert "is a folder" in window.shell.message.sentence


@pytest.mark.parametrize("name", ["sales.xlsx", "model.pkl", "picture.png"])
def test_a_file_that_is_no_text_table_is_refused_by_its_name(name: str) -> None:
    verdict = judge([QUrl.fromLocalFile(f"/home/ada/{name}")])
    assert verdict.path is None
    assert verdict.title == f"{name} is no text table"
    assert "CSV" in verdict.sentence


def test_what_lies_elsewhere_is_refused() -> None:
    assert judge([QUrl("https://example.org/flights.csv")]).path is None


def test_words_are_no_file_and_go_their_way(window: MainWindow) -> None:
    data = QMimeData()
    data.setText("arr_delay > 15")
    enter(window, data)
    assert not window.shell.drops.overlay.isVisible()


def test_while_the_window_is_not_ready_nothing_is_taken(window: MainWindow, tmp_path: Path) -> None:
    window.shell.drops._is_ready = lambda: False
    enter(window, mime([tmp_path / "flights.csv"]))
    assert not window.shell.drops.overlay.isVisible()


def test_dropped_on_the_first_start_it_is_said_at_once_that_the_file_is_being_read(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    may_open = threading.Event()

    def open_slowly(folder: Path) -> Workspace:
        may_open.wait(30)
        return workspace.as_workspace()

    window = make_window(None, lanes=Lanes(), open_folder=open_slowly)
    window.shell.other_wanted.connect(lambda folder, name: window.shell.open(folder))
    welcome = window.shell.welcome
    assert welcome is not None
    assert not welcome.doing.isVisible()
    height = welcome.sample.mapTo(welcome, QPoint(0, 0)).y()
    path = tmp_path / "flights.csv"
    path.write_text("a,b\n1,2\n")
    data = mime([path])
    enter(window, data)
    drop(window, data)
    overlay = window.shell.drops.overlay
    assert overlay.isVisible()
    assert overlay.accessibleName().startswith("Reading flights.csv…")
    wait(qtbot, welcome.doing.isVisible)
    assert not overlay.isVisible()
    assert welcome.doing.sentence == "Making the workspace my-workspace, then reading flights.csv…"
    assert welcome.sample.mapTo(welcome, QPoint(0, 0)).y() == height  # nothing jumps
    may_open.set()
    wait(qtbot, lambda: window.shell.page is not None and window.shell.page.name == "import")


def test_a_file_in_a_folder_that_may_not_be_read_is_left_to_the_preview(
    window: MainWindow, places: list[Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    data = mime([tmp_path / "flights.csv"])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_dir", refuse)
        assert enter(window, data)
        drop(window, data)
    assert places == [Place("import", str(tmp_path / "flights.csv"))]
    assert not window.shell.drops.overlay.isVisible()
