"""The two threads of turns: they go on after errors of ours, and end together."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.keeper import main as keeper_main
from mlops_desktop.keeper.main import Turns


class FakeFeed:
    def __init__(self) -> None:
        self.is_closed = False
        self.trouble: Exception | None = None

    def poll(self) -> Sequence[object]:
        if self.trouble is not None:
            raise self.trouble
        return ()

    def close(self) -> None:
        self.is_closed = True


class FakeKeeping:
    """What the keeper turns; a test says what each turn does."""

    def __init__(self) -> None:
        self.job_turns: list[Callable[[], bool]] = []
        self.endpoint_turns: list[Callable[[], bool]] = []
        self.feeds: list[FakeFeed] = []
        self.deeds: list[str] = []
        self.troubles: list[str] = []

    def feed(self) -> FakeFeed:
        self.feeds.append(FakeFeed())
        return self.feeds[-1]

    def turn_jobs(self) -> bool:
        return self.job_turns.pop(0)() if self.job_turns else False

    def hosts(self) -> list[str]:
        return [THIS_COMPUTER]

    def turn_host(self, host: str) -> bool:
        return self.endpoint_turns.pop(0)() if self.endpoint_turns else False

    def give_up(self, host: str) -> bool:
        self.deeds.append(f"give up {host}")
        return True

    def prepare_worker(self) -> None:
        self.deeds.append("prepare")

    def release_worker(self) -> None:
        self.deeds.append("release")

    def trouble(self) -> str:
        return self.troubles.pop(0) if self.troubles else ""

    def checkpoint(self) -> str:
        self.deeds.append("checkpoint")
        return "somebody reads"

    def keep_copy(self) -> str:
        return ""


@pytest.fixture
def keeping() -> FakeKeeping:
    return FakeKeeping()


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_KEEPER_IDLE_SECONDS", "0.2")
    monkeypatch.setattr(keeper_main, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(keeper_main, "BUSY_PAUSE", 0.001)
    monkeypatch.setattr(keeper_main, "QUIET_PAUSE", 0.001)
    monkeypatch.setattr(keeper_main, "ENDPOINT_PAUSE", 0.001)


def turn(keeping: FakeKeeping) -> bool:
    fake: Any = keeping
    return Turns(fake).run()


def fail() -> bool:
    raise RuntimeError("a fault of ours")


def test_it_ends_when_both_have_been_idle_and_lets_go_of_all(keeping: FakeKeeping) -> None:
    assert not turn(keeping)
    assert len(keeping.feeds) == 2
    assert all(feed.is_closed for feed in keeping.feeds)
    assert keeping.deeds[-1] == "checkpoint"
    assert "endpoints" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.logs_errors
def test_a_turn_that_fails_is_tried_again(keeping: FakeKeeping, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def do(what: str) -> bool:
        done.append(what)
        return False

    keeping.job_turns = [fail, fail, lambda: do("jobs")]
    keeping.endpoint_turns = [fail, lambda: do("endpoints")]
    assert not turn(keeping)
    assert sorted(done) == ["endpoints", "jobs"]
    assert caplog.text.count("a turn of jobs failed") == 2
    assert caplog.text.count("a turn of host this computer failed") == 1


@pytest.mark.logs_errors
def test_a_host_whose_turns_go_on_failing_is_given_up(keeping: FakeKeeping) -> None:
    keeping.endpoint_turns = [fail for _ in range(keeper_main.PATIENCE + 2)]
    assert not turn(keeping)
    assert keeping.deeds.count(f"give up {THIS_COMPUTER}") == 1


@pytest.mark.logs_errors
@pytest.mark.parametrize("thread", ["endpoints", "MainThread"])
def test_a_thread_that_cannot_go_on_ends_the_keeper(
    keeping: FakeKeeping, monkeypatch: pytest.MonkeyPatch, thread: str
) -> None:
    """Else endpoints would be without a keeper for as long as there are jobs, and the other way round."""
    feed = keeping.feed

    def broken_for_one() -> FakeFeed:
        made = feed()
        if threading.current_thread().name == thread:
            made.trouble = RuntimeError("the feed is gone")
        return made

    monkeypatch.setattr(keeping, "feed", broken_for_one)
    keeping.job_turns = [lambda: True] * 1_000_000
    with nullcontext() if thread == "endpoints" else pytest.raises(RuntimeError, match="the feed is gone"):
        assert not turn(keeping)
    assert "endpoints" not in [thread.name for thread in threading.enumerate()]


def test_a_worker_is_let_go_when_idle_and_made_ready_when_there_is_work(
    keeping: FakeKeeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_main, "WORKER_IDLE_SECONDS", 0.0)
    monkeypatch.setattr(keeper_main, "CHECKPOINT_SECONDS", 0.0)
    busy_at_first_and_again = iter([True, False, False, True])
    keeping.job_turns = [lambda: next(busy_at_first_and_again)] * 4
    monkeypatch.setattr(FakeFeed, "poll", lambda feed: ("a change",))
    turn(keeping)
    deeds = [deed for deed in keeping.deeds if deed != "checkpoint"]
    assert deeds[:3] == ["release", "prepare", "release"]
    assert keeping.deeds.count("checkpoint") > 2


def test_a_registry_that_went_away_ends_it(keeping: FakeKeeping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper_main, "CHECKPOINT_SECONDS", 0.0)
    keeping.job_turns = [lambda: True] * 1_000_000
    keeping.troubles = ["", "", "its log was removed"]
    assert not turn(keeping)
    assert len(keeping.job_turns) > 0
    assert keeping.troubles == []


def test_a_signal_ends_it_at_once(keeping: FakeKeeping) -> None:
    def ask_to_end() -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    keeping.job_turns = [ask_to_end, *[lambda: True] * 1_000_000]
    assert turn(keeping)


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[logging.Handler] = []
    monkeypatch.setattr(logging, "basicConfig", lambda *, handlers, level: asked.extend(handlers))
    monkeypatch.setattr(keeper_main, "LARGEST_LOG", 300)
    path = tmp_path / "keeper.log"
    path.write_text("much" * 100)
    keeper_main._log_to(path)
    (handler,) = asked
    handler.handle(logging.makeLogRecord({"name": "mlops_desktop", "levelname": "INFO", "msg": "keeping"}))
    handler.close()
    assert (tmp_path / "keeper.log.1").read_text() == "much" * 100
    assert json.loads(path.read_text())["message"] == "keeping"
