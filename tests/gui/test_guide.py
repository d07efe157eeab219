"""The guide beside the window: F1 opens what belongs to the page, and what it says to press is there to be pressed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow
from tests.gui.demo_workspace import FakeWorkspace
from tests.gui.hands import click, press

import mlops_desktop.gui
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.main_window import MainWindow
from mlops_desktop.gui.pages.book import PAGES
from mlops_desktop.gui.pages.settings import ENTRIES
from mlops_desktop.gui.theme.theme import Theme
from mlops_desktop.gui.widgets.guide import ABOVE, PAGE_OF, GuideDialog, slug
from mlops_desktop.resources import guide_page

WORDS = re.compile(r"(?<![\w*])\*([A-Z][^*\n]*(?:\n {0,4}[^*\n]+)?)\*(?![\w*])")
"""What stands in italics with a capital: a word of the window."""


@pytest.fixture
def guide(theme: Theme, qtbot: QtBot) -> Iterator[GuideDialog]:
    owner = QWidget()
    made = GuideDialog(theme, owner)
    made.show()
    yield made
    made.close()
    owner.deleteLater()


def on_top(guide: GuideDialog) -> str:
    """The line that is the first one in sight."""
    QApplication.processEvents()
    return guide.text.cursorForPosition(QPoint(40, ABOVE + 8)).block().text()


def test_f1_opens_the_page_of_the_guide_that_fits(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(FakeWorkspace())
    press(window, Qt.Key.Key_F1)
    guide = window.shell.overlays._guide
    assert guide is not None
    assert guide.title.text() == "The window"
    click(guide.contents)
    assert guide.title.text() == "User guide"
    click(guide.back)
    assert guide.title.text() == "The window"
    window.shell.go(Place("settings", "general"))
    window.shell.show_help()
    assert guide.title.text() == "Settings and variables"
    window.shell.show_guide("errors.md")
    assert "MD-DAT-001" in guide.text.toPlainText()
    guide.close()


def test_every_page_and_every_section_has_its_place() -> None:
    assert set(PAGES) | {entry.page for entry in ENTRIES} <= set(PAGE_OF)


@pytest.mark.parametrize("page", PAGE_OF)
def test_a_page_opens_at_what_it_is_about(guide: GuideDialog, page: str) -> None:
    name, _, heading = PAGE_OF[page].partition("#")
    guide.show_page(PAGE_OF[page])
    assert not heading or slug(on_top(guide)) == heading
    guide.show_page(name)
    assert guide.text.verticalScrollBar().value() == 0


def test_a_link_leads_to_its_heading(guide: GuideDialog) -> None:
    guide.show_page("datasets.md")
    guide.text.anchorClicked.emit(QUrl("experiments.md#what-a-run-learns-from"))
    assert guide.title.text() == "Experiments"
    assert on_top(guide) == "What a run learns from"
    guide.text.anchorClicked.emit(QUrl("../../README.md"))
    guide.text.anchorClicked.emit(QUrl("https://example.org/"))
    assert guide.title.text() == "Experiments"


def section(place: str) -> str:
    """The text of a page from the heading on that is named, or from its beginning."""
    name, _, heading = place.partition("#")
    lines = guide_page(name).read_text("utf-8").splitlines()
    start = next((at for at, line in enumerate(lines) if heading and slug(line.lstrip("# ")) == heading), 0)
    return "\n".join(lines[start:])


@pytest.mark.parametrize("place", sorted(set(PAGE_OF.values())))
def test_what_f1_opens_says_first_how_it_is_done_in_the_window(place: str) -> None:
    text = section(place)
    first = re.search(r"`Ctrl\+|" + WORDS.pattern, text)
    assert first is not None
    assert first.start() < (text.find("```sh") if "```sh" in text else len(text))


@cache
def captions() -> str:
    """Every text that the window's sources hold, a line each."""
    found: set[str] = set()
    for path in Path(mlops_desktop.gui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return "\n".join(sorted(found))


@pytest.mark.parametrize("name", sorted({place.partition("#")[0] for place in PAGE_OF.values()}))
def test_what_the_guide_says_to_press_is_a_word_of_the_window(name: str) -> None:
    said = {" ".join(words.split()) for words in WORDS.findall(guide_page(name).read_text("utf-8"))}
    # What stands for any version or run ends before it: `Roll back to v2…`, `Compare with champion v2`.
    said = {re.sub(r"( champion)? (v\d+|A)…?$", "", words) for words in said}
    assert said or name == "settings.md"
    assert {words for words in said if words not in captions()} == set()


def test_the_window_goes_on_beside_it(window: MainWindow) -> None:
    window.shell.show_help()
    guide = window.shell.overlays._guide
    assert guide is not None
    assert not guide.isModal()
    guide.close()
