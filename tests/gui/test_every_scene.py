"""What every scene of every page owes: names for controls, plain text, and room for wider words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QWidget,
)
from tests.pictures import take

from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.tab_order import stops_of
from mlops_desktop.gui.theme.fonts import Fonts, Role
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.text import ElidedText

pytestmark = pytest.mark.long
CONTROLS = (QAbstractButton, QLineEdit, QAbstractItemView, QTabBar, QComboBox, QAbstractSpinBox, QPlainTextEdit)
NAMES = sorted({*take.SCENES, *take.real_scenes()})
WIDER = 0.15
SMALL = (1100, 700)


@pytest.fixture
def played(
    request: pytest.FixtureRequest, theme: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.5")
    state = os.environ["MLOPS_STATE_FOLDER"]
    for name, window in take.play_scenes(theme, SMALL, tmp_path, lambda name: name == request.param):
        assert name == request.param
        QApplication.processEvents()
        yield window
        window.close()
        window.deleteLater()
        QApplication.processEvents()
    monkeypatch.setenv("MLOPS_STATE_FOLDER", state)


class Flashes(QObject):
    """Parts shown before they had a parent: on a real screen each is a window of its own for a moment."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            is_plain = watched.windowType() == Qt.WindowType.Window
            if is_plain and not isinstance(watched, (QDialog, MainWindow)):
                self.seen.append(f"{watched}")
        return False


@pytest.fixture
def flashes(qapp: QApplication) -> Iterator[Flashes]:
    made = Flashes()
    qapp.installEventFilter(made)
    yield made
    qapp.removeEventFilter(made)


def shown(window: QWidget) -> list[QWidget]:
    return [widget for widget in [window, *window.findChildren(QWidget)] if widget.isVisible()]


@pytest.fixture
def _wider_words(monkeypatch: pytest.MonkeyPatch, theme: Theme) -> Iterator[None]:
    """Each letter takes more room, as in a language with longer words."""
    made = Fonts._make

    def make_wider(fonts: Fonts, role: Role) -> QFont:
        font = made(fonts, role)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, font.pixelSize() * 0.5 * WIDER)
        return font

    before = dict(theme._fonts._made)
    theme._fonts._made.clear()
    monkeypatch.setattr(Fonts, "_make", make_wider)
    yield
    theme._fonts._made.clear()
    theme._fonts._made.update(before)


@pytest.mark.parametrize("played", NAMES, indirect=True)
def test_controls_have_names_texts_are_plain_and_nothing_flashes(flashes: Flashes, played: MainWindow) -> None:
    nameless, marked_up = [], []
    for widget in shown(played):
        if isinstance(widget, QLabel) and widget.textFormat() != Qt.TextFormat.PlainText:
            marked_up.append(widget.text())
        if isinstance(widget, CONTROLS) and not isinstance(widget.parentWidget(), CONTROLS):
            interface = QAccessible.queryAccessibleInterface(widget)
            if not (widget.accessibleName() or (interface and interface.text(QAccessible.Text.Name))):
                nameless.append(f"{widget} in {widget.parentWidget()}")
    nameless += [f"stop of Tab {stop}" for stop in stops_of(played) if not stop.accessibleName()]
    assert (nameless, marked_up, flashes.seen) == ([], [], [])


@pytest.mark.usefixtures("_wider_words")
@pytest.mark.parametrize("played", NAMES, indirect=True)
def test_no_text_is_cut_when_words_are_wider(played: MainWindow) -> None:
    cut = [f"{type(widget).__name__} {text!r}" for widget in shown(played) if (text := cut_text(widget))]
    assert cut == []


def cut_text(widget: QWidget) -> str:
    """The text that does not fit, unless the widget itself shortens it and says the whole in its tooltip."""
    if isinstance(widget, ElidedText):
        return ""
    if isinstance(widget, QLabel) and widget.text():
        margins = widget.contentsMargins()
        width = widget.width() - margins.left() - margins.right()
        if widget.wordWrap():
            return widget.text() if widget.heightForWidth(widget.width()) > widget.height() + 2 else ""
        return widget.text() if widget.fontMetrics().horizontalAdvance(widget.text()) > width + 2 else ""
    if isinstance(widget, QPushButton) and widget.text():
        return widget.text() if widget.minimumSizeHint().width() > widget.width() + 2 else ""
    return ""
