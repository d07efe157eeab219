"""Cycles go in the GUI thread only, and Python's own ways come back with the last lane."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from mlops_desktop.gui.garbage import Garbage, reading_many
from mlops_desktop.gui.lanes import Lanes


class Knot:
    """Refers to itself, and notes the thread that takes it apart."""

    threads: list[threading.Thread] = []

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        self.threads.append(threading.current_thread())


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    Knot.threads.clear()
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    assert gc.isenabled()


def test_a_lane_takes_no_cycle_apart_and_the_clock_does(qtbot: QtBot) -> None:
    lanes = Lanes()
    gc.set_threshold(50, 1, 1)
    done: list[object] = []
    lanes.run(lambda: [Knot() for _ in range(500)] and None, done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert Knot.threads == []
    garbage = lanes.findChild(Garbage)
    assert garbage is not None
    garbage.look()
    assert set(Knot.threads) == {threading.main_thread()}
    assert lanes.close()


def test_only_what_is_due_is_collected(qtbot: QtBot) -> None:
    garbage = Garbage()
    gc.collect()
    gc.set_threshold(100_000, 10, 10)
    knot = weakref.ref(Knot())
    garbage.look()
    assert knot() is not None
    garbage.end()
    garbage.end()
    gc.collect()
    assert knot() is None


def test_nothing_is_collected_while_many_values_are_read(qtbot: QtBot) -> None:
    garbage = Garbage()
    gc.set_threshold(1, 1, 1)
    with reading_many():
        knots = [weakref.ref(Knot()) for _ in range(50)]
        garbage.look()
        assert all(knot() is not None for knot in knots)
    garbage.end()
    gc.collect()


def test_the_clock_runs_from_keeping_on_until_the_end(qtbot: QtBot) -> None:
    garbage = Garbage()
    clock = garbage.findChild(QTimer)
    assert clock is not None
    assert not clock.isActive()
    garbage.keep()
    assert clock.isActive()
    garbage.end()
    assert not clock.isActive()
    garbage.keep()
    assert not clock.isActive()
    gc.unfreeze()


def test_the_collector_is_on_again_after_the_last_of_two() -> None:
    first, second = Garbage(), Garbage()
    first.end()
    assert not gc.isenabled()
    second.end()
    assert gc.isenabled()
