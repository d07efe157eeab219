"""What another process committed arrives as a signal."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from pytestqt.qtbot import QtBot
from tests.gui.conftest import wait
from tests.gui.demo_workspace import FakeFeed

from mlops_desktop.domain.changes import Change, ChangeKind
from mlops_desktop.domain.errors import BusyRegistryError
from mlops_desktop.gui.events import Events
from mlops_desktop.gui.lanes import Lanes


@pytest.fixture
def lanes(qtbot: QtBot) -> Iterator[Lanes]:
    made = Lanes()
    yield made
    assert made.close()


def test_a_change_is_published_within_a_second(lanes: Lanes, qtbot: QtBot) -> None:
    feed, events, seen = FakeFeed(), Events(lanes), list[object]()
    events.changed.connect(seen.append)
    events.follow(lambda: feed)
    change = Change(7, ChangeKind.RUN, "a")
    feed.waiting.append(change)
    wait(qtbot, lambda: seen, seconds=5)
    assert seen == [(change,)]


def test_the_feed_is_opened_polled_and_closed_in_one_thread(lanes: Lanes, qtbot: QtBot) -> None:
    threads: list[threading.Thread] = []

    class Feed(FakeFeed):
        def poll(self) -> Sequence[Change]:
            threads.append(threading.current_thread())
            return super().poll()

        def close(self) -> None:
            threads.append(threading.current_thread())
            super().close()

    def open_feed() -> Feed:
        threads.append(threading.current_thread())
        return feed

    feed = Feed()
    Events(lanes).follow(open_feed)
    wait(qtbot, lambda: len(threads) >= 3)
    lanes.close()
    assert feed.closed
    assert set(threads) == {threads[0]}
    assert threads[0] is not threading.current_thread()


def test_a_feed_that_cannot_be_read_is_said_once_and_taken_up_again(
    lanes: Lanes, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_desktop.gui.events.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("mlops_desktop.gui.events.POLL_SECONDS", 0.01)
    tries, said = list[int](), list[str]()

    class Feed(FakeFeed):
        def poll(self) -> Sequence[Change]:
            tries.append(1)
            if len(tries) < 4:
                raise BusyRegistryError("busy")
            return []

    events = Events(lanes)
    events.broken.connect(lambda error: said.append(str(error)))
    events.mended.connect(lambda: said.append("mended"))
    events.follow(Feed)
    wait(qtbot, lambda: "mended" in said)
    assert said == ["busy", "mended"]
