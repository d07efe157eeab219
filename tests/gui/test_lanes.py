"""Work leaves the GUI thread, and what comes of it arrives there."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from tests.gui.conftest import wait

from mlops_desktop.gui.lanes import Lanes


@pytest.fixture
def lanes(qtbot: QtBot) -> Iterator[Lanes]:
    made = Lanes()
    yield made
    assert made.close()


def test_work_is_done_elsewhere_and_its_result_arrives_on_the_gui_thread(lanes: Lanes, qtbot: QtBot) -> None:
    seen: list[tuple[str, threading.Thread]] = []
    lanes.run(threading.current_thread, lambda thread: seen.append(("work", thread)))
    lanes.call(threading.current_thread, lambda thread: seen.append(("call", thread)))
    here = threading.current_thread()
    arrived: list[threading.Thread] = []
    lanes.run(lambda: None, lambda _: arrived.append(threading.current_thread()))
    wait(qtbot, lambda: len(seen) == 2 and arrived and lanes.is_idle)
    assert all(thread is not here for _, thread in seen)
    assert arrived == [here]


def test_registry_work_is_done_in_the_order_it_was_asked_for(lanes: Lanes, qtbot: QtBot) -> None:
    done: list[int] = []
    for number in range(50):
        lanes.run(lambda number=number: done.append(number))  # type: ignore[misc]
    wait(qtbot, lambda: lanes.is_idle)
    assert done == list(range(50))


def test_a_long_call_does_not_hold_up_another(lanes: Lanes, qtbot: QtBot) -> None:
    gate = threading.Event()
    seen: list[str] = []
    lanes.call(lambda: gate.wait(10), lambda _: seen.append("slow"))
    lanes.call(lambda: None, lambda _: seen.append("quick"))
    wait(qtbot, lambda: seen == ["quick"])
    gate.set()
    wait(qtbot, lambda: seen == ["quick", "slow"])


def test_an_error_goes_to_its_handler_and_else_to_the_signal(lanes: Lanes, qtbot: QtBot) -> None:
    caught: list[BaseException] = []
    lanes.run(lambda: 1 / 0, failed=caught.append)
    wait(qtbot, lambda: caught)
    assert isinstance(caught[0], ZeroDivisionError)
    with qtbot.waitSignal(lanes.failed) as blocker:
        lanes.call(lambda: list[int]().pop())
    assert isinstance(blocker.args[0], IndexError)


def test_what_arrives_for_a_deleted_owner_is_dropped(lanes: Lanes, qtbot: QtBot) -> None:
    gate, seen = threading.Event(), list[str]()
    owner = QObject()
    lanes.run(lambda: gate.wait(10), lambda _: seen.append("too late"), owner=owner)
    owner.deleteLater()
    owner.destroyed.connect(gate.set)
    wait(qtbot, lambda: lanes.is_idle)
    assert seen == []


def test_closing_ends_every_thread_and_does_the_last_work_last(qtbot: QtBot) -> None:
    lanes, order = Lanes(), list[str]()
    lanes.run(lambda: order.append("work"))
    lanes.watch(lambda stop: None if stop.wait(10) else order.append("never"))
    assert lanes.close(lambda: order.append("last"))
    assert order == ["work", "last"]


def test_inline_everything_happens_at_once(qtbot: QtBot) -> None:
    lanes, seen = Lanes(inline=True), list[object]()
    lanes.run(lambda: 6 * 7, seen.append)
    lanes.call(lambda: 1 / 0, failed=seen.append)
    assert seen[0] == 42
    assert isinstance(seen[1], ZeroDivisionError)
    assert lanes.is_idle
    assert lanes.close(lambda: seen.append("last"))
    assert seen[-1] == "last"
