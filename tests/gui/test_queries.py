"""A page reads again when something changed, and one that is not seen waits until it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.queries import Query


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def make_query(asked: list[str]) -> Callable[..., Query[str]]:
    def raises(error: BaseException) -> None:
        raise error

    def make(page: QWidget, *, unseen: bool = False) -> Query[str]:
        return Query(Lanes(inline=True), lambda: "read", asked.append, raises, page, unseen=unseen)

    return make


def test_a_hidden_page_reads_once_when_it_is_shown(
    qtbot: QtBot, make_query: Callable[..., Query[str]], asked: list[str]
) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    query = make_query(page)
    query.ask_soon()
    query.ask_soon()
    assert asked == []
    page.show()
    assert asked == ["read"]
    page.hide()
    page.show()
    assert asked == ["read"]
    query.ask_soon()
    assert asked == ["read", "read"]


def test_what_is_asked_at_once_is_read_at_once(
    qtbot: QtBot, make_query: Callable[..., Query[str]], asked: list[str]
) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    query = make_query(page)
    query.ask_soon()
    query.ask()
    page.show()
    assert asked == ["read"]


def test_one_that_others_live_on_reads_unseen(
    qtbot: QtBot, make_query: Callable[..., Query[str]], asked: list[str]
) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    make_query(page, unseen=True).ask_soon()
    assert asked == ["read"]
