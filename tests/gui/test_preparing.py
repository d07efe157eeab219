"""Pages are made while the window rests, and the first way to one takes that one."""

from __future__ import annotations

from pytestqt.qtbot import QtBot
from tests.gui.conftest import MakeWindow, wait
from tests.gui.demo_workspace import FakeWorkspace

from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.pages.book import PAGES
from mlops_desktop.gui.pages.page import Page


def test_every_page_is_ready_after_a_while_and_none_is_visited(
    make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot
) -> None:
    shell = make_window(workspace, lanes=Lanes()).shell
    wait(qtbot, lambda: shell.preparing.is_done, 60)
    pages = shell.frame.pages
    assert {page.name for page in pages.findChildren(Page)} == set(PAGES)
    assert [page.name for page in shell.navigator.made()] == ["home"]
    shell.go_to("models")
    assert shell.page is not None
    assert shell.page.name == "models"
    assert shell.page.workspace is shell.workspace
    assert pages.count() == len(PAGES), "the page that was ready is the one shown"


def test_a_window_closed_before_makes_no_more(make_window: MakeWindow, workspace: FakeWorkspace, qtbot: QtBot) -> None:
    window = make_window(workspace, lanes=Lanes())
    wait(qtbot, lambda: window.shell.workspace is not None)
    window.close()
    assert window.shell.preparing.is_done


def test_inline_nothing_is_made_before_it_is_asked_for(make_window: MakeWindow, workspace: FakeWorkspace) -> None:
    shell = make_window(workspace).shell
    assert not shell.preparing.is_done
    assert shell.frame.pages.count() == 1
